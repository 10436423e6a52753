#pragma once
// Files of templates/frameworks as parts of the program; written by core/ops/embed_frameworks.cmake.

#include <span>
#include <string_view>

namespace cloison::ops {

struct EmbeddedFramework {
  std::string_view id{};
  std::string_view (*text)() = nullptr;
};
/// In order of id.
[[nodiscard]] std::span<const EmbeddedFramework> embedded_frameworks();

}  // namespace cloison::ops
