#pragma once
// Which way pairs take while something is down, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/simulate.h"

namespace cloison::cli {

/// Under a heading: of each failure what it opens and loses, and what takes another way than while everything works.
[[nodiscard]] std::string ways_text(const ops::Simulated& simulated, const Style& style);
/// "lab/lyon-03.node/lyon-03-1 by wan-mobile-1, cloud.gateways.hub-1.node": devices and the tunnels between them.
[[nodiscard]] std::string way_text(const verify::Way& way);
/// `failure`: nothing of pairs while everything works.
[[nodiscard]] std::vector<JsonLine> ways_json(const std::vector<ops::PairOutcome>& pairs,
                                              const ops::SimulatedFailure* failure);

}  // namespace cloison::cli
