#include "core/state/memory_store.h"

#include <condition_variable>
#include <mutex>

#include "core/state/batch_writer.h"
#include "core/state/errors.h"
#include "core/state/history.h"
#include "core/state/lock_errors.h"
#include "core/state/log_body.h"
#include "core/state/log_chain.h"
#include "core/state/stored_json.h"

namespace cloison::state {

class MemoryState final : public Tables {
 public:
  explicit MemoryState(const MemoryOptions& options)
      : around_commit(options.around_commit), head(new_head(options.lineage, options.sandbox)) {
    snapshot.lineage = head.lineage;
    snapshot.sandbox = head.sandbox;
  }

  Result<std::optional<StoredRow>> row(const RowKey& key) override {
    const auto found = snapshot.rows.find(key);
    return found == snapshot.rows.end() ? std::nullopt : std::optional(stored(found->second));
  }
  Result<void> put_row(const StoredRow& stored_row, const Digest&, bool) override {
    auto row = restored(stored_row);
    if (!row) return fail(row.error());
    snapshot.rows.insert_or_assign(stored_row.key, *std::move(row));
    return {};
  }
  Result<void> remove_row(const RowKey& key) override {
    snapshot.rows.erase(key);
    return {};
  }
  Result<bool> has_config(const std::string& digest) override { return snapshot.provider_configs.contains(digest); }
  Result<void> add_config(const std::string& digest, const StoredProvider& provider) override {
    snapshot.provider_configs.emplace(digest, provider);
    return {};
  }
  Result<std::optional<Facts>> facts(const std::string& provider) override {
    const auto found = snapshot.facts.find(provider);
    return found == snapshot.facts.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> put_facts(const std::string& provider, const Facts& content) override {
    snapshot.facts.insert_or_assign(provider, content);
    return {};
  }
  Result<std::map<std::string, std::string>> allocations() override { return snapshot.allocations; }
  Result<void> put_allocation(const std::string& key, const std::string& value) override {
    snapshot.allocations.insert_or_assign(key, value);
    return {};
  }
  Result<void> remove_allocation(const std::string& key) override {
    snapshot.allocations.erase(key);
    return {};
  }
  Result<void> append(const LogEntry& entry, const Digest& seal) override {
    log.push_back(entry);
    log.back().seal = hex(seal);
    return {};
  }
  Result<void> open(const OpenEntry& entry) override {
    open_entries.emplace(std::pair(entry.operation, entry.step), entry.number);
    return {};
  }
  Result<std::vector<OpenEntry>> close(const std::string& operation, std::optional<uint32_t> step) override {
    const auto [first, last] = open_entries.equal_range({operation, step});
    std::vector<OpenEntry> closed;
    for (auto entry = first; entry != last; ++entry) closed.push_back({operation, step, entry->second});
    open_entries.erase(first, last);
    return closed;
  }
  Result<std::vector<std::string>> open_operations() override {
    std::vector<std::string> operations;
    for (const auto& [key, number] : open_entries)
      if (!key.second) operations.push_back(key.first);
    return operations;
  }

  const std::function<void(uint64_t, bool)> around_commit;
  std::mutex mutex{};
  std::condition_variable unlocked{};
  std::optional<LockInfo> holder{};
  Head head;
  Snapshot snapshot{};
  std::vector<LogEntry> log{};
  std::multimap<std::pair<std::string, std::optional<uint32_t>>, uint64_t> open_entries{};
};

namespace {

class MemoryLock final : public StateLock {
 public:
  MemoryLock(std::shared_ptr<MemoryState> state, LockInfo info, uint64_t epoch)
      : state_(std::move(state)), info_(std::move(info)), epoch_(epoch) {}
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;
  ~MemoryLock() override {
    const std::lock_guard guard(state_->mutex);
    state_->holder.reset();
    state_->unlocked.notify_one();
  }
  [[nodiscard]] const LockInfo& info() const override { return info_; }
  [[nodiscard]] bool is_of(const std::shared_ptr<MemoryState>& state) const { return state_ == state; }
  [[nodiscard]] uint64_t epoch() const { return epoch_; }

 private:
  std::shared_ptr<MemoryState> state_;
  LockInfo info_;
  uint64_t epoch_;
};

class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryState> state) : state_(std::move(state)) {}

  Result<Snapshot> load() override {
    const std::lock_guard guard(state_->mutex);
    return state_->snapshot;
  }

  Result<std::vector<StepIntent>> open_intents() override {
    return opened<StepIntent>([](const auto& key) { return key.second.has_value(); }, intent_from);
  }
  Result<std::vector<OperationStarted>> open_operations() override {
    return opened<OperationStarted>([](const auto& key) { return !key.second.has_value(); }, operation_started_from);
  }

