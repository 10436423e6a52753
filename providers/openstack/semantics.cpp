#include "providers/openstack/semantics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/model/schema.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

constexpr std::string_view k_outside = "outside";

/// One resource's values by name.
class Values {
 public:
  explicit Values(const PlacedResource& of) : schema_(schema(of.kind)), attributes_(of.attributes) {}
  [[nodiscard]] const Value& at(std::string_view name) const { return attribute(schema_, attributes_, name); }
  [[nodiscard]] const std::string& text(std::string_view name) const { return at(name).text_or_empty(); }
  [[nodiscard]] const std::string& refers(std::string_view name) const { return referred(at(name)); }
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const {
    const auto* value = at(name).as_integer();
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  [[nodiscard]] std::vector<Value> items(std::string_view name) const {
    const auto* all = at(name).items();
    return all == nullptr ? std::vector<Value>{} : *all;
  }

 private:
  const KindSchema& schema_;
  const Value& attributes_;
};

struct Subnet {
  std::string network{};
  IpPrefix cidr{};
  std::optional<IpAddress> gateway{};
};

struct Group {
  std::vector<FilterRule> in{}, out{};
};

PacketBox message_box(Family family, uint8_t protocol, uint16_t first, uint16_t last) {
  auto box = PacketBox::all(family);
  box.protocol = {protocol, protocol};
  box.service = {first, last};
  return box;
}

PacketBox datagram(Family family, uint16_t from, uint16_t to) {
  auto box = message_box(family, protocol::k_udp, to, to);
  box.source_port = {from, from};
  return box;
}

FilterRule always(std::vector<PacketBox> packets, std::string text) {
  return {.match = {.packets = std::move(packets), .implicit = true, .text = std::move(text)}};
}

/// What one of Neutron's drivers does and another does not: nobody can see from outside which of them is there.
FilterRule with_some_drivers(FilterRule rule) {
  rule.match.presence = Presence::maybe;
  return rule;
}

/// ICMPv6 of types from `first` to `last`.
PacketBox messages(uint8_t first, uint8_t last) {
  return message_box(Family::ipv6, protocol::k_icmpv6, static_cast<uint16_t>(first * 256),
                     static_cast<uint16_t>(last * 256 + 255));
}

FilterRule connections_that_stand() {
  auto known = always({PacketBox::all(Family::ipv4), PacketBox::all(Family::ipv6)}, "connections that stand");
  known.match.fresh = false;
  return known;
}

/// Rules of a port that Neutron makes whatever the groups say, before the groups' and after them. What only some
/// drivers let pass is after them, so that what a group lets pass too counts as the group's.
struct ImplicitRules {
  std::vector<FilterRule> before{}, after{};
};

/// Neutron's provider rules (neutron.db.securitygroups_rpc_base) and ICMPV6_ALLOWED_INGRESS_TYPES: neighbour discovery
/// and listener queries; DHCP in a client's direction, with the iptables driver only to addresses at which it expects
/// an answer, and router advertisements, with that driver only where the port has an IPv6 address.
ImplicitRules implicit_in(const std::vector<IpAddress>& addresses) {
  const auto offer4 = datagram(Family::ipv4, 67, 68), offer6 = datagram(Family::ipv6, 547, 546);
  std::vector<PacketBox> boxes{messages(130, 130), messages(135, 136)};
  auto expected = std::vector<IpPrefix>{*IpPrefix::parse("255.255.255.255/32"), *IpPrefix::parse("fe80::/64")};
  bool has_ipv6 = false;
  for (const auto& address : addresses) {
    expected.push_back(IpPrefix::of(address));
    has_ipv6 = has_ipv6 || address.family == Family::ipv6;
  }
  for (const auto& prefix : expected) {
    auto box = prefix.family() == Family::ipv4 ? offer4 : offer6;
    box.destination = interval_of(prefix);
    boxes.push_back(box);
  }
  if (has_ipv6) boxes.push_back(messages(134, 134));
  ImplicitRules rules;
  rules.before = {connections_that_stand(), always(std::move(boxes), "neighbour discovery and DHCP")};
  rules.after = {with_some_drivers(always({offer4, offer6, messages(134, 134)}, "neighbour discovery and DHCP"))};
  return rules;
}

/// ICMPV6_ALLOWED_EGRESS_TYPES and _add_fixed_egress_rules of the iptables driver: no machine plays the router or the
/// DHCP server, not even in connections that stand; neighbour discovery and a DHCP client's requests pass, and with
/// that driver all other messages of ICMPv6 do as well.
ImplicitRules implicit_out() {
  auto refused = always({messages(134, 134), datagram(Family::ipv4, 67, 68), datagram(Family::ipv6, 547, 546)},
                        "a router's or a DHCP server's part");
  refused.action = FilterRule::Action::drop;
  std::vector<PacketBox> boxes{messages(130, 130), messages(133, 133), messages(135, 136),
                               datagram(Family::ipv4, 68, 67), datagram(Family::ipv6, 546, 547)};
  ImplicitRules rules;
  rules.before = {std::move(refused), connections_that_stand(),
                  always(std::move(boxes), "neighbour discovery and DHCP")};
  rules.after = {with_some_drivers(always({messages(0, 255)}, "ICMPv6 that the iptables driver lets out"))};
  return rules;
}

class ProjectModel {
 public:
  explicit ProjectModel(std::span<const PlacedResource> resources) : resources_(resources) {}

