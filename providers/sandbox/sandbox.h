#pragma once
// A simulator under a real provider: the same kinds, lowering and canonical form, but no account and no socket.
// What happens to objects follows from KindSchema alone (engine decision 19).

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/model/provider.h"
#include "providers/sandbox/faults.h"

namespace cloison::sandbox {

/// How much of what was answered survives. Both survive the end of our process, however it ends.
enum class Durability : uint8_t {
  process,  // SQLite synchronous OFF: lost with the machine's power
  normal,   // synchronous NORMAL: after a power loss some earlier commit, whole
};

struct SandboxOptions {
  std::filesystem::path database;       // made with mode 0600 when there is none
  std::optional<FaultPlan> faults{};    // absent: nothing goes wrong by chance
  std::chrono::milliseconds latency{};  // every call takes that long
  /// Remote ids are derived from it; the database keeps the one that it was made with.
  uint64_t seed = 1;
  Durability durability = Durability::normal;
};

/// `real` is asked only for what is pure: kinds, lower, canonical, upgraded, configuration, quota_of, specimen_facts,
/// rollout_of, counted_rules.
/// Errors: CL5520 to CL5522 when the database cannot be used.
[[nodiscard]] Result<std::shared_ptr<Provider>> make_sandbox(std::shared_ptr<Provider> real,
                                                             const SandboxOptions& options);

}  // namespace cloison::sandbox
