#include "cli/view/attributes_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/change_lines.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

constexpr std::size_t k_members_shown = 3;

/// What two lists do not share. Neither side is set where no elements came or went (another order).
struct ListChange {
  std::vector<Value> added{}, removed{};
  std::size_t stay = 0;
};

std::optional<ListChange> list_change(const AttributeChange& change) {
  const auto* before = change.before.as_list();
  const auto* after = change.after.as_list();
  if (before == nullptr || after == nullptr || change.before.is_secret() || change.after.is_secret())
    return std::nullopt;
  auto former = *before;
  auto now = *after;
  std::sort(former.begin(), former.end());
  std::sort(now.begin(), now.end());
  ListChange lists;
  std::set_difference(now.begin(), now.end(), former.begin(), former.end(), std::back_inserter(lists.added));
  std::set_difference(former.begin(), former.end(), now.begin(), now.end(), std::back_inserter(lists.removed));
  lists.stay = now.size() - lists.added.size();
  return lists;
}

/// "+ a, b and 9 more".
std::string elements_text(std::string_view marker, const std::vector<Value>& elements, std::size_t most) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < elements.size() && i < most; ++i) shown.push_back(printable(to_display(elements[i])));
  auto text = fmt::format("{} {}", marker, join(shown, ", "));
  if (elements.size() > most) text += fmt::format(" and {} more", elements.size() - most);
  return text;
}

std::string list_text(const ListChange& lists, std::size_t most) {
  std::vector<std::string> parts;
  if (!lists.added.empty()) parts.push_back(elements_text("+", lists.added, most));
  if (!lists.removed.empty()) parts.push_back(elements_text("-", lists.removed, most));
  auto text = join(parts, "; ");
  if (lists.stay > 0) text += fmt::format("  ({} {})", lists.stay, lists.stay == 1 ? "stays" : "stay");
  return text;
}

}  // namespace

std::string attribute_text(const AttributeChange& change, std::size_t most) {
  const auto name = printable(change.attribute);
  const auto end = change.forces_replace ? std::string("  forces replacement") : std::string();
  if (const auto lists = list_change(change); lists && lists->added.size() + lists->removed.size() > 0)
    return fmt::format("{}: {}{}", name, list_text(*lists, most), end);
  const auto after = printable(to_display(change.after));
  return fmt::format("{}: {} -> {}{}", name, printable(to_display(change.before)),
                     change.known_after_apply ? "(known after apply)" : after, end);
}

std::string asked_text(const AttributeChange& change) {
  return fmt::format("{}: {}", printable(change.attribute), printable(to_display(change.after)));
}

std::string held_text(const AttributeChange& change) {
  return fmt::format("{}: {}", printable(change.attribute), printable(to_display(change.before)));
}

std::vector<JsonObject> attributes_json(const std::vector<AttributeChange>& changes) {
  std::vector<JsonObject> objects;
  for (const auto& change : changes) {
    JsonObject fields;
    fields.text("attribute", change.attribute)
        .value("before", change.before)
        .value("after", change.after)
        .flag("known_after_apply", change.known_after_apply)
        .flag("forces_replace", change.forces_replace);
    if (auto lists = list_change(change))
      fields.value("added", Value::list(std::move(lists->added)))
          .value("removed", Value::list(std::move(lists->removed)));
    objects.push_back(std::move(fields));
  }
  return objects;
}

AddressSets named_sets(const Plan& plan, const AddressSets& sets) {
  AddressSets named;
  if (sets.empty()) return named;
  for (const auto& change : plan.changes) {
    const auto parts = parts_of(change.address);
    if (change.action == Action::no_op || parts.leaf != "rule") continue;
    for (const auto& [path, prefixes] : sets)
      if (parts.key.ends_with(path)) named.emplace(path, prefixes);
  }
  return named;
}

std::string sets_text(const AddressSets& sets, bool all, std::size_t width) {
  if (sets.empty()) return {};
  std::string text = "Sets that these rules name\n";
  for (const auto& [path, prefixes] : sets) {
    std::vector<std::string> members;
    for (const auto& prefix : prefixes) {
      if (!all && members.size() == k_members_shown) break;
      members.push_back(prefix.text());
    }
    const auto left = prefixes.size() - members.size();
    auto line = fmt::format("{}  {}: {}", printable(path), prefixes.size(), join(members, ", "));
    if (left > 0) line += fmt::format(" and {} more", left);
    text += "  " + wrapped(line, width - 2, 6) + '\n';
  }
  return text;
}

std::vector<JsonLine> sets_json(const AddressSets& sets) {
  std::vector<JsonLine> lines;
  for (const auto& [path, prefixes] : sets) {
    std::vector<std::string> members;
    for (const auto& prefix : prefixes) members.push_back(prefix.text());
    lines.push_back({"set", JsonObject().text("name", path).texts("prefixes", members)});
  }
  return lines;
}

}  // namespace cloison::cli
