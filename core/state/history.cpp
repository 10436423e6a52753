#include "core/state/history.h"

#include "core/state/errors.h"
#include "core/state/stored_json.h"

namespace cloison::state {

namespace {

Result<void> undo_put(Snapshot& snapshot, const LogEntry& entry) {
  auto change = row_change_from(entry.json);
  if (!change) return fail(change.error());
  const auto row = snapshot.rows.find(change->key);
  if (row == snapshot.rows.end() || row_digest(row->second) != change->digest)
    return fail(broken_log(entry.number, "the row '" + change->key.address + "' is not the one that it wrote"));
  if (change->former)
    row->second = *std::move(change->former);
  else
    snapshot.rows.erase(row);
  return {};
}

Result<void> undo_removal(Snapshot& snapshot, const LogEntry& entry) {
  auto change = row_change_from(entry.json);
  if (!change) return fail(change.error());
  if (!change->former || !snapshot.rows.emplace(change->key, *std::move(change->former)).second)
    return fail(broken_log(entry.number, "the row '" + change->key.address + "' cannot have been removed by it"));
  return {};
}

Result<void> undo_provider(Snapshot& snapshot, const LogEntry& entry) {
  const auto digest = added_provider_from(entry.json);
  if (!digest) return fail(digest.error());
  snapshot.provider_configs.erase(*digest);
  return {};
}

Result<void> undo_facts(Snapshot& snapshot, const LogEntry& entry) {
  auto change = facts_change_from(entry.json);
  if (!change) return fail(change.error());
  if (change->former)
    snapshot.facts[change->provider] = *std::move(change->former);
  else
    snapshot.facts.erase(change->provider);
  return {};
}

Result<void> undo_allocations(Snapshot& snapshot, const LogEntry& entry) {
  const auto change = allocations_change_from(entry.json);
  if (!change) return fail(change.error());
  for (const auto& [key, value] : *change) {
    if (value)
      snapshot.allocations[key] = *value;
    else
      snapshot.allocations.erase(key);
  }
  return {};
}

}  // namespace

Result<void> undo(Snapshot& snapshot, const LogEntry& entry) {
  if (entry.kind == entry_kind::k_row_put) return undo_put(snapshot, entry);
  if (entry.kind == entry_kind::k_row_removed) return undo_removal(snapshot, entry);
  if (entry.kind == entry_kind::k_provider_added) return undo_provider(snapshot, entry);
  if (entry.kind == entry_kind::k_facts_put) return undo_facts(snapshot, entry);
  if (entry.kind == entry_kind::k_allocations_put) return undo_allocations(snapshot, entry);
  return {};  // what was intended and what came of it: no row
}

Result<std::map<std::string, Tally>> tallies_of(StateStore& store, const std::set<std::string>& operations) {
  constexpr std::size_t k_piece = 5000;
  std::map<std::string, Tally> tallies;
  uint64_t from = 0;
  while (true) {
    const auto entries = store.log(from, k_piece);
    if (!entries) return fail(entries.error());
    for (const LogEntry& entry : *entries) {
      from = entry.number + 1;
      if (entry.kind != entry_kind::k_outcome || !operations.contains(entry.operation)) continue;
      const auto how = outcome_from(entry.json);
      if (!how) return fail(how.error());
      Tally& tally = tallies[entry.operation];
      if (*how == StepOutcome::How::done || *how == StepOutcome::How::adopted_in_recovery) ++tally.done;
      if (*how == StepOutcome::How::failed) ++tally.failed;
    }
    if (entries->size() < k_piece) return tallies;
  }
}

}  // namespace cloison::state
