#pragma once
// What the account has beside our objects; the keys are those of choose.h and lower.h.

#include "core/base/result.h"
#include "core/model/resource.h"
#include "providers/openstack/client.h"

namespace cloison::openstack {

[[nodiscard]] Result<Facts> read_facts(Client& client, const net::Limits& limits);
/// Images, flavors and zones alone: what a server's create chooses from. Empty without Nova in the catalogue.
[[nodiscard]] Result<Facts> read_compute_facts(Client& client, const net::Limits& limits);
/// An ordinary account's, for simulators.
[[nodiscard]] Facts specimen();

}  // namespace cloison::openstack
