#include "providers/node/lower_links.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "providers/node/routing.h"
#include "providers/node/rules.h"
#include "providers/node/schema.h"

namespace cloison::node {

uint32_t short_hash(const std::string& text) {
  constexpr unsigned k_left_out = 36;
  return static_cast<uint32_t>(digest_number(text) >> k_left_out);
}

int64_t mark_of(const std::string& underlay) {
  constexpr int64_t k_first = 0xC1000000;
  return k_first + short_hash("underlay " + underlay) % 0x1000000;
}

std::string short_name(std::string path, std::string_view kind) {
  constexpr std::size_t k_longest = 44;
  if (const auto at = path.find(kind); at != std::string::npos) path.erase(at, kind.size());
  std::replace(path.begin(), path.end(), '/', '.');
  return shortened(path, k_longest, 8);
}

const NodeUnderlayIntent* chosen_underlay(const NodeIntent& node, const std::string& name) {
  if (name.empty() || node.underlays.size() < 2) return nullptr;
  const auto found = std::find_if(node.underlays.begin(), node.underlays.end(),
                                  [&](const NodeUnderlayIntent& one) { return one.name == name; });
  return found == node.underlays.end() ? nullptr : &*found;
}

namespace {

constexpr int64_t k_keepalive = 15;  // seconds; NATs forget UDP after 30 (RFC 4787 asks for 120)

/// Of routes towards the outside by way of an address.
uint32_t outward_table(const IpAddress& via) {
  constexpr uint32_t k_first = 0xC2000000;
  return k_first + short_hash("outward " + via.text()) % 0x1000000;
}

/// BGP's name of a node is any number that no other has; it is written like an address.
std::string router_id_of(const std::string& path) {
  const auto number = short_hash("router " + path);
  return fmt::format("10.{}.{}.{}", number >> 16U & 0xffU, number >> 8U & 0xffU, number & 0xffU);
}

/// BGP in FRR begins no session over an interface without one, and uses none.
IpAddress link_local(const IpAddress& inner) {
  constexpr uint128 k_network = static_cast<uint128>(0xfe80U) << 112U;
  return {Family::ipv6, k_network | static_cast<uint64_t>(inner.bits)};
}

Value texts_of(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> texts;
  for (const auto& prefix : prefixes) texts.push_back(prefix.text());
  return Value::texts(texts);
}

std::string endpoint_of(const TunnelPeerIntent& peer) {
  const auto address = peer.outer->text();
  return peer.outer->family == Family::ipv6 ? fmt::format("[{}]:{}", address, peer.port)
                                            : fmt::format("{}:{}", address, peer.port);
}

class Links {
 public:
  Links(const NodeIntent& node, const AddResource& add) : node_(node), add_(add) {}

  void all() {
    add_underlays();
    if (node_.tunnels.empty()) return;
    for (const auto& tunnel : node_.tunnels) add_tunnel(tunnel);
    if (needs_routing(node_)) add_routing();
  }

 private:
  void add_underlays() {
    std::set<std::string> used;
    for (const auto& tunnel : node_.tunnels)
      if (chosen_underlay(node_, tunnel.underlay) != nullptr) used.insert(tunnel.underlay);
    for (const auto& one : node_.connections)
      for (const auto& way : one.ways)
        if (chosen_underlay(node_, way.underlay) != nullptr) used.insert(way.underlay);
    for (const auto& underlay : node_.underlays)
      if (used.contains(underlay.name))
        add_(k_underlay, "underlay/" + underlay.name,
             {{"name", Value::text(underlay.name)},
              {"interface", Value::text(underlay.interface)},
              {"mark", Value::integer(mark_of(underlay.name))},
              {"metric", Value::integer(underlay.metric)}},
             node_.origins, {});
  }

  void add_tunnel(const TunnelIntent& tunnel) {
    const auto key = "key/" + tunnel.link;
    if (keys_.insert(key).second) add_(k_key, key, {{"name", Value::text(tunnel.link)}}, tunnel.origins, {});
    const auto interface = tunnel_interface(tunnel);
    const auto* underlay = chosen_underlay(node_, tunnel.underlay);
    std::vector<std::string> after{key, "firewall"};
    if (underlay != nullptr) after.push_back("underlay/" + underlay->name);
    add_(k_tunnel, "tunnel/" + interface,
         {{"name", Value::text(interface)},
          {"key", Value::text(tunnel.link)},
          {"listen_port", tunnel.port == 0 ? Value::null() : Value::integer(tunnel.port)},
          {"mark", underlay == nullptr ? Value::null() : Value::integer(mark_of(underlay->name))},
          {"addresses", Value::texts(addresses_of(tunnel))},
          {"mtu", Value::integer(tunnel.mtu)},
          {k_foreign_peers, Value::texts({})}},
         tunnel.origins, std::move(after));
    for (const auto& peer : tunnel.peers) add_peer(tunnel, interface, peer);
    for (const auto& device : tunnel.devices) add_device(interface, device);
  }

