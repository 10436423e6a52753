#pragma once
// Workloads of one environment as a Compose file: https://compose-spec.io.

#include <string>
#include <string_view>
#include <vector>

#include "core/containers/workload.h"

namespace cloison::containers {

/// How each file begins that the export writes, so that it writes over no other.
constexpr std::string_view k_compose_head = "# Written by `cloison export compose`";

/// What Compose cannot say stands at the head of the file; what it leaves out of a service is added to `left_out`.
[[nodiscard]] Document compose(const topology::Resolved& resolved, const Workloads& workloads,
                               const Selection& selection, std::vector<LeftOut>& left_out);

}  // namespace cloison::containers
