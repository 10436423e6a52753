#include "core/state/sqlite_tables.h"

#include <array>

#include "core/model/value_json.h"
#include "core/state/errors.h"
#include "core/state/sqlite_rows.h"

namespace cloison::state {

namespace {

enum Query : std::size_t {
  k_row,
  k_insert_row,
  k_update_row,
  k_remove_row,
  k_has_config,
  k_add_config,
  k_facts,
  k_put_facts,
  k_allocations,
  k_put_allocation,
  k_remove_allocation,
  k_append,
  k_open,
  k_opened,
  k_close,
  k_open_operations,
  k_queries
};

constexpr std::array<const char*, k_queries> k_sql{
    "SELECT address, generation, provider, kind, remote_id, schema_version, revision, deposed, applied, observed, "
    "provider_config, depends_on, origins, digest FROM resource WHERE address = ?1 AND generation = ?2",
    "INSERT INTO resource(address, generation, provider, kind, remote_id, schema_version, revision, deposed, applied, "
    "observed, provider_config, depends_on, origins, digest) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
    "UPDATE resource SET provider=?3, kind=?4, remote_id=?5, schema_version=?6, revision=?7, deposed=?8, applied=?9, "
    "observed=?10, provider_config=?11, depends_on=?12, origins=?13, digest=?14 WHERE address=?1 AND generation=?2",
    "DELETE FROM resource WHERE address = ?1 AND generation = ?2",
    "SELECT 1 FROM provider_config WHERE digest = ?1",
    "INSERT INTO provider_config VALUES(?1, ?2, ?3, ?4)",
    "SELECT content FROM facts WHERE provider = ?1",
    "INSERT INTO facts VALUES(?1, ?2) ON CONFLICT(provider) DO UPDATE SET content = excluded.content",
    "SELECT key, value FROM allocation ORDER BY key",
    "INSERT INTO allocation VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    "DELETE FROM allocation WHERE key = ?1",
    "INSERT INTO log VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO open_entry VALUES(?1, ?2, ?3)",
    "SELECT number FROM open_entry WHERE operation = ?1 AND step = ?2",
    "DELETE FROM open_entry WHERE operation = ?1 AND step = ?2",
    "SELECT operation FROM open_entry WHERE step = -1",
};

/// -1 stands for the operation itself.
uint64_t step_column(std::optional<uint32_t> step) {
  return step ? *step : static_cast<uint64_t>(-1);
}

void bind_row(Statement& statement, const StoredRow& row, const Digest& digest) {
  statement.bind(1, row.key.address)
      .bind(2, uint64_t{row.key.generation})
      .bind(3, row.provider)
      .bind(4, row.kind)
      .bind(5, row.remote_id)
      .bind(6, uint64_t{row.schema_version})
      .bind(7, row.revision)
      .bind(8, uint64_t{row.deposed})
      .bind(9, row.applied);
  row.observed ? statement.bind(10, *row.observed) : statement.bind_null(10);
  row.provider_config.empty() ? statement.bind_null(11) : statement.bind(11, row.provider_config);
  statement.bind(12, row.depends_on).bind(13, row.origins).bind(14, digest);
}

void bind_head(Statement& statement, const Head& head, const Digest& digest) {
  statement.bind(1, head.lineage)
      .bind(2, head.key)
      .bind(3, uint64_t{head.sandbox})
      .bind(4, head.serial)
      .bind(5, head.epoch)
      .bind(6, head.elements)
      .bind(7, head.sum.bytes())
      .bind(8, head.log_entries)
      .bind(9, head.log_head)
      .bind(10, digest);
}

Result<void> write_head_by(Database& database, const Head& head, const char* sql) {
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error());
  const Digest digest = digest_of(head);
  bind_head(*statement, head, digest);
  return statement->run();
}

}  // namespace

Result<void> insert_head(Database& database, const Head& head) {
  return write_head_by(database, head, "INSERT INTO head VALUES(1,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)");
}

Result<void> write_head(Database& database, const Head& head) {
  return write_head_by(database, head,
                       "UPDATE head SET lineage=?1, key=?2, sandbox=?3, serial=?4, epoch=?5, elements=?6, sum=?7, "
                       "log_entries=?8, log_head=?9, digest=?10 WHERE one = 1");
}

Result<Head> read_head(Database& database) {
  auto statement = database.prepare(
      "SELECT lineage, key, sandbox, serial, epoch, elements, sum, log_entries, log_head, digest FROM head");
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  if (!*row) return fail(damaged("Its header is missing."));
  const auto sum = statement->digest(6);
  const auto log_head = statement->digest(8);
  const auto digest = statement->digest(9);
  if (!sum || !log_head || !digest) return fail(damaged("Its header cannot be read."));
  Head head{.lineage = std::string(statement->text(0)),
            .key = std::string(statement->text(1)),
            .sandbox = statement->number(2) != 0,
            .serial = statement->number(3),
            .epoch = statement->number(4),
            .elements = statement->number(5),
            .sum = DigestSum(*sum),
            .log_entries = statement->number(7),
            .log_head = *log_head};
  if (!same(digest_of(head), *digest)) return fail(damaged("Its header does not match its digest."));
  return head;
}

