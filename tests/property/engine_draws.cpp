#include "tests/property/engine_draws.h"

#include <algorithm>

namespace cloison::test {

namespace {

constexpr int k_addresses = 16;

template <class Number>
Interval<Number> between(Number a, Number b) {
  return {std::min(a, b), std::max(a, b)};
}

std::vector<std::string> names_of(const ForwardingDevice& device) {
  std::vector<std::string> names;
  for (const auto& interface : device.interfaces) names.push_back(interface.name);
  return names;
}

}  // namespace

IpAddress NetworkDraw::address(Family family) {
  const auto base = IpAddress::parse(family == Family::ipv4 ? "10.0.0.0" : "fd00::")->bits;
  return {family, base + static_cast<uint128>(below(k_addresses))};
}

IpPrefix NetworkDraw::prefix(Family family) {
  if (one_in(12)) return IpPrefix::any(family);
  const auto length = static_cast<uint8_t>(address_bits(family) - static_cast<unsigned>(below(5)));
  return IpPrefix{address(family), length}.without_host_bits();
}

PacketBox NetworkDraw::box() {
  auto box = PacketBox::all(family());
  for (auto* end : {&box.source, &box.destination}) {
    if (one_in(3)) continue;
    *end = one_in(3) ? between(address(box.family).bits, address(box.family).bits) : interval_of(prefix(box.family));
  }
  const auto one = [&](uint8_t number) { box.protocol = {number, number}; };
  switch (below(6)) {
    case 0:
      return box;
    case 1:
      one(box.family == Family::ipv4 ? protocol::k_icmp : protocol::k_icmpv6);
      box.service = {static_cast<uint16_t>(256 * below(4)), static_cast<uint16_t>(256 * (3 + below(4)) + 255)};
      return box;
    case 2:
      box.protocol = between(static_cast<uint8_t>(below(20)), static_cast<uint8_t>(below(20)));
      return box;
    default:
      one(one_in(2) ? protocol::k_tcp : protocol::k_udp);
      box.service = between(static_cast<uint16_t>(below(8) * 100), static_cast<uint16_t>(below(8) * 100));
      if (one_in(4)) box.source_port = {static_cast<uint16_t>(below(3) * 1024), UINT16_MAX};
      return box;
  }
}

RuleMatch NetworkDraw::match(const std::vector<std::string>& interfaces) {
  RuleMatch match;
  for (int left = 1 + below(3); left > 0; --left) match.packets.push_back(box());
  if (one_in(3)) match.in = {{of(interfaces)}, one_in(3)};
  if (one_in(4)) match.out = {{of(interfaces)}, one_in(3)};
  if (one_in(5)) match.fresh = false;
  if (one_in(5)) match.established = false;
  if (one_in(6)) match.presence = Presence::maybe;
  return match;
}

FilterChain NetworkDraw::plain_chain(const std::vector<std::string>& interfaces, int most_rules) {
  using Action = FilterRule::Action;
  FilterChain chain{.accepts_rest = one_in(3)};
  for (int left = below(most_rules + 1); left > 0; --left)
    chain.rules.push_back({.match = match(interfaces),
                           .action = one_in(3)   ? Action::drop
                                     : one_in(6) ? Action::jump
                                                 : Action::accept,
                           .target = "ways"});
  return chain;
}

FilterChain NetworkDraw::chain(const std::vector<std::string>& interfaces, int most_rules) {
  auto chain = plain_chain(interfaces, most_rules);
  if (one_in(6)) chain.instead.push_back(plain_chain(interfaces, most_rules));
  return chain;
}

TranslationChain NetworkDraw::translations(const std::vector<std::string>& interfaces, bool of_source, int most_rules) {
  using Action = TranslationRule::Action;
  TranslationChain chain;
  for (int left = below(most_rules + 1); left > 0; --left) {
    TranslationRule rule{.match = match(interfaces)};
    const auto kind = below(4);
    if (kind == 0) {
      rule.action = Action::keep;
    } else if (kind == 1 && of_source) {
      rule.action = Action::masquerade;
    } else {
      rule.action = of_source ? Action::source : Action::destination;
      const auto one = family();
      auto from = prefix(one);
      if (from.length == 0) from = IpPrefix::of(address(one));
      rule.by_offset = !one_in(3);
      rule.to = rule.by_offset ? IpPrefix{address(one), from.length}.without_host_bits() : IpPrefix::of(address(one));
      // What a rule shifts is one prefix; what it moves to one address may be any of the address's family.
      if (rule.by_offset) {
        auto box = PacketBox::all(one);
        (of_source ? box.source : box.destination) = interval_of(from);
        rule.match.packets = {box};
      } else {
        std::erase_if(rule.match.packets, [&](const PacketBox& box) { return box.family != one; });
      }
    }
    chain.rules.push_back(std::move(rule));
  }
  return chain;
}

ForwardingRoute NetworkDraw::route(const ForwardingDevice& device) {
  const auto names = names_of(device);
  const auto one = family();
  ForwardingRoute route{.to = prefix(one), .interface = of(names)};
  if (one_in(3)) route.via = address(one);
  if (one_in(6)) route.only_from = of(names);
  if (one_in(6)) route.not_from = {of(names)};
  if (one_in(4)) route.presence = Presence::maybe;
  return route;
}

ForwardingDevice NetworkDraw::device(int number, int networks) {
  ForwardingDevice device{
      .name = "device " + std::to_string(number), .forwards_ipv4 = !one_in(6), .forwards_ipv6 = true};
  for (int left = 1 + below(2); left > 0; --left) {
    DeviceInterface interface{.name = "eth" + std::to_string(left),
                              .network = "network " + std::to_string(below(networks))};
    for (const auto one : {Family::ipv4, Family::ipv6})
      if (!one_in(3)) interface.addresses.push_back(address(one));
    if (one_in(5)) interface.shared.push_back(address(Family::ipv4));
    device.interfaces.push_back(std::move(interface));
  }
  if (one_in(2)) {
    DeviceInterface outer{.name = "wan", .outer = true};
    if (one_in(2)) outer.addresses.push_back({Family::ipv4, IpAddress::parse("192.0.2.1")->bits});
    if (one_in(4)) outer.published = {{IpPrefix::of(address(Family::ipv4))}};
    device.interfaces.push_back(std::move(outer));
  }
  return device;
}

void NetworkDraw::join(ForwardingDevice& a, ForwardingDevice& b, int number) {
  const auto end = [&](ForwardingDevice& device, const std::string& own, const std::string& other) {
    TunnelEnd tunnel{.interface = "wg0", .own = own, .other = other};
    for (int left = 1 + below(3); left > 0; --left) tunnel.behind.push_back(prefix(family()));
    if (one_in(3)) tunnel.near = {prefix(Family::ipv4), prefix(Family::ipv6)};
    tunnel.routed = one_in(2);
    if (one_in(5)) tunnel.presence = Presence::maybe;
    if (device.interfaces.back().name != "wg0") device.interfaces.push_back({.name = "wg0"});
    device.tunnels.push_back(std::move(tunnel));
  };
  const auto left = "left " + std::to_string(number), right = "right " + std::to_string(number);
  end(a, left, right);
  if (!one_in(5)) end(b, right, left);
}

/// What refers to all of its interfaces.
void NetworkDraw::fill(ForwardingDevice& device) {
  const auto names = names_of(device);
  for (int left = 1 + below(6); left > 0; --left) device.routes.push_back(route(device));
  if (!one_in(4)) device.input = chain(names, 4);
  if (!one_in(4)) device.forward = chain(names, 6);
  if (one_in(3)) device.output = chain(names, 4);
  if (one_in(2)) device.arriving = translations(names, false, 3);
  if (one_in(4)) device.sending = translations(names, false, 2);
  if (one_in(2)) device.leaving = translations(names, true, 3);
}

void NetworkDraw::add_ports(Forwarding& parts) {
  for (int number = below(4); number > 0; --number) {
    MachinePort port{.name = "machine " + std::to_string(number), .network = of(parts.networks).name};
    for (const auto one : {Family::ipv4, Family::ipv6})
      if (!one_in(3)) port.addresses.push_back(address(one));
    if (one_in(4)) port.also_from = {prefix(family())};
    port.any_source = one_in(5);
    if (one_in(2)) port.out = chain({"none"}, 4);
    if (one_in(2)) port.in = chain({"none"}, 4);
    parts.ports.push_back(std::move(port));
  }
}

Forwarding NetworkDraw::network() {
  Forwarding parts;
  const int networks = 1 + below(3), devices = 1 + below(3);
  for (int number = 0; number < networks; ++number)
    parts.networks.push_back({.name = "network " + std::to_string(number),
                              .prefixes = {prefix(Family::ipv4), prefix(Family::ipv6)},
                              .unseen = one_in(2)});
  for (int number = 0; number < devices; ++number) parts.devices.push_back(device(number, networks));
  for (int number = below(devices); number > 0; --number)
    join(parts.devices[static_cast<std::size_t>(number - 1)], parts.devices[static_cast<std::size_t>(number)], number);
  for (auto& one : parts.devices) fill(one);
  add_ports(parts);
  return parts;
}

Forwarding NetworkDraw::hop() {
  Forwarding parts;
  for (const auto* name : {"lan", "dmz"})
    parts.networks.push_back({.name = name, .prefixes = {prefix(Family::ipv4), prefix(Family::ipv6)}, .unseen = true});
  ForwardingDevice device{.name = "node", .forwards_ipv4 = true, .forwards_ipv6 = true};
  for (const auto* name : {"lan", "dmz"})
    device.interfaces.push_back(
        {.name = name, .network = name, .addresses = {address(Family::ipv4), address(Family::ipv6)}});
  device.interfaces.push_back({.name = "wan", .outer = true, .addresses = {{Family::ipv4, uint128{0xC0000201}}}});
  fill(device);
  parts.devices.push_back(std::move(device));
  return parts;
}

std::string flip_a_rule(Forwarding& parts, NetworkDraw& draw) {
  using Action = FilterRule::Action;
  std::vector<std::pair<std::string, FilterChain*>> chains;
  for (auto& device : parts.devices)
    for (auto* chain : {&device.input, &device.forward, &device.output})
      if (*chain && !(*chain)->rules.empty()) chains.emplace_back(device.name, &chain->own());
  for (auto& port : parts.ports)
    for (auto* chain : {&port.in, &port.out})
      if (*chain && !(*chain)->rules.empty()) chains.emplace_back(port.name, &chain->own());
  if (chains.empty()) return {};
  const auto& [name, chain] = draw.of(chains);
  auto& rule = chain->rules[static_cast<std::size_t>(draw.below(static_cast<int>(chain->rules.size())))];
  rule.action = rule.action == Action::drop ? Action::accept : Action::drop;
  return name;
}

}  // namespace cloison::test
