#include "core/verify/working.h"

namespace cloison::verify {

namespace {

using End = PassageEnd;

constexpr uint16_t k_any_port = UINT16_MAX;

PacketBox of_protocol(Family family, uint8_t number) {
  auto box = PacketBox::all(family);
  box.protocol = {number, number};
  return box;
}

void add_ports(std::vector<PacketBox>& into, uint8_t protocol, Interval<uint16_t> from, Interval<uint16_t> to) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    auto box = of_protocol(family, protocol);
    box.source_port = from, box.service = to;
    into.push_back(box);
  }
}

/// Messages by which neighbours of IPv6 find each other and their router (RFC 4861) and join groups (RFC 3810).
void add_neighbours(std::vector<PacketBox>& into) {
  constexpr uint16_t k_type = 256;
  for (const auto& [first, last] : {std::pair<uint16_t, uint16_t>{130, 136}, {143, 143}}) {
    auto box = of_protocol(Family::ipv6, protocol::k_icmpv6);
    box.service = {static_cast<uint16_t>(first * k_type), static_cast<uint16_t>(last * k_type + k_type - 1)};
    into.push_back(box);
  }
}

bool is_router(const End& end, const std::vector<Place>& places) {
  if (end.kind != End::Kind::place) return false;
  return places[end.place].kind == Place::Kind::node || places[end.place].gateway;
}

}  // namespace

Working::Working(const WorkingInput& input, const std::vector<Place>& places) : input_(input), places_(places) {
  const Interval<uint16_t> any{0, k_any_port};
  // Routers tell each other of routes (RFC 4271) and of failures (RFC 5881), and agree on who serves (RFC 9568).
  add_ports(between_routers_, protocol::k_tcp, any, {179, 179});
  add_ports(between_routers_, protocol::k_udp, any, {3784, 3784});
  for (const auto family : {Family::ipv4, Family::ipv6})
    between_routers_.push_back(of_protocol(family, protocol::k_vrrp));
  add_neighbours(between_routers_);
  // Outer packets of tunnels: WireGuard's from or to its ports, IKE and ESP, with and without UDP (RFC 3948).
  for (const auto port : input.tunnel_ports) {
    add_ports(tunnels_, protocol::k_udp, {port, port}, any);
    add_ports(tunnels_, protocol::k_udp, any, {port, port});
  }
  for (const auto port : {uint16_t{500}, uint16_t{4500}}) {
    add_ports(tunnels_, protocol::k_udp, {port, port}, any);
    add_ports(tunnels_, protocol::k_udp, any, {port, port});
  }
  for (const auto family : {Family::ipv4, Family::ipv6}) tunnels_.push_back(of_protocol(family, protocol::k_esp));
  add_neighbours(tunnels_);
  // Where a platform tells its machines who they are; nothing leaves by it.
  auto metadata = of_protocol(Family::ipv4, protocol::k_tcp);
  metadata.service = {80, 80};
  metadata.destination = interval_of(*IpPrefix::parse("169.254.169.254/32"));
  metadata_.push_back(metadata);
  tunnels_.push_back(metadata);
  between_routers_.insert(between_routers_.end(), tunnels_.begin(), tunnels_.end());
  // DHCP (RFC 2131, RFC 8415) in each direction.
  add_ports(to_router_, protocol::k_udp, {68, 68}, {67, 67});
  add_ports(to_router_, protocol::k_udp, {546, 546}, {547, 547});
  add_ports(from_router_, protocol::k_udp, {67, 67}, {68, 68});
  add_ports(from_router_, protocol::k_udp, {547, 547}, {546, 546});
  // Routers that stand in for each other do so on a segment, and nobody there can be told from them.
  for (auto* boxes : {&to_router_, &from_router_}) {
    add_neighbours(*boxes);
    for (const auto family : {Family::ipv4, Family::ipv6}) boxes->push_back(of_protocol(family, protocol::k_vrrp));
  }
}

bool Working::joined(const Place& a, const Place& b) const {
  return a.site() == b.site() || input_.linked.contains({a.site(), b.site()});
}

const std::vector<PacketBox>* Working::services(const Passage& passage) const {
  const auto& [from, to] = std::tie(passage.from, passage.to);
  const bool routed_from = is_router(from, places_), routed_to = is_router(to, places_);
  if (routed_from && routed_to) return joined(places_[from.place], places_[to.place]) ? &between_routers_ : nullptr;
  const auto outside = [&](const End& end) {
    return end.kind == End::Kind::outside || (end.kind == End::Kind::place && places_[end.place].external);
  };
  if ((routed_from && outside(to)) || (outside(from) && routed_to)) return &tunnels_;
  if (to.kind == End::Kind::outside) return &metadata_;
  if (from.kind != End::Kind::place || to.kind != End::Kind::place) return nullptr;
  if (places_[from.place].site() != places_[to.place].site()) return nullptr;
  return routed_to ? &to_router_ : routed_from ? &from_router_ : nullptr;
}

PacketSet Working::beyond(const Passage& passage, PacketSet packets) const {
  if (const auto* boxes = services(passage))
    for (const auto& box : *boxes) packets.subtract(box);
  return packets;
}

}  // namespace cloison::verify
