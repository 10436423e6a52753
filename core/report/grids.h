#pragma once
// Whatever has rows and columns as a table: spreadsheets and Markdown know nothing else.

#include <cstdint>
#include <string>
#include <variant>

#include "core/report/document.h"

namespace cloison::report {

/// What a table was in the report.
enum class Origin : uint8_t { table, matrix, properties };

/// A column for where from, one for each where to. Refers to `matrix`, which must outlive it.
[[nodiscard]] Table table_of(const Matrix& matrix);
/// Two columns: name and value, in `language`. Refers to `properties`, which must outlive it.
[[nodiscard]] Table table_of(const Properties& properties, Language language);

/// What the report says of itself, line by line: network, instant, digest, who made it, and its facts.
[[nodiscard]] Properties properties_of(const Heading& heading);

/// What stands above it: its title, or where it has none its id; as it stands in the data.
[[nodiscard]] const std::string& title_of(const Table& table, Language language);

/// Columns that are written: those for paper, or all where none is.
[[nodiscard]] std::vector<std::size_t> written_columns(const Table& table);
/// With these columns alone.
[[nodiscard]] Report brief(Report report);

/// Calls `use(const Table&, Origin)` for each table, matrix and list of properties, in the order of the report.
template <class Use>
void for_each_grid(const Report& report, Language language, Use use) {
  for (const auto& chapter : report.chapters) {
    for (const auto& part : chapter.parts) {
      if (const auto* table = std::get_if<Table>(&part)) use(*table, Origin::table);
      if (const auto* matrix = std::get_if<Matrix>(&part)) use(table_of(*matrix), Origin::matrix);
      if (const auto* properties = std::get_if<Properties>(&part))
        use(table_of(*properties, language), Origin::properties);
    }
  }
}

}  // namespace cloison::report
