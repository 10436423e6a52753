#include "core/ops/frameworks.h"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/compliance.h"
#include "core/ops/files.h"
#include "core/ops/frameworks_embedded.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_reader.h"

namespace cloison::ops {

namespace {

using report::Phrase;
using topology::Form;
using topology::Key;
using topology::Notes;
using topology::Shape;
using topology::YamlNode;

constexpr std::size_t k_most_framework_bytes = std::size_t{4} << 20U;

/// The shape of a framework's file, checked as topologies are.
class FrameworkShape {
 public:
  FrameworkShape() {
    const auto* text = add({.form = Form::text});
    const auto* texts = add({.form = Form::one_or_list, .least_items = 1, .item = text});
    const auto* both = either(text, block("text", {{"en", text, "in English", true}, {"fr", text, "in French", true}}));
    std::vector<Key> lookup{{"check", text, "what is looked at", true}};
    for (const auto setting : lookup_settings()) lookup.push_back({setting, texts, "how"});
    const auto* control = block(
        "control", {{"id", text, "its number in the framework", true},
                    {"title", both, "in a few words of ours", true},
                    {"asks", both, "what it asks, in words of ours"},
                    {"evidence", list(either(text, block("evidence", std::move(lookup)))), "what is looked at for it"},
                    {"by_hand", both, "what nobody can tell from a network's rules"}});
    top_ = block("framework",
                 {{"framework", add({.form = Form::integer, .least = 1, .most = 1}), "version of the format", true},
                  {"id", add({.form = Form::name}), "its name in commands and files", true},
                  {"version", text, "its edition", true},
                  {"title", both, "what people call it", true},
                  {"about", both, "a sentence on what is shown here"},
                  {"controls", list(control), "its controls, in order", true}});
  }
  [[nodiscard]] const Shape& top() const { return *top_; }

 private:
  const Shape* add(Shape shape) { return &shapes_.emplace_back(std::move(shape)); }
  const Shape* block(std::string_view title, std::vector<Key> keys) {
    return add({.form = Form::block, .title = title, .keys = std::move(keys)});
  }
  const Shape* either(const Shape* a, const Shape* b) { return add({.form = Form::either, .alternatives = {a, b}}); }
  const Shape* list(const Shape* item) { return add({.form = Form::list, .least_items = 1, .item = item}); }
  std::deque<Shape> shapes_{};
  const Shape* top_ = nullptr;
};

std::string yaml_text_at(const YamlNode& node, std::string_view key) {
  const auto* found = node.find(key);
  return found == nullptr ? std::string() : std::string(found->text);
}

Phrase yaml_phrase_at(const YamlNode& node, std::string_view key) {
  const auto* found = node.find(key);
  if (found == nullptr) return {};
  return found->is_map() ? Phrase(yaml_text_at(*found, "en"), yaml_text_at(*found, "fr")) : Phrase(found->text);
}

class FrameworkReader {
 public:
  FrameworkReader(SourceMap& sources, Notes& notes) : sources_(sources), notes_(notes) {}

  /// Nothing where it cannot be read as one; why is in the notes.
  std::optional<Framework> read(std::string name, std::string text) {
    topology::Tree tree;
    std::size_t nodes = 0;
    if (!topology::normalise_text(text, name, notes_)) return std::nullopt;
    const auto before = notes_.errors();
    const auto* root = topology::read_yaml(sources_.add_file(std::move(name), std::move(text)), tree, notes_,
                                           topology::ReadLimits{}, nodes);
    const FrameworkShape shape;
    if (root == nullptr || !topology::check_shape(shape.top(), *root, "framework", notes_)) return std::nullopt;
    Framework framework{.id = yaml_text_at(*root, "id"),
                        .version = yaml_text_at(*root, "version"),
                        .title = yaml_phrase_at(*root, "title"),
                        .about = yaml_phrase_at(*root, "about")};
    std::set<std::string> ids;
    for (const auto& entry : root->find("controls")->entries())
      framework.controls.push_back(control(*entry.value, ids));
    return notes_.errors() == before ? std::optional(std::move(framework)) : std::nullopt;
  }

 private:
  Control control(const YamlNode& node, std::set<std::string>& ids) {
    Control control{.id = yaml_text_at(node, "id"),
                    .title = yaml_phrase_at(node, "title"),
                    .asks = yaml_phrase_at(node, "asks"),
                    .by_hand = yaml_phrase_at(node, "by_hand")};
    if (!ids.insert(control.id).second)
      notes_.add({.code = "CL7403",
                  .summary = fmt::format("control '{}' is there twice", printable(control.id)),
                  .detail = "A control is known by its number.",
                  .hint = "join both, or give one of them another id"},
                 *node.find("id"));
    if (const auto* evidence = node.find("evidence"))
      for (const auto& entry : evidence->entries()) control.lookups.push_back(lookup(*entry.value));
    return control;
  }

