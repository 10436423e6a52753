#pragma once
// Text that people read: suggestions, joins, folding.

#include <string>
#include <string_view>
#include <vector>

namespace cloison {

// ASCII only, whatever the locale: what names, numbers and protocols are made of.
[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_letter_or_digit(char c) {
  return is_letter(c) || is_digit(c);
}

[[nodiscard]] constexpr char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string lowered(std::string_view text);

/// Damerau-Levenshtein distance (optimal string alignment), stopping early above `limit` (then limit + 1).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// At most three of `candidates` within distance 2 (1 for words of up to three letters), nearest first, then by name.
[[nodiscard]] std::vector<std::string> suggestions(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean 'data'?", "known ones are a, b, c" when nothing is near, "" when there is no candidate at all.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// "1 site", "24 sites": plural by appending `s`.
[[nodiscard]] std::string counted(std::size_t count, std::string_view singular, std::string_view plural = {});

/// Names and for_each keys: [a-z0-9-], 1 to 63, neither first nor last a hyphen.
[[nodiscard]] bool is_name(std::string_view text);
/// The nearest name that fits, for a hint: lower case, accents folded, anything else a hyphen. May be empty.
[[nodiscard]] std::string proposed_name(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// `text` with control characters and broken UTF-8 shown as escapes, so that hostile input cannot drive a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace cloison
