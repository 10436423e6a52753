#include "core/report/html_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

bool continues_letter(char c) {
  return (static_cast<uint8_t>(c) & 0xC0U) == 0x80U;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lowered(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string safe;
  const std::string shown = shown_in_line(text);
  safe.reserve(shown.size());
  for (const char c : shown) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string page_json(std::string_view text) {
  const std::string shown = shown_in_line(text);  // no control and no line separator is left
  std::string json;
  json.reserve(shown.size() + 2);
  json += '"';
  for (const char c : shown) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '<' || c == '>' || c == '&') {
      json += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
    } else {
      json += c;
    }
  }
  return json += '"';
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

std::string cut_short(std::string_view text, std::size_t letters) {
  if (letters_in(text) <= letters) return std::string(text);
  std::size_t at = 0;
  for (std::size_t left = letters; at < text.size(); ++at) {
    if (continues_letter(text[at])) continue;
    if (left-- <= 1) break;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues_letter(c); }));
}

}  // namespace cloison::report
