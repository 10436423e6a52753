#pragma once
// The default store: one SQLite file, WAL, synchronous FULL, 1 KiB pages, 0600 (engine decisions 1, 7, 8).

#include <filesystem>
#include <functional>
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
  /// With `create`: also when traces beside the missing file tell that a state was there (`state recover`). The traces
  /// are removed.
  bool recovering = false;
  /// Test seam: called with a running number right before (`true`) and right after (`false`) each durable commit.
  std::function<void(uint64_t number, bool before)> around_commit{};
};

/// With `create` false and no file: ErrorKind::state CL4001, with the way out. An emptied, cut, damaged, foreign or
/// older file is an error of its own (CL4002 to CL4008), never an empty state.
/// Opens read-only in effect: no row is written until `lock` (or creation). A store is used by one thread at a time.
[[nodiscard]] Result<std::unique_ptr<StateStore>> open_sqlite(const SqliteOptions& options);
/// The file format that this version writes.
[[nodiscard]] uint64_t sqlite_format();

}  // namespace cloison::state
