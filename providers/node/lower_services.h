#pragma once
// Services of a machine as resources: what is installed, and what runs. Pure.

#include "core/model/intent.h"
#include "providers/node/lower_links.h"

namespace cloison::node {

/// "1.1-0123456789ab": how a release is called on the machine.
[[nodiscard]] std::string release_id(const ArtifactIntent& artifact);

void add_services(const NodeIntent& node, const AddResource& add);

}  // namespace cloison::node