  Forwarding read() {
    each(kind::k_network, [this](const PlacedResource& one, const Values&) {
      networks_[one.id] = forwarding_.networks.size();
      forwarding_.networks.push_back({.name = one.address.empty() ? one.id : one.address});
    });
    each(kind::k_subnet, [this](const PlacedResource& one, const Values& at) { subnet(one, at); });
    each(kind::k_address_group, [this](const PlacedResource& one, const Values& at) {
      for (const auto& item : at.items("addresses"))
        if (const auto* prefix = item.as_prefix()) address_groups_[one.id].push_back(*prefix);
    });
    each(kind::k_port, [this](const PlacedResource& one, const Values& at) { members(one, at); });
    each(kind::k_rule, [this](const PlacedResource& one, const Values& at) { rule(one, at); });
    each(kind::k_port, [this](const PlacedResource& one, const Values& at) { port(one, at); });
    each(kind::k_floating_ip, [this](const PlacedResource&, const Values& at) {
      if (const auto found = addresses_.find(at.refers("port")); found != addresses_.end())
        floating_.insert(floating_.end(), found->second.begin(), found->second.end());
    });
    each(kind::k_router, [this](const PlacedResource& one, const Values& at) { router(one, at); });
    each(kind::k_interface, [this](const PlacedResource&, const Values& at) { router_interface(at); });
    each(kind::k_route, [this](const PlacedResource& one, const Values& at) {
      const auto* to = at.at("to").as_prefix();
      auto* device = router_of(at);
      if (to != nullptr && device != nullptr)
        device->routes.push_back({.to = *to, .via = address(one, "via", at.text("via"))});
    });
    return std::move(forwarding_);
  }

 private:
  template <class Use>
  void each(std::string_view kind, Use use) {
    for (const auto& one : resources_)
      if (one.kind == kind) use(one, Values(one));
  }

  void subnet(const PlacedResource& one, const Values& at) {
    const auto* cidr = at.at("cidr").as_prefix();
    const auto network = networks_.find(at.refers("network"));
    if (cidr == nullptr || network == networks_.end()) return;
    auto& switched = forwarding_.networks[network->second];
    switched.prefixes.push_back(*cidr);
    subnets_[one.id] = {switched.name, *cidr, address(one, "gateway", at.text("gateway"))};
  }

