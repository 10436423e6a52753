#pragma once
// What is looked at for the controls of frameworks (docs/compliance.md), and how that turns out for a network.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/frameworks.h"
#include "core/ops/lint.h"
#include "core/ops/report_past.h"
#include "core/ops/report_rules.h"
#include "core/ops/simulate.h"
#include "core/report/compliance.h"
#include "core/verify/reach.h"

namespace cloison::ops {

/// A network with all that is known of it.
struct ComplianceInput {
  const topology::Resolved& resolved;
  const verify::ProofInput& input;
  const verify::Proof& proof;
  const verify::Reach& reach;
  const FlowFactsById& flows;
  const std::vector<report::RuleRow>& rules;
  const Linted& linted;
  const Simulated& simulated;
  const std::vector<report::DataPlace>& places;
  const std::vector<report::DataCrossing>& crossings;
  const ReportPast* past = nullptr;  // nullptr: there is no state
  bool log_is_whole = false;         // with a state
  bool live = false;
  Instant now{};
};

/// Something that can be looked at.
struct LookupKind {
  std::string_view name{};
  std::vector<std::string_view> settings{};
  report::Phrase means{};
  std::string_view example{};  // as it stands in a list of evidence
  std::function<report::Looked(const ComplianceInput&, const Lookup&)> look{};
};
[[nodiscard]] const LookupKind* lookup_kind(std::string_view name);
[[nodiscard]] std::vector<std::string_view> lookup_names();
/// Of all kinds, each once.
[[nodiscard]] std::vector<std::string_view> lookup_settings();
/// "": these settings can be followed. Else what is wrong: "months is no number from 1 to 120".
[[nodiscard]] std::string wrong_settings(const Lookup& lookup);

/// Everything that holds classified data, as of that instant: places of that class, what keeps copies of it, what gets
/// logs of it.
[[nodiscard]] std::vector<report::DataPlace> data_places(const topology::Resolved& resolved,
                                                         const verify::ProofInput& input, Instant now);
/// Flows of classified data between countries, or to where nobody knows.
[[nodiscard]] std::vector<report::DataCrossing> data_crossings(const topology::Resolved& resolved,
                                                               const verify::ProofInput& input,
                                                               const FlowFactsById& flows);

/// Each framework with what was found; alike lookups are made once.
[[nodiscard]] report::ComplianceData compliance_of(const ComplianceInput& input,
                                                   const std::vector<Framework>& frameworks);

// How each turns out; by file: compliance_network.cpp, compliance_flows.cpp, compliance_log.cpp, compliance_places.cpp.
using Looking = report::Looked(const ComplianceInput& input, const Lookup& lookup);
Looking look_only_permitted, look_flows_pass, look_guarantees, look_apart_from_outside, look_default_deny,
    look_rule_order, look_refusals_logged, look_findings, look_as_intended, look_applied, look_scenarios, look_devices,
    look_documented;
Looking look_governance, look_two_people, look_insecure, look_expired;
Looking look_reviewed, look_operations, look_log;
Looking look_located, look_within_eea, look_encrypted, look_backups;

}  // namespace cloison::ops