  /// Its own, and the node's first inner one: what the node sends by a tunnel has a source that the far end lets in,
  /// and the kernel takes IPv4 in by no interface that has none.
  [[nodiscard]] std::vector<std::string> addresses_of(const TunnelIntent& tunnel) const {
    if (!tunnel.users.empty()) return gateways_of(tunnel);
    std::vector<std::string> addresses{tunnel.inner.text() + "/64", link_local(tunnel.inner).text() + "/64"};
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto own =
          std::find_if(node_.own.begin(), node_.own.end(), [&](const IpAddress& one) { return one.family == family; });
      if (own != node_.own.end()) addresses.push_back(IpPrefix::of(*own).text());
    }
    return addresses;
  }

  static std::vector<std::string> gateways_of(const TunnelIntent& tunnel) {
    std::vector<std::string> addresses;
    for (const auto& one : tunnel.users)
      addresses.push_back(fmt::format("{}/{}", one.gateway.text(), one.prefix.length));
    return addresses;
  }

  void add_device(const std::string& interface, const TunnelDeviceIntent& device) {
    std::vector<IpPrefix> own;
    for (const auto& address : device.addresses) own.push_back(IpPrefix::of(address));
    const auto name = short_name(device.path, ".peers");
    add_(k_peer, fmt::format("peer/{}/{}", interface, name),
         {{"tunnel", Value::text(interface)},
          {"name", Value::text(name)},
          {"public_key", Value::text(device.public_key)},
          {"endpoint", Value::null()},
          {"allowed", texts_of(own)},
          {"keepalive", Value::null()}},
         device.origins, {"tunnel/" + interface});
  }

  void add_peer(const TunnelIntent& tunnel, const std::string& interface, const TunnelPeerIntent& peer) {
    auto allowed = peer.beyond;
    allowed.push_back(IpPrefix::of(peer.inner));
    allowed.insert(allowed.end(), peer.outside.begin(), peer.outside.end());
    const auto name = short_name(peer.node);
    add_(k_peer, fmt::format("peer/{}/{}", interface, name),
         {{"tunnel", Value::text(interface)},
          {"name", Value::text(name)},
          {"public_key", Value::ref(fmt::format("{}.key/{}", peer.node, tunnel.link), "public_key")},
          {"endpoint", peer.outer ? Value::text(endpoint_of(peer)) : Value::null()},
          {"allowed", texts_of(allowed)},
          {"keepalive", peer.outer ? Value::integer(k_keepalive) : Value::null()}},
         peer.origins, {"tunnel/" + interface});
    neighbours_.push_back(text_of(Neighbour{.name = fmt::format("{}-{}", short_name(peer.node), interface),
                                            .address = peer.inner.text(),
                                            .interface = interface,
                                            .autonomous_system = peer.autonomous_system,
                                            .preference = static_cast<uint32_t>(std::max<int64_t>(peer.preference, 1)),
                                            .accept = peer.beyond,
                                            .offer = peer.offered}));
  }

  void add_routing() {
    std::vector<std::string> routes, after;
    std::vector<Origin> origins = node_.origins;
    // Those of nodes that stand in for each other are there while they serve: see add_redundancy.
    for (const auto& route : node_.redundancy ? std::vector<RouteIntent>{} : node_.routes) {
      routes.push_back(text_of(StaticRoute{route.to, route.via}));
      origins.insert(origins.end(), route.origins.begin(), route.origins.end());
    }
    std::set<IpAddress> outward;
    for (const auto& segment : node_.segments)
      outward.insert(segment.leaves_towards.begin(), segment.leaves_towards.end());
    // FRR follows the way to that address, whichever tunnel it takes now.
    for (const auto& via : outward)
      routes.push_back(text_of(StaticRoute{IpPrefix::any(via.family), via, outward_table(via)}));
    for (const auto& tunnel : node_.tunnels) after.push_back("tunnel/" + tunnel_interface(tunnel));
    add_(k_routing, "routing",
         {{"autonomous_system", Value::integer(node_.autonomous_system)},
          {"router_id", Value::text(router_id_of(node_.path))},
          {"announce", texts_of(node_.announced)},
          {"known_only", node_.redundancy ? Value::boolean(true) : Value::null()},
          {"routes", Value::texts(routes)},
          {"neighbours", Value::texts(neighbours_)},
          {k_other_lines, Value::texts({})}},
         std::move(origins), std::move(after));
  }

  const NodeIntent& node_;
  const AddResource& add_;
  std::set<std::string> keys_{};
  std::vector<std::string> neighbours_{};
};

}  // namespace

bool needs_routing(const NodeIntent& node) {
  return std::any_of(node.tunnels.begin(), node.tunnels.end(),
                     [&](const TunnelIntent& one) { return one.users.empty() || !node.routes.empty(); });
}

std::vector<std::string> outward_tables(const NodeSegmentIntent& segment) {
  std::vector<std::string> tables;
  for (const auto& via : segment.leaves_towards)
    tables.push_back(fmt::format("{} {}", family_name(via.family), outward_table(via)));
  return tables;
}

void add_links(const NodeIntent& node, const AddResource& add) {
  Links(node, add).all();
}

}  // namespace cloison::node
