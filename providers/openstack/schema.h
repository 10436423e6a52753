#pragma once
// What the provider keeps at OpenStack: kinds, their attributes in slot order, their identity.

#include <span>
#include <string_view>

#include "core/model/schema.h"

namespace cloison::openstack {

/// All kinds, in an order in which each refers to earlier ones only.
[[nodiscard]] std::span<const KindSchema> schemas();
/// One of `schemas()`; asking for another is a bug (asserted).
[[nodiscard]] const KindSchema& schema(std::string_view kind);

namespace kind {
constexpr std::string_view k_network = "network", k_subnet = "subnet", k_router = "router",
                           k_interface = "router_interface", k_route = "router_route", k_group = "security_group",
                           k_rule = "security_group_rule", k_address_group = "address_group", k_port = "port",
                           k_floating_ip = "floating_ip", k_server = "server";
}  // namespace kind

}  // namespace cloison::openstack
