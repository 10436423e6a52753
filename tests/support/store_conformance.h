#pragma once
// What every state store must do. A store's test instantiates `StoreConformance` with a way to make an empty state:
//
//   INSTANTIATE_STORE_CONFORMANCE(Sqlite, new_sqlite_state);

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/state/store.h"

namespace cloison::test {

using AroundCommit = std::function<void(uint64_t number, bool before)>;
/// Another handle on the same state, as another process would have it.
using OpenStore = std::function<std::unique_ptr<state::StateStore>()>;
/// A new, empty state, which lives as long as the function returned.
using NewState = std::function<OpenStore(const AroundCommit& around_commit)>;

struct StoreLaw {
  const char* name;
  void (*check)(const NewState& new_state);
};
[[nodiscard]] const std::vector<StoreLaw>& store_laws();

class StoreConformance : public testing::TestWithParam<std::pair<StoreLaw, NewState>> {};
[[nodiscard]] std::vector<std::pair<StoreLaw, NewState>> laws_for(const NewState& new_state);

// --- What tests of stores share --------------------------------------------------------------------------------------

[[nodiscard]] state::LockInfo somebody();
/// Takes the lock; the test fails when somebody else has it.
[[nodiscard]] std::unique_ptr<state::StateLock> locked(state::StateStore& store);
/// Commits under a lock of its own; the test fails when that fails.
void commit(state::StateStore& store, const state::Batch& batch);
/// A row with a record, a reference-free list, a prefix, a sensitive value, dependencies and origins.
[[nodiscard]] ResourceState sample_row(const std::string& address, uint32_t generation = 1);
[[nodiscard]] state::OperationStarted sample_operation(const std::string& id, Instant when);
[[nodiscard]] state::StepIntent sample_intent(const std::string& operation, uint32_t step, const std::string& address);
/// Puts, removals, providers, facts, allocations, entries; over few addresses, so that they meet.
[[nodiscard]] state::Batch random_batch(std::mt19937_64& random);
/// Everything in a snapshot as text: equal snapshots, equal texts.
[[nodiscard]] std::string described(const Snapshot& snapshot);

}  // namespace cloison::test

#define INSTANTIATE_STORE_CONFORMANCE(store, new_state)                                                      \
  INSTANTIATE_TEST_SUITE_P(store, StoreConformance, testing::ValuesIn(::cloison::test::laws_for(new_state)), \
                           [](const auto& one) { return std::string(one.param.first.name); })
