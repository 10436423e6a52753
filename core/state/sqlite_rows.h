#pragma once
// Reading a whole state file: every element against its digest, all of them against the header.

#include <functional>

#include "core/state/sqlite_database.h"
#include "core/state/tables.h"

namespace cloison::state {

struct CheckedRow {
  RowView row;  // until the cursor moves on
  Digest digest{};
};
/// The row under the statement's cursor, columns as in `resource` without `id`; CL4003 when it does not match its
/// digest.
[[nodiscard]] Result<CheckedRow> checked_row(const Statement& statement);
[[nodiscard]] LogEntry log_entry_from(const Statement& statement);
constexpr const char* k_log_columns = "number, serial, kind, operation, at, body, seal";

/// All rows, provider configurations, facts and allocations; count and sum compared with the header, and the log's end.
[[nodiscard]] Result<Snapshot> read_snapshot(Database& database, const Head& head);
/// Of every row, for comparison with the log.
[[nodiscard]] Result<std::map<RowKey, std::string>> read_row_digests(Database& database);
/// Entries from one number on, in either order, until `take` fails or answers false.
[[nodiscard]] Result<void> read_log(Database& database, uint64_t from, bool newest_first, std::size_t limit,
                                    const std::function<Result<bool>(LogEntry)>& take);
/// Operations that the log tells of.
[[nodiscard]] Result<std::optional<LogEntry>> read_newest(Database& database, std::string_view kind, uint64_t before);
[[nodiscard]] Result<uint64_t> read_operation_count(Database& database);
/// Bodies of entries that are still open, oldest first: intents (`steps`) or operations.
[[nodiscard]] Result<std::vector<std::string>> read_open(Database& database, bool steps);

}  // namespace cloison::state
