#pragma once
// Texts of hostile origin as people read them, in every format alike.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/report/document.h"

namespace cloison::report {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  // bytes; 0: no UTF-8 begins there
};
/// What begins at `at` < `text.size()` (RFC 3629: neither surrogates nor longer forms than needed).
[[nodiscard]] CodePoint code_point(std::string_view text, std::size_t at);

/// What has no form of its own, or changes the order of what stands beside it: controls of C0 and C1, of direction, of
/// joining and of format, tags, fillers and what is no character at all.
[[nodiscard]] bool is_unseen(char32_t point);

/// `text` with all of these written out, as `\u{202E}`, and bytes that are no UTF-8, as `\x{E9}`. "\n" stays and "\r\n"
/// becomes one. The result is UTF-8, and text that XML and HTML allow.
[[nodiscard]] std::string shown(std::string_view text);
/// The same in one line: "\n" is written out too.
[[nodiscard]] std::string shown_in_line(std::string_view text);

/// "yes" or "oui".
[[nodiscard]] std::string_view yes_or_no(bool value, Language language);

/// A value in words: "" for nothing, lists one item a line, a term as its word.
[[nodiscard]] std::string words_of(const Cell& cell, Language language);

/// At most `units` of UTF-16, which is how spreadsheets count; `text` must be UTF-8.
[[nodiscard]] std::string_view first_units(std::string_view text, std::size_t units);

}  // namespace cloison::report
