#include "core/ops/proving.h"

#include <algorithm>
#include <set>

#include "core/compile/public_space.h"
#include "core/topology/underlays.h"

namespace cloison::ops {

namespace {

using topology::FlowEnd;
using verify::Place;

template <class Named>
std::vector<std::string> words(const Named& names) {
  std::vector<std::string> all;
  for (const auto& name : names) all.push_back(name.value);
  return all;
}

verify::PlaceSelector selector(const topology::Selector& written) {
  verify::PlaceSelector selector;
  for (const auto& term : written.terms) {
    auto& mine = selector.terms.emplace_back();
    mine.path = term.path;
    for (const auto& [key, values] : term.match) mine.match.emplace(key, words(values));
  }
  return selector;
}

class Places {
 public:
  Places(const topology::Resolved& resolved, Instant now, const std::vector<NotApplied>& not_applied)
      : resolved_(resolved), now_(now) {
    for (const auto& one : not_applied)
      if (one.block == "sites") not_applied_.insert(one.entry);
    for (const auto& zone : resolved.topology->zones)
      if (zone.data) data_of_zone_.emplace(zone.name, zone.data->value);
  }

  std::vector<Place> all() {
    for (const auto& segment : resolved_.segments) of_segment(segment);
    for (const auto& host : resolved_.hosts) of_host(host);
    for (const auto& node : resolved_.nodes) of_node(node);
    return std::move(places_);
  }

 private:
  [[nodiscard]] Place at_site(uint32_t number) const {
    const auto& site = resolved_.topology->sites[number];
    Place place{.family = site.name, .key = site.instance.key};
    place.country = site.location.country;
    if (site.location.tier) place.tier = std::to_string(*site.location.tier);
    for (const auto& one : site.location.certifications)
      if (!one.until || now_ <= one.until->at) place.certifications.push_back(one.name);
    add_labels(place, site.labels);
    place.applied = !not_applied_.contains(site.path);
    return place;
  }
  static void add_labels(Place& place, const topology::Labels& labels) {
    for (const auto& [key, value] : labels) place.labels[key] = value.value;
  }
  static void add(std::vector<IpPrefix>& prefixes, const topology::Machine& machine) {
    for (const auto& address : {machine.ipv4, machine.ipv6})
      if (address) prefixes.push_back(IpPrefix::of(*address));
  }

  [[nodiscard]] Place in_segment(const topology::ResolvedSegment& segment) const {
    auto place = at_site(segment.site);
    place.environment = segment.environment;
    place.zone = segment.zone;
    place.external = segment.provider_kind == "external";
    if (segment.vpc != nullptr) {
      place.vpc = segment.vpc->name;
      add_labels(place, segment.vpc->labels);
    }
    if (segment.segment != nullptr) {
      place.segment = segment.segment->name;
      place.intra_allowed = segment.segment->intra == topology::Segment::Intra::allow;
      add_labels(place, segment.segment->labels);
      if (segment.segment->real)
        for (const auto& known : {segment.ipv4, segment.ipv6})
          if (known && known->family() == segment.segment->real->value.family())
            place.real.emplace_back(segment.segment->real->value, *known);
      if (segment.segment->data) place.data = segment.segment->data->value;
    }
    if (!segment.physical_ports && machines_in(segment) < 2) place.intra_allowed = true;  // nobody else is there
    if (place.data.empty())
      if (const auto data = data_of_zone_.find(segment.zone); data != data_of_zone_.end()) place.data = data->second;
    return place;
  }

  [[nodiscard]] std::size_t machines_in(const topology::ResolvedSegment& segment) const {
    std::size_t count = 0;
    for (const auto host : segment.hosts) count += resolved_.hosts[host].machines.size();
    return count;
  }

  void of_segment(const topology::ResolvedSegment& segment) {
    auto place = in_segment(segment);
    place.path = segment.path;
    place.holds = !place.external;
    place.span = segment.span;
    for (const auto& prefix : {segment.ipv4, segment.ipv6})
      if (prefix) place.prefixes.push_back(*prefix);
    places_.push_back(place);
    for (const auto& peer : segment.peers) {
      auto user = in_segment(segment);
      user.kind = Place::Kind::user;
      user.path = peer.machine.path;
      user.host = user.replica = peer.machine.name;
      add(user.prefixes, peer.machine);
      places_.push_back(std::move(user));
    }
  }

