#pragma once
// The history: one line an operation, newest first.

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/json_line.h"
#include "core/state/store.h"

namespace cloison::cli {

/// An operation as the log's entries tell it.
struct LoggedOperation {
  uint64_t number = 0;  // as `apply` names it: the how-manieth operation
  std::string id{}, command{}, user{}, host{}, when{}, ticket{}, override_reason{}, approved_by{}, git_commit{},
      plan_digest{}, cloison_version{};
  std::string status{};  // "" while it is not finished
  uint64_t steps = 0, done = 0, failed = 0, skipped = 0;
};
/// Oldest first. Entries that are no operations' beginning or end are passed over.
[[nodiscard]] std::vector<LoggedOperation> operations_of(const std::vector<state::LogEntry>& entries);

/// The newest `limit`, newest first.
[[nodiscard]] std::string log_text(const std::vector<LoggedOperation>& operations, std::size_t limit, bool all,
                                   const Style& style);
[[nodiscard]] std::vector<JsonLine> log_json(const std::vector<LoggedOperation>& operations, std::size_t limit);

}  // namespace cloison::cli
