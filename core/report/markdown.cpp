// GitHub Flavored Markdown. Whatever data holds stays text: no markup, HTML, link or mention comes of it.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/grids.h"
#include "core/report/text.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

/// Entities where a backslash would not do: readers split tables, and find links, before they look at escapes.
void append_character(std::string& out, std::string_view text, std::size_t at) {
  switch (const char c = text[at]; c) {
    case '\n':
      out += "<br>";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '&':
      out += "&amp;";
      break;
    case '|':
      out += "&#124;";
      break;
    case ':':
      out += text.substr(at).starts_with("://") ? "&#58;" : ":";
      break;
    case '.':
      out += at >= 3 && lowered(text.substr(at - 3, 3)) == "www" ? "&#46;" : ".";
      break;
    case '@':
      out += "@<!-- -->";  // neither an address nor a mention
      break;
    default:
      if (std::string_view("\\`*_[]~$#").find(c) != std::string_view::npos) out += '\\';
      out += c;
  }
}

/// In one line, for a cell or behind other text.
std::string inert(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size(); ++at) append_character(out, text, at);
  return out;
}

/// As a line of its own, which must not begin a list, a heading, code or a line below a heading.
std::string inert_line(std::string_view text) {
  std::string out = inert(trimmed(text));
  const auto digits = std::min(out.find_first_not_of("0123456789"), out.size());
  if (digits > 0 && digits < out.size() && (out[digits] == '.' || out[digits] == ')'))
    out.insert(digits, 1, '\\');
  else if (!out.empty() && std::string_view("-+=").find(out.front()) != std::string_view::npos)
    out.insert(0, 1, '\\');
  return out;
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(Language language) : language_(language) {}

  std::string write(const Report& report) {
    heading("#", report.heading.title.in(language_), report.heading.kind);
    const auto of_itself = properties_of(report.heading);
    rows(table_of(of_itself, language_));
    for (const auto& chapter : report.chapters) {
      heading("##", chapter.title.in(language_), chapter.id);
      for (const auto& any : chapter.parts) std::visit([&](const auto& one) { part(one); }, any);
    }
    return std::move(out_);
  }

 private:
  void heading(std::string_view level, std::string_view title, std::string_view otherwise) {
    out_ += fmt::format("{} {}\n\n", level, inert(shown_in_line(trimmed(title.empty() ? otherwise : title))));
  }
  void paragraph(std::string_view text) {
    if (!text.empty()) out_ += inert_line(shown(text)) + "\n\n";
  }

  void part(const Paragraph& one) { paragraph(one.text.in(language_)); }
  void part(const Table& one) { table(one); }
  void part(const Matrix& one) { table(table_of(one)); }
  void part(const Properties& one) { table(table_of(one, language_)); }
  void part(const Drawing& one) {
    heading("###", one.title.in(language_), one.id);
    boxes(one);
    for (const auto& line : one.lines) {
      if (line.from >= one.boxes.size() || line.to >= one.boxes.size()) continue;
      const auto label = line.label.empty() ? "" : ": " + inert(shown_in_line(line.label));
      out_ += fmt::format("- {} → {}{}\n", box_label(one.boxes[line.from]), box_label(one.boxes[line.to]), label);
    }
    if (!one.lines.empty()) out_ += '\n';
  }

  static std::string box_label(const Drawing::Box& box) { return inert_line(shown_in_line(box.label)); }

  /// As a list, each box below the one around it.
  void boxes(const Drawing& drawing) {
    std::vector<std::vector<std::size_t>> inside(drawing.boxes.size());
    std::vector<std::pair<std::size_t, std::size_t>> open;  // box and depth, the next one last
    for (std::size_t i = drawing.boxes.size(); i-- > 0;) {
      const auto within = drawing.boxes[i].within;
      if (within && *within < i)
        inside[*within].push_back(i);
      else
        open.emplace_back(i, 0);
    }
    while (!open.empty()) {
      const auto [at, depth] = open.back();
      open.pop_back();
      const auto& box = drawing.boxes[at];
      const auto detail = box.detail.empty() ? "" : fmt::format(" ({})", inert(shown_in_line(box.detail)));
      out_ += fmt::format("{}- {}{}\n", std::string(2 * depth, ' '), box_label(box), detail);
      for (const auto child : inside[at]) open.emplace_back(child, depth + 1);
    }
    if (!drawing.boxes.empty()) out_ += '\n';
  }

  void table(const Table& one) {
    heading("###", one.title.in(language_), one.id);
    paragraph(one.about.in(language_));
    rows(one);
  }
  void rows(const Table& one) {
    if (one.columns.empty()) return;
    out_ += '|';
    for (const auto& column : one.columns) field(shown_in_line(column.heading.in(language_)));
    out_ += "\n|";
    for (const auto& column : one.columns) out_ += column.kind == Column::Kind::number ? " ---: |" : " --- |";
    out_ += '\n';
    for (std::size_t row = 0; row < one.rows; ++row) {
      out_ += '|';
      for (const auto& cell : one.row(row)) field(words_of(cell, language_));
      out_ += '\n';
    }
    out_ += '\n';
  }
  void field(std::string_view text) {
    out_ += ' ';
    for (std::size_t at = 0; at < text.size(); ++at) append_character(out_, text, at);
    out_ += " |";
  }

  Language language_;
  std::string out_{};
};

}  // namespace

std::string write_markdown(const Report& report, Language language) {
  return MarkdownWriter(language).write(report);
}

}  // namespace cloison::report
