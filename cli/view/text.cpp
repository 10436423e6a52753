#include "cli/view/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::cli {

namespace {

struct Range {
  uint32_t first, last;
};

// East Asian wide and fullwidth blocks, and the pictographs that terminals draw over two columns (Unicode UAX 11).
constexpr std::array k_wide{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
                            Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
                            Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
                            Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
constexpr std::array k_combining{
    Range{0x300, 0x36F},   Range{0x483, 0x489},   Range{0x591, 0x5BD},   Range{0x610, 0x61A},   Range{0x64B, 0x65F},
    Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xF0) return 4;
  return lead >= 0xE0 ? 3 : 2;
}

/// Length in bytes and columns of the character at `at`; broken UTF-8 counts byte by byte.
std::pair<std::size_t, std::size_t> character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = std::min(sequence_length(lead), text.size() - at);
  if (length == 1 || lead < 0xC0) return {1, 1};
  uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  if (within(k_combining, code)) return {length, 0};
  return {length, within(k_wide, code) ? 2 : 1};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [bytes, columns] = character(text, at);
    at += bytes;
    width += columns;
  }
  return width;
}

std::string padded(std::string_view text, std::size_t width) {
  const auto taken = display_width(text);
  return std::string(text) + std::string(taken < width ? width - taken : 0, ' ');
}

std::string cropped(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t taken = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [bytes, columns] = character(text, at);
    if (taken + columns > width - 1) break;
    taken += columns;
    at += bytes;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (const auto word : split(text, ' ')) {
    if (word.empty()) continue;
    const auto taken = display_width(word);
    if (column > 0 && column + 1 + taken > width) {
      out += '\n' + std::string(indent, ' ');
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += taken;
  }
  return out;
}

std::string few(const std::vector<std::string>& words, std::size_t shown) {
  if (words.size() <= shown) return join(words, ", ");
  return join({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ") +
         fmt::format(" and {} more", words.size() - shown);
}

std::string painted(bool color, Color which, std::string_view text) {
  if (!color || which == Color::none) return std::string(text);
  static constexpr std::array<std::string_view, 7> k_codes{"", "31", "32", "33", "36", "1", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", k_codes.at(static_cast<std::size_t>(which)), text);
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent, std::size_t width) {
  std::vector<std::size_t> columns;
  for (const auto& row : rows)
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      if (columns.size() <= i) columns.push_back(0);
      columns[i] = std::max(columns[i], display_width(row[i]));
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) line += i + 1 < row.size() ? padded(row[i], columns[i] + 2) : row[i];
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += cropped(line, width) + '\n';
  }
  return out;
}

std::string duration_text(int64_t milliseconds) {
  if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
  if (milliseconds < 60'000) return fmt::format("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100);
  return fmt::format("{} min {} s", milliseconds / 60'000, milliseconds % 60'000 / 1000);
}

}  // namespace cloison::cli
