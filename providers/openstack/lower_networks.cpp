#include <fmt/format.h>

#include "providers/openstack/lowering.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

SpanId span_of(const std::vector<Origin>& origins) {
  return origins.empty() ? 0 : origins.front().span;
}

/// Whether a VLAN id may be asked for; otherwise it is "not applied", and the platform chooses.
bool may_choose_vlan(Lowering& lowering, const SegmentIntent& segment) {
  NotApplied note{.block = "segments",
                  .entry = segment.path,
                  .reason = NotApplied::Reason::unsupported,
                  .where = span_of(segment.origins),
                  .group = "vlan"};
  const auto permission = lowering.facts.find("permission/segmentation");
  if (lowering.setting("physical_network").empty()) {
    note.text = fmt::format("VLAN {}: the provider entry names no physical_network", *segment.vlan);
  } else if (permission != lowering.facts.end() && permission->second == "no") {
    note.reason = NotApplied::Reason::no_permission;
    note.text = fmt::format("VLAN {}: the account may not choose segmentation ids", *segment.vlan);
  } else {
    return true;
  }
  lowering.out.not_applied.push_back(std::move(note));
  return false;
}

void network(Lowering& lowering, const SegmentIntent& segment) {
  std::vector<std::pair<std::string_view, Value>> attributes{{"name", Value::text(object_name(segment.path))}};
  if (segment.vlan && may_choose_vlan(lowering, segment)) {
    const std::string type = lowering.setting("network_type");
    attributes.emplace_back("network_type", Value::text(type.empty() ? "vlan" : type));
    attributes.emplace_back("physical_network", Value::text(lowering.setting("physical_network")));
    attributes.emplace_back("segmentation_id", Value::integer(*segment.vlan));
  }
  lowering.add(network_address(segment.path), kind::k_network, std::move(attributes), segment.origins);
}

void subnet(Lowering& lowering, const SegmentIntent& segment, const SegmentPrefix& prefix) {
  const Family family = prefix.prefix.family();
  std::vector<Value> pools;
  for (const AddressRange& range : prefix.dynamic)
    pools.push_back(Value::slots({Value::text(range.first.text()), Value::text(range.last.text())}));
  std::vector<Value> dns;
  for (const IpAddress& server : segment.dns)
    if (server.family == family) dns.push_back(Value::text(server.text()));
  const std::string address = subnet_address(segment.path, family);
  lowering.add(address, kind::k_subnet,
               {{"network", lowering.leaves.ref(network_address(segment.path))},
                {"name", Value::text(object_name(fmt::format("{}-{}", segment.path, family_name(family))))},
                {"cidr", Value::prefix(prefix.prefix)},
                {"gateway", Value::text(prefix.gateway.text())},
                {"allocation_pools", Value::list(std::move(pools))},
                {"dns", Value::list(std::move(dns))},
                {"dhcp", Value::boolean(true)},
                {"ipv6_mode", family == Family::ipv6 ? Value::text("dhcpv6-stateful") : Value()}},
               segment.origins);
  if (segment.domain.empty()) return;
  lowering.add(
      interface_address(segment, family), kind::k_interface,
      {{"router", lowering.leaves.ref(router_address(segment.domain))}, {"subnet", lowering.leaves.ref(address)}},
      segment.origins);
}

void router(Lowering& lowering, const RoutedDomainIntent& domain) {
  const std::string address = router_address(domain.path);
  Value outer;
  if (domain.outward) {
    const std::string id = lowering.external_network(address, domain.origins);
    outer = id.empty() ? Value() : Value::text(id);
  }
  lowering.add(address, kind::k_router,
               {{"name", Value::text(object_name(domain.path))}, {"external_network", std::move(outer)}},
               domain.origins);
}

/// A route's next hop must be on a segment of the router already: Neutron refuses it otherwise.
std::vector<std::string> interface_of(const Lowering& lowering, const RoutedDomainIntent& domain,
                                      const IpAddress& via) {
  for (const SegmentIntent& segment : lowering.intent.segments) {
    if (segment.domain != domain.path) continue;
    for (const SegmentPrefix& prefix : segment.prefixes)
      if (prefix.prefix.contains(via)) return {interface_address(segment, via.family)};
  }
  return {};
}

void routes(Lowering& lowering, const RoutedDomainIntent& domain) {
  std::unordered_map<std::string, std::vector<std::string>> known;  // by next hop: few gateways serve many routes
  for (const RouteIntent& route : domain.routes) {
    const std::string via = route.via.text();
    auto [at, is_new] = known.try_emplace(via);
    if (is_new) at->second = interface_of(lowering, domain, route.via);
    std::string to = route.to.text();
    std::replace(to.begin(), to.end(), '/', '_');
    lowering.add(fmt::format("{}.route/{}-{}", router_address(domain.path), to, via), kind::k_route,
                 {{"router", Value::ref(router_address(domain.path))},
                  {"to", Value::prefix(route.to)},
                  {"via", Value::text(via)}},
                 route.origins, at->second);
  }
}

}  // namespace

void lower_networks(Lowering& lowering) {
  for (const RoutedDomainIntent& domain : lowering.intent.domains) router(lowering, domain);
  for (const SegmentIntent& segment : lowering.intent.segments) {
    network(lowering, segment);
    for (const SegmentPrefix& prefix : segment.prefixes) subnet(lowering, segment, prefix);
  }
  for (const RoutedDomainIntent& domain : lowering.intent.domains) routes(lowering, domain);
}

}  // namespace cloison::openstack
