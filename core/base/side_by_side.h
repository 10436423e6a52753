#pragma once
// Work that several processors do side by side, and whose results are taken one by one in the order of the questions:
// what comes of it does not depend on how many processors there are.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace cloison {

/// Who makes what next, and what may be taken: for `side_by_side` alone.
class Turns {
 public:
  /// `ahead`: how many may be made before the first of them is taken.
  Turns(std::size_t count, std::size_t ahead) : count_(count), ahead_(ahead), made_(ahead, false) {}

  /// The next to be made, once there is room for it; nothing when there is no more to do.
  [[nodiscard]] std::optional<std::size_t> wait_for_next();
  /// The same for the one who takes: nothing where `wanted`, the one that it takes next, is made. Waits while another
  /// makes that.
  [[nodiscard]] std::optional<std::size_t> next_before(std::size_t wanted);
  void made(std::size_t number);
  void taken();
  void stop();

 private:
  [[nodiscard]] bool has_room() const { return next_ < count_ && next_ < taken_ + ahead_; }

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t count_, ahead_, next_ = 0, taken_ = 0;
  std::vector<bool> made_;  // by number, modulo `ahead`
  bool stopped_ = false;
};

/// Whoever waits for a turn is told that there is none when this ends, however it does.
class TurnsEnd {
 public:
  explicit TurnsEnd(Turns& turns) : turns_(turns) {}
  TurnsEnd(const TurnsEnd&) = delete;
  TurnsEnd& operator=(const TurnsEnd&) = delete;
  ~TurnsEnd() { turns_.stop(); }

 private:
  Turns& turns_;
};

/// How many processors are worth asking for so many pieces of work.
[[nodiscard]] std::size_t processors_for(std::size_t count);

/// Makes `make(0)` to `make(count - 1)` side by side, and gives each to `take(number, product)` in this order, on the
/// thread of the caller, until that returns false. `make` must not change what others of it read. An exception of
/// `make` comes out here. `processors`: most that are used.
template <class Product, class Make, class Take>
void side_by_side(std::size_t count, const Make& make, Take take, std::size_t processors) {
  if (processors < 2) {
    for (std::size_t i = 0; i < count; ++i)
      if (!take(i, make(i))) return;
    return;
  }
  struct Slot {
    std::optional<Product> product{};
    std::exception_ptr failed{};
  };
  constexpr std::size_t k_ahead_each = 4;
  std::vector<Slot> slots(processors * k_ahead_each);
  Turns turns(count, slots.size());
  const auto make_one = [&](std::size_t number) {
    auto& slot = slots[number % slots.size()];
    try {
      slot.product.emplace(make(number));
    } catch (...) {
      slot.failed = std::current_exception();
    }
    turns.made(number);
  };
  std::vector<std::jthread> threads;
  const TurnsEnd end(turns);
  threads.reserve(processors - 1);
  try {
    for (std::size_t i = 1; i < processors; ++i)
      threads.emplace_back([&] {
        while (const auto number = turns.wait_for_next()) make_one(*number);
      });
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
    // Where there are no more threads to be had, those that there are do it.
  }
  for (std::size_t i = 0; i < count; ++i) {
    while (const auto number = turns.next_before(i)) make_one(*number);
    auto slot = std::exchange(slots[i % slots.size()], Slot{});
    turns.taken();
    if (slot.failed) std::rethrow_exception(slot.failed);
    if (!take(i, *std::move(slot.product))) return;
  }
}

template <class Product, class Make, class Take>
void side_by_side(std::size_t count, const Make& make, Take take) {
  side_by_side<Product>(count, make, std::move(take), processors_for(count));
}

}  // namespace cloison