  void of_host(const topology::ResolvedHost& host) {
    auto place = host.segment == topology::k_none ? Place{} : in_segment(resolved_.segments[host.segment]);
    const auto real = std::exchange(place.real, {});  // the segment's
    place.kind = Place::Kind::host;
    place.host = host.name;
    place.holds = true;
    place.gateway = host.kind == topology::ResolvedHost::Kind::gateway;
    place.span = host.span;
    for (const auto& [key, value] : host.labels) place.labels[key] = value.value;
    if (host.host != nullptr && host.host->zone) place.zone = host.host->zone->value;
    if (host.host != nullptr && host.host->data) place.data = host.host->data->value;
    for (const auto service : host.services) place.services.push_back(resolved_.topology->services[service].name);
    const auto one = [&](const topology::Machine& machine) {
      auto mine = place;
      mine.path = machine.path;
      mine.replica = machine.name;
      mine.availability_zone = machine.zone;
      add(mine.prefixes, machine);
      for (const auto& [segment, known] : real) add_real(mine, segment, known);
      places_.push_back(std::move(mine));
    };
    for (const auto& machine : host.machines) one(machine);
    if (host.virtual_address) one(*host.virtual_address);
  }

  /// What a segment is really called is what its machines are.
  static void add_real(Place& place, const IpPrefix& real, const IpPrefix& known) {
    for (const auto& prefix : place.prefixes)
      if (known.contains(prefix))
        place.real.emplace_back(
            IpPrefix::of({real.family(), real.first().bits + (prefix.first().bits - known.first().bits)}), prefix);
  }

  void of_node(const topology::ResolvedNode& node) {
    auto place = at_site(node.site);
    place.kind = Place::Kind::node;
    place.path = node.path;
    place.host = place.replica = node.node->name;
    place.environment = node.environment;
    add_labels(place, node.node->labels);
    if (node.own) add(place.prefixes, *node.own);  // first: by which it is known
    for (const auto& address : node.inner) place.prefixes.push_back(IpPrefix::of(address));
    for (const auto& underlay : topology::underlays_of(resolved_.topology->sites[node.site], *node.node))
      if (underlay.how == topology::Underlay::Public::address)
        place.outer.push_back(IpPrefix::of(underlay.public_address));
    for (const auto& segment : resolved_.segments)
      if (segment.site == node.site && segment.segment != nullptr && segment.segment->real)
        for (const auto& known : {segment.ipv4, segment.ipv6})
          if (known && known->family() == segment.segment->real->value.family())
            add_real(place, segment.segment->real->value, *known);
    places_.push_back(std::move(place));
  }

  const topology::Resolved& resolved_;
  Instant now_;
  std::map<std::string, std::string> data_of_zone_{};
  std::set<std::string> not_applied_{};
  std::vector<Place> places_{};
};

/// Protocols and services of a flow in one family.
void add_services(const TransportMatch& match, Family family, std::vector<PacketBox>& into) {
  if (!match.exists_in(family)) return;
  auto box = PacketBox::all(family);
  if (match.ip_protocol) {
    auto number = *match.ip_protocol;
    if (number == protocol::k_icmp) {
      if (family == Family::ipv6) number = protocol::k_icmpv6;
      const auto& message = family == Family::ipv4 ? match.icmp4 : match.icmp6;
      if (message)
        box.service = {static_cast<uint16_t>(message->type * 256 + message->code.value_or(0)),
                       static_cast<uint16_t>(message->type * 256 + message->code.value_or(255))};
    } else if (number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp) {
      box.service = {match.ports.first, match.ports.last};
    }
    box.protocol = {number, number};
  }
  into.push_back(box);
}

class Wants {
 public:
  Wants(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied) : resolved_(resolved) {
    for (const auto& one : not_applied)
      if (one.block == "links") not_applied_.insert(one.entry);
    std::vector<IpPrefix> taken;
    for (const auto& environment : resolved.topology->environments)
      for (const auto& space : environment.spaces) taken.push_back(space.value);
    for (const auto& segment : resolved.segments)
      if (segment.provider_kind == "external")
        for (const auto& prefix : {segment.ipv4, segment.ipv6})
          if (prefix) taken.push_back(*prefix);
    internet_ = ranges(compile::public_space(taken));
    // Who asks one of our own outer addresses asks the node, not somebody out there.
    for (const auto& [interface, address] : outer_addresses(resolved)) taken.push_back(IpPrefix::of(address));
    others_ = ranges(compile::public_space(taken));
  }

