#include "core/state/sqlite_store.h"

#include <sys/stat.h>

#include "core/state/batch_writer.h"
#include "core/state/errors.h"
#include "core/state/history.h"
#include "core/state/lock_file.h"
#include "core/state/log_chain.h"
#include "core/state/missing_state.h"
#include "core/state/sqlite_rows.h"
#include "core/state/sqlite_schema.h"
#include "core/state/sqlite_tables.h"
#include "core/state/stored_json.h"

namespace cloison::state {

namespace {

class SqliteLock final : public StateLock {
 public:
  SqliteLock(LockFile file, LockInfo info, std::string lineage, uint64_t epoch)
      : file_(std::move(file)), info_(std::move(info)), lineage_(std::move(lineage)), epoch_(epoch) {}
  SqliteLock(const SqliteLock&) = delete;
  SqliteLock& operator=(const SqliteLock&) = delete;
  ~SqliteLock() override = default;
  [[nodiscard]] const LockInfo& info() const override { return info_; }
  /// Of this state, and nobody has locked it since.
  [[nodiscard]] Result<void> check(const Head& head) const {
    if (head.lineage != lineage_) return fail(foreign_lock());
    if (head.epoch != epoch_ || !file_.still_there()) return fail(stale_lock());
    return {};
  }

 private:
  LockFile file_;
  LockInfo info_;
  std::string lineage_;
  uint64_t epoch_;
};

class SqliteStore final : public StateStore {
 public:
  SqliteStore(SqliteOptions options, Database database)
      : options_(std::move(options)), database_(std::move(database)) {}

  Result<Snapshot> load() override {
    return reading<Snapshot>([this](const Head& head) { return read(head); });
  }

  Result<std::vector<StepIntent>> open_intents() override { return opened<StepIntent>(/*steps=*/true, intent_from); }
  Result<std::vector<OperationStarted>> open_operations() override {
    return opened<OperationStarted>(/*steps=*/false, operation_started_from);
  }

  Result<std::unique_ptr<StateLock>> lock(const LockInfo& who, const std::set<std::string>&,
                                          std::chrono::milliseconds wait) override {
    auto file = LockFile::take(options_.file, who, wait);
    if (!file) return fail(file.error());
    // Commits come back to the same pages; who only reads goes over each of them once.
    if (auto ok = database_.run("PRAGMA cache_size=-65536"); !ok) return fail(placed(ok.error()));
    auto head = next_epoch();
    if (!head) return fail(placed(head.error()));
    return std::make_unique<SqliteLock>(*std::move(file), who, head->lineage, head->epoch);
  }

  Result<std::vector<uint64_t>> commit(StateLock& lock, const Batch& batch) override {
    const auto* held = dynamic_cast<const SqliteLock*>(&lock);
    if (!held) return fail(placed(foreign_lock()));
    if (batch.empty()) return std::vector<uint64_t>{};
    auto revisions = committed(*held, batch);
    if (!revisions) return fail(placed(revisions.error()));
    return revisions;
  }

  Result<std::vector<LogEntry>> log(uint64_t from, std::size_t limit) override {
    return reading<std::vector<LogEntry>>([&](const Head&) -> Result<std::vector<LogEntry>> {
      std::vector<LogEntry> entries;
      auto ok = read_log(database_, from, /*newest_first=*/false, limit, [&](LogEntry entry) -> Result<bool> {
        entries.push_back(std::move(entry));
        return true;
      });
      if (!ok) return fail(ok.error());
      return entries;
    });
  }

  Result<std::optional<LogEntry>> newest_before(std::string_view kind, uint64_t number) override {
    return reading<std::optional<LogEntry>>([&](const Head&) { return read_newest(database_, kind, number); });
  }

  Result<uint64_t> count_operations() override {
    return reading<uint64_t>([this](const Head&) { return read_operation_count(database_); });
  }

  Result<LogCheck> verify_log() override {
    return reading<LogCheck>([this](const Head& head) { return verified(head); });
  }

  Result<Snapshot> at(uint64_t serial) override {
    return reading<Snapshot>([&](const Head& head) -> Result<Snapshot> {
      if (serial > head.serial) return fail(no_such_commit(serial, head.serial));
      auto past = read(head);
      if (!past) return past;
      auto ok =
          read_log(database_, UINT64_MAX, /*newest_first=*/true, SIZE_MAX, [&](const LogEntry& entry) -> Result<bool> {
            if (entry.serial <= serial) return false;
            if (auto undone = undo(*past, entry); !undone) return fail(undone.error());
            return true;
          });
      if (!ok) return fail(ok.error());
      past->serial = serial;
      return past;
    });
  }

  Result<std::string> sealed(std::string_view bytes) override {
    return reading<std::string>(
        [&](const Head& head) -> Result<std::string> { return hex(hmac_sha256(head.key, bytes)); });
  }

  [[nodiscard]] std::string location() const override { return options_.file.string(); }

  /// Whether it is a state at all, ours, and the one that is expected.
  Result<void> check() {
    if (auto ok = check_format(database_); !ok) return fail(placed(ok.error()));
    auto head = reading<bool>([](const Head&) { return Result<bool>(true); });
    if (!head) return fail(head.error());
    return {};
  }

 private:
  /// Runs `read` inside one read transaction, so that it sees one commit whatever others write meanwhile.
  template <class T, class Read>
  Result<T> reading(Read read) {
    // First: the state may only be newer than what the witness says now.
    const auto witness = read_witness(options_.file);
    const auto transaction = Transaction::begin(database_, Transaction::Mode::read);
    if (!transaction) return fail(placed(transaction.error()));
    const auto head = read_head(database_);
    if (!head) return fail(placed(head.error()));
    if (auto ok = check_identity(*head, options_, witness); !ok) return fail(placed(ok.error()));
    Result<T> result = read(*head);
    if (!result) return fail(placed(result.error()));
    return result;
  }

