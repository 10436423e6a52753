#pragma once
// What a plan opens and closes, and whether the guarantees hold after it.

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/json_line.h"
#include "core/model/plan.h"

namespace cloison::cli {

/// A few lines of each unless `all`.
[[nodiscard]] std::string reach_text(const Plan& plan, bool all, const Style& style);
[[nodiscard]] std::vector<JsonLine> reach_json(const Plan& plan);

}  // namespace cloison::cli
