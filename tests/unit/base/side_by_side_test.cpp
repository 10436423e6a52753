// Work done side by side comes in order, stops when told to, and lets exceptions out.

#include "core/base/side_by_side.h"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>

#include <gtest/gtest.h>

namespace cloison {
namespace {

std::vector<std::size_t> taken_of(std::size_t count, std::size_t processors, std::size_t last = SIZE_MAX) {
  std::vector<std::size_t> taken;
  side_by_side<std::size_t>(
      count,
      [](std::size_t number) {
        std::this_thread::sleep_for(std::chrono::microseconds(number % 7 == 0 ? 300 : 10));
        return number * number;
      },
      [&](std::size_t number, std::size_t product) {
        EXPECT_EQ(number * number, product);
        taken.push_back(number);
        return number != last;
      },
      processors);
  return taken;
}

TEST(SideBySide, TakesEachOnceSideBySideWhateverTheProcessors) {
  for (const std::size_t count : {0U, 1U, 3U, 200U})
    for (const std::size_t processors : {1U, 2U, 5U}) {
      std::vector<std::size_t> all(count);
      std::iota(all.begin(), all.end(), std::size_t{0});
      EXPECT_EQ(taken_of(count, processors), all) << count << " on " << processors;
    }
}

TEST(SideBySide, StopsWhenTold) {
  for (const std::size_t processors : {1U, 4U}) EXPECT_EQ(taken_of(500, processors, 41).size(), 42U);
}

TEST(SideBySide, MakesFewAheadOfWhatIsTaken) {
  std::atomic<std::size_t> made = 0;
  side_by_side<int>(
      100,
      [&](std::size_t) {
        ++made;
        return 0;
      },
      [&](std::size_t number, int) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));
        EXPECT_LE(made.load(), number + 2 + std::size_t{2} * 4);
        return true;
      },
      2);
}

TEST(SideBySide, LetsAnExceptionOut) {
  for (const std::size_t processors : {1U, 3U}) {
    std::size_t taken = 0;
    const auto run = [&] {
      side_by_side<int>(
          50,
          [](std::size_t number) {
            if (number == 20) throw std::runtime_error("no");
            return 0;
          },
          [&](std::size_t, int) {
            ++taken;
            return true;
          },
          processors);
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_EQ(taken, 20U);
  }
}

TEST(SideBySide, AsksFewProcessorsForLittleWork) {
  EXPECT_EQ(processors_for(0), 1U);
  EXPECT_EQ(processors_for(15), 1U);
  EXPECT_GE(processors_for(1000), 1U);
}

}  // namespace
}  // namespace cloison
