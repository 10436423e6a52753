#pragma once
// What became reachable or stopped being so, told once for alike places.

#include <functional>
#include <string>
#include <vector>

#include "core/model/plan.h"
#include "core/verify/reach.h"

namespace cloison::ops {

/// In order of both ends and services. `reason_of`: what people call the reason of a rule.
[[nodiscard]] std::vector<ReachChange> reach_changes(const verify::Reach& reach, bool opens,
                                                     const std::function<std::string(const std::string&)>& reason_of);

}  // namespace cloison::ops
