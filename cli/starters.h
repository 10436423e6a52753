#pragma once
// What `cloison init` writes. Each starter validates as it is (tests/cli/init_test.cpp).

#include <span>
#include <string_view>

namespace cloison::cli {

struct StarterFile {
  std::string_view name{}, text{};
};
struct Starter {
  std::string_view name{}, summary{};
  std::span<const StarterFile> files{};
};
[[nodiscard]] std::span<const Starter> starters();

}  // namespace cloison::cli
