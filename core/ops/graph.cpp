// `cloison graph`: resources (or steps) and what they need, as DOT.

#include <map>
#include <set>

#include "core/base/strings.h"
#include "core/ops/session.h"
#include "core/ops/state.h"

namespace cloison::ops {

namespace {

std::string dot_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct Node {
  std::string label{}, kind{};
};

/// Nodes and edges, drawn one by one or, when there are too many, one box per declared path.
class Drawing {
 public:
  void node(const std::string& key, std::string kind) { nodes_[key] = {key, std::move(kind)}; }
  void edge(const std::string& from, const std::string& to) { edges_.emplace(from, to); }

  [[nodiscard]] GraphView drawn(std::size_t group_above, std::string_view name) const {
    GraphView view;
    view.grouped = nodes_.size() > group_above;
    std::map<std::string, std::size_t> shown;
    for (const auto& [key, node] : nodes_) ++shown[view.grouped ? group_of(key) : key];
    std::set<std::pair<std::string, std::string>> edges;
    for (const auto& [from, to] : edges_) {
      const auto a = view.grouped ? group_of(from) : from;
      const auto b = view.grouped ? group_of(to) : to;
      if (a != b) edges.emplace(a, b);
    }
    view.dot = "digraph " + dot_quoted(name) +
               " {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n";
    for (const auto& [key, count] : shown) {
      const auto second = view.grouped ? counted(count, "object") : nodes_.at(key).kind;
      view.dot += "  " + dot_quoted(key) + " [label=" + label_of(key, second) + "];\n";
    }
    for (const auto& [from, to] : edges) view.dot += "  " + dot_quoted(from) + " -> " + dot_quoted(to) + ";\n";
    view.dot += "}\n";
    view.nodes = shown.size();
    view.edges = edges.size();
    return view;
  }

 private:
  /// Two lines in one label: DOT's own escape for the line end.
  static std::string label_of(std::string_view first, std::string_view second) {
    auto label = dot_quoted(first);
    label.pop_back();
    return label + "\\n" + dot_quoted(second).substr(1);
  }
  /// "cloud.production.data" for everything below it: at most three words of the path.
  static std::string group_of(const std::string& key) {
    std::size_t dots = 0;
    for (std::size_t i = 0; i < key.size(); ++i)
      if (key[i] == '.' && ++dots == 3) return key.substr(0, i);
    return key.substr(0, key.rfind('.'));
  }

  std::map<std::string, Node> nodes_;
  std::set<std::pair<std::string, std::string>> edges_;
};

void draw_resources(const std::vector<Resource>& resources, Drawing& drawing) {
  for (const auto& resource : resources) {
    drawing.node(resource.address.text, resource.kind);
    for_each_reference(resource.attributes, [&](const Ref& ref) { drawing.edge(resource.address.text, ref.address); });
    for (const auto& needed : resource.after) drawing.edge(resource.address.text, needed);
  }
}

void draw_steps(const Plan& plan, Drawing& drawing) {
  const auto name = [&plan](uint32_t index) {
    const auto& step = plan.steps[index];
    return std::to_string(index + 1) + " " + std::string(verb_name(step.verb)) + " " + step.key.address;
  };
  for (uint32_t index = 0; index < plan.steps.size(); ++index) {
    drawing.node(name(index), plan.steps[index].kind);
    for (const auto needed : plan.steps[index].after) drawing.edge(name(index), name(needed));
  }
}

}  // namespace

GraphView graph(const Context& context, const GraphOptions& options) {
  Drawing drawing;
  GraphView view;
  if (options.plan) {
    auto planned = plan(context, {});
    if (planned.plan) draw_steps(*planned.plan, drawing);
    view = drawing.drawn(options.group_above, "plan");
    view.notes = std::move(planned.notes);
    view.sources = std::move(planned.sources);
    view.ending = planned.ending;
    return view;
  }
  auto validated = validate(context);
  draw_resources(validated.resources, drawing);
  view = drawing.drawn(options.group_above, validated.topology ? validated.topology->name : "topology");
  view.notes = std::move(validated.notes);
  view.sources = std::move(validated.sources);
  view.ending = validated.ending;
  return view;
}

}  // namespace cloison::ops
