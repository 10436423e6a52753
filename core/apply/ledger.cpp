#include "core/apply/ledger.h"

namespace cloison::apply {

Ledger::Ledger(state::StateStore& store, state::StateLock& lock, Snapshot snapshot)
    : store_(&store), lock_(&lock), snapshot_(std::move(snapshot)) {
  for (const auto& [key, row] : snapshot_.rows) hold(row);
}

const ResourceState* Ledger::find(const RowKey& key) const {
  const auto found = snapshot_.rows.find(key);
  return found == snapshot_.rows.end() ? nullptr : &found->second;
}

bool Ledger::holds(const std::string& provider, const std::string& kind, const std::string& remote_id) const {
  return held(provider).contains({kind, remote_id});
}

const HeldIds& Ledger::held(const std::string& provider) const {
  static const HeldIds none;
  const auto found = held_.find(provider);
  return found == held_.end() ? none : found->second;
}

void Ledger::hold(const ResourceState& row) {
  held_[row.provider].emplace(row.kind, row.remote_id);
}
void Ledger::release(const ResourceState& row) {
  held_[row.provider].erase({row.kind, row.remote_id});
}

void Ledger::put(ResourceState row) {
  if (const ResourceState* former = find(row.key)) release(*former);
  hold(row);
  removals_.erase(row.key);
  puts_.insert_or_assign(row.key, row);
  snapshot_.rows.insert_or_assign(row.key, std::move(row));
}

void Ledger::remove(const RowKey& key) {
  const auto found = snapshot_.rows.find(key);
  if (found == snapshot_.rows.end()) return;
  release(found->second);
  puts_.erase(key);
  removals_.insert(key);
  snapshot_.rows.erase(found);
}

Result<void> Ledger::commit() {
  for (auto& [key, row] : puts_) batch_.put.push_back(std::move(row));
  batch_.remove.assign(removals_.begin(), removals_.end());
  puts_.clear();
  removals_.clear();
  if (batch_.empty()) return {};
  auto done = store_->commit(*lock_, batch_);
  batch_ = {};
  if (!done) return fail(std::move(done).error());
  return {};
}

}  // namespace cloison::apply
