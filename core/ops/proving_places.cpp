#include "core/ops/proving_places.h"

#include <set>

#include "core/ops/proving_wants.h"
#include "core/topology/underlays.h"

namespace cloison::ops {

namespace {

using verify::Place;

class Places {
 public:
  Places(const topology::Resolved& resolved, Instant now, const std::vector<NotApplied>& not_applied)
      : resolved_(resolved), machines_(resolved), now_(now) {
    for (const auto& one : not_applied)
      if (one.block == "sites") not_applied_.insert(one.entry);
    for (const auto& zone : resolved.topology->zones)
      if (zone.data) data_of_zone_.emplace(zone.name, zone.data->value);
  }

  std::vector<Place> all() {
    for (uint32_t i = 0; i < resolved_.segments.size(); ++i) of_segment(i);
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

  void of_segment(uint32_t number) {
    const auto& segment = resolved_.segments[number];
    auto place = in_segment(segment);
    place.path = segment.path;
    place.holds = !place.external;
    place.span = segment.span;
    for (const auto& prefix : {segment.ipv4, segment.ipv6})
      if (prefix) place.prefixes.push_back(*prefix);
    place.machines = machines_.of(number);
    places_.push_back(std::move(place));
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
    if (!host.virtual_address) return;
    one(*host.virtual_address);
    places_.back().shared = true;
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
  SegmentMachines machines_;
  Instant now_;
  std::map<std::string, std::string> data_of_zone_{};
  std::set<std::string> not_applied_{};
  std::vector<Place> places_{};
};

}  // namespace

std::vector<Place> places_of(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied,
                             Instant now) {
  auto places = Places(resolved, now, not_applied).all();
  mark_copies(resolved, places);
  return places;
}

}  // namespace cloison::ops
