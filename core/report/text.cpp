#include "core/report/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cloison::report {

namespace {

struct Points {
  char32_t first, last;
};

/// In order. A no-break space is none of them: French has one before a colon. Nor are the selectors of emoji (U+FE0F).
constexpr std::array k_unseen{
    Points{0x00, 0x1F},       Points{0x7F, 0x9F},       Points{0xAD, 0xAD},       Points{0x34F, 0x34F},
    Points{0x61C, 0x61C},     Points{0x115F, 0x1160},   Points{0x17B4, 0x17B5},   Points{0x180B, 0x180F},
    Points{0x200B, 0x200F},   Points{0x2028, 0x202E},   Points{0x2060, 0x206F},   Points{0x2800, 0x2800},
    Points{0x3164, 0x3164},   Points{0xFDD0, 0xFDEF},   Points{0xFEFF, 0xFEFF},   Points{0xFFA0, 0xFFA0},
    Points{0xFFF0, 0xFFFB},   Points{0x13430, 0x1343F}, Points{0x1BCA0, 0x1BCA3}, Points{0x1D173, 0x1D17A},
    Points{0xE0000, 0xE0FFF},
};

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F;
}

enum class LineEnds : uint8_t { stay, written_out };

std::string written_out(std::string_view text, LineEnds line_ends) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    const auto [point, size] = code_point(text, at);
    if (size == 0)
      out += fmt::format("\\x{{{:02X}}}", static_cast<unsigned char>(text[at]));
    else if (is_unseen(point) && (point != '\n' || line_ends == LineEnds::written_out))
      out += fmt::format("\\u{{{:X}}}", static_cast<uint32_t>(point));
    else
      out += text.substr(at, size);
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

struct Words {
  Language language;

  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const std::string& text) const { return shown(text); }
  std::string operator()(const std::vector<std::string>& items) const {
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += '\n';
      out += shown_in_line(items[i]);
    }
    return out;
  }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(bool flag) const { return std::string(yes_or_no(flag, language)); }
  std::string operator()(const Term* term) const {
    return term == nullptr ? std::string() : std::string(term->in(language));
  }
  std::string operator()(const Phrase& phrase) const { return shown(phrase.in(language)); }
};

}  // namespace

CodePoint code_point(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80U) return {lead, 1};
  const std::size_t size = lead >= 0xF8U ? 0 : lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC0U ? 2 : 0;
  if (size == 0 || at + size > text.size()) return {};
  char32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0U) != 0x80U) return {};
    value = value << 6U | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 5> k_least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < k_least.at(size) || surrogate || value > 0x10FFFF) return {};
  return {value, size};
}

bool is_unseen(char32_t point) {
  if ((point & 0xFFFEU) == 0xFFFEU) return true;  // the last two of every plane are no characters
  const auto after = std::upper_bound(k_unseen.begin(), k_unseen.end(), point,
                                      [](char32_t value, const Points& points) { return value < points.first; });
  return after != k_unseen.begin() && point <= std::prev(after)->last;
}

std::string shown(std::string_view text) {
  // Nearly all texts are written as they stand.
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return written_out(text, LineEnds::stay);
}

std::string shown_in_line(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return written_out(text, LineEnds::written_out);
}

std::string_view yes_or_no(bool value, Language language) {
  if (language == Language::french) return value ? "oui" : "non";
  return value ? "yes" : "no";
}

std::string words_of(const Cell& cell, Language language) {
  return std::visit(Words{language}, cell.value);
}

std::string_view first_units(std::string_view text, std::size_t units) {
  if (text.size() <= units) return text;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [point, size] = code_point(text, at);
    const std::size_t needed = point > 0xFFFF ? 2 : 1;
    if (needed > units) break;
    units -= needed;
    at += std::max<std::size_t>(size, 1);
  }
  return text.substr(0, at);
}

}  // namespace cloison::report
