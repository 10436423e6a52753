#pragma once
// Pieces of the export to Kubernetes.

#include <string>
#include <vector>

#include "core/containers/workload.h"
#include "core/containers/yaml.h"

namespace cloison::containers {

using Texts = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] Yaml map_of(const Texts& texts);
/// `name_space` "": of the whole cluster.
[[nodiscard]] Yaml object(std::string api_version, std::string kind, Yaml metadata);
[[nodiscard]] Yaml metadata(const std::string& name, const std::string& name_space, const Texts& labels,
                            const Texts& annotations = {});
/// By which a workload's pods are told from all others in their namespace.
[[nodiscard]] Texts identity_of(const Workload& workload);
/// Those and what else Kubernetes recommends.
[[nodiscard]] Texts labels_of(const topology::Resolved& resolved, const Workload& workload);

[[nodiscard]] Yaml deployment(const topology::Resolved& resolved, const Workload& workload);

/// Nothing in and nothing out, for every pod of the namespace.
[[nodiscard]] Yaml default_deny(const topology::Resolved& resolved, const std::string& name_space);
/// One for each flow that permits something to or from the workload.
[[nodiscard]] std::vector<Yaml> network_policies(const topology::Resolved& resolved, const Workloads& workloads,
                                                 const Workload& workload);

}  // namespace cloison::containers