  std::vector<verify::Wanted> all() {
    std::vector<verify::Wanted> wanted;
    for (const auto& pair : resolved_.pairs) {
      const auto& flow = resolved_.flows[pair.flow];
      if (!flow.in_force) continue;
      verify::Wanted one{.id = pair.id,
                         .flow = flow.id,
                         .environment = pair.environment,
                         .must = !flow.conditional,
                         .applied = std::none_of(pair.path.begin(), pair.path.end(),
                                                 [&](const std::string& link) { return not_applied_.contains(link); }),
                         .system = flow.flow_class == "system",
                         .span = flow.span};
      for (const auto family : {Family::ipv4, Family::ipv6}) {
        std::vector<PacketBox> services;
        for (const auto& match : flow.matches) add_services(match, family, services);
        for (const bool all : {false, true})
          for (const auto& source : all ? end(pair.from, family, true) : asking(pair.from, family))
            for (const auto& destination :
                 all || !from_outside(pair) ? end(pair.to, family, all) : faced(pair.to, family))
              for (auto box : services) {
                box.source = source, box.destination = destination;
                if (!all && outside(pair) && !routed_outside(box)) continue;
                (all ? one.permitted : one.packets).push_back(box);
              }
      }
      wanted.push_back(std::move(one));
    }
    return wanted;
  }

 private:
  using Ranges = std::vector<std::pair<Family, Interval<uint128>>>;
  static Ranges ranges(const std::vector<IpPrefix>& prefixes) {
    Ranges all;
    for (const auto& prefix : prefixes) all.emplace_back(prefix.family(), interval_of(prefix));
    return all;
  }
  static void add(Ranges& into, const topology::Machine& machine) {
    for (const auto& address : {machine.ipv4, machine.ipv6})
      if (address) into.emplace_back(address->family, Interval<uint128>{address->bits, address->bits});
  }

  /// `all`: of a segment its whole prefix, as rules have it.
  [[nodiscard]] std::vector<Interval<uint128>> end(const FlowEnd& end, Family family, bool all) {
    std::vector<Interval<uint128>> mine;
    for (const auto& [of, range] : all ? permitted(end) : whole(end))
      if (of == family) mine.push_back(range);
    return mine;
  }

  [[nodiscard]] Ranges whole(const FlowEnd& end) {
    Ranges all;
    switch (end.kind) {
      case FlowEnd::Kind::internet:
        return others_;
      case FlowEnd::Kind::prefixes:
        return ranges(end.prefixes);
      case FlowEnd::Kind::host:
        for (const auto& machine : resolved_.hosts[end.index].machines) add(all, machine);
        if (const auto& shared = resolved_.hosts[end.index].virtual_address) add(all, *shared);
        return all;
      case FlowEnd::Kind::node: {
        if (!end.prefixes.empty()) return ranges(end.prefixes);
        const auto& node = resolved_.nodes[end.index];
        if (node.own) add(all, *node.own);
        for (const auto& address : node.inner)
          all.emplace_back(address.family, Interval<uint128>{address.bits, address.bits});
        return all;
      }
      case FlowEnd::Kind::segment:
        return machines_of(end.index);
    }
    return all;
  }

  static bool outside(const topology::FlowPair& pair) {
    return std::find(pair.domains.begin(), pair.domains.end(), topology::k_none) != pair.domains.end();
  }
  /// Addresses of IPv6 that are not global stay inside.
  static bool routed_outside(const PacketBox& box) {
    const auto global = interval_of(*IpPrefix::parse("2000::/3"));
    return box.family == Family::ipv4 || (global.contains(box.source) && global.contains(box.destination));
  }
  static bool from_outside(const topology::FlowPair& pair) {
    return !pair.domains.empty() && pair.domains.front() == topology::k_none;
  }
  /// A node asks by whichever of its addresses is on the way, and is known by the first.
  [[nodiscard]] std::vector<Interval<uint128>> asking(const FlowEnd& from, Family family) {
    auto mine = end(from, family, false);
    if (from.kind == FlowEnd::Kind::node && from.prefixes.empty() && !mine.empty()) mine.resize(1);
    return mine;
  }
  /// Replicas behind one virtual address are known by that alone to the outside.
  [[nodiscard]] std::vector<Interval<uint128>> faced(const FlowEnd& to, Family family) {
    if (to.kind != FlowEnd::Kind::host || !resolved_.hosts[to.index].virtual_address) return end(to, family, false);
    Ranges all;
    add(all, *resolved_.hosts[to.index].virtual_address);
    std::vector<Interval<uint128>> mine;
    for (const auto& [of, range] : all)
      if (of == family) mine.push_back(range);
    return mine;
  }

