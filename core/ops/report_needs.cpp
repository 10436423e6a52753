#include "core/ops/report_needs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/side_by_side.h"
#include "core/base/strings.h"
#include "core/verify/answer.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

namespace words = report::words;
using Alone = verify::DecidedAlone::Kind;

constexpr std::string_view k_and_more = "…";

void add_once(std::vector<std::string>& all, std::string text) {
  if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
}

/// "tcp/443, tcp/80 from 10.1.0.0/24 to 10.2.0.7": services between the same ends together, the first few of them.
std::vector<std::string> packets_in_short(const verify::PacketSet& packets) {
  constexpr std::size_t k_shown = 6, k_services = 8;
  std::vector<std::pair<std::string, std::vector<std::string>>> parts;
  for (const auto& box : packets.boxes()) {
    const auto ends = fmt::format(" from {} to {}", verify::range_text(box.family, box.source),
                                  verify::range_text(box.family, box.destination));
    auto same = std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.first == ends; });
    if (same == parts.end()) {
      if (parts.size() > k_shown) break;
      same = parts.emplace(parts.end(), ends, std::vector<std::string>());
    }
    add_once(same->second, verify::service_text(box));
  }
  std::vector<std::string> texts;
  for (auto& [ends, services] : parts) {
    if (texts.size() == k_shown) {
      texts.emplace_back(k_and_more);
      break;
    }
    if (services.size() > k_services) services.resize(k_services), services.emplace_back(k_and_more);
    texts.push_back(join(services, ", ") + ends);
  }
  return texts;
}

bool meet(const std::vector<PacketBox>& some, const std::vector<PacketBox>& others) {
  return std::any_of(some.begin(), some.end(), [&](const PacketBox& one) {
    return std::any_of(others.begin(), others.end(), [&](const PacketBox& other) { return one.overlaps(other); });
  });
}

/// Whether some of a pair's packets, or of their answers, are among those that nothing else decides alike.
bool needs_it(const verify::Wanted& pair, const verify::DecidedAlone& alone) {
  const auto& decided = alone.packets.boxes();
  return meet(pair.packets, decided) || meet(verify::answers_to(verify::PacketSet(pair.packets)).boxes(), decided);
}

/// Of pairs that pass by a rule.
std::vector<std::string> flows_of(const std::vector<uint32_t>& pairs, const verify::ProofInput& input,
                                  const verify::DecidedAlone& alone, bool translated) {
  constexpr std::size_t k_few = 500;  // more boxes than that are not compared with each pair
  const bool compared = alone.kind == Alone::part && !translated && alone.packets.boxes().size() <= k_few;
  std::vector<std::string> flows;
  std::set<std::string_view> known;
  for (const auto number : pairs) {
    if (number >= input.wanted.size()) break;  // what guarantees owe, behind the flows
    const auto& pair = input.wanted[number];
    if (known.contains(pair.flow) || (compared && !needs_it(pair, alone))) continue;
    known.insert(pair.flow);
    flows.push_back(pair.flow);
  }
  return flows;
}

report::Told told_or(std::vector<std::string> items, const report::Term& none) {
  return {.word = items.empty() ? &none : nullptr, .items = std::move(items)};
}

}  // namespace

report::Told alone_told(const verify::DecidedAlone* alone) {
  if (alone == nullptr) return {};
  switch (alone->kind) {
    case Alone::nothing:
      return {.word = &words::k_nothing};
    case Alone::all:
      return {.word = &words::k_all_of_it};
    case Alone::part:
      return {.word = nullptr, .items = packets_in_short(alone->packets)};
    case Alone::too_complex:
      return {.word = &words::k_too_complex};
    case Alone::not_judged:
      break;
  }
  return {};
}

void tell_needs(report::RuleRow& row, const RuleNeeds* needs, const std::vector<const RuleMatch*>& rules,
                const verify::DecidedAlone& alone, bool translated) {
  if (needs == nullptr || !needs->known() || alone.kind == Alone::not_judged) return;
  if (alone.kind == Alone::too_complex) {
    row.needed_by.word = &words::k_too_complex;
    if (needs->failures_known()) row.failures.word = &words::k_too_complex;
    return;
  }
  std::vector<uint32_t> pairs;
  std::vector<std::string> failures;
  for (const auto* rule : rules) {
    if (alone.kind == Alone::nothing) break;  // who passes by it would pass without it
    const auto& passing = needs->pairs(*rule);
    pairs.insert(pairs.end(), passing.begin(), passing.end());
    for (const auto& failure : needs->failures(*rule)) add_once(failures, failure);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  row.needed_by = told_or(flows_of(pairs, needs->input(), alone, translated), words::k_no_flow);
  constexpr std::size_t k_shown = 12;
  if (failures.size() > k_shown) failures.resize(k_shown), failures.emplace_back(k_and_more);
  if (needs->failures_known()) row.failures = told_or(std::move(failures), words::k_no_failure);
}

RuleNeeds::RuleNeeds(std::vector<Forwarding> parts, const verify::ProofInput& input, const topology::Resolved& resolved,
                     bool failures)
    : input_(input), survival_(std::move(parts), input, false, true), failures_known_(failures) {
  if (failures) play(resolved);
}

const std::vector<uint32_t>& RuleNeeds::pairs(const RuleMatch& rule) const {
  return survival_.rules_now().of(rule.text.data());
}

const std::vector<std::string>& RuleNeeds::failures(const RuleMatch& rule) const {
  static const std::vector<std::string> k_none;
  const auto found = failures_.find(rule.text.data());
  return found == failures_.end() ? k_none : found->second;
}

void RuleNeeds::play(const topology::Resolved& resolved) {
  const Failures all(resolved, input_.places);
  for (const auto& scenario : resolved.topology->scenarios) {
    const auto opened = opened_by(resolved, scenario.name);
    const auto sets = all.of(scenario.down, scenario.each);
    for (const auto& failing : sets) {
      std::vector<std::string> down;
      for (const auto& one : failing) down.push_back(one.name);
      const auto failure = together(failing);
      const auto outcome = opened.empty() ? survival_.after(failure) : survival_.after(failure, opened);
      note(sets.size() == 1 ? scenario.name : fmt::format("{}: {}", scenario.name, join(down, ", ")), outcome.rules);
    }
  }
  const auto single = all.single();
  side_by_side<verify::UsedRules>(
      single.size(), [&](std::size_t i) { return survival_.after(single[i].failure).rules; },
      [&](std::size_t i, verify::UsedRules&& then) {
        note(single[i].name, then);
        return true;
      });
}

void RuleNeeds::note(const std::string& failure, const verify::UsedRules& then) {
  for (const auto& [rule, pairs] : then.all()) {
    const auto& now = survival_.rules_now().of(rule);
    const bool more = !std::includes(now.begin(), now.end(), pairs.begin(), pairs.end());
    auto& known = failures_[rule];
    if (more && std::find(known.begin(), known.end(), failure) == known.end()) known.push_back(failure);
  }
}

GatheredRules analysed_rules(const RuleSources& from, std::vector<Forwarding> parts, bool failures) {
  const RuleNeeds needs(std::move(parts), from.input, from.resolved, failures);
  return gather_rules(from, needs.world(), &needs);
}

}  // namespace cloison::ops
