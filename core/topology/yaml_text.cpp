// What can be said of YAML before it is parsed: bytes, and how plain scalars read.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {

namespace {

constexpr std::array<std::string_view, 20> k_words{"y",   "Y",   "yes",  "Yes",  "YES",   "n",    "N",
                                                   "no",  "No",  "NO",   "on",   "On",    "ON",   "off",
                                                   "Off", "OFF", "True", "TRUE", "False", "FALSE"};

bool all_of(std::string_view text, auto&& fits) {
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

/// YAML 1.1's base 60: 22:00, 1:30:00.
bool is_sexagesimal(std::string_view text) {
  const auto parts = split(text, ':');
  return parts.size() >= 2 && all_of(parts[0], is_digit) &&
         std::all_of(parts.begin() + 1, parts.end(),
                     [](std::string_view part) { return part.size() <= 2 && all_of(part, is_digit); });
}

bool is_float(std::string_view text) {
  const auto exponent = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (!power.empty() && (power[0] == '+' || power[0] == '-')) {
      power.remove_prefix(1);
    }
    if (!all_of(power, is_digit)) {
      return false;
    }
  }
  const auto dot = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, dot);
  const std::string_view part = dot == std::string_view::npos ? std::string_view{} : mantissa.substr(dot + 1);
  return std::all_of(whole.begin(), whole.end(), is_digit) && std::all_of(part.begin(), part.end(), is_digit) &&
         !(whole.empty() && part.empty());
}

PlainType number_type(std::string_view text) {
  std::string_view digits = text;
  if (digits[0] == '+' || digits[0] == '-') {
    digits.remove_prefix(1);
  }
  if (digits.empty()) {
    return PlainType::text;
  }
  if (all_of(digits, is_digit)) {
    return digits.size() > 1 && digits[0] == '0' ? PlainType::ambiguous_number : PlainType::integer;
  }
  if (digits.size() > 2 && digits[0] == '0' &&
      (digits[1] == 'x' || digits[1] == 'X' || digits[1] == 'o' || digits[1] == 'b')) {
    const bool hexadecimal = digits[1] == 'x' || digits[1] == 'X';
    const auto fits = [&](char c) {
      return is_digit(c) || c == '_' || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    };
    return all_of(digits.substr(2), fits) ? PlainType::ambiguous_number : PlainType::text;
  }
  if (digits.find('_') != std::string_view::npos && is_digit(digits[0]) &&
      all_of(digits, [](char c) { return is_digit(c) || c == '_' || c == '.'; })) {
    return PlainType::ambiguous_number;
  }
  if (digits.size() == 4 && digits[0] == '.' &&
      (digits == ".inf" || digits == ".Inf" || digits == ".INF" || digits == ".nan" || digits == ".NaN")) {
    return PlainType::ambiguous_number;
  }
  if (is_sexagesimal(digits)) {
    return PlainType::ambiguous_number;
  }
  return is_float(digits) ? PlainType::number : PlainType::text;
}

/// Where the byte stands, 1-based.
std::pair<std::size_t, std::size_t> line_and_column(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const auto start = before.rfind('\n');
  return {line + 1, at - (start == std::string_view::npos ? 0 : start + 1) + 1};
}

void refuse(std::string_view text, std::size_t at, std::string_view name, Note note, Notes& notes) {
  const auto [line, column] = line_and_column(text, at);
  // The broken bytes stay out of the source map: they cannot be shown.
  const FileId file = notes.sources().add_file(std::string(name), "");
  const SpanId span = add_span(
      {.file = file, .line = static_cast<uint32_t>(line), .column = static_cast<uint32_t>(column), .length = 1},
      notes.sources());
  notes.add(std::move(note), span);
  notes.set_unusable();
}

/// The first byte that no UTF-8 sequence holds.
std::size_t first_broken(std::string_view text) {
  std::size_t good = 0;
  std::size_t bad = text.size();
  while (bad - good > 4) {  // longest valid prefix; cut points inside a character look invalid, so step back below
    const std::size_t middle = good + (bad - good) / 2;
    std::size_t cut = middle;
    while (cut > good && (static_cast<uint8_t>(text[cut]) & 0xC0U) == 0x80U) {
      --cut;
    }
    if (cut == good) {
      break;
    }
    if (is_valid_utf8(text.substr(good, cut - good))) {
      good = cut;
    } else {
      bad = cut;
    }
  }
  for (; good < text.size(); ++good) {
    bool valid = false;
    for (std::size_t length = 1; length <= 4 && good + length <= text.size() && !valid; ++length) {
      if (is_valid_utf8(text.substr(good, length))) {
        valid = true;
        good += length - 1;
      }
    }
    if (!valid) {
      return good;
    }
  }
  return good;
}

}  // namespace

PlainType plain_type(std::string_view text) {
  if (text.empty() || text == "~" || text == "null") {
    return PlainType::null;
  }
  if (text == "true" || text == "false") {
    return PlainType::boolean;
  }
  if (text == "Null" || text == "NULL" || std::find(k_words.begin(), k_words.end(), text) != k_words.end()) {
    return PlainType::ambiguous_word;
  }
  const char c = text[0];
  return is_digit(c) || c == '.' || c == '+' || c == '-' ? number_type(text) : PlainType::text;
}

bool normalise_text(std::string& text, std::string_view name, Notes& notes) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.erase(0, 3);
  }
  if (text.find('\r') != std::string::npos) {
    std::size_t to = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
      if (text[from] == '\r' && from + 1 < text.size() && text[from + 1] == '\n') {
        continue;
      }
      text[to++] = text[from];
    }
    text.resize(to);
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || !is_valid_utf8(text)) {
    const std::size_t at = first_broken(text);
    refuse(text, at, name,
           {.code = "CL1003",
            .summary = fmt::format("{} is not UTF-8", name),
            .detail = fmt::format("Byte {} (0x{:02x}) belongs to no UTF-8 character.", at + 1,
                                  at < text.size() ? static_cast<uint8_t>(text[at]) : 0U),
            .hint = fmt::format("iconv -f ISO-8859-1 -t UTF-8 -o {0}.new {0} && mv {0}.new {0}", name)},
           notes);
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
  });
  if (control != text.end()) {
    const auto at = static_cast<std::size_t>(control - text.begin());
    refuse(
        text, at, name,
        {.code = "CL1013",
         .summary = fmt::format("{} has a control character", name),
         .detail = fmt::format("Byte {} is 0x{:02x}; text files have line feeds and tabs, no other control characters.",
                               at + 1, static_cast<uint8_t>(*control)),
         .hint = fmt::format("tr -d '\\000-\\010\\013-\\037\\177' < {0} > {0}.new && mv {0}.new {0}", name)},
        notes);
    return false;
  }
  return true;
}

}  // namespace cloison::topology
