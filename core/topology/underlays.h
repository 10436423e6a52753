#pragma once
// The ways out of a node, and the UDP ports at which tunnels are dialled.

#include <vector>

#include "core/topology/resolved.h"

namespace cloison::topology {

/// Those of its site that the node has, as they are at this node; the lowest metric first.
[[nodiscard]] std::vector<Underlay> underlays_of(const Site& site, const Node& node);

/// Where the node is dialled by who has no preference: its way out of the lowest metric that has a public address.
[[nodiscard]] std::optional<Underlay> dialled_underlay(const Site& site, const Node& node);

/// How many nodes the site has at most; where a site has several, each has tunnels of its own.
[[nodiscard]] uint16_t node_count(const Site& site);

/// The ports of a link's WireGuard tunnels: at the end that is dialled, one for each underlay of those who dial and
/// each node of theirs, since the prefixes behind a port's peers must not overlap (docs/links.md).
struct TunnelPorts {
  uint16_t first = 0;
  std::vector<std::string> underlays{};  // of those who dial; in the order of the link, else by name
  uint16_t nodes = 1;                    // of the dialling site that has the most
  [[nodiscard]] uint16_t count() const { return static_cast<uint16_t>(underlays.size() * nodes); }
  [[nodiscard]] uint16_t port(std::size_t underlay, std::size_t node) const {
    return static_cast<uint16_t>(first + underlay * nodes + node);
  }
};

/// Beside Topology::links; nothing for a link without WireGuard. SD-WAN links come first, then the others, by name.
[[nodiscard]] std::vector<TunnelPorts> tunnel_ports(const Topology& topology,
                                                    const std::vector<std::vector<LinkEnd>>& ends);

}  // namespace cloison::topology
