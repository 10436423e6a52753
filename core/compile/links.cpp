// Links by WireGuard: tunnels between the nodes of spokes and the gateways of the hub, or between two sites, one for
// each underlay, both ends computed together (docs/links.md).

#include <algorithm>

#include "core/base/digest.h"
#include "core/compile/routers.h"
#include "core/topology/underlays.h"

namespace cloison::compile {

namespace {

using topology::LinkEnd;

/// The network of a tunnel that is dialled, made from what it is, so that none is allocated or moves (RFC 4193). FRR
/// follows no neighbour that it knows by a link-local address, so it is no such one.
uint128 inner_network(const std::string& what) {
  constexpr uint128 k_unique_local = static_cast<uint128>(0xfdU) << 120U;
  constexpr unsigned k_interface_bits = 64, k_prefix_bits = 8;
  return k_unique_local | static_cast<uint128>(digest_number("network " + what) >> k_prefix_bits) << k_interface_bits;
}

/// In the same network as `dialled`.
IpAddress inner_address(const IpAddress& dialled, const std::string& dialler) {
  constexpr uint64_t k_first = 2;  // 1 is the end that is dialled
  const uint128 network = dialled.bits >> 64U << 64U;
  return {Family::ipv6, network | std::max<uint64_t>(k_first, digest_number("node " + dialler))};
}

/// Of the range for private use (RFC 6996); the gateways of one place share theirs.
uint32_t autonomous_system(const std::string& place) {
  constexpr uint32_t k_first = 4'200'000'000, k_count = 94'967'294;
  return k_first + static_cast<uint32_t>(digest_number("as " + place) % k_count);
}

}  // namespace

const NodeUnderlayIntent* underlay_named(const Router& router, const std::string& name) {
  const auto found = std::find_if(router.node.underlays.begin(), router.node.underlays.end(),
                                  [&](const NodeUnderlayIntent& one) { return one.name == name; });
  return found == router.node.underlays.end() ? nullptr : &*found;
}

std::optional<IpAddress> dialled_at(const Router& router, const std::string& name) {
  if (const auto* same = underlay_named(router, name); same != nullptr && same->outer) return same->outer;
  for (const auto& underlay : router.node.underlays)
    if (underlay.outer) return underlay.outer;
  return std::nullopt;
}

namespace {

bool all_dialled(const std::vector<Router*>& routers) {
  return std::all_of(routers.begin(), routers.end(), [](const Router* router) {
    const auto& underlays = router->node.underlays;
    return std::any_of(underlays.begin(), underlays.end(), [](const auto& one) { return one.outer.has_value(); });
  });
}

}  // namespace

/// One link between its hub and its spokes.
class SdWan {
 public:
  SdWan(const topology::Link& link, topology::TunnelPorts ports, std::vector<Router*> hubs, std::vector<Router*> spokes)
      : link_(link), ports_(std::move(ports)), hubs_(std::move(hubs)), spokes_(std::move(spokes)) {}

  void join() {
    for (Router* spoke : spokes_)
      for (Router* hub : hubs_)
        for (std::size_t index = 0; index < ports_.underlays.size(); ++index)
          if (const auto* underlay = underlay_of(*spoke, ports_.underlays[index])) add(*spoke, *hub, index, *underlay);
  }

 private:
  /// A cloud that dials has one way out, whatever it is called.
  static const NodeUnderlayIntent* underlay_of(const Router& spoke, const std::string& name) {
    return name.empty() && !spoke.node.underlays.empty() ? &spoke.node.underlays.front() : underlay_named(spoke, name);
  }

