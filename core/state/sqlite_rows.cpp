#include "core/state/sqlite_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/state/errors.h"
#include "core/state/log_chain.h"

namespace cloison::state {

namespace {

constexpr const char* k_all_rows =
    "SELECT address, generation, provider, kind, remote_id, schema_version, revision, deposed, applied, observed, "
    "provider_config, depends_on, origins, digest, id FROM resource ORDER BY id";
constexpr int k_id_column = 14;

/// Counts and sums what was read, to be compared with the header.
struct ReadContent {
  uint64_t elements = 0;
  DigestSum sum{};
  void take(const Digest& element) {
    ++elements;
    sum.add(element);
  }
};

/// Calls `take` for every row of the answer.
template <class Take>
Result<void> for_each_row(Database& database, const char* sql, Take take) {
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error());
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    if (Result<void> ok = take(*statement); !ok) return ok;
  }
}

struct RowById {
  uint64_t id = 0;
  ResourceState row{};
};

/// In the order of the file, which is the order in which pages are read fastest.
Result<std::vector<RowById>> read_rows(Database& database, const Head& head, ReadContent& seen) {
  constexpr uint64_t k_most_at_once = 1'000'000;  // the header may lie
  std::vector<RowById> rows;
  rows.reserve(std::min(head.elements, k_most_at_once));
  RowReader reader;
  auto ok = for_each_row(database, k_all_rows, [&](const Statement& statement) -> Result<void> {
    const auto checked = checked_row(statement);
    if (!checked) return fail(checked.error());
    seen.take(checked->digest);
    auto row = reader.restored(checked->row);
    if (!row) return fail(row.error());
    rows.push_back({statement.number(k_id_column), *std::move(row)});
    return {};
  });
  if (!ok) return fail(ok.error());
  return rows;
}

/// Takes the rows over in the order of the file's index, which is that of their keys. A damaged index would hide rows
/// from commits: it must lead to every row, once, by its key.
Result<void> take_by_index(Database& database, std::vector<RowById> rows, Snapshot& snapshot) {
  constexpr const char* k_sql = "SELECT address, generation, id FROM resource INDEXED BY resource_key";
  auto ok = for_each_row(database, k_sql, [&](const Statement& statement) -> Result<void> {
    const uint64_t id = statement.number(2);
    const auto found = std::lower_bound(rows.begin(), rows.end(), id,
                                        [](const RowById& one, uint64_t wanted) { return one.id < wanted; });
    if (found == rows.end() || found->id != id || found->row.key.address != statement.text(0) ||
        found->row.key.generation != statement.number(1))
      return fail(damaged("Its index leads to a row that is not there."));
    const std::size_t before = snapshot.rows.size();
    RowKey key = found->row.key;
    const auto place = snapshot.rows.try_emplace(snapshot.rows.end(), std::move(key), std::move(found->row));
    if (snapshot.rows.size() == before) return fail(damaged_row(place->first, "it is there twice"));
    return {};
  });
  if (!ok) return ok;
  if (snapshot.rows.size() != rows.size()) return fail(damaged("Its index does not lead to every row."));
  return {};
}

Result<void> read_configs(Database& database, Snapshot& snapshot, ReadContent& seen) {
  constexpr const char* k_sql = "SELECT digest, name, kind, settings FROM provider_config";
  return for_each_row(database, k_sql, [&](const Statement& statement) -> Result<void> {
    auto settings = map_from_flat_json(statement.text(3));
    if (!settings) return fail(settings.error());
    StoredProvider provider{std::string(statement.text(1)), std::string(statement.text(2)), *std::move(settings)};
    const std::string digest(statement.text(0));
    seen.take(element_digest(digest, provider));
    snapshot.provider_configs.emplace(digest, std::move(provider));
    return {};
  });
}

Result<void> read_facts(Database& database, Snapshot& snapshot, ReadContent& seen) {
  return for_each_row(database, "SELECT provider, content FROM facts", [&](const Statement& statement) -> Result<void> {
    auto content = map_from_flat_json(statement.text(1));
    if (!content) return fail(content.error());
    const std::string provider(statement.text(0));
    seen.take(element_digest(provider, *content));
    snapshot.facts.emplace(provider, *std::move(content));
    return {};
  });
}

Result<void> read_allocations(Database& database, Snapshot& snapshot, ReadContent& seen) {
  return for_each_row(database, "SELECT key, value FROM allocation", [&](const Statement& statement) -> Result<void> {
    seen.take(allocation_digest(statement.text(0), statement.text(1)));
    snapshot.allocations.emplace_hint(snapshot.allocations.end(), statement.text(0), statement.text(1));
    return {};
  });
}

Result<void> read_open_entries(Database& database, ReadContent& seen) {
  constexpr const char* k_sql = "SELECT operation, step, number FROM open_entry";
  return for_each_row(database, k_sql, [&](const Statement& statement) -> Result<void> {
    OpenEntry entry{.operation = std::string(statement.text(0)), .step = {}, .number = statement.number(2)};
    if (const uint64_t step = statement.number(1); step != static_cast<uint64_t>(-1))
      entry.step = static_cast<uint32_t>(step);
    seen.take(element_digest(entry));
    return {};
  });
}

Result<void> check_log_end(Database& database, const Head& head) {
  uint64_t newest = 0;
  Digest seal = first_seal(head.lineage);
  auto ok = read_log(database, UINT64_MAX, /*newest_first=*/true, 1, [&](const LogEntry& entry) -> Result<bool> {
    newest = entry.number;
    seal = digest_from_hex(entry.seal).value_or(Digest{});
    return true;
  });
  if (!ok) return ok;
  if (newest != head.log_entries || !same(seal, head.log_head))
    return fail(broken_log(newest, fmt::format("it is not entry {}, the newest one written", head.log_entries)));
  return {};
}

}  // namespace

