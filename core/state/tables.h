#pragma once
// What a store must offer so that a batch means the same in every one of them (batch_writer.h).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/state/encoding.h"
#include "core/state/row.h"
#include "core/state/store.h"

namespace cloison::state {

/// The one row that stands for the whole: who it is and what it must contain.
struct Head {
  std::string lineage;
  std::string key;  // of `sealed`; random, never leaves the store
  bool sandbox = false;
  uint64_t serial = 0;    // commits so far
  uint64_t epoch = 0;     // locks so far
  uint64_t elements = 0;  // rows, provider configurations, facts, allocations, open entries
  DigestSum sum{};        // of their digests
  uint64_t log_entries = 0;
  Digest log_head{};
};
[[nodiscard]] Digest digest_of(const Head& head);
/// An empty state: lineage (a new one when empty), a fresh key.
[[nodiscard]] Head new_head(std::string lineage, bool sandbox);

/// An intent without outcome (step) or an operation without end (no step), and the log entry that tells of it.
struct OpenEntry {
  std::string operation;
  std::optional<uint32_t> step{};
  uint64_t number = 0;
};

[[nodiscard]] Digest element_digest(const std::string& config, const StoredProvider& provider);
[[nodiscard]] Digest element_digest(const std::string& provider, const Facts& facts);
[[nodiscard]] Digest allocation_digest(std::string_view key, std::string_view value);
[[nodiscard]] Digest element_digest(const OpenEntry& entry);

/// Inside one transaction, which the store begins and ends.
class Tables {
 public:
  virtual ~Tables() = default;
  [[nodiscard]] virtual Result<std::optional<StoredRow>> row(const RowKey& key) = 0;
  /// `replaces`: a row of this key is there.
  [[nodiscard]] virtual Result<void> put_row(const StoredRow& row, const Digest& digest, bool replaces) = 0;
  [[nodiscard]] virtual Result<void> remove_row(const RowKey& key) = 0;
  [[nodiscard]] virtual Result<bool> has_config(const std::string& digest) = 0;
  [[nodiscard]] virtual Result<void> add_config(const std::string& digest, const StoredProvider& provider) = 0;
  [[nodiscard]] virtual Result<std::optional<Facts>> facts(const std::string& provider) = 0;
  [[nodiscard]] virtual Result<void> put_facts(const std::string& provider, const Facts& facts) = 0;
  [[nodiscard]] virtual Result<std::map<std::string, std::string>> allocations() = 0;
  [[nodiscard]] virtual Result<void> put_allocation(const std::string& key, const std::string& value) = 0;
  [[nodiscard]] virtual Result<void> remove_allocation(const std::string& key) = 0;
  [[nodiscard]] virtual Result<void> append(const LogEntry& entry, const Digest& seal) = 0;
  [[nodiscard]] virtual Result<void> open(const OpenEntry& entry) = 0;
  /// Removes the open entries of this operation and step and gives them back.
  [[nodiscard]] virtual Result<std::vector<OpenEntry>> close(const std::string& operation,
                                                             std::optional<uint32_t> step) = 0;
  /// Operations that have started and not ended.
  [[nodiscard]] virtual Result<std::vector<std::string>> open_operations() = 0;

 protected:
  Tables() = default;
  Tables(const Tables&) = default;
  Tables& operator=(const Tables&) = default;
};

}  // namespace cloison::state
