#pragma once
// The default store: one SQLite file, WAL, synchronous FULL, 1 KiB pages, 0600 (engine decisions 1, 7, 8).

#include <filesystem>
#include <memory>
#include <string>

#include "core/state/store.h"

namespace cloison::state {

struct SqliteOptions {
  std::filesystem::path file{};
  /// Lineage that cloison.lock names, or "" when there is none. Another lineage in the file is an error.
  std::string expected_lineage{};
  bool sandbox = false;  // a sandbox state is refused by a real run and the reverse
  bool create = false;   // make an empty state (lineage: expected_lineage or a new one, key) when there is no file
  /// Test seam: called with a running number right before (`true`) and right after (`false`) each durable commit.
  std::function<void(uint64_t number, bool before)> around_commit{};
};

/// With `create` false and no file: ErrorKind::state "the state is elsewhere: --state PATH, or state recover" when a
/// lineage is expected. Opens read-only in effect: nothing is written until `commit` (or creation).
[[nodiscard]] Result<std::unique_ptr<StateStore>> open_sqlite(const SqliteOptions& options);

}  // namespace cloison::state
