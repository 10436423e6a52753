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
/// matches nothing.
[[nodiscard]] std::set<std::string> chosen_addresses(const Context& context, const topology::Resolved& resolved,
                                                     const std::vector<Resource>& desired, const Snapshot& snapshot,
                                                     Diagnostics& notes);

}  // namespace cloison::ops
