#include "providers/sandbox/database.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cloison::sandbox {

namespace {

constexpr int k_application_id = 0x436c5342;  // "ClSB", in the file's header: no other program's file is taken for ours
constexpr int k_format = 1;
constexpr int k_wait_ms = 10'000;

constexpr const char* k_schema = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE versions(account TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE objects(account TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, attributes TEXT NOT NULL, marker TEXT NOT NULL,
                     project TEXT NOT NULL, PRIMARY KEY(account, id)) WITHOUT ROWID;
CREATE TABLE births(account TEXT NOT NULL, key TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(account, key)) WITHOUT ROWID;
CREATE TABLE quotas(account TEXT NOT NULL, name TEXT NOT NULL, allowed INTEGER NOT NULL, PRIMARY KEY(account, name)) WITHOUT ROWID;
)";

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

/// Valid until the statement moves on.
std::string_view column_view(sqlite3_stmt* statement, int at) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
  return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, at)))
              : std::string_view{};
}

Diagnostic cannot_open(const std::filesystem::path& file, std::string why) {
  return {.kind = ErrorKind::state,
          .code = "CL5520",
          .summary = fmt::format("the sandbox's database {} cannot be opened", file.string()),
          .detail = std::move(why),
          .hint = fmt::format("look at the folder's rights, or begin anew: rm -rf {}", file.string())};
}

Diagnostic not_ours(const std::filesystem::path& file, std::string why) {
  return {.kind = ErrorKind::state,
          .code = "CL5521",
          .summary = fmt::format("{} is no database of this sandbox", file.string()),
          .detail = std::move(why),
          .hint = fmt::format("if nothing else needs it, begin anew: rm -f {}", file.string())};
}

/// The file is made by us, so that nobody else may read it, not even for a moment.
Result<void> make_private(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail(cannot_open(file, std::generic_category().message(errno)));
  struct stat about{};
  const bool regular = ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
  const bool narrowed = regular && ((about.st_mode & 077U) == 0 || ::fchmod(descriptor, 0600) == 0);
  ::close(descriptor);
  if (!regular) return fail(cannot_open(file, "It is no regular file."));
  if (!narrowed) return fail(cannot_open(file, "Others may read it, and that cannot be changed."));
  return {};
}

}  // namespace

/// Resets a kept statement when its use ends.
struct Database::Statement {
  sqlite3_stmt* raw;
  explicit Statement(sqlite3_stmt* statement) : raw(statement) {}
  ~Statement() {
    sqlite3_reset(raw);
    sqlite3_clear_bindings(raw);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
};

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Durability durability,
                                                 uint64_t seed) {
  if (auto made = make_private(file); !made) return fail(std::move(made.error()));
  std::unique_ptr<Database> database(new Database(file));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  if (sqlite3_open_v2(file.c_str(), &database->handle_, flags, nullptr) != SQLITE_OK)
    return fail(
        cannot_open(file, database->handle_ ? sqlite3_errmsg(database->handle_) : "There is no memory for it."));
  if (auto prepared = database->prepare_file(durability, seed); !prepared) return fail(std::move(prepared.error()));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  if (handle_) sqlite3_close(handle_);
}

Result<void> Database::prepare_file(Durability durability, uint64_t seed) {
  sqlite3_busy_timeout(handle_, k_wait_ms);
  const auto application = ask("PRAGMA application_id", {});
  if (!application) return fail(not_ours(file_, application.error().detail));
  const auto tables = ask("SELECT count(*) FROM sqlite_master", {});
  if (!tables) return fail(not_ours(file_, tables.error().detail));
  if (tables->value_or(0) > 0 && application->value_or(0) != k_application_id)
    return fail(not_ours(file_, "It is a database of another program."));
  if (auto mode = execute("PRAGMA journal_mode=WAL"); !mode) return mode;
  if (auto sync = execute(durability == Durability::normal ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=OFF");
      !sync)
    return sync;
  // Two processes may meet an empty file at once: look again under the lock.
  if (auto began = begin(); !began) return began;
  const auto again = ask("SELECT count(*) FROM sqlite_master", {});
  if (again && again->value_or(0) == 0) {
    const auto made = execute(k_schema);
    const auto named =
        made ? execute(
                   fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", k_application_id, k_format).c_str())
             : made;
    const auto seeded = named ? run("INSERT INTO meta VALUES('seed', ?1)", {}, static_cast<int64_t>(seed)) : named;
    if (!seeded) {
      roll_back();
      return seeded;
    }
  }
  if (auto done = commit(); !done) return done;
  const auto format = ask("PRAGMA user_version", {});
  if (!format || format->value_or(0) != k_format)
    return fail(
        not_ours(file_, "It was written by another version of cloison, in a form that this one does not read."));
  const auto kept = ask("SELECT number FROM meta WHERE name='seed'", {});
  if (!kept || !*kept) return fail(not_ours(file_, "It is damaged: its seed is missing."));
  seed_ = static_cast<uint64_t>(**kept);
  return {};
}

Diagnostic Database::broken(std::string_view doing) const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  std::string hint = "look at free space and rights; nothing of the failed call was kept";
  if (code == SQLITE_BUSY) hint = "another process holds it: run it again when that one has ended";
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    hint = fmt::format("it is damaged; begin anew, its state included: rm -r {}", file_.parent_path().string());
  return {.kind = ErrorKind::state,
          .code = "CL5522",
          .summary = fmt::format("the sandbox's database {} failed", file_.string()),
          .detail = fmt::format("{}: {}", doing, sqlite3_errmsg(handle_)),
          .hint = std::move(hint)};
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail(broken("preparing"));
  return {};
}

Result<sqlite3_stmt*> Database::statement(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept && sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept, nullptr) != SQLITE_OK) {
    kept = nullptr;
    return fail(broken("preparing"));
  }
  return kept;
}

