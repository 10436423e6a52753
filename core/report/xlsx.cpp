// A sheet for what the report says of itself, then one for each table and matrix: header frozen, every column with a
// filter, values of their own type. Nothing from data becomes a formula or a link.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/grids.h"
#include "core/report/sheet.h"
#include "core/report/text.h"
#include "core/report/workbook.h"
#include "core/report/writers.h"

namespace cloison::report {

namespace {

constexpr Term k_summary{"report", "Report", "Rapport"};
constexpr Term k_sheet{"sheet", "Sheet", "Feuille"};
constexpr std::size_t k_rows_of_sheet = LXW_ROW_MAX - 2;  // without the header and the groups above it
constexpr std::size_t k_columns_of_sheet = LXW_COL_MAX;
constexpr std::size_t k_large = 20'000'000;  // cells that may need four gigabytes
constexpr std::size_t k_sampled_rows = 200;

/// What a sheet holds: a table, or some of its rows where it has more than a sheet may.
struct Slice {
  std::string name{};
  std::size_t first = 0, rows = 0;
};

std::vector<std::vector<Slice>> slices_of(const Report& report, Language language, SheetNames& names) {
  std::vector<std::vector<Slice>> all;
  for_each_grid(report, language, [&](const Table& table, Origin origin) {
    if (origin == Origin::properties) return;
    auto& slices = all.emplace_back();
    std::size_t first = 0;
    do {
      const auto rows = std::min(table.rows - first, k_rows_of_sheet);
      slices.push_back({names.take(title_of(table, language)), first, rows});
      first += rows;
    } while (first < table.rows);
  });
  return all;
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (const auto line : split(text, '\n'))
    longest = std::max(longest, static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
                         return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // code points
                       })));
  return longest;
}

/// In characters: what its first rows and its heading need, within bounds.
std::vector<std::size_t> widths_of(const Table& table, const Slice& slice, Language language) {
  constexpr std::size_t k_least = 8, k_most = 60, k_date = 12, k_instant = 23, k_filter_button = 3;
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) {
    const auto needed = column.kind == Column::Kind::instant ? k_instant
                        : column.kind == Column::Kind::text  ? k_least
                                                             : k_date;
    widths.push_back(std::max(needed, longest_line(column.heading.in(language)) + k_filter_button));
  }
  for (std::size_t row = 0; row < std::min(slice.rows, k_sampled_rows); ++row) {
    const auto cells = table.row(slice.first + row);
    for (std::size_t i = 0; i < std::min(cells.size(), widths.size()); ++i)
      widths[i] = std::max(widths[i], longest_line(words_of(cells[i], language)) + 1);
  }
  for (auto& width : widths) width = std::min(width, k_most);
  return widths;
}

bool has_groups(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const Column& column) { return !column.group.english.empty(); });
}

/// Each group's name above the first of its columns. Not merged: sorting and filtering stay as they are.
void write_groups(Sheet& sheet, const Table& table, Language language) {
  std::string_view last;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto name = table.columns[i].group.in(language);
    sheet.text(0, i, name == last ? std::string_view() : name, Look::group);
    last = name;
  }
}

bool write_slice(Sheet& sheet, const Table& table, const Slice& slice, Language language) {
  if (table.columns.empty()) return true;
  const auto widths = widths_of(table, slice, language);
  for (std::size_t i = 0; i < widths.size(); ++i) sheet.width(i, widths[i]);
  const std::size_t header = has_groups(table) ? 1 : 0;
  if (header == 1) write_groups(sheet, table, language);
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    sheet.text(header, i, shown_in_line(table.columns[i].heading.in(language)), Look::heading);
  for (std::size_t row = 0; row < slice.rows && sheet.ok(); ++row) {
    const auto cells = table.row(slice.first + row);
    for (std::size_t i = 0; i < std::min(cells.size(), table.columns.size()); ++i)
      sheet.cell(header + 1 + row, i, cells[i], table.columns[i].kind);
  }
  sheet.header(header, slice.rows, table.columns.size(), table.key_column == 0);
  sheet.paper();
  return sheet.ok();
}

/// What is no table, in the order of the report, with a link to the sheet of each table.
class Summary {
 public:
  Summary(Sheet& sheet, const std::vector<std::vector<Slice>>& slices, Language language)
      : sheet_(sheet), slices_(slices), language_(language) {}

