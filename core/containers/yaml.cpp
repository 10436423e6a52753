#include "core/containers/yaml.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::containers {

namespace {

/// Words that some version of YAML reads as something else than a text.
bool is_word_of_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 9> k_words{"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  return std::find(k_words.begin(), k_words.end(), lowered(text)) != k_words.end();
}

/// Texts that begin with a letter and hold nothing that means something to YAML are no number, date or sign either.
bool may_be_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || is_word_of_yaml(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("._/-").find(c) != std::string_view::npos;
  });
}

/// The code point that begins at `at`, and how many bytes it has; 0 bytes where it is no UTF-8.
std::pair<uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t size = first < 0x80U ? 1 : first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 0;
  if (size == 0 || at + size > text.size() || !is_valid_utf8(text.substr(at, size))) return {first, 0};
  constexpr std::array<uint32_t, 5> k_mask{0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t value = first & k_mask.at(size);
  for (std::size_t i = 1; i < size; ++i) value = value << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {value, size};
}

/// What readers may take for a line end, or may not have in a scalar at all.
bool needs_escape(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029 || point == 0xFEFF ||
         (point & 0xFFFEU) == 0xFFFE;
}

std::string escaped(uint32_t point) {
  return point <= 0xFF     ? fmt::format("\\x{:02X}", point)
         : point <= 0xFFFF ? fmt::format("\\u{:04X}", point)
                           : fmt::format("\\U{:08X}", point);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, size] = code_point(text, at);
    const bool template_begins = text[at] == '{' && at > 0 && text[at - 1] == '{';  // of Helm
    if (text[at] == '"' || text[at] == '\\')
      out += fmt::format("\\{}", text[at]);
    else if (size == 0 || template_begins || needs_escape(point))
      out += escaped(point);
    else
      out += text.substr(at, size);
    at += std::max<std::size_t>(size, 1);
  }
  return out + '"';
}

class Writer {
 public:
  explicit Writer(Reader reader) : reader_(reader) {}

  void document(const Yaml& root) {
    if (is_scalar(root) || root.empty())
      text += scalar(root) + '\n';
    else
      block(root, 0);
  }
  std::string text{};

 private:
  static bool is_scalar(const Yaml& value) {
    return value.kind() != Yaml::Kind::map && value.kind() != Yaml::Kind::list;
  }
  [[nodiscard]] std::string scalar(const Yaml& value) const {
    switch (value.kind()) {
      case Yaml::Kind::map:
        return "{}";
      case Yaml::Kind::list:
        return "[]";
      case Yaml::Kind::number:
        return std::to_string(value.number());
      case Yaml::Kind::flag:
        return value.number() != 0 ? "true" : "false";
      case Yaml::Kind::interpolated:
        return in_quotes(value.text());
      case Yaml::Kind::text:
        break;
    }
    if (reader_ != Reader::compose) return yaml_scalar(value.text());
    std::string doubled;
    for (const char c : value.text()) doubled.append(c == '$' ? 2 : 1, c);
    return yaml_scalar(doubled);
  }

  /// `from`: how many of the first line's blanks stand there already, behind a list's dash.
  void block(const Yaml& value, std::size_t indent, std::size_t from = 0) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      text += std::string(i == 0 ? indent - from : indent, ' ');
      const auto& item = value.items()[i];
      const bool nested = !is_scalar(item) && !item.empty();
      if (value.kind() == Yaml::Kind::list) {
        text += "- ";
        nested ? block(item, indent + 2, indent + 2) : line(item);
        continue;
      }
      text += yaml_scalar(value.keys()[i]) + ':';
      if (nested) {
        text += '\n';
        block(item, indent + 2);
      } else {
        text += ' ';
        line(item);
      }
    }
  }
  void line(const Yaml& value) { text += scalar(value) + '\n'; }

  Reader reader_;
};

}  // namespace

std::string yaml_scalar(std::string_view text) {
  return may_be_plain(text) ? std::string(text) : in_quotes(text);
}

std::string yaml_text(const Yaml& document, Reader reader) {
  Writer writer(reader);
  writer.document(document);
  return std::move(writer.text);
}

std::string yaml_comment(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    std::string safe;  // U+0085, U+2028 and U+2029 end a line for readers of YAML 1.1
    const auto shown = printable(line);
    for (std::size_t at = 0; at < shown.size();) {
      const auto [point, size] = code_point(shown, at);
      const bool template_begins = shown[at] == '{' && at > 0 && shown[at - 1] == '{';
      const bool harmless = size != 0 && !needs_escape(point) && !template_begins;
      safe += harmless ? shown.substr(at, size) : escaped(point);
      at += std::max<std::size_t>(size, 1);
    }
    text += safe.empty() ? "#\n" : fmt::format("# {}\n", safe);
  }
  return text;
}

}  // namespace cloison::containers
