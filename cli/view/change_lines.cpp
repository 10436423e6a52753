#include "cli/view/change_lines.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/view/attributes_view.h"
#include "cli/view/diagnostics_view.h"
#include "cli/view/text.h"
#include "core/base/ip.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_attributes_shown = 4;
constexpr std::size_t k_elements_shown = 2;  // of a list, for each of added and removed
constexpr std::size_t k_rules_shown = 24;
constexpr std::size_t k_path_columns = 46;
constexpr std::size_t k_wrapped_columns = 24;  // narrower than this nothing is wrapped

Color action_color(std::string_view marker) {
  if (marker == "+") return Color::green;
  return marker == "-" ? Color::red : Color::yellow;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string origins_text(const std::vector<Origin>& origins) {
  if (origins.empty()) return {};
  constexpr std::string_view k_flow = "flow ";
  auto text = origins.front().declared_by;
  if (text.starts_with(k_flow)) text = text.substr(k_flow.size());
  if (origins.size() > 1) text += fmt::format(" +{}", origins.size() - 1);
  return printable(text);
}

std::string plural_kinds(const std::map<std::string, std::size_t>& kinds) {
  std::vector<std::string> parts;
  for (const auto& [kind, count] : kinds)
    parts.push_back(count == 1 ? kind : counted(count, kind, kind.ends_with("s") ? kind + "es" : ""));
  return join(parts, ", ");
}

/// One line: a declared path with what happens there, or a detail below it.
struct Line {
  enum class What : uint8_t { path, rule, attribute } what = What::path;
  std::string_view marker{};
  std::string first{}, second{}, third{}, note{};
  [[nodiscard]] bool operator==(const Line&) const = default;
};

/// What happens at one declared path.
struct Group {
  std::map<Action, std::map<std::string, std::size_t>> kinds{};
  std::vector<const Change*> rules{}, detailed{};
  std::vector<const Change*> all{};
};

std::string_view group_marker(const Group& group) {
  if (group.kinds.size() == 1) return action_marker(group.kinds.begin()->first);
  const bool only_makes = std::all_of(group.kinds.begin(), group.kinds.end(), [](const auto& entry) {
    return entry.first == Action::create || entry.first == Action::adopt;
  });
  return only_makes ? "+" : "~";
}

std::string group_what(const Group& group) {
  if (group.kinds.size() == 1) {
    const auto& [action, kinds] = *group.kinds.begin();
    const auto text = plural_kinds(kinds);
    if (action == Action::adopt) return text + " (adopted)";
    return action == Action::forget ? text + " (forgotten, objects stay)" : text;
  }
  std::vector<std::string> parts;
  for (const auto& [action, kinds] : group.kinds)
    parts.push_back(fmt::format("{} {}", action_marker(action), plural_kinds(kinds)));
  return join(parts, "; ");
}

/// "lab/lyon-03.lan" and "lab/metz-01.lan" are one shape, as are postgres-1 and postgres-2.
std::string shape_of(std::string_view path) {
  std::vector<std::string> components;
  for (const auto component : split(path, '.')) {
    std::string one(component);
    if (const auto slash = one.find('/'); slash != std::string::npos) one = one.substr(0, slash) + "/*";
    const auto dash = one.rfind('-');
    if (dash != std::string::npos && is_number(std::string_view(one).substr(dash + 1)))
      one = one.substr(0, dash) + "-*";
    components.push_back(std::move(one));
  }
  return join(components, ".");
}

std::string beginning(std::string_view path, std::size_t components) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < components && at != std::string_view::npos; ++i) at = path.find('.', i == 0 ? 0 : at + 1);
  return std::string(path.substr(0, at));
}

/// How much is said, most first.
struct Level {
  bool rules = false, attributes = false;
  std::size_t components = SIZE_MAX;  // of the path
};

class Changes {
 public:
  Changes(const Plan& plan, const Style& style) : plan_(plan), style_(style) {
    for (const auto& change : plan.changes)
      if (change.action != Action::no_op) shown_.push_back(&change);
  }

  std::string complete() {
    std::vector<Line> lines;
    for (const auto* change : shown_) {
      lines.push_back({.marker = action_marker(change->action),
                       .first = printable(change->address),
                       .second = kind_title(change->kind),
                       .third = joined_places(*change),
                       .note = note_of(*change)});
      add_attributes(*change, SIZE_MAX, lines);
    }
    return rendered(lines, SIZE_MAX);
  }

  std::string within(std::size_t limit) {
    const auto rules = static_cast<std::size_t>(
        std::count_if(shown_.begin(), shown_.end(), [](const Change* change) { return is_rule(*change); }));
    std::vector<Level> levels{{.rules = rules <= k_rules_shown, .attributes = true}, {}};
    for (std::size_t components = 4; components > 0; --components) levels.push_back({.components = components});
    std::vector<Line> lines;
    for (const auto& level : levels) {
      lines = at_level(level);
      if (lines.size() <= limit) break;
    }
    return rendered(lines, limit);
  }