  void add(Router& spoke, Router& hub, std::size_t index, const NodeUnderlayIntent& underlay) {
    const auto outer = dialled_at(hub, underlay.name);
    if (!outer) return;
    constexpr int64_t k_overhead = 80;  // IPv6, UDP and WireGuard headers
    const auto reached = hub_prefixes(hub, spoke);
    const std::vector<Origin> origins{{"link " + link_.name, link_.span}};
    const auto slot = static_cast<std::size_t>(spoke.ordinal);
    auto& far = tunnel_of(hub, underlay.name + (slot == 0 ? "" : "-" + std::to_string(slot + 1)));
    far.port = ports_.port(index, slot);
    far.mtu = std::min(far.mtu, underlay.mtu - k_overhead);
    far.origins = origins;
    auto& near = tunnel_of(spoke, underlay.name + "-" + std::to_string(hub.ordinal + 1));
    near.underlay = underlay.name;
    near.inner = inner_address(far.inner, spoke.node.path);
    near.mtu = far.mtu;
    near.origins = origins;
    // The hub's replica decides first, so that both directions cross the same one; then the underlay.
    const bool standby = link_.role && link_.role->value == "standby";
    const int64_t preference = (standby ? 500'000 : 1'000'000) - 100'000 * hub.ordinal - underlay.metric;
    near.peers.push_back({.node = hub.node.path,
                          .outer = outer,
                          .port = far.port,
                          .inner = far.inner,
                          .beyond = reached,
                          .offered = spoke.node.announced,
                          .autonomous_system = hub.node.autonomous_system,
                          .preference = preference,
                          .origins = origins});
    far.peers.push_back({.node = spoke.node.path,
                         .inner = near.inner,
                         .beyond = spoke.node.announced,
                         .offered = reached,
                         .autonomous_system = spoke.node.autonomous_system,
                         .preference = preference - 10'000 * spoke.ordinal,
                         .origins = origins});
  }

  /// What a spoke reaches through the hub: what is there, and the other spokes where these may meet.
  [[nodiscard]] std::vector<IpPrefix> hub_prefixes(const Router& hub, const Router& spoke) const {
    auto prefixes = hub.node.announced;
    if (link_.spoke_to_spoke && link_.spoke_to_spoke->value == "via-hub")
      for (const Router* other : spokes_)
        if (other->place != spoke.place)
          prefixes.insert(prefixes.end(), other->node.announced.begin(), other->node.announced.end());
    // Each as its own place tells it: what two of them would be together is told by nobody.
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
    return prefixes;
  }

  TunnelIntent& tunnel_of(Router& router, const std::string& name) const {
    auto& tunnels = router.node.tunnels;
    const auto found = std::find_if(tunnels.begin(), tunnels.end(), [&](const TunnelIntent& one) {
      return one.link == link_.name && one.name == name;
    });
    if (found != tunnels.end()) return *found;
    tunnels.push_back(
        {.link = link_.name,
         .name = name,
         .inner = {Family::ipv6, inner_network(link_.name + '\n' + router.node.path + '\n' + name) | 1U}});
    return tunnels.back();
  }

  const topology::Link& link_;
  topology::TunnelPorts ports_;
  std::vector<Router*> hubs_, spokes_;
};

void Builder::add_tunnels(std::vector<Router>& routers) {
  const auto ports = topology::tunnel_ports(topology_, resolved_.link_ends);
  for (auto& router : routers) router.node.autonomous_system = autonomous_system(router.place);
  for (std::size_t index = 0; index < topology_.links.size(); ++index) {
    const auto& link = topology_.links[index];
    const bool pair = link.kind.value == "vpn" && link.between.size() == 2;
    if ((link.kind.value != "sdwan" && !pair) || (link.transport && link.transport->value != "wireguard")) continue;
    std::vector<Router*> hubs, spokes;
    for (auto& router : routers) {
      const auto& ends = resolved_.link_ends[index];
      const auto end =
          std::find_if(ends.begin(), ends.end(), [&](const LinkEnd& one) { return one.domain == router.domain; });
      if (end == ends.end()) continue;
      (end->role == LinkEnd::Role::hub || end->side == 1 ? hubs : spokes).push_back(&router);
    }
    if (pair && !all_dialled(hubs)) std::swap(hubs, spokes);
    if (hubs.empty() || spokes.empty() || (pair && !all_dialled(hubs))) continue;
    SdWan(link, ports[index], std::move(hubs), std::move(spokes)).join();
    made_links_.insert(link.name);
  }
  for (auto& router : routers)
    if (router.node.tunnels.empty()) router.node.autonomous_system = 0;
}

}  // namespace cloison::compile