  Result<Snapshot> read(const Head& head) { return read_snapshot(database_, head); }

  Result<LogCheck> verified(const Head& head) {
    // The chain covers what the log says, this what SQLite needs to find it.
    const auto structure = database_.ask_text("PRAGMA integrity_check(1)");
    if (!structure) return fail(structure.error());
    if (*structure != "ok") return fail(damaged("SQLite says: " + structure->substr(0, 200) + "."));
    LogVerifier verifier(head.lineage);
    auto ok = read_log(database_, 0, /*newest_first=*/false, SIZE_MAX, [&](const LogEntry& entry) -> Result<bool> {
      if (auto taken = verifier.take(entry); !taken) return fail(taken.error());
      return true;
    });
    if (!ok) return fail(ok.error());
    const auto rows = read_row_digests(database_);
    if (!rows) return fail(rows.error());
    return verifier.finish(head.log_entries, head.log_head, *rows);
  }

  template <class T>
  Result<std::vector<T>> opened(bool steps, Result<T> (*parse)(std::string_view)) {
    return reading<std::vector<T>>([&](const Head&) -> Result<std::vector<T>> {
      const auto bodies = read_open(database_, steps);
      if (!bodies) return fail(bodies.error());
      std::vector<T> entries;
      for (const std::string& body : *bodies) {
        auto entry = parse(body);
        if (!entry) return fail(entry.error());
        entries.push_back(*std::move(entry));
      }
      return entries;
    });
  }

  Result<Head> next_epoch() {
    const auto witness = read_witness(options_.file);
    auto transaction = Transaction::begin(database_, Transaction::Mode::write);
    if (!transaction) return fail(transaction.error());
    auto head = read_head(database_);
    if (!head) return head;
    if (auto ok = check_identity(*head, options_, witness); !ok) return fail(ok.error());
    ++head->epoch;
    if (auto ok = write_head(database_, *head); !ok) return fail(ok.error());
    if (auto ok = transaction->commit(); !ok) return fail(ok.error());
    return head;
  }

  Result<std::vector<uint64_t>> committed(const SqliteLock& lock, const Batch& batch) {
    auto transaction = Transaction::begin(database_, Transaction::Mode::write);
    if (!transaction) return fail(transaction.error());
    auto head = read_head(database_);
    if (!head) return fail(head.error());
    if (auto ok = lock.check(*head); !ok) return fail(ok.error());
    auto revisions = written(*head, batch, lock.info().since);
    if (!revisions) return revisions;
    ++commits_;
    if (options_.around_commit) options_.around_commit(commits_, true);
    // What is written to a file without a name is lost with the process.
    if (database_.file_moved())
      return fail({.kind = ErrorKind::state,
                   .code = "CL4001",
                   .summary = "the state file is gone",
                   .detail = "It was removed or replaced while this run was using it. Nothing was written.",
                   .hint = "put the file back, or rebuild it from what the platforms have: `cloison state recover`"});
    if (auto ok = transaction->commit(); !ok) return fail(ok.error());
    write_witness(options_.file, {head->lineage, head->serial});
    if (options_.around_commit) options_.around_commit(commits_, false);
    return revisions;
  }

  Result<std::vector<uint64_t>> written(Head& head, const Batch& batch, Instant fallback) {
    if (!tables_) {
      auto tables = SqliteTables::prepare(database_);
      if (!tables) return fail(tables.error());
      tables_ = *std::move(tables);
    }
    if (auto ok = check_batch(*tables_, batch); !ok) return fail(ok.error());
    auto revisions = write_batch(*tables_, head, batch, fallback);
    if (!revisions) return revisions;
    if (auto ok = write_head(database_, head); !ok) return fail(ok.error());
    return revisions;
  }

  [[nodiscard]] Diagnostic placed(Diagnostic why) const {
    return with_location(explained(std::move(why), options_.file), location());
  }

  SqliteOptions options_;
  Database database_;  // before what was prepared on it
  std::unique_ptr<SqliteTables> tables_{};
  uint64_t commits_ = 0;
};

Result<void> create_if_missing(const SqliteOptions& options) {
  std::error_code unknown;
  const bool present = std::filesystem::exists(options.file, unknown);
  if (unknown) return fail(file_error("Looking for", options.file, unknown.value()));
  if (present) return {};
  if (auto ok = may_create(options); !ok) return ok;
  remove_traces(options.file);
  return create_file(options.file, new_head(options.expected_lineage, options.sandbox));
}

/// A copy put in place by hand may be readable by others; it holds the key.
void protect(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    (void)::chmod(file.c_str(), S_IRUSR | S_IWUSR);
}

}  // namespace

Result<std::unique_ptr<StateStore>> open_sqlite(const SqliteOptions& options) {
  const auto placed = [&](Diagnostic why) {
    return fail(with_location(explained(std::move(why), options.file), options.file.string()));
  };
  if (auto ok = create_if_missing(options); !ok) return placed(ok.error());
  if (auto ok = check_size(options.file); !ok) return placed(ok.error());
  protect(options.file);
  auto database = Database::open(options.file);
  if (!database) return placed(database.error());
  auto store = std::make_unique<SqliteStore>(options, *std::move(database));
  if (auto ok = store->check(); !ok) return fail(ok.error());
  return store;
}

uint64_t sqlite_format() {
  return k_format;
}

}  // namespace cloison::state
