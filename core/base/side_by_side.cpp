#include "core/base/side_by_side.h"

#include <algorithm>

namespace cloison {

std::optional<std::size_t> Turns::wait_for_next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || next_ >= count_ || has_room(); });
  if (stopped_ || next_ >= count_) return std::nullopt;
  return next_++;
}

std::optional<std::size_t> Turns::next_before(std::size_t wanted) {
  std::unique_lock lock(mutex_);
  const auto slot = wanted % ahead_;
  if (!made_[slot] && has_room()) return next_++;
  changed_.wait(lock, [&] { return made_[slot]; });
  return std::nullopt;
}

void Turns::made(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  made_[number % ahead_] = true;
  changed_.notify_all();
}

void Turns::taken() {
  const std::scoped_lock lock(mutex_);
  made_[taken_ % ahead_] = false;
  ++taken_;
  changed_.notify_all();
}

void Turns::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::size_t processors_for(std::size_t count) {
  constexpr std::size_t k_worth_a_thread = 16, k_most = 16;
  const std::size_t there = std::max(1U, std::thread::hardware_concurrency());
  return std::min({there, k_most, std::max<std::size_t>(1, count / k_worth_a_thread)});
}

}  // namespace cloison
