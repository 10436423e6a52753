#pragma once
// Pieces of text on a terminal: widths, columns, colours.

#include <string>
#include <string_view>
#include <vector>

namespace cloison::cli {

/// Columns that printable UTF-8 takes: 2 for wide characters, 0 for combining ones.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// `text` followed by blanks up to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// At most `width` columns; what was cut is shown by "…" at its place (the end, or the middle of a path).
[[nodiscard]] std::string cropped(std::string_view text, std::size_t width);
/// Words broken over lines of `width` columns, each after the first indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// The first `shown` of them, and how many more.
[[nodiscard]] std::string few(const std::vector<std::string>& words, std::size_t shown);

enum class Color : uint8_t { none, red, green, yellow, cyan, bold, faint };
[[nodiscard]] std::string painted(bool color, Color which, std::string_view text);

/// Rows of cells in aligned columns, two blanks between; the last column is not padded and may be cropped to fit.
[[nodiscard]] std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent,
                                std::size_t width);

/// "250 ms", "2.1 s", "3 min 5 s".
[[nodiscard]] std::string duration_text(int64_t milliseconds);

}  // namespace cloison::cli