  Lookup lookup(const YamlNode& node) {
    Lookup lookup{.name = node.is_map() ? yaml_text_at(node, "check") : std::string(node.text)};
    const auto* kind = lookup_kind(lookup.name);
    if (kind == nullptr) {
      notes_.add({.code = "CL7402",
                  .summary = fmt::format("nothing is known that is looked at as '{}'", printable(lookup.name)),
                  .detail = fmt::format("Known are: {}.", fmt::join(lookup_names(), ", ")),
                  .hint = fmt::format("evidence: [{}]", lookup_names().front())},
                 node.is_map() ? *node.find("check") : node);
      return lookup;
    }
    for (const auto& entry : node.entries()) {
      if (!node.is_map() || entry.key == "check") continue;
      if (std::find(kind->settings.begin(), kind->settings.end(), entry.key) == kind->settings.end())
        notes_.add_key(
            {.code = "CL7402",
             .summary = fmt::format("'{}' is looked at without '{}'", lookup.name, printable(entry.key)),
             .detail = kind->settings.empty() ? std::string("It has no settings.")
                                              : fmt::format("Its settings are: {}.", fmt::join(kind->settings, ", ")),
             .hint = "take it away"},
            entry);
      auto& values = lookup.settings[std::string(entry.key)];
      if (entry.value->is_list())
        for (const auto& one : entry.value->entries()) values.emplace_back(one.value->text);
      else
        values.emplace_back(entry.value->text);
    }
    if (const auto why = wrong_settings(lookup); !why.empty())
      notes_.add({.code = "CL7402",
                  .summary = fmt::format("'{}' cannot be looked at so: {}", lookup.name, why),
                  .detail = kind->means.english + ".",
                  .hint = fmt::format("- {}", kind->example)},
                 node);
    return lookup;
  }

  SourceMap& sources_;
  Notes& notes_;
};

Result<std::string> framework_text(const std::string& name) {
  for (const auto& one : embedded_frameworks())
    if (one.id == name) return std::string(one.text());
  auto text = read_file(name, k_most_framework_bytes);
  if (text) return text;
  return fail({.kind = ErrorKind::usage,
               .code = "CL7401",
               .summary = fmt::format("there is no framework '{}'", printable(name)),
               .detail = fmt::format("With the program come {}; anything else is a file, and {}.",
                                     fmt::join(frameworks_known(), ", "), text.error().summary),
               .hint = fmt::format("--framework {}", frameworks_known().front())});
}

}  // namespace

std::string Lookup::id() const {
  std::string text = name;
  for (const auto& [setting, values] : settings)
    text += fmt::format(", {}: {}", setting, values.size() == 1 ? values.front() : "[" + join(values, ", ") + "]");
  return text;
}

std::span<const std::string> Lookup::values(std::string_view setting) const {
  const auto found = settings.find(setting);
  return found == settings.end() ? std::span<const std::string>() : std::span(found->second);
}

std::vector<std::string_view> frameworks_known() {
  std::vector<std::string_view> ids;
  for (const auto& one : embedded_frameworks()) ids.push_back(one.id);
  return ids;
}

Checked<std::vector<Framework>> read_frameworks(const std::vector<std::string>& names, SourceMap& sources) {
  std::vector<std::string> all = names;
  if (all.empty())
    for (const auto id : frameworks_known()) all.emplace_back(id);
  Checked<std::vector<Framework>> checked;
  checked.value.emplace();
  Notes notes(sources);
  Diagnostics missing;
  for (const auto& name : all) {
    auto text = framework_text(name);
    if (!text) {
      missing.push_back(std::move(text.error()));
      continue;
    }
    auto framework = FrameworkReader(sources, notes).read(name, *std::move(text));
    if (!framework) continue;
    const auto& others = *checked.value;
    if (std::any_of(others.begin(), others.end(), [&](const auto& one) { return one.id == framework->id; }))
      missing.push_back({.kind = ErrorKind::usage,
                         .code = "CL7403",
                         .summary = fmt::format("two frameworks are called '{}'", framework->id),
                         .detail = fmt::format("The second one is in '{}'.", printable(name)),
                         .hint = "give one of them another `id:`"});
    else
      checked.value->push_back(*std::move(framework));
  }
  checked.notes = notes.take();
  append(checked.notes, std::move(missing));
  return checked;
}

}  // namespace cloison::ops