  bool write(const Report& report) {
    constexpr std::size_t k_name_width = 34, k_value_width = 90;
    sheet_.width(0, k_name_width);
    sheet_.width(1, k_value_width);
    title(report.heading.title, report.heading.kind);
    part(properties_of(report.heading));
    for (const auto& chapter : report.chapters) {
      ++row_;
      title(chapter.title, chapter.id);
      for (const auto& any : chapter.parts) std::visit([&](const auto& one) { part(one); }, any);
    }
    sheet_.paper();
    return sheet_.ok();
  }

 private:
  void title(const Phrase& title, std::string_view otherwise) {
    sheet_.text(row_++, 0, title.empty() ? otherwise : title.in(language_), Look::title);
  }
  void part(const Paragraph& one) { sheet_.text(row_++, 1, one.text.in(language_), Look::wrapped, one.tone); }
  void part(const Properties& one) {
    if (!one.title.empty()) title(one.title, one.id);
    for (const auto& [name, value] : one.lines) {
      sheet_.text(row_, 0, name.in(language_), Look::text);
      sheet_.cell(row_++, 1, value, Column::Kind::text);
    }
  }
  void part(const Table& one) { elsewhere(one.title, one.id, one.about); }
  void part(const Matrix& one) { elsewhere(one.title, one.id, one.about); }
  void part(const Drawing&) {}  // its boxes and lines are rows of tables

  void elsewhere(const Phrase& title_of_it, std::string_view id, const Phrase& about) {
    title(title_of_it, id);
    if (!about.empty()) sheet_.text(row_++, 1, about.in(language_), Look::wrapped);
    for (const auto& slice : slices_.at(next_)) {
      sheet_.text(row_, 0, k_sheet.in(language_), Look::text);
      sheet_.link(row_++, 1, slice.name);
    }
    ++next_;
  }

  Sheet& sheet_;
  const std::vector<std::vector<Slice>>& slices_;
  Language language_;
  std::size_t row_ = 0, next_ = 0;
};

Diagnostic too_wide(const Table& table) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL6191",
          .summary = fmt::format("'{}' is too wide for a sheet", printable(table.id)),
          .detail =
              fmt::format("it has {} columns, and a sheet of Excel holds {}", table.columns.size(), k_columns_of_sheet),
          .hint = "write the report as csv or json instead"};
}

Workbook::Properties said_of(const Heading& heading, Language language) {
  constexpr std::size_t k_most = 250;
  const auto cut = [](std::string_view text) { return std::string(first_units(shown_in_line(text), k_most)); };
  return {.title = cut(heading.title.in(language)),
          .author = cut(heading.made_by),
          .comments = cut(heading.digest),
          .created = parse_rfc3339(heading.as_of).value_or(Instant{})};
}

/// How much there is, or why it cannot be in a workbook.
Result<std::size_t> cells_of(const Report& report, Language language) {
  std::size_t cells = 0;
  std::optional<Diagnostic> why_not;
  for_each_grid(report, language, [&](const Table& table, Origin) {
    cells += table.rows * table.columns.size();
    if (table.columns.size() > k_columns_of_sheet && !why_not) why_not = too_wide(table);
  });
  if (why_not) return fail(std::move(*why_not));
  return cells;
}

}  // namespace

Result<std::string> write_xlsx(const Report& report, Language language) {
  const auto cells = cells_of(report, language);
  if (!cells) return fail(cells.error());
  auto book = Workbook::make(said_of(report.heading, language), *cells > k_large);
  if (!book) return fail(std::move(book.error()));
  SheetNames names;
  const auto summary_name = names.take(k_summary.in(language));
  const auto slices = slices_of(report, language, names);

  const auto first = book->add_sheet(summary_name);
  if (!first) return fail(first.error());
  Sheet summary(*book, *first, language);
  Result<void> done{};
  if (!Summary(summary, slices, language).write(report)) done = fail(Workbook::lost(summary_name));

  std::size_t next = 0;
  for_each_grid(report, language, [&](const Table& table, Origin origin) {
    if (origin == Origin::properties) return;
    for (const auto& slice : slices[next++]) {
      if (!done) return;
      const auto handle = book->add_sheet(slice.name);
      if (!handle) {
        done = fail(handle.error());
        return;
      }
      Sheet sheet(*book, *handle, language);
      if (!write_slice(sheet, table, slice, language)) done = fail(Workbook::lost(slice.name));
    }
  });
  if (!done) return fail(done.error());
  return book->finish();
}

}  // namespace cloison::report
