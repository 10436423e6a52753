#pragma once
// Changing and removing objects that are in the state.

#include "core/model/provider.h"
#include "providers/openstack/client.h"

namespace cloison::openstack {

/// Reads the object first: one whose marker is gone or another's is not touched (CL5117).
[[nodiscard]] Result<Applied> update_object(Client& client, const ResourceState& now, const Resource& desired,
                                            const net::Limits& limits);
[[nodiscard]] Result<void> remove_object(Client& client, const ResourceState& row, const net::Limits& limits);
/// What is not ours and would go with the object, or holds it.
[[nodiscard]] Result<std::vector<Observed>> foreign_around(Client& client, const ResourceState& row,
                                                           const net::Limits& limits);

}  // namespace cloison::openstack