  /// What this cannot read may mean anything.
  std::optional<IpAddress> address(const PlacedResource& one, std::string_view attribute, const std::string& text) {
    auto address = IpAddress::parse(text);
    if (!address && !text.empty())
      forwarding_.unknown.push_back({.address = one.address, .what = fmt::format("{} '{}'", attribute, text)});
    return address;
  }

  std::vector<IpAddress> addresses_of(const PlacedResource& one, const Values& port) {
    std::vector<IpAddress> all;
    for (const auto& item : port.items("fixed_ips"))
      if (const auto* slots = item.as_slots(); slots != nullptr && slots->size() == 2)
        if (const auto own = address(one, "fixed_ips", (*slots)[1].text_or_empty())) all.push_back(*own);
    return all;
  }

  /// A group's members are its ports' own addresses and all those that they may use besides.
  void members(const PlacedResource& one, const Values& at) {
    const auto& mine = addresses_[one.id] = addresses_of(one, at);
    if (mine.empty()) return;  // then its allowed addresses do not count either
    for (const auto& group : at.items("security_groups")) {
      auto& members = members_[referred(group)];
      for (const auto& address : mine) members.push_back(IpPrefix::of(address));
      for (const auto& item : at.items("allowed_addresses"))
        if (const auto* prefix = item.as_prefix()) members.push_back(*prefix);
    }
  }

  /// Far addresses of a rule in its family.
  std::vector<Interval<uint128>> far(const Values& at, Family family) const {
    std::vector<IpPrefix> prefixes;
    if (const auto* prefix = at.at("remote_prefix").as_prefix()) prefixes.push_back(*prefix);
    for (const auto& [attribute, all] :
         {std::pair("remote_address_group", &address_groups_), {"remote_group", &members_}})
      if (const auto found = all->find(at.refers(attribute)); found != all->end())
        prefixes.insert(prefixes.end(), found->second.begin(), found->second.end());
    const bool named = !at.refers("remote_address_group").empty() || !at.refers("remote_group").empty();
    if (prefixes.empty() && !named) return {PacketBox::all(family).source};
    std::vector<Interval<uint128>> ranges;
    for (const auto& prefix : prefixes)
      if (prefix.family() == family) ranges.push_back(interval_of(prefix));
    return ranges;
  }

  /// Protocol and ports of a rule; nothing where it has a protocol that is not known.
  static std::optional<PacketBox> service(const Values& at, Family family) {
    static const std::map<std::string_view, uint8_t> k_numbers{
        {"tcp", 6}, {"udp", 17}, {"icmp", 1},   {"icmpv6", 58}, {"sctp", 132}, {"esp", 50},
        {"ah", 51}, {"gre", 47}, {"vrrp", 112}, {"ospf", 89},   {"igmp", 2},   {"ipv6-icmp", 58}};
    auto box = PacketBox::all(family);
    const auto& name = at.text("protocol");
    if (name.empty()) return box;
    const auto known = k_numbers.find(name);
    unsigned number = 0;
    if (known != k_numbers.end())
      number = known->second;
    else if (name.find_first_not_of("0123456789") == std::string::npos && name.size() <= 3)
      number = static_cast<unsigned>(std::stoul(name));
    else
      return std::nullopt;
    if (number > 255) return std::nullopt;
    box.protocol = {static_cast<uint8_t>(number), static_cast<uint8_t>(number)};
    if (const auto type = at.number("icmp_type")) {
      const auto code = at.number("icmp_code");
      box.service = {static_cast<uint16_t>(*type * 256 + code.value_or(0)),
                     static_cast<uint16_t>(*type * 256 + code.value_or(255))};
    } else if (const auto first = at.number("port_min"); first && has_ports(box.protocol.first)) {
      box.service = {static_cast<uint16_t>(*first), static_cast<uint16_t>(at.number("port_max").value_or(*first))};
    }
    return box;
  }

  /// Protocols of which a packet shows its ports here.
  static bool has_ports(uint8_t number) {
    return number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp;
  }

