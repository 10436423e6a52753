#include "core/ops/effects.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/verify.h"
#include "core/verify/guarantee_text.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

/// "flow F-010" and "F-010/lyon-03" are both of F-010; other words stay as they are.
std::string flow_of(std::string text) {
  constexpr std::string_view k_flow = "flow ";
  if (text.starts_with(k_flow)) text.erase(0, k_flow.size());
  return text.substr(0, text.find('/'));
}

}  // namespace

Effects::Effects(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied, Instant now)
    : input_(proof_input(resolved, not_applied, now)), outer_(outer_addresses(resolved)) {}

void Effects::to_be(const std::vector<Resource>& desired) {
  for (const auto& one : desired) {
    if (!one.origins.empty()) reasons_.emplace(one.address.text, one.origins.front().declared_by);
    to_be_[one.provider].push_back({one.address.text, one.address.text, one.kind, one.attributes});
  }
}

std::map<std::string, std::vector<PlacedResource>> Effects::there(const Snapshot& snapshot, const LiveReading& live,
                                                                  bool believed) {
  std::map<std::string, std::vector<PlacedResource>> all;
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> addresses;  // by provider and identifier
  for (const auto& [key, row] : snapshot.rows) {
    addresses.emplace(std::pair<std::string_view, std::string_view>(row.provider, row.remote_id), key.address);
    if (!row.origins.empty()) reasons_.emplace(key.address, row.origins.front().declared_by);
    if (believed && !live.observed.contains(row.provider) && !row.deposed)
      all[row.provider].push_back({row.remote_id, key.address, row.kind, row.observed});
  }
  for (const auto& [provider, observed] : live.observed)
    for (const auto& one : observed) {
      const auto known = addresses.find({provider, one.remote_id});
      all[provider].push_back({one.remote_id, known == addresses.end() ? std::string() : std::string(known->second),
                               one.kind, one.attributes});
    }
  return all;
}

Effects::Live Effects::live(const Snapshot& snapshot, const LiveReading& live, const Providers& providers) && {
  const auto placed = there(snapshot, live, false);
  Live result{.parts = forwarding_of(placed, providers, outer_)};
  for (const auto& [provider, resources] : placed) result.resources += resources.size();
  result.input = std::move(input_), result.reasons = std::move(reasons_);
  return result;
}

PlannedReach Effects::compared(const Providers& providers) const {
  PlannedReach result;
  const verify::World before(forwarding_of(is_, providers, outer_));
  verify::ReachGathering gathering(input_);
  const auto proof = verify::prove(std::make_unique<const verify::World>(forwarding_of(to_be_, providers, outer_)),
                                   input_, &gathering);
  const auto was = verify::reach_of(before, input_), will_be = std::move(gathering).result();
  add_changes(verify::gained(was, will_be), true, result);
  add_changes(verify::gained(will_be, was), false, result);
  add_proof(proof, result);
  return result;
}

std::string Effects::reason(const std::string& rule) const {
  const auto resource = reasons_.find(rule);
  return flow_of(resource == reasons_.end() ? rule : resource->second);
}

void Effects::add_changes(const verify::Reach& reach, bool opens, PlannedReach& into) const {
  std::map<std::tuple<std::string, std::string, std::vector<std::string>>, ReachChange> groups;
  for (const auto& [ends, reached] : reach) {
    auto services = verify::service_texts(reached.packets.boxes());
    std::sort(services.begin(), services.end());
    auto& group = groups[{ends.first.alike, ends.second.alike, services}];
    ++group.pairs;
    for (const auto& rule : reached.rules_of(reached.packets))
      if (auto text = reason(rule); std::find(group.reasons.begin(), group.reasons.end(), text) == group.reasons.end())
        group.reasons.push_back(std::move(text));
    if (group.pairs > 1) continue;
    group.opens = opens;
    group.from = ends.first.alike, group.to = ends.second.alike, group.services = std::move(services);
    group.example = fmt::format("{} -> {}, {}", ends.first.name, ends.second.name,
                                verify::packet_text(reached.packets.example().value_or(Packet{})));
  }
  for (auto& [key, group] : groups) {
    std::sort(group.reasons.begin(), group.reasons.end());
    into.changes.push_back(std::move(group));
  }
}

void Effects::add_proof(const verify::Proof& proof, PlannedReach& into) const {
  for (std::size_t i = 0; i < input_.guarantees.size(); ++i) {
    const auto& guarantee = input_.guarantees[i];
    const auto& result = proof.guarantees[i];
    auto& planned = into.guarantees.emplace_back();
    planned.id = guarantee.id, planned.text = verify::guarantee_text(guarantee), planned.declared = guarantee.span;
    planned.verdict = result.verdict;
    planned.why = result.findings.empty() ? std::string(result.why) : told(result.findings.front(), input_.places);
  }
  for (const auto& result : proof.wanted) {
    const bool closed = result.verdict == verify::WantedResult::Verdict::closed;
    if (closed || result.verdict == verify::WantedResult::Verdict::open) ++into.pairs;
    if (closed) ++into.closed;
  }
}

Diagnostics broken_guarantees(const Plan& plan, const std::map<std::string, std::string>& overrides) {
  Diagnostics notes;
  for (const auto& one : plan.reach.guarantees)
    if (one.verdict == PlannedGuarantee::Verdict::broken && !overrides.contains(one.id))
      notes.push_back(
          {.kind = ErrorKind::guarantee,
           .code = "CL6120",
           .summary = fmt::format("after this plan guarantee {} does not hold", printable(one.id)),
           .detail = printable(one.why),
           .hint = fmt::format("`cloison verify` shows the way; --override \"{}=REASON\" applies it all the same",
                               printable(one.id)),
           .where = one.declared});
  return notes;
}

std::string overridden(const Plan& plan, const std::map<std::string, std::string>& overrides) {
  std::vector<std::string> all;
  for (const auto& one : plan.reach.guarantees)
    if (const auto given = overrides.find(one.id);
        given != overrides.end() && one.verdict == PlannedGuarantee::Verdict::broken)
      all.push_back(one.id + ": " + given->second);
  return join(all, "; ");
}

}  // namespace cloison::ops
