// RFC 4180 with a byte order mark. Lists stand one item a line within their cell, so that no item needs an escape; true
// and false are those words in every language. What a spreadsheet makes of "1-2" or "0123" no CSV can help: XLSX says
// that they are text.

#include <algorithm>

#include "core/report/grids.h"
#include "core/report/text.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view k_line_end = "\r\n";

/// Spreadsheets calculate what begins so, some of them also after blanks or in the wide forms of East Asia (OWASP, "CSV
/// Injection").
bool may_be_formula(std::string_view text) {
  const auto at = text.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) return false;
  if (text[at] == '\xEF') {
    const char32_t point = code_point(text, at).value;  // U+FF1D ＝, U+FF0B ＋, U+FF0D －, U+FF20 ＠
    return point == 0xFF1D || point == 0xFF0B || point == 0xFF0D || point == 0xFF20;
  }
  return text.front() == '\t' || text.front() == '\r' ||
         std::string_view("=+-@").find(text[at]) != std::string_view::npos;
}

void append_field(std::string& out, std::string_view text) {
  // Blanks at the ends and other people's separators are quoted too: readers that guess leave them alone then.
  const bool quoted = text.find_first_of("\",;\r\n\t|") != std::string_view::npos ||
                      (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  if (!quoted) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_text(std::string& out, std::string_view text) {
  if (may_be_formula(text))
    append_field(out, "'" + std::string(text));
  else
    append_field(out, text);
}

void append_cell(std::string& out, const Cell& cell, Language language) {
  if (const auto* number = std::get_if<int64_t>(&cell.value))
    out += std::to_string(*number);
  else if (const auto* flag = std::get_if<bool>(&cell.value))
    out += *flag ? "true" : "false";
  else
    append_text(out, words_of(cell, language));
}

void append_table(std::string& out, const Table& table, Language language) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) out += ',';
    append_text(out, shown_in_line(table.columns[i].heading.in(language)));
  }
  out += k_line_end;
  for (std::size_t row = 0; row < table.rows; ++row) {
    const auto begin = out.size();
    const auto cells = table.row(row);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += ',';
      append_cell(out, cells[i], language);
    }
    if (out.size() == begin) out += "\"\"";  // one empty cell: an empty line would end the table
    out += k_line_end;
  }
}

}  // namespace

std::string write_csv(const Report& report, Language language) {
  std::size_t grids = 0;
  bool table_alone = false;
  for_each_grid(report, language,
                [&](const Table&, Origin origin) { table_alone = ++grids == 1 && origin == Origin::table; });
  std::string out(k_byte_order_mark);
  for_each_grid(report, language, [&](const Table& table, Origin) {
    if (!table_alone) {
      if (out.size() > k_byte_order_mark.size()) out += k_line_end;
      append_text(out, shown_in_line(title_of(table, language)));
      out += k_line_end;
    }
    append_table(out, table, language);
  });
  return out;
}

}  // namespace cloison::report
