#pragma once
// What a node's resources forward: read from the resources alone, by nobody who writes them (lower.cpp, rules.cpp).

#include <span>

#include "core/model/forwarding.h"

namespace cloison::node {

/// All resources of one node. Nothing but what they say is known of it: the addresses of its underlays are not among
/// them.
[[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources);

}  // namespace cloison::node
