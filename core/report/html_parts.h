#pragma once
// Parts of a report in HTML, on screen (data and script take over) and on paper (for WeasyPrint).

#include <set>
#include <string>
#include <string_view>

#include "core/report/document.h"
#include "core/report/grids.h"

namespace cloison::report {

enum class Medium : uint8_t { screen, paper };

struct PageOptions {
  Language language = Language::english;
  Medium medium = Medium::screen;
  std::size_t most_rows = 0;         // rows of a table that are written as HTML; 0: all of them
  std::size_t summarised_above = 0;  // a longer table is counted by its filters instead; 0: none is
  std::set<std::string>
      targets{};  // identifiers that links may lead to, and tables whose rows are all there ("rules/")
};

/// The words of a value: "yes", "a, b", "2026-11-22 12:24:01 UTC", "–" where there is none.
[[nodiscard]] std::string cell_text(const Cell& cell, Language language);
/// A sign that says the tone where colour is not seen; "" for plain and faint.
[[nodiscard]] std::string_view tone_mark(Tone tone);

/// Whether a table is counted by its filters instead of being written row by row.
[[nodiscard]] bool is_summarised(const Table& table, const PageOptions& options);
/// Whether its columns need the long side of the paper.
[[nodiscard]] bool is_wide(const Table& table);
/// Every identifier of chapters and parts, and "ID/" of each table whose rows are all written.
[[nodiscard]] std::set<std::string> targets_of(const Report& report, const PageOptions& options);

/// Title, what the report says of itself, and its facts.
[[nodiscard]] std::string heading_html(const Report& report, const PageOptions& options);
[[nodiscard]] std::string contents_html(const Report& report, const PageOptions& options);
[[nodiscard]] std::string chapter_html(const Chapter& chapter, const PageOptions& options);

// What chapter_html is made of, in files of their own.
[[nodiscard]] std::string table_html(const Table& table, const PageOptions& options);
[[nodiscard]] std::string matrix_html(const Matrix& matrix, const PageOptions& options);
[[nodiscard]] std::string drawing_html(const Drawing& drawing, const PageOptions& options);
[[nodiscard]] std::string cell_html(const Cell& cell, const PageOptions& options);

/// The whole table as data for the page's script (JSON): by column, each value once.
[[nodiscard]] std::string table_data(const Table& table, Language language);

}  // namespace cloison::report
