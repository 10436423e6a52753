#include "core/report/sheet.h"

#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_units_of_name = 31;
constexpr int64_t k_most_digits = 999'999'999'999'999;  // beyond, Excel would round

lxw_row_t row_of(std::size_t at) {
  return static_cast<lxw_row_t>(at);
}
lxw_col_t column_of(std::size_t at) {
  return static_cast<lxw_col_t>(at);
}

/// Days as spreadsheets count them, for a date or instant in the one form that the report model has. Nothing for what
/// is none, and before March 1900, where spreadsheets disagree.
std::optional<double> serial_of(const std::string& text, Column::Kind kind) {
  if (kind != Column::Kind::date && kind != Column::Kind::instant) return std::nullopt;
  const auto instant = parse_rfc3339(text);
  if (!instant) return std::nullopt;
  const auto written = rfc3339(*instant);
  if (text != (kind == Column::Kind::date ? written.substr(0, 10) : written)) return std::nullopt;
  constexpr double k_unix_epoch = 25'569;
  constexpr double k_march_1900 = 61;
  constexpr double k_seconds_of_day = 86'400;
  const double serial = static_cast<double>(instant->time_since_epoch().count()) / k_seconds_of_day + k_unix_epoch;
  return serial < k_march_1900 ? std::nullopt : std::optional(serial);
}

/// Names that differ in case alone are one to Excel, in every script; what is not ASCII counts as alike here.
std::string folded(std::string_view name) {
  std::string out = lowered(name);
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x80U) c = '?';
  return out;
}

std::string allowed_name(std::string_view title) {
  std::string name;
  for (char c : shown_in_line(title)) {
    if (std::string_view("[]:*?/\\").find(c) != std::string_view::npos) c = ' ';
    if (c != ' ' || !name.ends_with(' ')) name += c;
  }
  std::string_view left = trimmed(first_units(trimmed(name), k_units_of_name));
  while (!left.empty() && (left.front() == '\'' || left.front() == ' ')) left.remove_prefix(1);
  while (!left.empty() && (left.back() == '\'' || left.back() == ' ')) left.remove_suffix(1);
  return left.empty() ? "-" : std::string(left);
}

}  // namespace

std::string SheetNames::take(std::string_view title) {
  const std::string wanted = allowed_name(title);
  std::string name = wanted;
  // "History" is Excel's own.
  for (std::size_t next = 2; folded(name) == "history" || !taken_.insert(folded(name)).second; ++next) {
    const auto suffix = fmt::format(" ({})", next);
    name = std::string(first_units(wanted, k_units_of_name - suffix.size())) + suffix;
  }
  return name;
}

void Sheet::text(std::size_t row, std::size_t column, std::string_view value, Look look, Tone tone) {
  note(worksheet_write_string(sheet_, row_of(row), column_of(column), sheet_text(value).c_str(),
                              book_.format(look, tone)));
}

void Sheet::number(std::size_t row, std::size_t column, double value, Look look, Tone tone) {
  note(worksheet_write_number(sheet_, row_of(row), column_of(column), value, book_.format(look, tone)));
}

void Sheet::cell(std::size_t row, std::size_t column, const Cell& cell, Column::Kind kind) {
  if (const auto* flag = std::get_if<bool>(&cell.value)) {
    note(worksheet_write_boolean(sheet_, row_of(row), column_of(column), *flag ? 1 : 0,
                                 book_.format(Look::flag, cell.tone)));
    return;
  }
  const auto* integer = std::get_if<int64_t>(&cell.value);
  if (integer != nullptr && *integer <= k_most_digits && *integer >= -k_most_digits)
    return number(row, column, static_cast<double>(*integer), Look::number, cell.tone);
  const auto* data = std::get_if<std::string>(&cell.value);
  if (const auto serial = data != nullptr ? serial_of(*data, kind) : std::nullopt)
    return number(row, column, *serial, kind == Column::Kind::date ? Look::date : Look::instant, cell.tone);
  const auto words = words_of(cell, language_);
  const bool wraps = kind == Column::Kind::list || words.find('\n') != std::string::npos;
  if (!words.empty() || cell.tone != Tone::plain)
    text(row, column, words, wraps ? Look::wrapped : Look::text, cell.tone);
}

void Sheet::link(std::size_t row, std::size_t column, const std::string& sheet_name) {
  std::string quoted;
  for (const char c : sheet_name) quoted.append(c == '\'' ? 2 : 1, c);
  note(worksheet_write_url_opt(sheet_, row_of(row), column_of(column), fmt::format("internal:'{}'!A1", quoted).c_str(),
                               nullptr, sheet_name.c_str(), nullptr));
}

void Sheet::width(std::size_t column, std::size_t characters) {
  note(worksheet_set_column(sheet_, column_of(column), column_of(column), static_cast<double>(characters), nullptr));
}

void Sheet::header(std::size_t at, std::size_t rows, std::size_t columns, bool first_column_stays) {
  worksheet_freeze_panes(sheet_, row_of(at + 1), first_column_stays ? 1 : 0);
  note(worksheet_autofilter(sheet_, row_of(at), 0, row_of(at + rows), column_of(columns - 1)));
  note(worksheet_repeat_rows(sheet_, row_of(at), row_of(at)));
}

void Sheet::paper() {
  constexpr uint8_t k_a4 = 9;
  worksheet_set_landscape(sheet_);
  worksheet_set_paper(sheet_, k_a4);
}

}  // namespace cloison::report