 private:
  static bool is_rule(const Change& change) {
    const auto parts = parts_of(change.address);
    return parts.leaf == "rule" && !parts.key.empty();
  }

  [[nodiscard]] static std::string note_of(const Change& change) {
    auto note = printable(change.note);
    if (change.gap) note += std::string(note.empty() ? "" : "; ") + "interrupts: old and new cannot be there at once";
    if (change.reason == Reason::interrupted) note += std::string(note.empty() ? "" : "; ") + "was interrupted";
    return note;
  }

  [[nodiscard]] std::string joined_places(const Change& change) const {
    std::vector<std::string> places;
    for (const auto& origin : change.origins)
      places.push_back(fmt::format("{} {}", printable(origin.declared_by), place_text(plan_.sources, origin.span)));
    return join(places, ", ");
  }

  void add_attributes(const Change& change, std::size_t limit, std::vector<Line>& lines) const {
    for (std::size_t i = 0; i < change.attributes.size(); ++i) {
      if (i == limit) {
        lines.push_back({.what = Line::What::attribute,
                         .first = fmt::format("... and {}", counted(change.attributes.size() - i, "more attribute"))});
        return;
      }
      const auto& one = change.attributes[i];
      lines.push_back({.what = Line::What::attribute,
                       .first = change.action == Action::create ? asked_text(one)
                                : change.action == Action::remove
                                    ? held_text(one)
                                    : attribute_text(one, limit == SIZE_MAX ? SIZE_MAX : k_elements_shown)});
    }
  }

  [[nodiscard]] std::map<std::string, Group> grouped(const Level& level) const {
    std::map<std::string, Group> groups;
    for (const auto* change : shown_) {
      const auto parts = parts_of(change->address);
      auto& group = groups[beginning(parts.path, level.components)];
      group.all.push_back(change);
      const bool own_line = level.rules && is_rule(*change);
      if (own_line)
        group.rules.push_back(change);
      else
        ++group.kinds[change->action][kind_title(change->kind)];
      if (level.attributes && !own_line && (change->action == Action::update || change->action == Action::replace))
        group.detailed.push_back(change);
    }
    return groups;
  }

  [[nodiscard]] std::vector<Line> of_group(const std::string& path, const Group& group) const {
    std::vector<Line> lines;
    Line head{.marker = "~", .first = printable(path), .second = "rules"};
    if (!group.kinds.empty()) {
      head.marker = group_marker(group);
      head.second = group_what(group);
    }
    std::set<std::string> places;
    for (const auto* change : group.all) {
      for (const auto& origin : change->origins) places.insert(place_text(plan_.sources, origin.span));
      if (head.note.empty() && !is_rule(*change)) head.note = note_of(*change);
    }
    places.erase("");
    if (group.rules.empty() && places.size() == 1) head.third = *places.begin();
    lines.push_back(std::move(head));
    for (const auto* change : group.detailed) add_attributes(*change, k_attributes_shown, lines);
    for (const auto* change : group.rules) {
      const auto where = change->origins.empty() ? 0 : change->origins.front().span;
      lines.push_back({.what = Line::What::rule,
                       .marker = action_marker(change->action),
                       .first = rule_text(parts_of(change->address).key),
                       .second = origins_text(change->origins),
                       .third = place_text(plan_.sources, where),
                       .note = note_of(*change)});
    }
    return lines;
  }

  /// Groups of one shape that would read the same are one group with a count.
  [[nodiscard]] std::vector<Line> at_level(const Level& level) const {
    struct Same {
      std::string shape{}, first_path{};
      std::vector<Line> lines{};
      std::size_t count = 1;
    };
    std::vector<Same> all;
    std::map<std::string, std::vector<std::size_t>> by_shape;
    for (const auto& [path, group] : grouped(level)) {
      auto lines = of_group(path, group);
      const auto shape = shape_of(path);
      lines.front().first.clear();
      auto& candidates = by_shape[shape];
      const auto same = std::find_if(candidates.begin(), candidates.end(), [&](std::size_t at) {
        auto other = all[at].lines;
        auto mine = lines;
        other.front().third.clear(), mine.front().third.clear();
        return other == mine;
      });
      if (same != candidates.end()) {
        ++all[*same].count;
        continue;
      }
      candidates.push_back(all.size());
      all.push_back({shape, path, std::move(lines)});
    }
    std::vector<Line> result;
    for (auto& same : all) {
      same.lines.front().first = printable(same.count == 1 ? same.first_path : same.shape);
      if (same.count > 1) same.lines.front().second = fmt::format("{} x  {}", same.count, same.lines.front().second);
      std::move(same.lines.begin(), same.lines.end(), std::back_inserter(result));
    }
    return result;
  }

