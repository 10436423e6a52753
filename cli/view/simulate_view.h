#pragma once
// What failures leave of the flows, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/simulate.h"

namespace cloison::cli {

[[nodiscard]] std::string simulate_text(const ops::Simulated& simulated, const Style& style, bool verbose);
[[nodiscard]] std::vector<JsonLine> simulate_json(const ops::Simulated& simulated);

}  // namespace cloison::cli
