#pragma once
// What the state believes.

#include <span>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/json_line.h"
#include "core/model/schema.h"

namespace cloison::cli {

/// Addresses below `prefix`; with kind, remote id and provider when `all`.
[[nodiscard]] std::string state_list_text(const Snapshot& snapshot, std::string_view prefix, bool all,
                                          const Style& style);
[[nodiscard]] std::vector<JsonLine> state_list_json(const Snapshot& snapshot, std::string_view prefix);
/// One row; `schema` gives attributes their names, nullptr where no provider knows the kind.
[[nodiscard]] std::string row_text(const ResourceState& row, const KindSchema* schema, const Style& style);
[[nodiscard]] JsonLine row_json(const ResourceState& row, const KindSchema* schema);

/// Whether `address` is `prefix` or below it.
[[nodiscard]] bool is_below(std::string_view address, std::string_view prefix);

}  // namespace cloison::cli
