#include "core/base/strings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

namespace cloison {

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) {
    return limit + 1;
  }
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    if (*std::min_element(row.begin(), row.end()) > limit) {
      return limit + 1;
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::vector<std::string> suggestions(std::string_view word, const std::vector<std::string>& candidates) {
  const std::size_t limit = word.size() <= 3 ? 1 : 2;
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    if (const std::size_t distance = edit_distance(word, candidate, limit); distance <= limit) {
      near.emplace_back(distance, candidate);
    }
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < near.size() && i < 3; ++i) {
    result.push_back(near[i].second);
  }
  return result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::string> near = suggestions(word, candidates);
  if (!near.empty()) {
    for (std::string& one : near) {
      one = fmt::format("'{}'", one);
    }
    return fmt::format("did you mean {}?", join(near, " or "));
  }
  if (candidates.empty()) {
    return {};
  }
  std::vector<std::string> known = candidates;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  constexpr std::size_t k_shown = 12;
  const std::size_t left = known.size() > k_shown ? known.size() - k_shown : 0;
  known.resize(known.size() - left);
  const std::string shown = join(known, ", ");
  return left == 0 ? fmt::format("known: {}", shown) : fmt::format("known: {} and {} more", shown, left);
}

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) { return lowered(c); });
  return low;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n";
  const auto first = text.find_first_not_of(k_blank);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  if (count == 1) {
    return fmt::format("1 {}", singular);
  }
  return plural.empty() ? fmt::format("{} {}s", count, singular) : fmt::format("{} {}", count, plural);
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), fits) && text.front() != '-' &&
         text.back() != '-';
}

namespace {

/// The base letter of U+00C0..U+00FF, by low byte; '-' where there is none.
constexpr std::string_view k_latin1_fold = "aaaaaaaceeeeiiiidnooooo-ouuuuy-saaaaaaaceeeeiiiidnooooo-ouuuuy-y";

struct Decoded {
  uint32_t code_point;
  std::size_t length;  // 0 = broken
};

Decoded decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t length = (lead >> 5U) == 6 ? 2 : (lead >> 4U) == 14 ? 3 : (lead >> 3U) == 30 ? 4 : 0;
  if (length == 0 || at + length > text.size()) {
    return {0, 0};
  }
  uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) {
      return {0, 0};
    }
    code = code << 6U | (byte(at + i) & 0x3FU);
  }
  constexpr std::array<uint32_t, 5> k_least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < k_least.at(length) || surrogate || code > 0x10FFFF ? Decoded{0, 0} : Decoded{code, length};
}

}  // namespace

std::string proposed_name(std::string_view text) {
  std::string name;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded one = decode(text, at);
    char letter = '-';
    if (one.length == 1) {
      const char c = static_cast<char>(one.code_point);
      letter = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (one.code_point >= 0xC0 && one.code_point <= 0xFF) {
      letter = k_latin1_fold[one.code_point - 0xC0];
    } else if (one.code_point == 0x153 || one.code_point == 0x152) {
      letter = 'o';
    }
    const bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (fits) {
      name += letter;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
    at += std::max<std::size_t>(one.length, 1);
  }
  name.resize(std::min<std::size_t>(name.size(), 63));
  while (!name.empty() && name.back() == '-') {
    name.pop_back();
  }
  return name;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded one = decode(text, at);
    if (one.length == 0) {
      return false;
    }
    at += one.length;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded one = decode(text, at);
    // C0, DEL, C1, bidirectional controls and separators: all can make a terminal or a reader see something else
    const bool control =
        one.length != 0 && (one.code_point < 0x20 || (one.code_point >= 0x7F && one.code_point < 0xA0) ||
                            (one.code_point >= 0x200B && one.code_point <= 0x200F) ||
                            (one.code_point >= 0x2028 && one.code_point <= 0x202E) ||
                            (one.code_point >= 0x2066 && one.code_point <= 0x2069) || one.code_point == 0xFEFF);
    if (one.length == 0) {
      shown += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[at]));
      ++at;
    } else if (control) {
      shown += one.code_point == '\t' ? " " : fmt::format("\\u{:04x}", one.code_point);
      at += one.length;
    } else {
      shown += text.substr(at, one.length);
      at += one.length;
    }
  }
  return shown;
}

}  // namespace cloison
