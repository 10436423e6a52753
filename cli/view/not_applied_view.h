#pragma once
// What is declared and has no effect yet, said where the good news is said.

#include <string>
#include <string_view>
#include <vector>

#include "cli/view/diagnostics_view.h"
#include "core/model/intent.h"

namespace cloison::cli {

/// Counted by block and declared entry with the reasons; `all`: each entry on its own line. "" for none.
[[nodiscard]] std::string not_applied_text(const std::vector<NotApplied>& entries, const SourceMap& sources, bool all,
                                           const Style& style);
constexpr std::string_view k_not_part = "\nNot part of it\n";
/// Sites and links that no proof can speak of, under a heading; "" for none.
[[nodiscard]] std::string not_part_text(const std::vector<NotApplied>& entries);
[[nodiscard]] std::vector<JsonLine> not_applied_json(const std::vector<NotApplied>& entries, const SourceMap& sources);

}  // namespace cloison::cli
