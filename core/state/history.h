#pragma once
// Walking back in time: undoing log entries, newest first, on a snapshot.

#include "core/state/store.h"

namespace cloison::state {

/// Takes back what the entry did to rows, provider configurations, facts and allocations. A row must be the one that
/// the entry wrote (by digest), else the log and the rows do not belong together: CL4012.
[[nodiscard]] Result<void> undo(Snapshot& snapshot, const LogEntry& entry);

}  // namespace cloison::state
