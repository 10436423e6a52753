#pragma once
// Flows that somebody has to look at, as a plan says it: in one line, with where to read more.

#include <map>
#include <optional>
#include <string>

#include "core/ops/context.h"
#include "core/state/recorded.h"
#include "core/topology/resolved.h"

namespace cloison::ops {

/// CL7305. Flows that have expired have a warning of their own (CL1405). `reviews`: the last of each flow.
[[nodiscard]] std::optional<Diagnostic> due_flows(const topology::Resolved& resolved,
                                                  const std::map<std::string, state::FlowReview, std::less<>>& reviews,
                                                  Instant now);

}  // namespace cloison::ops
