#pragma once
// Workloads as manifests of Kubernetes: plain objects, for kubectl, Argo CD, or a Helm chart's templates.

#include <string>
#include <string_view>
#include <vector>

#include "core/containers/workload.h"

namespace cloison::containers {

/// How each file begins that the export writes, so that it writes over no other.
constexpr std::string_view k_kubernetes_head = "# Written by `cloison export kubernetes`";

/// One file a namespace ("paris-production-dmz/00-namespace.yaml") and one a workload, in order of name. What
/// manifests cannot say is added to `left_out`.
[[nodiscard]] std::vector<Document> kubernetes(const topology::Resolved& resolved, const Workloads& workloads,
                                               const Selection& selection, std::vector<LeftOut>& left_out);

}  // namespace cloison::containers