Result<void> Database::run(const char* sql, std::initializer_list<std::string_view> texts,
                           std::optional<int64_t> number) {
  auto prepared = statement(sql);
  if (!prepared) return fail(std::move(prepared.error()));
  const Statement use(*prepared);
  int at = 0;
  for (const auto text : texts) bind_text(use.raw, ++at, text);
  if (number) sqlite3_bind_int64(use.raw, ++at, *number);
  if (sqlite3_step(use.raw) != SQLITE_DONE) return fail(broken("writing"));
  return {};
}

Result<std::optional<int64_t>> Database::ask(const char* sql, std::initializer_list<std::string_view> texts) {
  auto prepared = statement(sql);
  if (!prepared) return fail(std::move(prepared.error()));
  const Statement use(*prepared);
  int at = 0;
  for (const auto text : texts) bind_text(use.raw, ++at, text);
  const int step = sqlite3_step(use.raw);
  if (step == SQLITE_ROW) return std::optional(sqlite3_column_int64(use.raw, 0));
  if (step != SQLITE_DONE) return fail(broken("reading"));
  return std::optional<int64_t>{};
}

Result<void> Database::begin() {
  return run("BEGIN IMMEDIATE", {});
}

Result<void> Database::commit() {
  auto done = run("COMMIT", {});
  if (!done) roll_back();
  return done;
}

void Database::roll_back() noexcept {
  sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<uint64_t> Database::version(const std::string& account) {
  const auto found = ask("SELECT version FROM versions WHERE account=?1", {account});
  if (!found) return fail(found.error());
  return static_cast<uint64_t>(found->value_or(0));
}

Result<void> Database::for_each_object(const std::string& account,
                                       const std::function<Result<void>(const ObjectView&)>& take) {
  auto prepared = statement("SELECT id, kind, attributes, marker, project FROM objects WHERE account=?1 ORDER BY id");
  if (!prepared) return fail(std::move(prepared.error()));
  const Statement use(*prepared);
  bind_text(use.raw, 1, account);
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(use.raw)) == SQLITE_ROW) {
    auto taken = take({.id = column_view(use.raw, 0),
                       .kind = column_view(use.raw, 1),
                       .attributes = column_view(use.raw, 2),
                       .marker = column_view(use.raw, 3),
                       .project = column_view(use.raw, 4)});
    if (!taken) return taken;
  }
  if (step != SQLITE_DONE) return fail(broken("reading"));
  return {};
}

Result<std::map<std::string, int64_t>> Database::quotas(const std::string& account) {
  auto prepared = statement("SELECT name, allowed FROM quotas WHERE account=?1");
  if (!prepared) return fail(std::move(prepared.error()));
  const Statement use(*prepared);
  bind_text(use.raw, 1, account);
  std::map<std::string, int64_t> result;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(use.raw)) == SQLITE_ROW)
    result[std::string(column_view(use.raw, 0))] = sqlite3_column_int64(use.raw, 1);
  if (step != SQLITE_DONE) return fail(broken("reading"));
  return result;
}

Result<void> Database::put(const std::string& account, const StoredObject& object) {
  return run("INSERT OR REPLACE INTO objects VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
             {account, object.id, object.kind, object.attributes, object.marker, object.project});
}

Result<void> Database::erase(const std::string& account, const std::string& id) {
  return run("DELETE FROM objects WHERE account=?1 AND id=?2", {account, id});
}

Result<void> Database::grow_version(const std::string& account) {
  return run("INSERT INTO versions VALUES(?1, 1) ON CONFLICT(account) DO UPDATE SET version=version+1", {account});
}

Result<uint64_t> Database::next_birth(const std::string& account, std::string_view key) {
  const auto count =
      ask("INSERT INTO births VALUES(?1, ?2, 1) ON CONFLICT(account, key) DO UPDATE SET count=count+1 RETURNING count",
          {account, key});
  if (!count) return fail(count.error());
  return static_cast<uint64_t>(count->value_or(1));
}

Result<void> Database::set_quota(const std::string& account, const std::string& name, int64_t allowed) {
  return run("INSERT OR REPLACE INTO quotas VALUES(?1, ?2, ?3)", {account, name}, allowed);
}

}  // namespace cloison::sandbox
