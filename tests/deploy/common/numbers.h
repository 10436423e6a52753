#pragma once
// Numbers in decimal, out of texts that may hold anything.

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace cloison::deploy_test {

/// The whole text as a number; nullopt when that is not what it is.
template <typename Number>
[[nodiscard]] std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace cloison::deploy_test
