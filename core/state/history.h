#pragma once
// Walking back in time: undoing log entries, newest first, on a snapshot.

#include <map>
#include <set>
#include <string>

#include "core/state/store.h"

namespace cloison::state {

/// Takes back what the entry did to rows, provider configurations, facts and allocations. A row must be the one that
/// the entry wrote (by digest), else the log and the rows do not belong together: CL4012.
[[nodiscard]] Result<void> undo(Snapshot& snapshot, const LogEntry& entry);

/// What came of the steps of operations that did not finish, as the log tells it.
struct Tally {
  uint64_t done = 0, failed = 0;
};
/// By operation; read in pieces, since a log may be long.
[[nodiscard]] Result<std::map<std::string, Tally>> tallies_of(StateStore& store,
                                                              const std::set<std::string>& operations);

}  // namespace cloison::state
