#pragma once
// Where a cell leads to within its report (`Cell::leads_to`): a part, a row of a table, or the rows that have
// something. What stands in them is the text as pages show it, so that it is found there: controls and the like as
// escapes.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloison::report {

/// "rules/R-0012": the row of table `table` whose key column says `key`.
[[nodiscard]] std::string row_link(std::string_view table, std::string_view key);
/// "rules?source_zone=app&action=permit": rows of `table` whose columns (by id) say so. Of a term the value is its id;
/// of a list one of its members.
[[nodiscard]] std::string rows_link(std::string_view table,
                                    const std::vector<std::pair<std::string, std::string>>& columns);
/// "rules?cloud.app": rows of `table` in which the search finds `text`.
[[nodiscard]] std::string search_link(std::string_view table, std::string_view text);

/// A link in its parts.
struct Link {
  std::string part{};  // of a table, properties, matrix, drawing or chapter
  std::string row{};   // key of a row; "": none
};
[[nodiscard]] Link link_of(std::string_view leads_to);

}  // namespace cloison::report