Result<std::unique_ptr<SqliteTables>> SqliteTables::prepare(Database& database) {
  std::vector<Statement> statements;
  statements.reserve(k_queries);
  for (const char* sql : k_sql) {
    auto statement = database.prepare(sql);
    if (!statement) return fail(statement.error());
    statements.push_back(*std::move(statement));
  }
  return std::unique_ptr<SqliteTables>(new SqliteTables(std::move(statements)));
}

Result<std::optional<StoredRow>> SqliteTables::row(const RowKey& key) {
  Statement& statement = statements_[k_row];
  const ResetAtEnd reset(statement);
  const auto found = statement.bind(1, key.address).bind(2, uint64_t{key.generation}).step();
  if (!found) return fail(found.error());
  if (!*found) return std::optional<StoredRow>{};
  auto checked = checked_row(statement);
  if (!checked) return fail(checked.error());
  return std::optional(owned(checked->row));
}

Result<void> SqliteTables::put_row(const StoredRow& row, const Digest& digest, bool replaces) {
  Statement& statement = statements_[replaces ? k_update_row : k_insert_row];
  bind_row(statement, row, digest);
  return statement.run();
}

Result<void> SqliteTables::remove_row(const RowKey& key) {
  return statements_[k_remove_row].bind(1, key.address).bind(2, uint64_t{key.generation}).run();
}

Result<bool> SqliteTables::has_config(const std::string& digest) {
  Statement& statement = statements_[k_has_config];
  const ResetAtEnd reset(statement);
  return statement.bind(1, digest).step();
}

Result<void> SqliteTables::add_config(const std::string& digest, const StoredProvider& provider) {
  const std::string settings = flat_json(provider.settings);
  return statements_[k_add_config]
      .bind(1, digest)
      .bind(2, provider.name)
      .bind(3, provider.kind)
      .bind(4, settings)
      .run();
}

Result<std::optional<Facts>> SqliteTables::facts(const std::string& provider) {
  Statement& statement = statements_[k_facts];
  const ResetAtEnd reset(statement);
  const auto found = statement.bind(1, provider).step();
  if (!found) return fail(found.error());
  if (!*found) return std::optional<Facts>{};
  auto content = map_from_flat_json(statement.text(0));
  if (!content) return fail(content.error());
  return std::optional(*std::move(content));
}

Result<void> SqliteTables::put_facts(const std::string& provider, const Facts& content) {
  const std::string text = flat_json(content);
  return statements_[k_put_facts].bind(1, provider).bind(2, text).run();
}

Result<std::map<std::string, std::string>> SqliteTables::allocations() {
  Statement& statement = statements_[k_allocations];
  const ResetAtEnd reset(statement);
  std::map<std::string, std::string> all;
  for (;;) {
    const auto row = statement.step();
    if (!row) return fail(row.error());
    if (!*row) return all;
    all.emplace_hint(all.end(), statement.text(0), statement.text(1));
  }
}

Result<void> SqliteTables::put_allocation(const std::string& key, const std::string& value) {
  return statements_[k_put_allocation].bind(1, key).bind(2, value).run();
}

Result<void> SqliteTables::remove_allocation(const std::string& key) {
  return statements_[k_remove_allocation].bind(1, key).run();
}

Result<void> SqliteTables::append(const LogEntry& entry, const Digest& seal) {
  return statements_[k_append]
      .bind(1, entry.number)
      .bind(2, entry.serial)
      .bind(3, entry.kind)
      .bind(4, entry.operation)
      .bind(5, static_cast<uint64_t>(entry.when.time_since_epoch().count()))
      .bind(6, entry.json)
      .bind(7, seal)
      .run();
}

Result<void> SqliteTables::open(const OpenEntry& entry) {
  return statements_[k_open].bind(1, entry.operation).bind(2, step_column(entry.step)).bind(3, entry.number).run();
}

Result<std::vector<OpenEntry>> SqliteTables::close(const std::string& operation, std::optional<uint32_t> step) {
  Statement& opened = statements_[k_opened];
  const ResetAtEnd reset(opened);
  opened.bind(1, operation).bind(2, step_column(step));
  std::vector<OpenEntry> closed;
  for (;;) {
    const auto row = opened.step();
    if (!row) return fail(row.error());
    if (!*row) break;
    closed.push_back({operation, step, opened.number(0)});
  }
  if (closed.empty()) return closed;
  auto removed = statements_[k_close].bind(1, operation).bind(2, step_column(step)).run();
  if (!removed) return fail(removed.error());
  return closed;
}

Result<std::vector<std::string>> SqliteTables::open_operations() {
  Statement& statement = statements_[k_open_operations];
  const ResetAtEnd reset(statement);
  std::vector<std::string> operations;
  for (;;) {
    const auto row = statement.step();
    if (!row) return fail(row.error());
    if (!*row) return operations;
    operations.emplace_back(statement.text(0));
  }
}

}  // namespace cloison::state
