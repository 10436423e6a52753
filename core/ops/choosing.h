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

/// CL6170.
[[nodiscard]] Diagnostic no_such_service(const std::string& service, const std::set<std::string>& deployed);
/// "3", "25%", "ring=first": so many machines of a service, or those of a label.
[[nodiscard]] bool is_wave(const std::string& text);
/// Adds what is of the services that the context names: on all of their machines, or on those of its wave; of a number
/// of machines, those whose turn it is and that are not yet as they should be. CL6170: there is no such service.
void choose_services(const Context& context, const topology::Resolved* resolved, const std::vector<Resource>& desired,
                     const Snapshot& snapshot, std::set<std::string>& chosen, Diagnostics& notes);

/// CL4060 for each `--replace` that names no declared resource of the state.
[[nodiscard]] Diagnostics unknown_replacements(const Context& context, const std::vector<Resource>& desired,
                                               const Snapshot& snapshot);

}  // namespace cloison::ops
