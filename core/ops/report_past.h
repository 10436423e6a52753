#pragma once
// The past of a network, as reports tell it: what was applied, since when, by whom and for which ticket.

#include <memory>
#include <optional>

#include "core/ops/past.h"
#include "core/ops/report_rules.h"

namespace cloison::ops {

/// The state beside a report, where there is one.
struct ReportPast {
  std::unique_ptr<state::StateStore> store{};
  PastView view{};
  std::optional<PastTopologyFolder> then{};  // with a point in time: the topology of then
};
/// Nothing where there is no state yet, unless a point in time is asked for. `known_until`: of the state no more than
/// up to this commit, and nothing at all for 0.
[[nodiscard]] Result<std::optional<ReportPast>> report_past(const Context& context,
                                                            const std::optional<PointInTime>& at,
                                                            const std::optional<uint64_t>& known_until = {});

/// "admin, approved by dsi"
[[nodiscard]] std::string who(const PastOperation& operation);
/// Each flow with its dates; flows that are gone too, as they were last, not in force.
[[nodiscard]] FlowFactsById with_history(const FlowFactsById& flows, const Past& past);
/// What its last review said.
void add_review(report::FlowFacts& facts, const state::FlowReview& last);
void date_rules(std::vector<report::RuleRow>& rows, const Past& past);

/// What a flow is due for, as of a day.
[[nodiscard]] report::Due due_of(const report::FlowFacts& flow, Instant now);
/// What each rule is due for.
void find_due(std::vector<report::RuleRow>& rows, Instant now);

/// Rows of the state as the providers read them, by provider; `reasons`: who declared each, by address.
struct AppliedResources {
  std::map<std::string, std::vector<PlacedResource>> placed{};
  std::map<std::string, std::string> reasons{};
  Providers providers{};  // those of the topology, and of rows that it no longer names
  Diagnostics notes{};
};
[[nodiscard]] AppliedResources applied_resources(const Context& context, Snapshot snapshot, const Providers& known);

}  // namespace cloison::ops
