#pragma once
// Which systems a node may run, and which of them the tests run on (docs/providers/node.md, "What nodes run").

#include <string_view>

namespace cloison::node {

struct Target {
  std::string_view id{};       ///< ID of os-release(5)
  std::string_view version{};  ///< VERSION_ID
  std::string_view name{};     ///< for people
  bool tested = false;         ///< by the suites of this repository
};

/// The row of a node's system; nullptr where there is none. `version` may be quoted, as in the file.
[[nodiscard]] const Target* target_for(std::string_view id, std::string_view version);

}  // namespace cloison::node
