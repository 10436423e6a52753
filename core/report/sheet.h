#pragma once
// One sheet of a workbook, written from top to bottom.

#include <set>
#include <string>
#include <string_view>

#include "core/report/workbook.h"

namespace cloison::report {

/// Names that Excel allows, each once: 31 units of UTF-16, none of "[]:*?/\", no apostrophe at an end.
class SheetNames {
 public:
  /// The nearest to `title` that is still free: "Rules", then "Rules (2)".
  [[nodiscard]] std::string take(std::string_view title);

 private:
  std::set<std::string> taken_{};
};

/// Rows must come in order, since each goes to a file when the next one begins.
class Sheet {
 public:
  Sheet(Workbook& book, lxw_worksheet* sheet, Language language) : book_(book), sheet_(sheet), language_(language) {}

  void text(std::size_t row, std::size_t column, std::string_view value, Look look, Tone tone = Tone::plain);
  /// As a value of its own type; `kind` tells dates from other texts.
  void cell(std::size_t row, std::size_t column, const Cell& cell, Column::Kind kind);
  /// To the first cell of another sheet.
  void link(std::size_t row, std::size_t column, const std::string& sheet_name);
  void width(std::size_t column, std::size_t characters);
  /// A header of one row, which stays in sight and on each page, with a filter for each column of the `rows` below it.
  void header(std::size_t at, std::size_t rows, std::size_t columns, bool first_column_stays);
  /// A4, lying.
  void paper();
  /// False once anything could not be written.
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  void note(lxw_error error) { ok_ = ok_ && error == LXW_NO_ERROR; }
  void number(std::size_t row, std::size_t column, double value, Look look, Tone tone);

  Workbook& book_;
  lxw_worksheet* sheet_;
  Language language_;
  bool ok_ = true;
};

}  // namespace cloison::report
