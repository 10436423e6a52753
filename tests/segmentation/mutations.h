#pragma once
// Mutations of a network's resources, taken from the schemas of their kinds: each attribute, one value at a time;
// elements that move to another resource; resources that are missing.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/segmentation/network.h"

namespace cloison::test {

struct Mutation {
  std::string kind{}, attribute{};  ///< attribute "": the whole resource
  std::string operation{};
  std::string what{};
  std::vector<std::size_t> of{};  ///< numbers of the resources that it changes
  bool spoilt = false;            ///< nobody can read it any more
  /// All resources, with it.
  std::function<std::vector<Owned>()> make{};
};

[[nodiscard]] std::vector<Mutation> mutations_of(const Network& network);

/// So many of them, drawn by a seed: one of each operation on each attribute before there are two.
[[nodiscard]] std::vector<Mutation> sample(std::vector<Mutation> all, std::size_t most, uint64_t seed);

}  // namespace cloison::test
