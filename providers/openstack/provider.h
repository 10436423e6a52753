#pragma once
// The OpenStack provider: Keystone v3, Neutron v2, Nova 2.47, Glance v2.

#include <memory>
#include <span>

#include "core/model/provider.h"
#include "core/net/access.h"

namespace cloison::openstack {

/// Without contact: settings are checked (CL5019), clouds.yaml is read at the first call.
[[nodiscard]] Result<std::shared_ptr<Provider>> make_openstack(StoredProvider entry, net::Access access);

/// What every instance answers from kinds().
[[nodiscard]] std::span<const KindSchema> openstack_kinds();

}  // namespace cloison::openstack
