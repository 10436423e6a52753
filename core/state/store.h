#pragma once
// Where the state lives. One conformance suite (tests/support/store_conformance) holds every implementation.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/plan.h"
#include "core/model/resource.h"
#include "core/state/recorded.h"

namespace cloison::state {

/// Who holds the lock and since when; shown to whoever is refused.
struct LockInfo {
  std::string holder{};  // user name
  std::string host{};
  int64_t pid = 0;
  std::string command{};  // "apply -t inventories/labanalyse": words only, never values of secrets
  Instant since{};
};

/// Held until destroyed; dies with the process.
class StateLock {
 public:
  virtual ~StateLock() = default;
  [[nodiscard]] virtual const LockInfo& info() const = 0;

 protected:
  StateLock() = default;
  StateLock(const StateLock&) = default;
  StateLock& operator=(const StateLock&) = default;
};

/// The start of an operation that may change something. Written before its first call.
struct OperationStarted {
  std::string id{};       // random
  std::string command{};  // "apply", "destroy", "state rm", …
  std::string user{}, host{};
  Instant when{};
  std::string plan_digest{}, topology_name{}, topology_digest{}, git_commit{}, ticket{}, approved_by{},
      override_reason{};
  std::string cloison_version{};
  uint64_t steps = 0;
  // Entries of their own beside this one, never read back with it.
  std::optional<RecordedTopology> recorded{};
  std::vector<FlowReview> reviews{};
  std::optional<RecordedPack> pack{};
};
/// The call for this step may be made from now on (engine decision 1). Carries what recovery needs to find the object.
struct StepIntent {
  std::string operation{};
  uint32_t step = 0;
  Step::Verb verb{};
  RowKey key{};
  std::string provider{}, kind{};
  std::string remote_id{};      // update, remove, adopt: of what
  Value desired{};              // create, update, adopt: references resolved
  uint32_t schema_version = 1;  // of the kind; `desired` is in its layout
  std::string provider_config{};
  std::vector<std::string> depends_on{};
  std::vector<StoredOrigin> origins{};
  Instant when{};
};
struct StepOutcome {
  std::string operation{};
  uint32_t step = 0;
  enum class How : uint8_t { done, failed, adopted_in_recovery, undone } how = How::done;
  std::string code{}, message{};  // of the failure, or what people should know of a success; scrubbed
  Instant when{};
};
struct OperationFinished {
  std::string id{};
  std::string status{};  // "done", "partly", "failed", "cancelled", "interrupted" (written by the next run)
  Instant when{};
  uint64_t done = 0, failed = 0, skipped = 0;
};
using Entry = std::variant<OperationStarted, StepIntent, StepOutcome, OperationFinished>;

struct Batch {
  std::vector<Entry> entries{};
  std::vector<ResourceState> put{};  // `revision` is set by the store
  std::vector<RowKey> remove{};
  std::map<std::string, StoredProvider> provider_configs{};  // added by digest, never removed while a row names them
  std::map<std::string, Facts> facts{};                      // replaced per provider named here
  std::optional<std::map<std::string, std::string>> allocations{};
  [[nodiscard]] bool empty() const {
    return entries.empty() && put.empty() && remove.empty() && provider_configs.empty() && facts.empty() &&
           !allocations;
  }
};

/// One line of history, newest last. `seal` chains it to the one before.
struct LogEntry {
  uint64_t number = 0;
  uint64_t serial = 0;  // of the commit that wrote it
  std::string kind{};   // "operation_started", "intent", "outcome", "operation_finished", "row_put", … (log_body.h)
  std::string operation{};
  Instant when{};
  std::string json{};  // the whole entry as JSON, also the row's former value
  std::string seal{};  // SHA-256 over the former seal and this entry
};
struct LogCheck {
  uint64_t entries = 0;
  uint64_t operations = 0;
  std::string head{};  // seal of the newest entry
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  /// Verifies header, lineage and every row's digest; a damaged, truncated or emptied store is an error with a way out,
  /// never an empty snapshot.
  [[nodiscard]] virtual Result<Snapshot> load() = 0;
  /// Step intents without outcome, oldest first: what a killed run left in doubt. With the operation they belong to.
  [[nodiscard]] virtual Result<std::vector<StepIntent>> open_intents() = 0;
  /// Operations started and not finished.
  [[nodiscard]] virtual Result<std::vector<OperationStarted>> open_operations() = 0;
  /// `scopes` empty: the whole state. Waits at most `wait`; then ErrorKind::locked naming holder, host, pid, command
  /// and since.
  [[nodiscard]] virtual Result<std::unique_ptr<StateLock>> lock(const LockInfo& who,
                                                                const std::set<std::string>& scopes,
                                                                std::chrono::milliseconds wait) = 0;
  /// Atomic, and durable on return. The rows' new revisions are given back, in the order of `put`.
  [[nodiscard]] virtual Result<std::vector<uint64_t>> commit(StateLock& lock, const Batch& batch) = 0;
  /// Entries numbered from..; at most `limit`.
  [[nodiscard]] virtual Result<std::vector<LogEntry>> log(uint64_t from, std::size_t limit) = 0;
  /// The newest entry of this kind, as it stands there: nothing is checked.
  [[nodiscard]] Result<std::optional<LogEntry>> newest(std::string_view kind) {
    return newest_before(kind, UINT64_MAX);
  }
  /// The same of those with a lower number.
  [[nodiscard]] virtual Result<std::optional<LogEntry>> newest_before(std::string_view kind, uint64_t number) = 0;
  /// How many operations the log tells of, as it stands there: nothing is checked.
  [[nodiscard]] virtual Result<uint64_t> count_operations() = 0;
  /// Recomputes the whole chain; the first break is the error.
  [[nodiscard]] virtual Result<LogCheck> verify_log() = 0;
  /// Rows as they were after the commit `serial`, rebuilt from the log.
  [[nodiscard]] virtual Result<Snapshot> at(uint64_t serial) = 0;
  /// HMAC under the state's key: plan seals, digests of sensitive values. The key never leaves the store.
  [[nodiscard]] virtual Result<std::string> sealed(std::string_view bytes) = 0;
  [[nodiscard]] virtual std::string location() const = 0;

 protected:
  StateStore() = default;
  StateStore(const StateStore&) = default;
  StateStore& operator=(const StateStore&) = default;
};

}  // namespace cloison::state
