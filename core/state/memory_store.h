#pragma once
// A state that lives in the process: tests and benchmarks. Same log, chain, locks and digests as a file.

#include <functional>
#include <memory>
#include <string>

#include "core/state/store.h"

namespace cloison::state {

struct MemoryOptions {
  std::string lineage{};  // "" = a new one
  bool sandbox = false;
  /// As SqliteOptions::around_commit.
  std::function<void(uint64_t number, bool before)> around_commit{};
};

/// What would be the file: outlives the stores opened on it, so that a test can drop one and open the next.
class MemoryState;
[[nodiscard]] std::shared_ptr<MemoryState> make_memory_state(const MemoryOptions& options);
[[nodiscard]] std::unique_ptr<StateStore> open_memory(std::shared_ptr<MemoryState> state);
[[nodiscard]] inline std::unique_ptr<StateStore> make_memory_store(const MemoryOptions& options = {}) {
  return open_memory(make_memory_state(options));
}

}  // namespace cloison::state
