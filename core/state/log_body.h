#pragma once
// The bodies of log entries: one JSON object each, readable by people and enough to walk back in time.

#include <map>
#include <optional>
#include <string>

#include "core/state/row.h"
#include "core/state/store.h"

namespace cloison::state {

/// Kinds of log entries (LogEntry::kind).
namespace entry_kind {
constexpr std::string_view k_operation_started = "operation_started";
constexpr std::string_view k_intent = "intent";
constexpr std::string_view k_outcome = "outcome";
constexpr std::string_view k_operation_finished = "operation_finished";
constexpr std::string_view k_row_put = "row_put";
constexpr std::string_view k_row_removed = "row_removed";
constexpr std::string_view k_provider_added = "provider_added";
constexpr std::string_view k_facts_put = "facts_put";
constexpr std::string_view k_allocations_put = "allocations_put";
constexpr std::string_view k_topology_recorded = "topology_recorded";
constexpr std::string_view k_flows_reviewed = "flows_reviewed";
constexpr std::string_view k_pack_made = "pack_made";
}  // namespace entry_kind

[[nodiscard]] std::string body_of(const OperationStarted& entry);
[[nodiscard]] std::string body_of(const RecordedTopology& record, const std::string& operation, Instant when);
[[nodiscard]] std::string body_of(const std::vector<FlowReview>& reviews, const std::string& operation, Instant when);
[[nodiscard]] std::string body_of(const RecordedPack& pack, const std::string& operation, Instant when);
[[nodiscard]] std::string body_of(const StepIntent& entry);
[[nodiscard]] std::string body_of(const StepOutcome& entry);
[[nodiscard]] std::string body_of(const OperationFinished& entry);

[[nodiscard]] std::string body_of_put(const StoredRow& row, const Digest& digest,
                                      const std::optional<StoredRow>& former);
[[nodiscard]] std::string body_of_removal(const StoredRow& former);
[[nodiscard]] std::string body_of_provider(const std::string& digest, const StoredProvider& provider);
[[nodiscard]] std::string body_of_facts(const std::string& provider, const std::optional<Facts>& former);
/// The entries that changed, each with its former value.
using FormerAllocations = std::map<std::string, std::optional<std::string>>;
[[nodiscard]] std::string body_of_allocations(const FormerAllocations& former);

[[nodiscard]] std::string_view outcome_name(StepOutcome::How how);

}  // namespace cloison::state
