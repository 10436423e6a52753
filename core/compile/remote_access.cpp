// Remote-access links: one tunnel for each of them at the node where its users come in, with a far end for each of
// their devices (docs/links.md).

#include <algorithm>

#include "core/compile/routers.h"
#include "core/topology/underlays.h"

namespace cloison::compile {

namespace {

using topology::LinkEnd;

/// The node that ends tunnels in a domain: the first one of the site, or of the VPC's gateways.
Router* first_in(std::vector<Router>& routers, topology::Domain domain) {
  const auto found = std::find_if(routers.begin(), routers.end(),
                                  [&](const Router& one) { return one.domain == domain && one.ordinal == 0; });
  return found == routers.end() ? nullptr : &*found;
}

/// The way in of the lowest metric; none where it has no address that can be dialled.
const NodeUnderlayIntent* way_in(const Router& router) {
  const auto& underlays = router.node.underlays;
  const auto found = std::find_if(underlays.begin(), underlays.end(),
                                  [](const NodeUnderlayIntent& one) { return one.outer.has_value(); });
  return found == underlays.end() ? nullptr : &*found;
}

std::vector<SegmentPrefix> prefixes_with_gateway(const topology::ResolvedSegment& users) {
  std::vector<SegmentPrefix> prefixes;
  if (users.ipv4 && users.gateway4) prefixes.push_back({*users.ipv4, *users.gateway4, {}});
  if (users.ipv6 && users.gateway6) prefixes.push_back({*users.ipv6, *users.gateway6, {}});
  return prefixes;
}

std::vector<RemoteDevice> devices_of(const topology::ResolvedSegment& users) {
  std::vector<RemoteDevice> devices;
  for (const auto& peer : users.peers) {
    devices.push_back({.path = peer.machine.path,
                       .name = peer.machine.name,
                       .public_key = peer.peer->public_key,
                       .expired = peer.expired,
                       .span = peer.peer->span});
    for (const auto& address : {peer.machine.ipv4, peer.machine.ipv6})
      if (address) devices.back().addresses.push_back(*address);
  }
  return devices;
}

TunnelIntent& tunnel_for(Router& router, const topology::Link& link, const NodeUnderlayIntent& dialled, uint16_t port) {
  constexpr int64_t k_overhead = 80;  // IPv6, UDP and WireGuard headers
  auto& tunnels = router.node.tunnels;
  const auto found =
      std::find_if(tunnels.begin(), tunnels.end(), [&](const TunnelIntent& one) { return one.link == link.name; });
  if (found != tunnels.end()) return *found;
  tunnels.push_back({.link = link.name,
                     .underlay = dialled.name,
                     .name = "users",
                     .port = port,
                     .mtu = std::min(TunnelIntent{}.mtu, dialled.mtu - k_overhead),
                     .origins = {{"link " + link.name, link.span}}});
  return tunnels.back();
}

}  // namespace

bool Builder::is_of_users(const FlowEnd& end) const {
  const auto segment = end.kind == FlowEnd::Kind::segment ? end.index : topology::k_none;
  return segment != topology::k_none && resolved_.segments[segment].segment != nullptr &&
         resolved_.segments[segment].segment->has_peers;
}

/// `to:` as prefixes: what their devices send through a split tunnel. A full one takes all, in both families, so that
/// nothing goes beside it. `chosen`: sorted paths that `to:` selects, where it is no site of theirs.
std::vector<IpPrefix> Builder::reached_by_users(const topology::Link& link, const std::vector<std::string>& chosen,
                                                const topology::ResolvedSegment& users) const {
  const std::string to = link.to ? link.to->value : std::string();
  if ((link.tunnel && link.tunnel->value == "full") || to == "internet")
    return {IpPrefix::any(Family::ipv4), IpPrefix::any(Family::ipv6)};
  std::vector<IpPrefix> reached;
  const auto add = [&](const topology::ResolvedSegment& segment) {
    const bool elsewhere = !segment.environment.empty() && segment.environment != users.environment;
    if (segment.segment == nullptr || elsewhere) return;
    for (const auto& prefix : {segment.ipv4, segment.ipv6})
      if (prefix) reached.push_back(*prefix);
  };
  if (to.starts_with("same-site")) {
    const auto dot = to.find('.');
    for (const auto index : segments_of_site_.at(users.site))
      if (dot == std::string::npos || resolved_.segments[index].path.ends_with(to.substr(dot)))
        add(resolved_.segments[index]);
    return reached;
  }
  const auto is_chosen = [&](const std::string& path) {
    return std::binary_search(chosen.begin(), chosen.end(), path);
  };
  for (const auto& segment : resolved_.segments)
    if (is_chosen(segment.path)) add(segment);
  for (const auto& host : resolved_.hosts)
    if (is_chosen(host.path) && resolved_.segments[host.segment].environment == users.environment)
      for (const auto& prefix : host_prefixes(host)) reached.push_back(prefix);
  return reached;
}

bool Builder::add_users(const topology::Link& link, const std::vector<std::string>& chosen, const LinkEnd& end,
                        uint16_t port, std::vector<Router>& routers) {
  const auto& users = resolved_.segments[end.segment];
  Router* const router = first_in(routers, end.domain);
  const auto* const dialled = router == nullptr ? nullptr : way_in(*router);
  if (dialled == nullptr) return users.peers.empty();  // nobody would dial
  auto& tunnel = tunnel_for(*router, link, *dialled, port);
  RemoteAccess access{.segment = users.path,
                      .link = link.name,
                      .node = router->node.path,
                      .outer = *dialled->outer,
                      .port = port,
                      .mtu = tunnel.mtu,
                      .reached = reached_by_users(link, chosen, users),
                      .devices = devices_of(users)};
  if (const auto servers = resolvers_.find(end.segment); servers != resolvers_.end()) access.dns = servers->second;
  for (const auto& server : access.dns) access.reached.push_back(IpPrefix::of(server));
  access.reached = minimised(std::move(access.reached));
  for (const auto& one : prefixes_with_gateway(users)) {
    tunnel.users.push_back(one);
    router->node.announced.push_back(one.prefix);
    router->node.own.push_back(one.gateway);
  }
  if (router->node.redundancy)
    compiled_.not_applied.push_back({"segments", users.path, NotApplied::Reason::comes_later,
                                     "devices come in at the first of machines that stand in for each other: while "
                                     "another serves, they reach nothing",
                                     users.span, "devices at pairs"});
  // One that stands in for another tells each prefix as it has it.
  if (!router->node.redundancy) router->node.announced = minimised(std::move(router->node.announced));
  for (const auto& device : access.devices)
    if (!device.expired)
      tunnel.devices.push_back({.path = device.path,
                                .public_key = device.public_key,
                                .addresses = device.addresses,
                                .origins = {{"peer " + device.path, device.span}}});
  compiled_.remote_access.push_back(std::move(access));
  return true;
}

void Builder::add_remote_access(std::vector<Router>& routers) {
  const auto ports = topology::tunnel_ports(topology_, resolved_.link_ends);
  for (std::size_t index = 0; index < topology_.links.size(); ++index) {
    const auto& link = topology_.links[index];
    if (link.kind.value != "remote-access" || (link.transport && link.transport->value != "wireguard")) continue;
    const bool selects = link.to && link.to->value != "internet" && !link.to->value.starts_with("same-site");
    const auto selected = selects ? topology::selected_paths(resolved_, link.to->value).value : std::nullopt;
    const auto chosen = selected.value_or(std::vector<std::string>{});
    for (const auto& end : resolved_.link_ends[index])
      if (end.role == LinkEnd::Role::users && !add_users(link, chosen, end, ports[index].first, routers))
        unserved_[link.name].push_back(resolved_.segments[end.segment].path);
    made_links_.insert(link.name);
  }
}

}  // namespace cloison::compile
