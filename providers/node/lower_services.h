#pragma once
// Services of a machine as resources: what is installed, and what runs. Pure.

#include "core/model/intent.h"
#include "providers/node/lower_links.h"

namespace cloison::node {

void add_services(const NodeIntent& node, const AddResource& add);

}  // namespace cloison::node
