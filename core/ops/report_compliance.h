#pragma once
// What the report on compliance holds.

#include "core/ops/compliance.h"

namespace cloison::ops {

/// What a network's reports have already found out.
struct ComplianceSources {
  const Context& context;
  const Validated& validated;
  const verify::ProofInput& input;
  const verify::Proof& proof;
  const verify::Reach& reach;
  const FlowFactsById& flows;
  const std::vector<report::RuleRow>& rules;
  const Simulated& simulated;
  const ReportPast* past = nullptr;
  bool live = false;
};
/// Without heading.
[[nodiscard]] report::ComplianceData gather_compliance(const ComplianceSources& from,
                                                       const std::vector<Framework>& frameworks);

}  // namespace cloison::ops