  [[nodiscard]] Ranges permitted(const FlowEnd& end) {
    if (end.kind == FlowEnd::Kind::internet) return internet_;
    return end.kind == FlowEnd::Kind::segment ? prefixes_of(end.index) : whole(end);
  }
  [[nodiscard]] Ranges prefixes_of(uint32_t index) const {
    Ranges all;
    for (const auto& prefix : {resolved_.segments[index].ipv4, resolved_.segments[index].ipv6})
      if (prefix) all.emplace_back(prefix->family(), interval_of(*prefix));
    return all;
  }

  /// The addresses of a segment that a machine may have: not its gateway's, not its nodes', not the two that IPv4
  /// keeps.
  Ranges machines_of(uint32_t index) {
    auto [known, fresh] = segments_.try_emplace(index);
    if (!fresh) return known->second;
    const auto& segment = resolved_.segments[index];
    std::set<IpAddress> others;
    for (const auto& gateway : {segment.gateway4, segment.gateway6})
      if (gateway) others.insert(*gateway);
    for (const auto& node : resolved_.nodes)
      if (node.site == segment.site) {
        others.insert(node.inner.begin(), node.inner.end());
        if (node.own)
          for (const auto& address : {node.own->ipv4, node.own->ipv6})
            if (address) others.insert(*address);
      }
    for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
      if (!prefix) continue;
      auto range = interval_of(*prefix);
      constexpr uint8_t k_no_broadcast = 31;  // RFC 3021
      const bool keeps = prefix->family() == Family::ipv4 && prefix->length < k_no_broadcast;
      if (keeps) ++range.first, --range.last;
      for (const auto& address : others) {
        if (address.family != prefix->family() || !range.contains(address.bits)) continue;
        if (address.bits > range.first)
          known->second.emplace_back(prefix->family(), Interval<uint128>{range.first, address.bits - 1});
        range.first = address.bits + 1;
      }
      if (range.first <= range.last) known->second.emplace_back(prefix->family(), range);
    }
    return known->second;
  }

  const topology::Resolved& resolved_;
  std::set<std::string> not_applied_{};
  Ranges internet_{}, others_{};
  std::map<uint32_t, Ranges> segments_{};
};

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
                              .among = selector(written.among),
                              .from = selector(written.from),
                              .to = selector(written.to),
                              .via = selector(written.via),
                              .span = written.id_span};
  for (const auto& port : written.ports)
    for (const auto& match : port_matches(topology, port.value))
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
      one.places = selector(exception.which);
    guarantee.except.push_back(std::move(one));
  }
  return guarantee;
}

}  // namespace

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

std::vector<TransportMatch> port_matches(const topology::Topology& topology, const std::string& word) {
  if (const auto match = TransportMatch::parse(word)) return {*match};
  for (const auto& port : topology.ports)
    if (port.name == word) return port.matches;
  const auto known = topology::known_ports().find(word);
  return known == topology::known_ports().end() ? std::vector<TransportMatch>{} : known->second;
}

std::map<std::string, verify::PlaceGroup, std::less<>> groups_of(const topology::Topology& topology) {
  std::map<std::string, verify::PlaceGroup, std::less<>> groups;
  for (const auto& group : topology.groups) {
    auto& mine = groups[group.name];
    mine.hosts = selector(group.hosts);
    for (const auto& cidr : group.cidrs) mine.prefixes.push_back(cidr.value);
  }
  return groups;
}

verify::ProofInput proof_input(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied,
                               Instant now) {
  verify::ProofInput input{.places = Places(resolved, now, not_applied).all(),
                           .wanted = Wants(resolved, not_applied).all(),
                           .working = working_of(resolved)};
  input.groups = groups_of(*resolved.topology);
  for (const auto& guarantee : resolved.topology->guarantees)
    input.guarantees.push_back(guarantee_of(guarantee, *resolved.topology));
  return input;
}

std::vector<Forwarding> forwarding_of(const std::map<std::string, std::vector<PlacedResource>>& by_provider,
                                      const Providers& providers, const OuterAddresses& outer) {
  std::vector<Forwarding> parts;
  for (const auto& [name, resources] : by_provider)
    if (const auto provider = providers.find(name); provider != providers.end())
      parts.push_back(provider->second->semantics(resources));
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
