#pragma once
// The pages of docs/errors, embedded when the program is built (cli/embed_pages.cmake).

#include <span>
#include <string_view>

namespace cloison::cli {

struct ErrorPage {
  std::string_view code{}, text{};
};
/// In order of code.
[[nodiscard]] std::span<const ErrorPage> error_pages();

}  // namespace cloison::cli
