#include "core/ops/effects.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/meantime.h"
#include "core/ops/reach_changes.h"
#include "core/ops/verify.h"
#include "core/verify/changed.h"
#include "core/verify/guarantee_text.h"
#include "core/verify/same.h"
#include "core/verify/transition.h"

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
  auto placed = there(snapshot, live, false);
  Live result{.parts = forwarding_of(placed, providers, outer_)};
  for (const auto& [provider, resources] : placed) result.resources += resources.size();
  result.placed = std::move(placed);
  result.input = std::move(input_), result.reasons = std::move(reasons_);
  return result;
}

void Effects::work_out(const Providers& providers, const Snapshot& snapshot, Plan& plan) {
  for (const auto& step : plan.steps)
    if (!step.origins.empty()) reasons_.emplace(step.key.address, step.origins.front().declared_by);
  const auto was = verify::as_one(forwarding_of(is_, providers, outer_));
  auto will_be = was;
  if (!plan.empty()) {
    const auto to_be = Mixture(is_, snapshot, plan, providers).after(Done(plan.steps.size(), true));
    will_be = verify::as_one(forwarding_of(to_be, providers, outer_));
    verify::share_chains(will_be, was);
  }
  verify::FilterPool pool;
  const verify::WantedIndex wanted(input_.wanted);
  const auto proof = verify::prove(std::make_unique<const verify::World>(std::vector<Forwarding>{will_be}, pool),
                                   input_, {.wanted = &wanted, .most = has_guarantees(), .beyond = false});
  add_proof(proof, plan.reach);
  if (!plan.empty()) add_changes({input_, providers, outer_, is_, snapshot, was, will_be, proof, wanted, pool}, plan);
}

namespace {

/// Steps of a later turn wait for all of the turn before.
void put_in_turns(const std::vector<uint32_t>& turns, std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (uint32_t before = 0; turns[i] != 0 && before < steps.size(); ++before)
      if (turns[before] + 1 == turns[i]) steps[i].after.insert(before);
}

}  // namespace

void Effects::add_changes(const MeantimeQuestion& question, Plan& plan) const {
  auto found = meantime_of(question, plan);
  plan.reach.not_known = found.ends_not_known;
  if (!found.ends_not_known.empty()) return;
  add_changes(verify::gained(found.before, found.behind), true, plan.reach.changes);
  add_changes(verify::gained(found.behind, found.before), false, plan.reach.changes);
  auto& into = plan.reach.meantime;
  put_in_turns(found.turns, plan.steps);
  into.turns = found.turns.empty() ? 1 : *std::max_element(found.turns.begin(), found.turns.end()) + 1;
  into.not_known = std::move(found.not_known), into.stops_not_known = std::move(found.stops_not_known);
  add_changes(found.opens, true, into.opens);
  for (const auto number : found.broken) into.broken.push_back(input_.guarantees[number].id);
  for (const auto number : found.stops) into.stops.push_back(input_.wanted[number].id);
  into.conflict = std::move(found.in_conflict);
}

std::string Effects::reason(const std::string& rule) const {
  const auto resource = reasons_.find(rule);
  return flow_of(resource == reasons_.end() ? rule : resource->second);
}

void Effects::add_changes(const verify::Reach& reach, bool opens, std::vector<ReachChange>& into) const {
  auto changes = reach_changes(reach, opens, [this](const std::string& rule) { return reason(rule); });
  std::move(changes.begin(), changes.end(), std::back_inserter(into));
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

namespace {

Diagnostic broken_meanwhile(const Plan& plan, const std::string& id) {
  const auto& meantime = plan.reach.meantime;
  SpanId declared = 0;
  for (const auto& one : plan.reach.guarantees)
    if (one.id == id) declared = one.declared;
  constexpr std::size_t k_few = 4;
  auto steps = meantime.conflict;
  if (steps.size() > k_few) steps.resize(k_few);
  return {.kind = ErrorKind::guarantee,
          .code = "CL6122",
          .summary = fmt::format("while this plan is applied guarantee {} does not hold", printable(id)),
          .detail =
              fmt::format("It holds before and after. In no order of these steps does it hold all the time: {}{}",
                          printable(join(steps, ", ")), steps.size() < meantime.conflict.size() ? ", and others" : ""),
          .hint = fmt::format("close what is to be closed by a plan of its own first; --override \"{}=REASON\" applies "
                              "it all the same",
                              printable(id)),
          .where = declared};
}

}  // namespace

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
  for (const auto& id : plan.reach.meantime.broken)
    if (!overrides.contains(id)) notes.push_back(broken_meanwhile(plan, id));
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