Result<CheckedRow> checked_row(const Statement& statement) {
  CheckedRow checked{.row = {.address = statement.text(0),
                             .generation = static_cast<uint32_t>(statement.number(1)),
                             .provider = statement.text(2),
                             .kind = statement.text(3),
                             .remote_id = statement.text(4),
                             .schema_version = static_cast<uint32_t>(statement.number(5)),
                             .revision = statement.number(6),
                             .deposed = statement.number(7) != 0,
                             .applied = statement.text(8),
                             .observed = std::nullopt,
                             .provider_config = statement.text(10),
                             .depends_on = statement.text(11),
                             .origins = statement.text(12)}};
  if (!statement.is_null(9)) checked.row.observed = statement.text(9);
  checked.digest = digest_of(checked.row);
  const auto written = statement.digest(13);
  if (!written || !same(*written, checked.digest))
    return fail(
        damaged_row({std::string(checked.row.address), checked.row.generation}, "it does not match its digest"));
  return checked;
}

LogEntry log_entry_from(const Statement& statement) {
  const auto seal = statement.digest(6);
  return {.number = statement.number(0),
          .serial = statement.number(1),
          .kind = std::string(statement.text(2)),
          .operation = std::string(statement.text(3)),
          .when = Instant(std::chrono::seconds(static_cast<int64_t>(statement.number(4)))),
          .json = std::string(statement.text(5)),
          .seal = seal ? hex(*seal) : std::string()};
}

Result<Snapshot> read_snapshot(Database& database, const Head& head) {
  Snapshot snapshot{.lineage = head.lineage, .serial = head.serial, .sandbox = head.sandbox};
  ReadContent seen;
  auto rows = read_rows(database, head, seen);
  if (!rows) return fail(rows.error());
  if (auto ok = take_by_index(database, *std::move(rows), snapshot); !ok) return fail(ok.error());
  if (auto ok = read_configs(database, snapshot, seen); !ok) return fail(ok.error());
  if (auto ok = read_facts(database, snapshot, seen); !ok) return fail(ok.error());
  if (auto ok = read_allocations(database, snapshot, seen); !ok) return fail(ok.error());
  if (auto ok = read_open_entries(database, seen); !ok) return fail(ok.error());
  if (seen.elements != head.elements)
    return fail(damaged(fmt::format("It should hold {} elements and holds {}.", head.elements, seen.elements)));
  if (seen.sum != head.sum) return fail(damaged("Its content does not match the sum in its header."));
  if (auto ok = check_log_end(database, head); !ok) return fail(ok.error());
  return snapshot;
}

Result<std::map<RowKey, std::string>> read_row_digests(Database& database) {
  std::map<RowKey, std::string> digests;
  auto ok = for_each_row(database, k_all_rows, [&](const Statement& statement) -> Result<void> {
    const auto checked = checked_row(statement);
    if (!checked) return fail(checked.error());
    digests.emplace(RowKey{std::string(checked->row.address), checked->row.generation}, hex(checked->digest));
    return {};
  });
  if (!ok) return fail(ok.error());
  return digests;
}

Result<void> read_log(Database& database, uint64_t from, bool newest_first, std::size_t limit,
                      const std::function<Result<bool>(LogEntry)>& take) {
  const std::string sql = fmt::format("SELECT {} FROM log WHERE number {} ?1 ORDER BY number {} LIMIT ?2",
                                      k_log_columns, newest_first ? "<=" : ">=", newest_first ? "DESC" : "ASC");
  auto statement = database.prepare(sql.c_str());
  if (!statement) return fail(statement.error());
  constexpr uint64_t k_most = INT64_MAX;
  statement->bind(1, std::min(from, k_most)).bind(2, std::min<uint64_t>(limit, k_most));
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    const auto more = take(log_entry_from(*statement));
    if (!more) return fail(more.error());
    if (!*more) return {};
  }
}

Result<std::optional<LogEntry>> read_newest(Database& database, std::string_view kind, uint64_t before) {
  const std::string sql =
      fmt::format("SELECT {} FROM log WHERE kind = ?1 AND number < ?2 ORDER BY number DESC LIMIT 1", k_log_columns);
  auto statement = database.prepare(sql.c_str());
  if (!statement) return fail(statement.error());
  statement->bind(1, kind).bind(2, std::min<uint64_t>(before, INT64_MAX));
  const auto row = statement->step();
  if (!row) return fail(row.error());
  return *row ? std::optional(log_entry_from(*statement)) : std::nullopt;
}

Result<uint64_t> read_operation_count(Database& database) {
  uint64_t count = 0;
  auto ok = for_each_row(database, "SELECT COUNT(*) FROM log WHERE kind='operation_started'",
                         [&](const Statement& statement) -> Result<void> {
                           count = statement.number(0);
                           return {};
                         });
  if (!ok) return fail(ok.error());
  return count;
}

Result<std::vector<std::string>> read_open(Database& database, bool steps) {
  const char* sql = steps ? "SELECT body FROM open_entry JOIN log USING(number) WHERE step >= 0 ORDER BY number"
                          : "SELECT body FROM open_entry JOIN log USING(number) WHERE step = -1 ORDER BY number";
  std::vector<std::string> bodies;
  auto ok = for_each_row(database, sql, [&](const Statement& statement) -> Result<void> {
    bodies.emplace_back(statement.text(0));
    return {};
  });
  if (!ok) return fail(ok.error());
  return bodies;
}

}  // namespace cloison::state
