#include "tests/support/small_network.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison::test {

namespace {

Thing thing_of(const std::string& kind, const Value& value) {
  const auto& slots = *value.as_slots();
  Thing thing{.kind = kind,
              .node = *slots[0].as_integer(),
              .from = *slots[1].as_integer(),
              .to = *slots[2].as_integer(),
              .service = *slots[3].as_integer(),
              .drop = *slots[4].as_boolean()};
  for (const auto& one : *slots[5].as_list()) thing.list.push_back(one.text_or_empty());
  return thing;
}

std::string core_name(int64_t core) {
  return fmt::format("core {}", core);
}

void add_permissions(const Thing& one, const std::vector<Thing>& things, std::vector<FilterRule>& into) {
  if (one.kind == "rule" && !one.drop) into.push_back(rule_from(one.from, one.to, one.service, false));
  if (one.kind == "filter")
    for (const auto& text : one.list)
      into.push_back(rule_from(text[0] - '0', text[2] - '0', text[4] - '0', text.ends_with("drop")));
  if (one.kind != "group_rule") return;
  for (const auto& group : one.list)
    for (const auto& other : things)
      if (other.kind == "member" && std::find(other.list.begin(), other.list.end(), group) != other.list.end())
        into.push_back(rule_from(other.from, one.to, one.service, false));
}

FilterChain chain_of(int64_t node, const std::vector<Thing>& things) {
  FilterRule standing{.match = {.packets = {PacketBox::all(Family::ipv4)}}};
  standing.match.fresh = false;
  FilterChain chain{.name = "forward", .rules = {standing}};
  for (const auto& one : things)
    if (one.node == node && one.kind == "rule" && one.drop)
      chain.rules.push_back(rule_from(one.from, one.to, one.service, true));
  for (const auto& one : things)
    if (one.node == node) add_permissions(one, things, chain.rules);
  return chain;
}

ForwardingDevice node_of(int64_t lan, const std::string& network, const std::vector<Thing>& things) {
  ForwardingDevice node{.name = fmt::format("site-{}.node/one", lan), .forwards_ipv4 = true};
  node.interfaces.push_back(
      {.name = "lan", .network = network, .addresses = {*IpAddress::parse(fmt::format("10.{}.0.1", lan))}});
  for (int64_t core = 0; core < k_cores; ++core)
    node.interfaces.push_back({.name = fmt::format("core{}", core),
                               .network = core_name(core),
                               .addresses = {*IpAddress::parse(fmt::format("172.16.{}.{}", core, lan + 1))}});
  node.routes.push_back({.to = lan_prefix(lan), .interface = "lan"});
  for (const auto& one : things)
    if (one.kind == "route" && one.node == lan && one.to != lan)
      node.routes.push_back({.to = lan_prefix(one.to),
                             .interface = fmt::format("core{}", one.from),
                             .via = IpAddress::parse(fmt::format("172.16.{}.{}", one.from, one.to + 1))});
  node.forward = chain_of(lan, things);
  node.input = node.output = FilterChain{};
  return node;
}

}  // namespace

IpPrefix lan_prefix(int64_t lan) {
  return *IpPrefix::parse(fmt::format("10.{}.0.0/24", lan));
}

std::string lan_path(int64_t lan) {
  return fmt::format("site-{}.lan", lan);
}

std::vector<verify::Place> lan_places() {
  std::vector<verify::Place> places;
  for (int64_t lan = 0; lan < k_lans; ++lan) {
    auto& place = places.emplace_back();
    place.path = lan_path(lan), place.family = fmt::format("site-{}", lan), place.segment = "lan";
    place.prefixes = {lan_prefix(lan)};
    place.intra_allowed = true;
  }
  return places;
}

Value Thing::value() const {
  return Value::slots({Value::integer(node), Value::integer(from), Value::integer(to), Value::integer(service),
                       Value::boolean(drop), Value::texts(list)});
}

FilterRule rule_from(int64_t from, int64_t to, int64_t service, bool drop) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(lan_prefix(from)), box.destination = interval_of(lan_prefix(to));
  box.protocol = {protocol::k_tcp, protocol::k_tcp};
  box.service = {static_cast<uint16_t>(service), static_cast<uint16_t>(service)};
  FilterRule rule{.match = {.packets = {box}}};
  rule.action = drop ? FilterRule::Action::drop : FilterRule::Action::accept;
  return rule;
}

Forwarding small_network(const std::vector<Thing>& things) {
  Forwarding all;
  for (int64_t core = 0; core < k_cores; ++core)
    all.networks.push_back(
        {.name = core_name(core), .prefixes = {*IpPrefix::parse(fmt::format("172.16.{}.0/24", core))}});
  for (int64_t lan = 0; lan < k_lans; ++lan) {
    const auto network = fmt::format("site-{} lan", lan);
    all.networks.push_back({.name = network, .prefixes = {lan_prefix(lan)}, .unseen = true});
    all.devices.push_back(node_of(lan, network, things));
  }
  return all;
}

Forwarding SmallNetwork::semantics(std::span<const PlacedResource> resources) const {
  std::vector<Thing> things;
  for (const auto& one : resources) things.push_back(thing_of(one.kind, one.attributes));
  return small_network(things);
}

}  // namespace cloison::test