  /// A word that a rule must have and that is none of those that it may be; a number that is none of them; ports the
  /// other way round.
  bool is_unreadable(const PlacedResource& one, const Values& at) {
    const auto unknown = [&](const std::string& attribute, const std::string& what) {
      forwarding_.unknown.push_back({.address = one.address, .what = attribute + " '" + what + "'"});
      return true;
    };
    for (const auto& attribute : schema(kind::k_rule).attributes) {
      const auto& words = attribute.one_of;
      const auto& word = at.text(attribute.name);
      if (attribute.required && !words.empty() && std::find(words.begin(), words.end(), word) == words.end())
        return unknown(attribute.name, word);
      if (const auto number = at.number(attribute.name);
          number && (*number < attribute.minimum.value_or(*number) || *number > attribute.maximum.value_or(*number)))
        return unknown(attribute.name, std::to_string(*number));
    }
    const auto first = at.number("port_min"), last = at.number("port_max");
    return first && last && *first > *last && unknown("port_max", std::to_string(*last));
  }

  void rule(const PlacedResource& one, const Values& at) {
    if (is_unreadable(one, at)) return;
    const auto family = at.text("family") == "ipv6" ? Family::ipv6 : Family::ipv4;
    const auto box = service(at, family);
    if (!box) {
      forwarding_.unknown.push_back({.address = one.address, .what = "protocol '" + at.text("protocol") + "'"});
      return;
    }
    auto rule = rule_of(one, at, family, *box);
    auto& group = groups_[at.refers("group")];
    auto& rules = at.text("direction") == "in" ? group.in : group.out;
    // Ports of DCCP and UDP-Lite are not seen here: some of its packets pass.
    if (at.number("port_min") && !has_ports(box->protocol.first)) rule.match.presence = Presence::maybe;
    rules.push_back(std::move(rule));
    // To iptables type 255 is any type.
    if (family == Family::ipv4 && at.number("icmp_type") == 255) {
      auto any = *box;
      any.service = PacketBox::all(family).service;
      rules.push_back(with_some_drivers(rule_of(one, at, family, any)));
    }
  }

  FilterRule rule_of(const PlacedResource& one, const Values& at, Family family, const PacketBox& box) const {
    FilterRule rule;
    for (const auto& range : far(at, family)) {
      auto mine = box;
      (at.text("direction") == "in" ? mine.source : mine.destination) = range;
      rule.match.packets.push_back(mine);
    }
    rule.match.text = one.address.empty() ? one.id : one.address;
    if (one.address.empty()) rule.match.label = "nobody declared it";
    return rule;
  }

  /// Addresses under which a port may send besides its own. The iptables driver looks at no address of a family in
  /// which the port has none, and at none at all of a port without any.
  static void sources(MachinePort& port, const Values& at) {
    for (const auto& item : at.items("allowed_addresses"))
      if (const auto* prefix = item.as_prefix()) port.also_from.push_back(*prefix);
    port.any_source = port.addresses.empty();
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto in_it = [&](const auto& one) { return one.family() == family; };
      const bool some = std::any_of(port.addresses.begin(), port.addresses.end(),
                                    [&](const IpAddress& one) { return one.family == family; }) ||
                        std::any_of(port.also_from.begin(), port.also_from.end(), in_it);
      if (!some) port.also_from.push_back(IpPrefix::any(family));
    }
  }

