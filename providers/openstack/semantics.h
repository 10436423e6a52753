#pragma once
// What a project's resources forward, as Neutron does it: read from the resources alone, by nobody who writes them.

#include <span>

#include "core/model/forwarding.h"

namespace cloison::openstack {

/// Security groups are stateful and only permit (OpenStack Networking API v2, "Security groups"); a port without
/// security filters nothing; a port sends under its own and its allowed addresses alone.
[[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources);

}  // namespace cloison::openstack
