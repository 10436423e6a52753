#include "core/ops/proving.h"

#include <algorithm>

#include "core/base/side_by_side.h"
#include "core/ops/proving_places.h"
#include "core/ops/proving_wants.h"
#include "core/topology/load.h"
#include "core/topology/underlays.h"

namespace cloison::ops {

namespace {

template <class Named>
std::vector<std::string> words(const Named& names) {
  std::vector<std::string> all;
  for (const auto& name : names) all.push_back(name.value);
  return all;
}

verify::WorkingInput working_of(const topology::Resolved& resolved) {
  using Role = topology::LinkEnd::Role;
  verify::WorkingInput working;
  const auto& topology = *resolved.topology;
  const auto site_of = [&](topology::Domain domain) {
    return topology.sites[domain < topology.sites.size() ? domain : resolved.vpcs[domain - topology.sites.size()].site]
        .path;
  };
  for (const auto& ends : resolved.link_ends)
    for (const auto& a : ends)
      for (const auto& b : ends) {
        const bool spokes = a.role == Role::spoke && b.role == Role::spoke;
        if (spokes || a.domain == topology::k_none || b.domain == topology::k_none) continue;
        working.linked.emplace(site_of(a.domain), site_of(b.domain));
      }
  for (const auto& ports : topology::tunnel_ports(topology, resolved.link_ends))
    for (uint16_t i = 0; i < ports.count() && ports.first != 0; ++i)
      working.tunnel_ports.push_back(static_cast<uint16_t>(ports.first + i));
  return working;
}

void add_outer_addresses(std::vector<Forwarding>& parts, const OuterAddresses& outer) {
  for (auto& part : parts)
    for (auto& device : part.devices)
      for (auto& interface : device.interfaces) {
        const auto [first, last] = outer.equal_range({device.name, interface.name});
        for (auto at = first; at != last && interface.outer; ++at) interface.addresses.push_back(at->second);
      }
}

verify::Guarantee::Kind kind_of(const std::string& word) {
  using Kind = verify::Guarantee::Kind;
  static const std::map<std::string_view, Kind> k_kinds{
      {"isolated", Kind::isolated}, {"unreachable", Kind::unreachable}, {"reachable", Kind::reachable},
      {"only", Kind::only},         {"through", Kind::through},         {"encrypted", Kind::encrypted},
      {"located", Kind::located}};
  return k_kinds.at(word);
}

verify::Guarantee guarantee_of(const topology::Guarantee& written, const topology::Topology& topology) {
  verify::Guarantee guarantee{.id = written.id,
                              .kind = kind_of(written.kind),
                              .among = place_selector(written.among),
                              .from = place_selector(written.from),
                              .to = place_selector(written.to),
                              .via = place_selector(written.via),
                              .span = written.id_span};
  for (const auto& port : written.ports)
    for (const auto& match : topology::port_matches(topology, port.value))
      for (const auto family : {Family::ipv4, Family::ipv6}) add_services(match, family, guarantee.services);
  for (const auto& [key, values] : written.located) {
    auto& into = key == "data"            ? guarantee.data
                 : key == "country"       ? guarantee.countries
                 : key == "certification" ? guarantee.certifications
                                          : guarantee.tiers;
    into = words(values);
  }
  for (const auto& exception : written.except) {
    verify::Exemption one{.reason = exception.reason};
    if (exception.what == "flow")
      for (const auto& term : exception.which.terms) one.flows.push_back(term.path);
    else
      one.places = place_selector(exception.which);
    guarantee.except.push_back(std::move(one));
  }
  return guarantee;
}

}  // namespace

verify::PlaceSelector place_selector(const topology::Selector& written) {
  verify::PlaceSelector selector;
  for (const auto& term : written.terms) {
    auto& mine = selector.terms.emplace_back();
    mine.path = term.path;
    for (const auto& [key, values] : term.match) mine.match.emplace(key, words(values));
  }
  return selector;
}

OuterAddresses outer_addresses(const topology::Resolved& resolved) {
  OuterAddresses all;
  const auto& sites = resolved.topology->sites;
  for (const auto& node : resolved.nodes)
    for (const auto& underlay : topology::underlays_of(sites[node.site], *node.node))
      if (underlay.how == topology::Underlay::Public::address)
        all.emplace(std::pair(node.path, underlay.interface.value), underlay.public_address);
  for (const auto& site : sites)
    for (const auto& gateway : site.gateways)
      for (std::size_t i = 0; i < gateway.nodes.size() && gateway.uplink; ++i)
        if (const auto& outer = gateway.nodes[i].outer)
          if (const auto address = IpAddress::parse(outer->value))
            all.emplace(std::pair(topology::gateway_node_path(site, gateway, i), gateway.uplink->value), *address);
  return all;
}

std::map<std::string, verify::PlaceGroup, std::less<>> groups_of(const topology::Topology& topology) {
  std::map<std::string, verify::PlaceGroup, std::less<>> groups;
  for (const auto& group : topology.groups) {
    auto& mine = groups[group.name];
    mine.hosts = place_selector(group.hosts);
    for (const auto& cidr : group.cidrs) mine.prefixes.push_back(cidr.value);
  }
  return groups;
}

verify::ProofInput proof_input(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied,
                               Instant now) {
  verify::ProofInput input{.places = places_of(resolved, not_applied, now),
                           .outside = outside_of(resolved),
                           .wanted = wants_of(resolved, not_applied),
                           .working = working_of(resolved)};
  input.groups = groups_of(*resolved.topology);
  for (const auto& guarantee : resolved.topology->guarantees)
    input.guarantees.push_back(guarantee_of(guarantee, *resolved.topology));
  return input;
}

std::vector<Forwarding> forwarding_of(const std::map<std::string, std::vector<PlacedResource>>& by_provider,
                                      const Providers& providers, const OuterAddresses& outer) {
  std::vector<std::pair<const Provider*, const std::vector<PlacedResource>*>> read;
  for (const auto& [name, resources] : by_provider)
    if (const auto provider = providers.find(name); provider != providers.end())
      read.emplace_back(provider->second.get(), &resources);
  std::vector<Forwarding> parts;
  side_by_side<Forwarding>(
      read.size(), [&](std::size_t i) { return read[i].first->semantics(*read[i].second); },
      [&](std::size_t, Forwarding&& part) {
        parts.push_back(std::move(part));
        return true;
      });
  add_outer_addresses(parts, outer);
  return parts;
}

std::vector<Forwarding> forwarding_of(const std::vector<Resource>& resources, const Providers& providers,
                                      const OuterAddresses& outer) {
  std::map<std::string, std::vector<PlacedResource>> by_provider;
  for (const auto& one : resources)
    by_provider[one.provider].push_back({one.address.text, one.address.text, one.kind, one.attributes});
  return forwarding_of(by_provider, providers, outer);
}

}  // namespace cloison::ops