  void port(const PlacedResource& one, const Values& at) {
    const auto network = networks_.find(at.refers("network"));
    if (network == networks_.end()) return;
    constexpr std::string_view k_ending = ".port";
    auto name = one.address;
    if (name.ends_with(k_ending)) name.resize(name.size() - k_ending.size());
    MachinePort port{.name = name.empty() ? one.id : name,
                     .network = forwarding_.networks[network->second].name,
                     .addresses = addresses_[one.id],
                     .address = one.address};
    const auto* security = at.at("port_security").as_boolean();
    if (security != nullptr && !*security) {
      port.any_source = true;
    } else {
      sources(port, at);
      auto in = implicit_in(port.addresses), out = implicit_out();
      auto &in_rules = in.before, &out_rules = out.before;
      const auto append = [](std::vector<FilterRule>& rules, const std::vector<FilterRule>& more) {
        rules.insert(rules.end(), more.begin(), more.end());
      };
      for (const auto& item : at.items("security_groups")) {
        const auto group = groups_.find(referred(item));
        if (group == groups_.end()) continue;
        append(in_rules, group->second.in);
        append(out_rules, group->second.out);
      }
      append(in_rules, in.after);
      append(out_rules, out.after);
      port.in = FilterChain{.name = "ingress", .rules = std::move(in_rules)};
      port.out = FilterChain{.name = "egress", .rules = std::move(out_rules)};
    }
    forwarding_.ports.push_back(std::move(port));
  }

  void router(const PlacedResource& one, const Values& at) {
    routers_[one.id] = forwarding_.devices.size();
    ForwardingDevice device{.name = one.address.empty() ? one.id : one.address,
                            .forwards_ipv4 = true,
                            .forwards_ipv6 = true,
                            .address = one.address};
    if (!at.text("external_network").empty()) {
      // The provider's network brings a router what is addressed to its own addresses; see docs/proof.md.
      device.interfaces.push_back(
          {.name = std::string(k_outside), .outer = true, .published = std::vector<IpPrefix>{}});
      for (const auto family : {Family::ipv4, Family::ipv6})
        device.routes.push_back({.to = IpPrefix::any(family), .interface = std::string(k_outside)});
      // Source translation is what a router with an external gateway does unless it is told not to (`enable_snat`).
      TranslationRule masquerade;
      masquerade.match.out = {{std::string(k_outside)}};
      masquerade.match.packets = {PacketBox::all(Family::ipv4)};
      masquerade.action = TranslationRule::Action::masquerade;
      device.leaving.rules.push_back(std::move(masquerade));
    }
    forwarding_.devices.push_back(std::move(device));
  }

  ForwardingDevice* router_of(const Values& at) {
    const auto found = routers_.find(at.refers("router"));
    return found == routers_.end() ? nullptr : &forwarding_.devices[found->second];
  }

  void router_interface(const Values& at) {
    auto* device = router_of(at);
    const auto subnet = subnets_.find(at.refers("subnet"));
    if (device == nullptr || subnet == subnets_.end()) return;
    const auto& [network, cidr, gateway] = subnet->second;
    DeviceInterface interface{.name = cidr.text(), .network = network};
    if (gateway) interface.addresses.push_back(*gateway);
    device->interfaces.push_back(std::move(interface));
    device->routes.push_back({.to = cidr, .interface = cidr.text()});
    if (device->interfaces.front().published) publish(*device->interfaces.front().published, cidr);
  }

  /// What the outside reaches on a network: machines with a floating address, under it; of IPv6 whatever is global.
  void publish(std::vector<IpPrefix>& published, const IpPrefix& cidr) {
    static const auto k_global = *IpPrefix::parse("2000::/3");
    if (cidr.family() == Family::ipv6) {
      if (k_global.contains(cidr)) published.push_back(cidr);
      return;
    }
    for (const auto& address : floating_)
      if (cidr.contains(address)) published.push_back(IpPrefix::of(address));
  }

  std::span<const PlacedResource> resources_;
  Forwarding forwarding_{};
  std::map<std::string, std::size_t> networks_{}, routers_{};
  std::map<std::string, Subnet> subnets_{};
  std::map<std::string, std::vector<IpAddress>> addresses_{};  // of ports
  std::vector<IpAddress> floating_{};                          // of machines that have one, inside
  std::map<std::string, std::vector<IpPrefix>> address_groups_{}, members_{};
  std::map<std::string, Group> groups_{};
};

}  // namespace

Forwarding semantics(std::span<const PlacedResource> resources) {
  return ProjectModel(resources).read();
}

}  // namespace cloison::openstack
