#pragma once
// The two limits of engine decision 17: calls at once per account, which adapts, and keys that a call holds alone.

#include <algorithm>
#include <climits>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cloison::apply {

class Lanes {
 public:
  explicit Lanes(unsigned parallelism) : parallelism_(std::max(1U, parallelism)) {}

  /// For an account that never takes more at once.
  void limit_to(const std::string& account, unsigned calls) {
    lanes_.insert_or_assign(account, Lane{.limit = std::min(calls, parallelism_), .most = calls});
  }
  [[nodiscard]] unsigned limit(const std::string& account) { return lane(account).limit; }
  [[nodiscard]] bool has_room(const std::string& account) {
    const Lane& one = lane(account);
    return one.running < one.limit;
  }
  [[nodiscard]] bool free(const std::vector<std::string>& keys) const {
    return std::none_of(keys.begin(), keys.end(), [&](const std::string& key) { return held_.contains(key); });
  }
  /// Returns a ticket that tells how often the account had been throttled when the call began.
  uint64_t enter(const std::string& account, const std::vector<std::string>& keys) {
    Lane& one = lane(account);
    ++one.running;
    held_.insert(keys.begin(), keys.end());
    return one.throttles;
  }
  void leave(const std::string& account, const std::vector<std::string>& keys) {
    --lane(account).running;
    for (const std::string& key : keys) held_.erase(key);
  }
  /// Halves the limit, once for all calls that were under way together.
  void throttled(const std::string& account, uint64_t ticket) {
    Lane& one = lane(account);
    one.successes = 0;
    if (ticket != one.throttles) return;
    ++one.throttles;
    one.limit = std::max(1U, one.limit / 2);
  }
  /// One more call at once after as many successes as there are calls at once.
  void succeeded(const std::string& account) {
    Lane& one = lane(account);
    if (one.limit >= std::min(parallelism_, one.most) || ++one.successes < one.limit) return;
    one.successes = 0;
    ++one.limit;
  }

 private:
  struct Lane {
    unsigned limit = 1, most = UINT_MAX, running = 0, successes = 0;
    uint64_t throttles = 0;
  };
  Lane& lane(const std::string& account) {
    return lanes_.try_emplace(account, Lane{.limit = parallelism_}).first->second;
  }

  unsigned parallelism_;
  std::map<std::string, Lane> lanes_{};
  std::set<std::string> held_{};
};

}  // namespace cloison::apply
