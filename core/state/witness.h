#pragma once
// A second place, `<state>.serial`, that remembers how far the state had come. SQLite ignores a write-ahead log that is
// missing or damaged, and an older copy is as consistent as the newest: both would silently take the state back.
// Written without sync after each commit: it may lag behind a power loss, but never runs ahead of the state.

#include <filesystem>
#include <optional>
#include <string>

namespace cloison::state {

struct Witness {
  std::string lineage;
  uint64_t serial = 0;
};

[[nodiscard]] std::filesystem::path witness_path(const std::filesystem::path& state);
/// nullopt when there is none or it is damaged: it only ever adds suspicion.
[[nodiscard]] std::optional<Witness> read_witness(const std::filesystem::path& state);
/// Failures are ignored: the commit itself is already durable.
void write_witness(const std::filesystem::path& state, const Witness& witness);

}  // namespace cloison::state
