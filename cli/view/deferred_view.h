#pragma once
// Nodes that could not be read, and what waits for them.

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/json_line.h"
#include "core/model/plan.h"

namespace cloison::cli {

/// A line for each, with why; "" where there is none. At most a few unless verbose.
[[nodiscard]] std::string deferred_text(const Plan& plan, bool verbose, const Style& style);
/// ", 1 node deferred", or "".
[[nodiscard]] std::string deferred_count(const Plan& plan);
[[nodiscard]] std::vector<JsonLine> deferred_json(const Plan& plan);

}  // namespace cloison::cli
