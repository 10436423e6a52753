#pragma once
// What goes wrong by chance, repeatably: each draw depends on the seed, the call and how often it was made, never on
// time or threads.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace cloison::sandbox {

/// Probabilities from 0 to 1; of one call at most one comes true.
struct FaultPlan {
  uint64_t seed = 1;
  double fail = 0;                      // certainly not done
  double throttle = 0;                  // asked to slow down; not done
  double in_doubt_before = 0;           // no answer, and not done
  double in_doubt_after = 0;            // done, but the answer is lost
  double read = 0;                      // a list is not answered in time
  std::chrono::milliseconds latency{};  // longest extra time of a call; drawn evenly
  std::set<std::string> offline{};      // entries, or nodes by their paths, of which nothing is answered
  bool operator==(const FaultPlan&) const = default;
};

/// "seed=7,in_doubt=0.1,fail=0.05,throttle=0.02,latency=20ms,offline=lab/lyon-03.node/lyon-03-1"; `in_doubt` is half
/// before, half after. Error: CL5530.
[[nodiscard]] Result<FaultPlan> parse_faults(std::string_view text);
/// The plan that CLOISON_SANDBOX_FAULTS holds, or none when it is empty or unset.
[[nodiscard]] Result<std::optional<FaultPlan>> faults_from_environment();

/// Thread-safe.
class FaultDice {
 public:
  enum class Fault : uint8_t { none, fail, throttle, in_doubt_before, in_doubt_after };
  explicit FaultDice(std::optional<FaultPlan> plan) : plan_(std::move(plan)) {}
  /// What happens to this write; the same call made again is drawn again.
  [[nodiscard]] Fault write(std::string_view verb, std::string_view object);
  /// `of`: the provider's name.
  [[nodiscard]] bool read_fails(std::string_view what, const std::string& of);
  [[nodiscard]] std::chrono::milliseconds latency(std::string_view verb, std::string_view object);

 private:
  [[nodiscard]] double draw(std::string_view verb, std::string_view object);

  std::optional<FaultPlan> plan_;
  std::mutex mutex_{};
  std::map<std::string, uint64_t> draws_{};
};

}  // namespace cloison::sandbox
