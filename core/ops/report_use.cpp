#include "core/ops/report_use.h"

#include <algorithm>
#include <set>

#include "core/net/json.h"

namespace cloison::ops {

namespace {

namespace words = report::words;

/// From so long a window on it is worth asking whether anybody needs a rule that was never met.
constexpr auto k_long = std::chrono::days(30);

const report::Term& word_of(const RuleUse& use, Instant now) {
  if (use.packets > 0) return words::k_used;
  return use.since && now - *use.since >= k_long ? words::k_never_used : words::k_not_yet_used;
}

/// What no rule of a chain names has no text of its own.
std::string counted_text(const report::RuleRow& row) {
  return row.native == "policy accept" || row.native == "policy drop" ? std::string() : row.native;
}

/// Platforms count and keep no times. Two readings of the same counter say between which of them the last packet came:
/// after the earlier one where it has counted on, and before it where it has not.
void bound_last(report::RuleUse& use, const std::string& checked, const EarlierUse* earlier) {
  if (use.packets == 0) return;
  use.last_after = use.since, use.last_before = checked;
  if (earlier == nullptr || use.since.empty() || earlier->since != use.since || earlier->checked.empty() ||
      earlier->checked > checked || earlier->packets > use.packets)
    return;
  if (earlier->packets < use.packets) {
    use.last_after = earlier->checked;
    return;
  }
  use.last_before = earlier->last_before.empty() ? earlier->checked : std::min(earlier->last_before, earlier->checked);
  if (!earlier->last_after.empty() && earlier->last_after <= use.last_before)
    use.last_after = std::max(use.since, earlier->last_after);
}

/// An instant as reports write it, or "": such texts sort as they follow each other.
std::string instant_at(const net::Json& row, std::string_view name) {
  const auto text = row.text_at(name);
  const auto instant = parse_rfc3339(text);
  return instant && rfc3339(*instant) == text ? std::string(text) : std::string();
}

/// The members of a list; none where it is no list.
const net::Json::Array& list_at(const net::Json& of, std::string_view name) {
  static const net::Json::Array k_none;
  const auto* list = of.find(name);
  return list == nullptr || list->as_array() == nullptr ? k_none : *list->as_array();
}

void read_rows(const net::Json& table, EarlierUses& into) {
  for (const auto& row : list_at(table, "rows")) {
    const auto* hits = row.find("hits");
    const auto* packets = hits == nullptr ? nullptr : hits->as_integer();
    if (packets == nullptr || *packets < 0 || row.text_at("id").empty()) continue;
    into.emplace(row.text_at("id"), EarlierUse{.packets = static_cast<uint64_t>(*packets),
                                               .since = instant_at(row, "counted_since"),
                                               .checked = instant_at(row, "checked"),
                                               .last_after = instant_at(row, "last_hit_after"),
                                               .last_before = instant_at(row, "last_hit_before")});
  }
}

}  // namespace

std::optional<EarlierUses> earlier_uses(std::string_view report) {
  const auto json = net::parse_json(report);
  if (!json || json->text_at("kind") != "rules" || json->find("chapters") == nullptr) return std::nullopt;
  EarlierUses uses;
  for (const auto& chapter : list_at(*json, "chapters"))
    for (const auto& part : list_at(chapter, "parts"))
      if (part.text_at("id") == "rules") read_rows(part, uses);
  return uses;
}

UsesByProvider uses_of(const Providers& providers, const std::map<std::string, std::vector<PlacedResource>>& read) {
  UsesByProvider all;
  for (const auto& [name, resources] : read) {
    const auto provider = providers.find(name);
    if (provider == providers.end()) continue;
    auto& mine = all[name];
    mine.counts = provider->second->counts_use();
    if (!mine.counts) continue;
    for (auto& use : provider->second->uses()) {
      auto key = std::pair(use.policy, use.rule);
      mine.rules.emplace(std::move(key), std::move(use));
    }
  }
  return all;
}

void add_use(std::vector<report::RuleRow>& rows, const UsesByProvider& uses, const EarlierUses* earlier, Instant now) {
  std::set<const RuleUse*> told;  // rules that say the same share a counter, and the first of them is what is met
  for (auto& row : rows) {
    const auto provider = uses.find(row.provider);
    if (provider == uses.end()) continue;
    row.used = provider->second.counts ? &words::k_use_not_known : &words::k_not_counted;
    const auto use = provider->second.rules.find({row.policy, counted_text(row)});
    if (use == provider->second.rules.end() || !told.insert(&use->second).second) continue;
    row.used = &word_of(use->second, now);
    row.use = report::RuleUse{.packets = use->second.packets,
                              .bytes = use->second.bytes,
                              .since = use->second.since ? rfc3339(*use->second.since) : std::string()};
    const auto before = earlier == nullptr ? EarlierUses::const_iterator() : earlier->find(row.id);
    bound_last(*row.use, rfc3339(now), earlier == nullptr || before == earlier->end() ? nullptr : &before->second);
  }
}

}  // namespace cloison::ops
