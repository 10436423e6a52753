#include "core/topology/underlays.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace cloison::topology {

namespace {

constexpr uint16_t k_first_port = 51820;  // WireGuard's own

/// Whether tunnels of the link are dialled from this end.
bool dials(const LinkEnd& end) {
  return end.role == LinkEnd::Role::spoke || end.role == LinkEnd::Role::side;
}

TunnelPorts ports_of(const Topology& topology, const Link& link, const std::vector<LinkEnd>& ends) {
  TunnelPorts ports;
  std::set<std::string> names;
  const bool devices = link.kind.value == "remote-access";  // they come by whatever way they have
  for (const auto& end : ends) {
    if (devices || !dials(end) || end.domain >= topology.sites.size()) continue;
    const auto& site = topology.sites[end.domain];
    ports.nodes = std::max(ports.nodes, node_count(site));
    for (const auto& underlay : site.underlays) names.insert(underlay.name);
  }
  for (const auto& name : link.underlays)
    if (names.contains(name.value)) ports.underlays.push_back(name.value);
  if (link.underlays.empty()) ports.underlays.assign(names.begin(), names.end());
  // Clouds that dial have one way out, and devices are told one port.
  if (ports.underlays.empty()) ports.underlays.emplace_back();
  return ports;
}

}  // namespace

std::vector<Underlay> underlays_of(const Site& site, const Node& node) {
  std::vector<Underlay> mine;
  for (const auto& underlay : site.underlays) {
    const bool named = std::any_of(node.underlays.begin(), node.underlays.end(),
                                   [&](const Name& name) { return name.value == underlay.name; });
    if (!node.underlays.empty() && !named) continue;
    mine.push_back(underlay);
    const auto own = node.outer.find(underlay.name);
    if (own == node.outer.end()) continue;
    const auto address = IpAddress::parse(own->second.value);
    mine.back().how = address                       ? Underlay::Public::address
                      : own->second.value == "none" ? Underlay::Public::none
                                                    : Underlay::Public::dynamic;
    mine.back().public_address = address.value_or(IpAddress{});
    mine.back().public_span = own->second.span;
  }
  std::stable_sort(mine.begin(), mine.end(), [](const auto& a, const auto& b) { return a.metric < b.metric; });
  return mine;
}

std::optional<Underlay> dialled_underlay(const Site& site, const Node& node) {
  for (auto& underlay : underlays_of(site, node))
    if (underlay.how == Underlay::Public::address) return std::move(underlay);
  return std::nullopt;
}

uint16_t node_count(const Site& site) {
  return static_cast<uint16_t>(std::max<std::size_t>(1, site.nodes.size()));
}

std::vector<TunnelPorts> tunnel_ports(const Topology& topology, const std::vector<std::vector<LinkEnd>>& ends) {
  std::vector<TunnelPorts> all(topology.links.size());
  uint16_t next = k_first_port;
  std::vector<std::size_t> order(std::min(topology.links.size(), ends.size()));
  std::iota(order.begin(), order.end(), 0U);
  // Where a link is written must not count: the same text in another order is the same network.
  const auto rank = [&](std::size_t index) {
    const auto& link = topology.links[index];
    return std::pair(link.kind.value != "sdwan", std::string_view(link.name));
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  for (const std::size_t index : order) {
    const auto& link = topology.links[index];
    const bool tunnels = link.kind.value == "sdwan" || link.kind.value == "vpn" || link.kind.value == "remote-access";
    if (!tunnels || (link.transport && link.transport->value == "ipsec")) continue;
    all[index] = ports_of(topology, link, ends[index]);
    all[index].first = next;
    next = static_cast<uint16_t>(next + all[index].count());
  }
  return all;
}

}  // namespace cloison::topology
