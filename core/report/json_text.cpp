#include "core/report/json_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/report/text.h"

namespace cloison::report {

namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Escapes of JSON are UTF-16.
void append_unit_escape(std::string& out, char32_t point) {
  const auto value = static_cast<uint32_t>(point);
  if (value > 0xFFFF)
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xD7C0U + (value >> 10U), 0xDC00U | (value & 0x3FFU));
  else
    out += fmt::format("\\u{:04x}", value);
}

class Lines {
 public:
  explicit Lines(std::size_t levels) : levels_(levels) {}

  std::string write(const net::Json& json) {
    value(json, 0);
    return std::move(out_ += '\n');
  }

 private:
  void value(const net::Json& json, std::size_t level) {
    if (const auto* array = json.as_array())
      items(*array, '[', ']', level, [&](const net::Json& one) { value(one, level + 1); });
    else if (const auto* object = json.as_object())
      items(*object, '{', '}', level, [&](const auto& member) {
        text(member.first);
        out_ += ": ";
        value(member.second, level + 1);
      });
    else if (const auto* is_text = json.as_text())
      text(*is_text);
    else
      out_ += net::to_text(json);
  }

  template <class Items, class Write>
  void items(const Items& all, char open, char close, std::size_t level, Write write) {
    const bool lines = level < levels_ && !all.empty();
    const auto line = [&](std::size_t indent) { (out_ += '\n').append(indent, ' '); };
    out_ += open;
    bool first = true;
    for (const auto& one : all) {
      if (!first) out_ += lines ? "," : ", ";
      first = false;
      if (lines) line(level + 1);
      write(one);
    }
    if (lines) line(level);
    out_ += close;
  }

  void text(std::string_view text) {
    out_ += '"';
    append_json(out_, text);
    out_ += '"';
  }

  std::size_t levels_;
  std::string out_{};
};

}  // namespace

void append_json(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, size] = code_point(text, at);
    if (size == 0)
      out += k_replacement;
    else if (point == '"' || point == '\\')
      (out += '\\') += text[at];
    else if (point == '\n')
      out += "\\n";
    else if (is_unseen(point))  // the same text to a program, and harmless to who looks at the file
      append_unit_escape(out, point);
    else
      out += text.substr(at, size);
    at += std::max<std::size_t>(size, 1);
  }
}

std::string json_lines(const net::Json& json, std::size_t levels) {
  return Lines(levels).write(json);
}

}  // namespace cloison::report
