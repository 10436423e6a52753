#include "core/ops/report_compliance.h"

#include "core/ops/lint_parts.h"
#include "core/ops/report_words.h"

namespace cloison::ops {

report::ComplianceData gather_compliance(const ComplianceSources& from, const std::vector<Framework>& frameworks) {
  const auto& resolved = *from.validated.resolved;
  const auto now = from.context.clock.now();
  const auto linted =
      lint_network(forwarding_of(from.validated.resources, from.validated.providers, outer_addresses(resolved)),
                   from.input, resolved, Reasons(from.validated.resources, resolved));
  const auto places = data_places(resolved, from.input, now);
  const auto crossings = data_crossings(resolved, from.input, from.flows);
  ComplianceInput input{.resolved = resolved,
                        .input = from.input,
                        .proof = from.proof,
                        .reach = from.reach,
                        .flows = from.flows,
                        .rules = from.rules,
                        .linted = linted,
                        .simulated = from.simulated,
                        .places = places,
                        .crossings = crossings,
                        .past = from.past,
                        .live = from.live,
                        .now = now};
  if (from.past != nullptr) input.log_is_whole = from.past->store->verify_log().has_value();
  auto data = compliance_of(input, frameworks);
  for (const auto& one : from.validated.not_applied) data.not_known.push_back(not_applied_phrase(one));
  return data;
}

}  // namespace cloison::ops
