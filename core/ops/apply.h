#pragma once
// `cloison apply [PLAN]` and `cloison destroy`.

#include <filesystem>
#include <functional>

#include "core/apply/executor.h"
#include "core/ops/plan.h"
#include "core/ops/rollback.h"

namespace cloison::ops {

struct ApplyRequest {
  std::filesystem::path plan_file{};  // saved plan; empty: a fresh one
  bool destroy = false;
  std::optional<RollbackRequest> rollback{};  // instead of what the topology says
  /// Shown the plan; false = declined. Not asked for a saved plan. Absent: yes.
  std::function<bool(const Planned&)> confirm{};
};

struct AppliedResult {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  Planned planned{};
  apply::ApplyResult result{};
  std::size_t to_put_back = 0;  // changes of rollouts that failed elsewhere
  apply::ApplyResult put_back{};
  bool recorded = false;   // the topology, as it is now
  bool ran = false;        // false: nothing to do, declined or refused
  uint64_t log_entry = 0;  // number of the operation in the log
};

[[nodiscard]] AppliedResult apply(const Context& context, const ApplyRequest& request);

}  // namespace cloison::ops
