#pragma once
// `--target` and `--environment`: which resources a partial plan is about.

#include <set>
#include <string>
#include <vector>

#include "core/model/resource.h"
#include "core/ops/context.h"
#include "core/topology/resolved.h"

namespace cloison::ops {

/// Addresses of desired resources and of rows that the flags choose. Adds errors for a target or environment that
/// matches nothing. `resolved` may be missing (destroy, with a topology that does not validate): then only addresses
/// and what is below them can be chosen.
[[nodiscard]] std::set<std::string> chosen_addresses(const Context& context, const topology::Resolved* resolved,
                                                     const std::vector<Resource>& desired, const Snapshot& snapshot,
                                                     Diagnostics& notes);

/// CL4060 for each `--replace` that names no declared resource of the state.
[[nodiscard]] Diagnostics unknown_replacements(const Context& context, const std::vector<Resource>& desired,
                                               const Snapshot& snapshot);

}  // namespace cloison::ops
