#pragma once
// What a plan was computed from, so that a saved one is refused exactly when that moved (engine decision 6).

#include "core/plan/decisions.h"

namespace cloison::plan {

/// Of the rows and objects that `steps` act on or refer to, and of the whole desired set and lock file.
[[nodiscard]] ReadSet read_set_of(const PlanInput& input, const Decisions& decisions, const DesiredGraph& graph,
                                  const std::vector<Step>& steps);

}  // namespace cloison::plan
