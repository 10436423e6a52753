// The one suite, for every store.

#include "tests/support/store_conformance.h"

#include "core/state/memory_store.h"
#include "tests/unit/state/state_folder.h"

namespace cloison::test {

namespace {

OpenStore new_memory_state(const AroundCommit& around_commit) {
  const auto memory = state::make_memory_state({.around_commit = around_commit});
  return [memory] { return state::open_memory(memory); };
}

OpenStore new_sqlite_state(const AroundCommit& around_commit) {
  const auto folder = std::make_shared<StateFolder>();
  (void)folder->made();
  return [folder, around_commit] {
    auto options = folder->options();
    options.around_commit = around_commit;
    return folder->opened(options);
  };
}

}  // namespace

TEST_P(StoreConformance, Holds) {
  GetParam().first.check(GetParam().second);
}

INSTANTIATE_STORE_CONFORMANCE(Memory, new_memory_state);
INSTANTIATE_STORE_CONFORMANCE(Sqlite, new_sqlite_state);

}  // namespace cloison::test
