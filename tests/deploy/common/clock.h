#pragma once
// Deadlines, and waiting for a descriptor until one.

#include <algorithm>
#include <chrono>

#include <poll.h>

namespace cloison::deploy_test {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::milliseconds;

/// The time until the deadline as poll() takes it: rounded up, since a wait that ends early is repeated without a
/// pause.
[[nodiscard]] inline int poll_time(Time deadline) {
  if (deadline == Time::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 60'000));
}

/// Whether the descriptor became ready (or failed, which the next call on it tells) before the deadline.
[[nodiscard]] inline bool ready(int descriptor, short events, Time deadline) {
  for (;;) {
    pollfd waited{descriptor, events, 0};
    if (::poll(&waited, 1, poll_time(deadline)) > 0) return true;
    if (Clock::now() >= deadline) return false;
  }
}

}  // namespace cloison::deploy_test
