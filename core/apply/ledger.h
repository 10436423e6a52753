#pragma once
// The executor's view of the state: rows in memory, and the batch that makes the next turn durable.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/apply/identity.h"
#include "core/state/store.h"

namespace cloison::apply {

class Ledger {
 public:
  Ledger(state::StateStore& store, state::StateLock& lock, Snapshot snapshot);

  [[nodiscard]] const std::string& lineage() const { return snapshot_.lineage; }
  [[nodiscard]] const ResourceState* find(const RowKey& key) const;
  /// The current row of an address, or nullptr.
  [[nodiscard]] const ResourceState* current(std::string_view address) const { return snapshot_.current(address); }
  [[nodiscard]] const std::map<RowKey, ResourceState>& rows() const { return snapshot_.rows; }
  /// Whether a row names this object.
  [[nodiscard]] bool holds(const std::string& provider, const std::string& kind, const std::string& remote_id) const;
  [[nodiscard]] const HeldIds& held(const std::string& provider) const;

  /// These join the next commit; rows in memory change at once.
  void put(ResourceState row);
  void remove(const RowKey& key);
  void write(state::Entry entry) { batch_.entries.push_back(std::move(entry)); }
  [[nodiscard]] state::Batch& batch() { return batch_; }

  /// Atomic and durable; nothing to write is success. After an error nothing more may be called on platforms.
  [[nodiscard]] Result<void> commit();

 private:
  void hold(const ResourceState& row);
  void release(const ResourceState& row);

  state::StateStore* store_;
  state::StateLock* lock_;
  Snapshot snapshot_;
  std::map<std::string, HeldIds, std::less<>> held_{};
  state::Batch batch_{};
  // One batch holds a row once, in its last form, and never both puts and removes it.
  std::map<RowKey, ResourceState> puts_{};
  std::set<RowKey> removals_{};
};

}  // namespace cloison::apply