  Result<std::unique_ptr<StateLock>> lock(const LockInfo& who, const std::set<std::string>&,
                                          std::chrono::milliseconds wait) override {
    std::unique_lock guard(state_->mutex);
    if (!state_->unlocked.wait_for(guard, wait, [&] { return !state_->holder; }))
      return fail(locked_by(state_->holder, location()));
    state_->holder = who;
    return std::make_unique<MemoryLock>(state_, who, ++state_->head.epoch);
  }

  Result<std::vector<uint64_t>> commit(StateLock& lock, const Batch& batch) override {
    const auto* held = dynamic_cast<const MemoryLock*>(&lock);
    if (!held || !held->is_of(state_)) return fail(foreign_lock());
    if (batch.empty()) return std::vector<uint64_t>{};
    const std::unique_lock guard(state_->mutex);
    if (held->epoch() != state_->head.epoch) return fail(stale_lock());
    if (auto ok = check_batch(*state_, batch); !ok) return fail(ok.error());
    ++commits_;
    if (state_->around_commit) state_->around_commit(commits_, true);
    auto revisions = write_batch(*state_, state_->head, batch, lock.info().since);
    state_->snapshot.serial = state_->head.serial;
    if (state_->around_commit) state_->around_commit(commits_, false);
    return revisions;
  }

  Result<std::vector<LogEntry>> log(uint64_t from, std::size_t limit) override {
    const std::lock_guard guard(state_->mutex);
    const auto& all = state_->log;
    const std::size_t first = std::min<uint64_t>(from == 0 ? 0 : from - 1, all.size());
    const std::size_t count = std::min(limit, all.size() - first);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<LogEntry>(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

  Result<std::optional<LogEntry>> newest_before(std::string_view kind, uint64_t number) override {
    const std::lock_guard guard(state_->mutex);
    const auto found = std::find_if(state_->log.rbegin(), state_->log.rend(),
                                    [&](const LogEntry& entry) { return entry.kind == kind && entry.number < number; });
    return found == state_->log.rend() ? std::nullopt : std::optional(*found);
  }

  Result<uint64_t> count_operations() override {
    const std::lock_guard guard(state_->mutex);
    const auto starts = std::count_if(state_->log.begin(), state_->log.end(), [](const LogEntry& entry) {
      return entry.kind == entry_kind::k_operation_started;
    });
    return static_cast<uint64_t>(starts);
  }

  Result<LogCheck> verify_log() override {
    const std::lock_guard guard(state_->mutex);
    LogVerifier verifier(state_->head.lineage);
    for (const LogEntry& entry : state_->log)
      if (auto ok = verifier.take(entry); !ok) return fail(ok.error());
    std::map<RowKey, std::string> rows;
    for (const auto& [key, row] : state_->snapshot.rows) rows.emplace(key, row_digest(row));
    return verifier.finish(state_->head.log_entries, state_->head.log_head, rows);
  }

  Result<Snapshot> at(uint64_t serial) override {
    const std::lock_guard guard(state_->mutex);
    if (serial > state_->head.serial) return fail(no_such_commit(serial, state_->head.serial));
    Snapshot past = state_->snapshot;
    for (auto entry = state_->log.rbegin(); entry != state_->log.rend() && entry->serial > serial; ++entry)
      if (auto ok = undo(past, *entry); !ok) return fail(ok.error());
    past.serial = serial;
    return past;
  }

  Result<std::string> sealed(std::string_view bytes) override { return hex(hmac_sha256(state_->head.key, bytes)); }
  [[nodiscard]] std::string location() const override { return "memory"; }

 private:
  template <class T, class Wanted>
  Result<std::vector<T>> opened(Wanted wanted, Result<T> (*read)(std::string_view)) {
    const std::lock_guard guard(state_->mutex);
    std::set<uint64_t> numbers;
    for (const auto& [key, number] : state_->open_entries)
      if (wanted(key)) numbers.insert(number);
    std::vector<T> entries;
    for (const uint64_t number : numbers) {
      auto entry = read(state_->log[number - 1].json);
      if (!entry) return fail(entry.error());
      entries.push_back(*std::move(entry));
    }
    return entries;
  }

  std::shared_ptr<MemoryState> state_;
  uint64_t commits_ = 0;
};

}  // namespace

std::shared_ptr<MemoryState> make_memory_state(const MemoryOptions& options) {
  return std::make_shared<MemoryState>(options);
}

std::unique_ptr<StateStore> open_memory(std::shared_ptr<MemoryState> state) {
  return std::make_unique<MemoryStore>(std::move(state));
}

}  // namespace cloison::state
