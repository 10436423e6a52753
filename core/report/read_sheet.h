#pragma once
// Rows of a table that somebody filled in: CSV as spreadsheets save it, or the sheets of a workbook (ECMA-376, Office
// Open XML, SpreadsheetML). What is read is anybody's: bounded, and nothing in it is run or fetched.

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace cloison::report {

/// Cells as texts; the number of a row as a spreadsheet shows it is its place plus one.
using SheetRows = std::vector<std::vector<std::string>>;

/// UTF-8, with or without a byte order mark; comma, semicolon or tab, whichever the first line has most of. Otherwise
/// why not.
[[nodiscard]] tl::expected<SheetRows, std::string> read_csv(std::string_view text);
/// Every sheet of a workbook, in order. Formulas give the value that was saved with them.
[[nodiscard]] tl::expected<std::vector<SheetRows>, std::string> read_xlsx(std::string_view bytes);

}  // namespace cloison::report
