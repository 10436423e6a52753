#pragma once
// Flows whose time is over and that are still open somewhere: drift that no platform shows (docs/language.md, Flows).

#include <vector>

#include "core/ops/reading.h"
#include "core/topology/resolved.h"

namespace cloison::ops {

/// What stands in the state for flows that have expired, and was seen live where `live` holds its provider. Rules that
/// another flow still wants (`desired`) are open because of that one.
[[nodiscard]] std::vector<Drift> still_open(const topology::Resolved& resolved, Instant now,
                                            const std::vector<Resource>& desired, const Snapshot& snapshot,
                                            const LiveReading& live, const Providers& providers);

}  // namespace cloison::ops
