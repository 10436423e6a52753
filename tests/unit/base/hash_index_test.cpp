#include "core/base/hash_index.h"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace cloison {
namespace {

TEST(HashIndex, FindsWhatWasAddedAndNothingElse) {
  // Few hashes for many things, so that neighbours are pushed around.
  const auto poor_hash = [](const std::string& text) { return std::hash<std::string>{}(text) % 37; };
  std::mt19937_64 random(3);
  std::vector<std::string> things;
  HashIndex index;
  const auto find = [&](const std::string& text) {
    return index.find(poor_hash(text), [&](uint32_t at) { return things[at] == text; });
  };
  EXPECT_FALSE(find("nothing"));
  for (int i = 0; i < 500; ++i) {
    const std::string text = std::to_string(random() % 800);
    const auto known = find(text);
    const bool expected = std::find(things.begin(), things.end(), text) != things.end();
    ASSERT_EQ(known.has_value(), expected) << text;
    if (known) continue;
    things.push_back(text);
    index.add(poor_hash(text), static_cast<uint32_t>(things.size() - 1));
  }
  for (uint32_t i = 0; i < things.size(); ++i) EXPECT_EQ(find(things[i]), i);
  EXPECT_EQ(index.size(), things.size());
}

TEST(HashIndex, OfEqualOnesTheFirstIsFoundAlsoAfterGrowing) {
  HashIndex index;
  constexpr uint32_t k_many = 3000;
  // Hashes near the end of the table, so that what belongs together goes around it.
  for (uint32_t i = 0; i < k_many; ++i) index.add(UINT32_MAX - i % 3, i);
  for (uint32_t remainder = 0; remainder < 3; ++remainder)
    EXPECT_EQ(index.find(UINT32_MAX - remainder, [](uint32_t) { return true; }), remainder);
}

}  // namespace
}  // namespace cloison