  [[nodiscard]] std::string rendered(const std::vector<Line>& lines, std::size_t limit) const {
    std::map<Line::What, std::array<std::size_t, 3>> widths;
    for (const auto& line : lines) {
      auto& columns = widths[line.what];
      columns[0] = std::max(columns[0], std::min(display_width(line.first), k_path_columns));
      columns[1] = std::max(columns[1], display_width(line.second));
      columns[2] = std::max(columns[2], display_width(line.third));
    }
    std::string text;
    std::size_t shown = 0;
    for (const auto& line : lines) {
      if (shown == limit) {
        text += fmt::format("  ... and {} below; all of them: -v\n", counted(lines.size() - shown, "more line"));
        break;
      }
      ++shown;
      text += rendered_line(line, widths[line.what], limit == SIZE_MAX);
    }
    return text;
  }

  [[nodiscard]] std::string rendered_line(const Line& line, const std::array<std::size_t, 3>& widths,
                                          bool whole) const {
    if (line.what == Line::What::attribute)
      return "        " + (whole ? line.first : cropped(line.first, style_.width - 8)) + '\n';
    const std::string indent = line.what == Line::What::path ? "  " : "      ";
    const std::size_t lead = line.what == Line::What::path ? 4 : 2;
    std::string rest = padded(line.first, widths[0]) + "  " + padded(line.second, std::min<std::size_t>(widths[1], 40));
    if (!line.third.empty() || !line.note.empty())
      rest += "  " + padded(line.third, std::min<std::size_t>(widths[2], 32));
    if (!line.note.empty()) rest += "  " + line.note;
    while (!rest.empty() && rest.back() == ' ') rest.pop_back();
    const std::size_t room = style_.width - indent.size() - lead;
    if (!whole && display_width(rest) > room) {
      // Counts of what is made are what the line is for: they go on below, and only a rule's tail is cut.
      const std::size_t column = widths[0] + 2;
      rest = line.what == Line::What::rule || column + k_wrapped_columns > room
                 ? cropped(rest, room)
                 : padded(line.first, widths[0]) + "  " +
                       wrapped(line.second + "  " + line.third + (line.note.empty() ? "" : "; " + line.note),
                               room - column, indent.size() + lead + column);
    }
    return indent + painted(style_.color, action_color(line.marker), padded(line.marker, lead)) + rest + '\n';
  }

  const Plan& plan_;
  const Style& style_;
  std::vector<const Change*> shown_{};
};

}  // namespace

AddressParts parts_of(std::string_view address) {
  static constexpr std::array<std::string_view, 3> k_keyed{".rule/", ".interface/", ".route/"};
  for (const auto word : k_keyed) {
    const auto at = address.find(word);
    if (at == std::string_view::npos) continue;
    AddressParts parts{.path = address.substr(0, at),
                       .leaf = word.substr(1, word.size() - 2),
                       .key = address.substr(at + word.size())};
    // "….group.rule/…" and "….router.interface/…" belong to what has the group or the router.
    if (const auto dot = parts.path.rfind('.'); dot != std::string_view::npos) parts.path = parts.path.substr(0, dot);
    return parts;
  }
  const auto dot = address.rfind('.');
  if (dot == std::string_view::npos) return {.path = address};
  return {.path = address.substr(0, dot), .leaf = address.substr(dot + 1)};
}

std::string rule_text(std::string_view key) {
  const auto words = split(key, '-');
  if (words.size() < 4 || (words[0] != "in" && words[0] != "out") || (words[1] != "ipv4" && words[1] != "ipv6"))
    return printable(key);
  std::size_t at = 3;
  std::string match(words[2]);
  const bool ports = match == "tcp" || match == "udp" || match == "sctp";
  while (at + 1 < words.size() && is_number(words[at])) {
    match += (at == 3 ? (ports ? "/" : " type ") : "-") + std::string(words[at]);
    ++at;
  }
  std::string remote;
  for (std::size_t i = at; i < words.size(); ++i) remote += (i == at ? "" : "-") + std::string(words[i]);
  if (const auto bar = remote.rfind('_'); bar != std::string::npos) {
    auto prefix = remote;
    prefix[bar] = '/';
    if (IpPrefix::parse(prefix)) remote = prefix;
  }
  // A prefix shows its family, a named set does not.
  if (words[1] == "ipv6" && remote.find(':') == std::string::npos) remote += " (IPv6)";
  const bool in = words[0] == "in";
  return printable(fmt::format("{} {} {} {}", in ? "in " : "out", match, in ? "from" : "to", remote));
}

std::string kind_title(std::string_view kind) {
  std::string title(kind);
  std::replace(title.begin(), title.end(), '_', ' ');
  if (title.starts_with("security group rule")) return "rule";
  if (title == "floating ip") return "floating IP";
  return printable(title);
}

std::string_view action_marker(Action action) {
  switch (action) {
    case Action::create:
    case Action::adopt:
      return "+";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
    case Action::forget:
      return "-";
    case Action::no_op:
      return " ";
  }
  return " ";
}

std::string change_lines(const Plan& plan, bool all, std::size_t limit, const Style& style) {
  Changes changes(plan, style);
  return all ? changes.complete() : changes.within(limit);
}

}  // namespace cloison::cli
