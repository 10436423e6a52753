#pragma once
// What the project may still make: Neutron's quota details, Nova's absolute limits.

#include <vector>

#include "core/model/provider.h"
#include "providers/openstack/choose.h"
#include "providers/openstack/client.h"

namespace cloison::openstack {

/// Services or quota interfaces that the account cannot read are left out.
[[nodiscard]] Result<std::vector<Quota>> read_quotas(Client& client, const net::Limits& limits);

/// What one such resource takes; `facts` tell the size of the flavor that a server will get.
[[nodiscard]] std::map<std::string, int64_t> takes(const Resource& resource, const Facts& facts);

}  // namespace cloison::openstack
