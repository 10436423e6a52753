#pragma once
// Reads back what log_body.h and lock.h wrote. Anything else is damage, never a crash.

#include <optional>
#include <string>
#include <string_view>

#include "core/state/log_body.h"

namespace cloison::state {

[[nodiscard]] Result<OperationStarted> operation_started_from(std::string_view body);
struct TopologyRecord {
  std::string operation{};
  Instant when{};
  RecordedTopology topology{};
};
[[nodiscard]] Result<TopologyRecord> topology_record_from(std::string_view body);
struct ReviewRecord {
  std::string operation{};
  std::vector<FlowReview> reviews{};
};
[[nodiscard]] Result<ReviewRecord> review_record_from(std::string_view body);
[[nodiscard]] Result<RecordedPack> pack_record_from(std::string_view body);
struct FinishedOperation {
  std::string id{}, status{};
};
[[nodiscard]] Result<FinishedOperation> operation_finished_from(std::string_view body);
[[nodiscard]] Result<StepIntent> intent_from(std::string_view body);
[[nodiscard]] Result<StepOutcome::How> outcome_from(std::string_view body);

struct RowChange {
  RowKey key;
  std::string digest;  // of the row that was put; "" for a removal
  std::optional<ResourceState> former{};
};
[[nodiscard]] Result<RowChange> row_change_from(std::string_view body);
/// Only what `verify_log` needs of a change: cheaper, values unread.
[[nodiscard]] Result<RowChange> row_change_head_from(std::string_view body);
[[nodiscard]] Result<std::string> added_provider_from(std::string_view body);
struct FactsChange {
  std::string provider;
  std::optional<Facts> former{};
};
[[nodiscard]] Result<FactsChange> facts_change_from(std::string_view body);
[[nodiscard]] Result<FormerAllocations> allocations_change_from(std::string_view body);

/// The holder as written into the lock file; nullopt when it is not (yet) readable.
[[nodiscard]] std::optional<LockInfo> lock_info_from(std::string_view text);

}  // namespace cloison::state
