#pragma once
// What a node's resources forward: read from the resources alone, by nobody who writes them (lower.cpp, rules.cpp).

#include <span>

#include "core/model/forwarding.h"
#include "providers/node/rule_memory.h"

namespace cloison::node {

/// All resources of one node. Nothing but what they say is known of it: the addresses of its underlays are not among
/// them.
[[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources);
/// `memory`: of the same node.
[[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources, RuleMemory& memory);

}  // namespace cloison::node
