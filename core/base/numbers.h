#pragma once
// Numbers in texts.

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace cloison {

/// All of a text as a decimal number of that type; nothing for anything else.
template <class Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace cloison
