#pragma once
// A report that holds every kind of part and value, some of them hostile, and one of any size.

#include "core/report/document.h"

namespace cloison::report {

/// Texts that have broken one format or another; the same that stand in the sample's "note" column.
[[nodiscard]] const std::vector<std::string>& hostile_texts();
/// Refers to nothing outside itself.
[[nodiscard]] Report sample_report();
/// The sample's first table and nothing else.
[[nodiscard]] Report one_table_report();
/// One table of `rows` by `columns`, of all kinds of values, as rules have them.
[[nodiscard]] Report large_report(std::size_t rows, std::size_t columns);

}  // namespace cloison::report
