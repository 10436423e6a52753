#include "core/state/sqlite_schema.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/state/errors.h"
#include "core/state/files.h"
#include "core/state/sqlite_tables.h"

namespace cloison::state {

namespace {

struct SchemaObject {
  const char* name;
  const char* sql;
};

// Rows have a rowid: in a table without one, whatever is longer than a quarter of a page goes to pages of its own.
constexpr std::array k_schema{
    SchemaObject{"format", "CREATE TABLE format(version INTEGER NOT NULL, readable_from TEXT NOT NULL) STRICT"},
    SchemaObject{"head",
                 "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), lineage TEXT NOT NULL, key TEXT NOT NULL, "
                 "sandbox INTEGER NOT NULL, serial INTEGER NOT NULL, epoch INTEGER NOT NULL, "
                 "elements INTEGER NOT NULL, sum BLOB NOT NULL, log_entries INTEGER NOT NULL, "
                 "log_head BLOB NOT NULL, digest BLOB NOT NULL) STRICT"},
    SchemaObject{"provider_config",
                 "CREATE TABLE provider_config(digest TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, "
                 "settings TEXT NOT NULL) STRICT, WITHOUT ROWID"},
    SchemaObject{"resource",
                 "CREATE TABLE resource(id INTEGER PRIMARY KEY, address TEXT NOT NULL, generation INTEGER NOT NULL, "
                 "provider TEXT NOT NULL, kind TEXT NOT NULL, remote_id TEXT NOT NULL, "
                 "schema_version INTEGER NOT NULL, revision INTEGER NOT NULL, deposed INTEGER NOT NULL, "
                 "applied TEXT NOT NULL, observed TEXT, "
                 "provider_config TEXT REFERENCES provider_config(digest), depends_on TEXT NOT NULL, "
                 "origins TEXT NOT NULL, digest BLOB NOT NULL) STRICT"},
    SchemaObject{"resource_key", "CREATE UNIQUE INDEX resource_key ON resource(address, generation)"},
    SchemaObject{"facts", "CREATE TABLE facts(provider TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT, WITHOUT ROWID"},
    SchemaObject{"allocation",
                 "CREATE TABLE allocation(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"},
    SchemaObject{"log",
                 "CREATE TABLE log(number INTEGER PRIMARY KEY, serial INTEGER NOT NULL, kind TEXT NOT NULL, "
                 "operation TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, seal BLOB NOT NULL) STRICT"},
    SchemaObject{"open_entry",
                 "CREATE TABLE open_entry(operation TEXT NOT NULL, step INTEGER NOT NULL, "
                 "number INTEGER NOT NULL REFERENCES log(number), PRIMARY KEY(operation, step, number)) "
                 "STRICT, WITHOUT ROWID"},
};

Result<void> fill(Database& database, const Head& head) {
  const std::string settings = fmt::format("PRAGMA page_size={}; PRAGMA application_id={}; PRAGMA user_version={}",
                                           k_page_size, k_application_id, k_format);
  if (auto ok = database.run(settings.c_str()); !ok) return ok;
  auto transaction = Transaction::begin(database, Transaction::Mode::write);
  if (!transaction) return fail(transaction.error());
  for (const SchemaObject& object : k_schema)
    if (auto ok = database.run(object.sql); !ok) return ok;
  const std::string format = fmt::format("INSERT INTO format VALUES({}, '{}')", k_format, k_readable_from);
  if (auto ok = database.run(format.c_str()); !ok) return ok;
  if (auto ok = insert_head(database, head); !ok) return ok;
  if (auto ok = transaction->commit(); !ok) return ok;
  return database.run("PRAGMA journal_mode=WAL");
}

Result<void> check_schema(Database& database) {
  auto statement = database.prepare("SELECT name, sql FROM sqlite_schema");
  if (!statement) return fail(statement.error());
  std::map<std::string, std::string> present;
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    present.emplace(statement->text(0), statement->text(1));
  }
  std::map<std::string, std::string> expected;
  for (const SchemaObject& object : k_schema) expected.emplace(object.name, object.sql);
  if (present != expected) return fail(damaged("Its tables are not those that cloison makes."));
  return {};
}

Diagnostic too_new(Database& database, uint64_t format) {
  const auto needed = database.ask_text("SELECT readable_from FROM format");
  const std::string version = needed ? printable(needed->substr(0, 32)) : std::string("a newer version");
  return {.kind = ErrorKind::state,
          .code = "CL4006",
          .summary = "the state was written by a newer cloison",
          .detail = fmt::format("It has format {}; this cloison reads up to format {}.", format, k_format),
          .hint = fmt::format("install cloison {} or later, or put back a copy from before it was used", version)};
}

}  // namespace

Result<void> check_format(Database& database) {
  const auto application = database.ask_number("PRAGMA application_id");
  if (!application) return fail(application.error());
  const auto format = database.ask_number("PRAGMA user_version");
  if (!format) return fail(format.error());
  if (*application != k_application_id)
    return fail({.kind = ErrorKind::state,
                 .code = "CL4007",
                 .summary = "the file is no state of cloison",
                 .detail = "It is a database of something else, or its header is damaged.",
                 .hint = "name the right file: --state PATH, or rebuild the state: mv 'STATE' 'STATE.other', then "
                         "`cloison state recover`"});
  if (*format > k_format) return fail(too_new(database, *format));
  if (*format != k_format) return fail(damaged("Its format number is impossible."));
  const auto journal = database.ask_text("PRAGMA journal_mode");
  if (!journal) return fail(journal.error());
  const auto vacuum = database.ask_number("PRAGMA auto_vacuum");
  if (!vacuum) return fail(vacuum.error());
  if (*journal != "wal" || *vacuum != 0) return fail(damaged("Its file header was altered."));
  return check_schema(database);
}

Result<void> create_file(const std::filesystem::path& file, const Head& head) {
  if (auto ok = make_private_folder(file.parent_path()); !ok) return ok;
  constexpr std::size_t k_suffix_bytes = 6;
  const std::filesystem::path draft = file.string() + ".new-" + random_hex(k_suffix_bytes);
  const RemoveAtEnd remove_draft(draft);
  {
    auto made = PrivateFile::create(draft);
    if (!made) return fail(made.error());
  }
  {
    auto database = Database::open(draft);
    if (!database) return fail(database.error());
    if (auto ok = fill(*database, head); !ok) return ok;
  }
  return publish(draft, file);
}

}  // namespace cloison::state
