#pragma once
// Between the JSON of the services and our kinds. Nothing that a server says is trusted to be there or of its type.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/resource.h"
#include "core/net/json.h"

namespace cloison::openstack {

/// One object of a kind as the API shows it, canonical. Not for kinds that are parts of others (below) and servers'
/// ports.
[[nodiscard]] Result<Observed> read_object(std::string_view kind, const net::Json& json);
/// Router interfaces: one a fixed address of a router's port.
[[nodiscard]] Result<std::vector<Observed>> read_interfaces(const net::Json& port);
/// Routes: one an entry of a router's `routes`.
[[nodiscard]] Result<std::vector<Observed>> read_routes(const net::Json& router);
/// A server with the ports that name it as their device.
[[nodiscard]] Result<Observed> read_server(const net::Json& server, const std::vector<std::string>& ports);

/// Whether a port belongs to a router (then it is an interface of ours or another's, and no `port`).
[[nodiscard]] bool is_router_port(const net::Json& port);
/// Whether the platform keeps this port for itself (DHCP, gateways, floating addresses).
[[nodiscard]] bool is_platform_port(const net::Json& port);

/// Body of a POST (with the marker) or PUT (`marker` empty) for kinds that have one: network, subnet, router, group,
/// address group, rule, port, floating address.
[[nodiscard]] net::Json write_object(std::string_view kind, const Value& attributes, const std::string& marker);

/// Remote ids of the kinds whose objects have none of their own.
[[nodiscard]] std::string interface_id(std::string_view router, std::string_view subnet);
[[nodiscard]] std::string route_id(std::string_view router, const IpPrefix& to, std::string_view via);

/// Where a kind is found: "/security-group-rules", "security_group_rules", "security_group_rule".
struct Names {
  std::string_view path, plural, singular;
};
[[nodiscard]] Names names_of(std::string_view kind);

}  // namespace cloison::openstack
