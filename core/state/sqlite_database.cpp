#include "core/state/sqlite_database.h"

#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/state/errors.h"

namespace cloison::state {

namespace {

/// Damage is told from a file that cannot be reached: only the former needs a backup.
Diagnostic sqlite_error(sqlite3* database, int code) {
  const int extended = database ? sqlite3_extended_errcode(database) : code;
  std::string what = printable(database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
  switch (extended == SQLITE_IOERR_SHORT_READ ? SQLITE_CORRUPT : code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS:
      return {.kind = ErrorKind::state,
              .code = "CL4011",
              .summary = "the state file cannot be read or written",
              .detail = fmt::format("SQLite says: {}. What was committed before is safe.", what),
              .hint = "check free space and permissions of the folder: df -h . && ls -la .cloison"};
    default:
      return damaged(fmt::format("SQLite says: {}.", what));
  }
}

}  // namespace

Statement& Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int parameter, uint64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(number));
  return *this;
}

Statement& Statement::bind(int parameter, const Digest& digest) {
  sqlite3_bind_blob64(statement_.get(), parameter, digest.data(), digest.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  Diagnostic error = sqlite_error(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return fail(row.error());
    if (!*row) return {};
  }
}

std::string_view Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes ? std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size))
               : std::string_view{};
}

uint64_t Statement::number(int column) const {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::optional<Digest> Statement::digest(int column) const {
  Digest digest{};
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (!bytes || static_cast<std::size_t>(size) != digest.size()) return std::nullopt;
  std::copy_n(bytes, digest.size(), digest.begin());
  return digest;
}

Result<Database> Database::open(const std::filesystem::path& file) {
  constexpr int k_busy_milliseconds = 10'000;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return fail(sqlite_error(raw, code));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, k_busy_milliseconds);
  // The file may come from anywhere: nothing that stands in its schema may run.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  if (auto ok = database.run("PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL;"
                             "PRAGMA temp_store=MEMORY");
      !ok)
    return fail(ok.error());
  return database;
}

Result<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
  return {};
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
  return Statement(statement);
}

Result<uint64_t> Database::ask_number(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  if (!*row) return fail(damaged("A setting of the file has no value."));
  return statement->number(0);
}

Result<std::string> Database::ask_text(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  if (!*row) return fail(damaged("A setting of the file has no value."));
  return std::string(statement->text(0));
}

bool Database::file_moved() const {
  int moved = 0;
  return sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

Result<Transaction> Transaction::begin(Database& database, Mode mode) {
  if (auto ok = database.run(mode == Mode::write ? "BEGIN IMMEDIATE" : "BEGIN"); !ok) return fail(ok.error());
  return Transaction(&database);
}

Transaction::~Transaction() {
  if (database_) (void)database_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  if (auto ok = database_->run("COMMIT"); !ok) return ok;  // the destructor rolls back
  database_ = nullptr;
  return {};
}

}  // namespace cloison::state
