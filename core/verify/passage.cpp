#include "core/verify/passage.h"

#include <algorithm>

#include "core/base/side_by_side.h"

namespace cloison::verify {

namespace {

using End = PassageEnd;

/// Where a place is known by other addresses on its own segment, what these are to everybody else.
Interval<uint128> as_known(const Place& place, Family family, const Interval<uint128>& met) {
  for (const auto& [real, known] : place.real) {
    if (real.family() != family || !interval_of(real).contains(met)) continue;
    const auto shift = known.first().bits - real.first().bits;
    return {met.first + shift, met.last + shift};
  }
  return met;
}

/// A router asks by whichever of its addresses is on the way; it is known by the first of those inside.
Interval<uint128> as_one(const Place& place, Family family, const Interval<uint128>& met) {
  for (const auto& prefix : place.prefixes)
    if (prefix.family() == family && met.first == met.last) return interval_of(prefix);
  return met;
}

}  // namespace

/// A router has an address on each of its interfaces; people know it by those inside.
Interval<uint128> PlaceIndex::as_router(const Place& place, Family family, const Interval<uint128>& met) const {
  if (met.first == met.last && known_.contains({family, met.first})) return met;
  for (const auto& prefix : place.outer)
    if (prefix.family() == family && interval_of(prefix).contains(met)) return met;
  if (const auto known = as_known(place, family, met); known != met) return known;
  for (const auto& prefix : place.prefixes)
    if (prefix.family() == family && met.first == met.last) return interval_of(prefix);
  return met;
}

namespace {

/// Those that hold others before them.
void in_order(std::vector<std::pair<IpPrefix, std::size_t>>& owners) {
  std::stable_sort(owners.begin(), owners.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first.first(), a.first.length) < std::tuple(b.first.first(), b.first.length);
  });
}

}  // namespace

PlaceIndex::PlaceIndex(const World& world, const std::vector<Place>& places) : world_(&world), places_(&places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    by_path_.emplace(places[i].path, i);
    for (const auto& prefix : places[i].prefixes) {
      if (places[i].kind == Place::Kind::user || places[i].external) users_.emplace_back(prefix, i);
      if (places[i].external) external_.emplace_back(prefix, i);
      if (prefix.length == address_bits(prefix.family())) known_.insert(prefix.address);
    }
  }
  of_cards();
  of_devices();
  of_networks();
}

/// What is called "lab/lyon-03 vlan 10" or "cloud.production.data.network" is at that site, and in that VPC.
bool PlaceIndex::at_site(std::string_view name, const Place& place) const {
  auto owner = place.site();
  if (name.size() <= owner.size() || !name.starts_with(owner)) return false;
  const char next = name[owner.size()];
  if (next == ' ') return true;
  if (next != '.') return false;
  if (place.vpc.empty()) return true;
  owner += '.' + place.vpc + '.';
  return name.starts_with(owner);
}

void PlaceIndex::of_cards() {
  std::multimap<IpAddress, std::size_t> hosts;
  for (std::size_t i = 0; i < places_->size(); ++i)
    if ((*places_)[i].kind == Place::Kind::host)
      for (const auto& prefix : (*places_)[i].prefixes) hosts.emplace(prefix.address, i);
  for (const auto& port : world_->ports()) {
    auto& mine = ports_.emplace_back(k_nothing);
    if (const auto named = by_path_.find(port->model.name); named != by_path_.end()) mine = named->second;
    for (const auto& address : port->model.addresses) {
      const auto [first, last] = hosts.equal_range(address);
      for (auto at = first; at != last && mine == k_nothing; ++at)
        if (std::next(first) == last || at_site(port->model.network, (*places_)[at->second])) mine = at->second;
    }
  }
}

void PlaceIndex::of_devices() {
  for (const auto& device : world_->devices()) {
    auto& mine = devices_.emplace_back(k_nothing);
    if (const auto named = by_path_.find(device->model.name); named != by_path_.end()) mine = named->second;
    for (const auto card : device->cards)
      if (mine == k_nothing && card != k_nothing) mine = ports_[card];
  }
}

void PlaceIndex::of_networks() {
  std::multimap<std::string, std::size_t> by_site;
  for (std::size_t i = 0; i < places_->size(); ++i) {
    const auto& place = (*places_)[i];
    if (place.kind == Place::Kind::segment || place.kind == Place::Kind::host) by_site.emplace(place.site(), i);
  }
  for (const auto& network : world_->networks()) {
    auto& mine = networks_.emplace_back();
    const auto site = network->model.name.substr(0, network->model.name.find_first_of(". "));
    const auto [first, last] = by_site.equal_range(site);
    for (auto at = first; at != last; ++at) {
      const auto& place = (*places_)[at->second];
      if (!at_site(network->model.name, place)) continue;
      auto prefixes = place.prefixes;
      if (!place.real.empty()) prefixes.clear();
      for (const auto& [real, known] : place.real) prefixes.push_back(real);
      for (const auto& prefix : prefixes)
        if (std::any_of(network->model.prefixes.begin(), network->model.prefixes.end(),
                        [&](const IpPrefix& one) { return one.overlaps(prefix); }))
          mine.emplace_back(prefix, at->second);
    }
  }
  for (auto& network : networks_) in_order(network);
  in_order(users_);
  in_order(external_);
}

/// `owners`: sorted by their first address, those that hold others before them. The narrowest has an address.
std::vector<PlaceIndex::Part> PlaceIndex::split(const std::vector<std::pair<IpPrefix, std::size_t>>& owners,
                                                const std::vector<Place>& places, Family family,
                                                Interval<uint128> range, PassageEnd rest) {
  std::vector<Part> parts;
  std::vector<std::pair<IpPrefix, std::size_t>> open;  // those that hold where it is now, the narrowest last
  const auto tell = [&](uint128 first, uint128 last) {
    if (first > last) return;
    const Interval<uint128> met{first, last};
    if (open.empty()) {
      parts.push_back({rest, met, met});
      return;
    }
    const auto& owner = open.back().second;
    parts.push_back({{End::Kind::place, owner, rest.where}, met, as_known(places[owner], family, met)});
  };
  auto now = range.first;
  bool over = false;
  const auto close_until = [&](uint128 limit) {  // open ones that end there or before
    while (!open.empty() && !over && open.back().first.last().bits <= limit) {
      const auto last = open.back().first.last().bits;
      if (last >= now) {
        tell(now, std::min(last, range.last));
        over = last >= range.last;
        now = last + 1;
      }
      open.pop_back();
    }
  };
  auto at = std::lower_bound(owners.begin(), owners.end(), std::pair(IpPrefix{{family, 0}, 0}, std::size_t{0}),
                             [](const auto& a, const auto& b) { return a.first.first() < b.first.first(); });
  for (; at != owners.end() && at->first.family() == family && at->first.first().bits <= range.last && !over; ++at) {
    const auto& prefix = at->first;
    if (prefix.last().bits < range.first) continue;
    if (prefix.first().bits != 0) close_until(prefix.first().bits - 1);
    if (over) break;
    if (prefix.first().bits > now) {
      tell(now, prefix.first().bits - 1);
      now = prefix.first().bits;
    }
    open.push_back(*at);
  }
  close_until(~uint128{0});
  if (!over) tell(now, range.last);
  return parts;
}

std::size_t PlaceIndex::segment_on(std::size_t network) const {
  for (const auto& [prefix, place] : networks_[network])
    if ((*places_)[place].kind == Place::Kind::segment) return place;
  return k_nothing;
}

std::vector<PlaceIndex::Part> PlaceIndex::on_network(std::size_t network, Family family, const Interval<uint128>& range,
                                                     bool sender) const {
  PassageEnd rest{End::Kind::nobody, k_nothing, world_->networks()[network]->model.name};
  // Whoever is on a network and sends under somebody else's address is still there.
  if (const auto segment = segment_on(network); sender && segment != k_nothing)
    rest.kind = End::Kind::place, rest.place = segment;
  return split(networks_[network], *places_, family, range, rest);
}

/// Who sent it: a machine's card sends under its own addresses, and a gateway's also under those that it forwards for.
std::vector<PlaceIndex::Part> PlaceIndex::senders(const Source& source, Family family,
                                                  const Interval<uint128>& range) const {
  const auto& end = source.end;
  if (source.kind == Source::Kind::network) return on_network(source.number, family, range, true);
  if (source.kind == Source::Kind::tunnel) return split(users_, *places_, family, range, end);
  if (source.kind == Source::Kind::outside || end.kind != End::Kind::place) return {{end, range, range}};
  const auto& place = (*places_)[end.place];
  if (source.kind == Source::Kind::device) return {{end, range, as_one(place, family, range)}};
  return {{end, range, as_known(place, family, range)}};
}

std::vector<PlaceIndex::Part> PlaceIndex::receivers(const PassageEnd& whole, const Leap& leap, Family family,
                                                    const Interval<uint128>& range) const {
  if (leap.network != k_nothing) return on_network(leap.network, family, range, false);
  if (whole.kind == End::Kind::nobody) return split(users_, *places_, family, range, whole);
  if (whole.kind == End::Kind::outside) return split(external_, *places_, family, range, whole);
  if (whole.kind != End::Kind::place) return {{whole, range, range}};
  const auto& place = (*places_)[whole.place];
  return {{whole, range, leap.device != k_nothing ? as_router(place, family, range) : as_known(place, family, range)}};
}

std::vector<Passage> PlaceIndex::passages(const Source& source, const std::vector<Leap>& leaps, std::size_t end) const {
  const auto& leap = leaps[end];
  PassageEnd to{End::Kind::nobody, k_nothing, leap.where};
  if (leap.kind == Leap::Kind::leaves) {
    to.kind = End::Kind::outside;
  } else if (leap.port != k_nothing) {
    to.place = ports_[leap.port];
    if (to.place != k_nothing) to.kind = End::Kind::place;
  } else if (leap.device != k_nothing && leap.tunnel == k_nothing) {
    to.place = devices_[leap.device];
    const bool filters = world_->devices()[leap.device]->filters->input != nullptr;
    to.kind = !filters ? End::Kind::device : to.place != k_nothing ? End::Kind::place : End::Kind::nobody;
  }
  std::vector<Passage> all;
  for (const auto& box : leap.packets.boxes()) {
    const auto before = leap.origin.of(box);
    for (const auto& from : senders(source, box.family, before.source))
      for (const auto& there : receivers(to, leap, box.family, box.destination)) {
        auto known = box, sent = before;
        known.source = from.as_known, known.destination = there.as_known;
        sent.source = from.as_met;
        if (leap.origin.destination.nothing()) sent.destination = there.as_met;
        const auto same = std::find_if(all.begin(), all.end(),
                                       [&](const Passage& one) { return one.from == from.end && one.to == there.end; });
        auto& passage = same == all.end() ? all.emplace_back(Passage{from.end, there.end, {}, end, {}}) : *same;
        passage.packets.add(known);
        passage.as_sent.add(sent);
      }
  }
  return all;
}

std::string name_of(const PassageEnd& end, const std::vector<Place>& places) {
  if (end.kind == End::Kind::place) return places[end.place].path;
  return end.kind == End::Kind::outside ? "internet" : std::string(end.where);
}

std::string_view environment_of(const Passage& passage, const std::vector<Place>& places) {
  for (const auto* end : {&passage.from, &passage.to})
    if (end->kind == End::Kind::place && !places[end->place].environment.empty()) return places[end->place].environment;
  return {};
}

bool allowed_inside(const Passage& passage, const std::vector<Place>& places) {
  if (passage.from.kind != End::Kind::place || passage.to.kind != End::Kind::place) return false;
  const auto& here = places[passage.from.place];
  const auto& there = places[passage.to.place];
  return here.intra_allowed && there.kind != Place::Kind::node && here.site() == there.site() &&
         here.vpc == there.vpc && here.segment == there.segment;
}

AddressRanges PlaceIndex::vacant(const World& world) const {
  std::vector<bool> lived_in(places_->size());
  for (std::size_t i = 0; i < ports_.size(); ++i)
    if (ports_[i] != k_nothing && !world.ports()[i]->model.network.empty()) lived_in[ports_[i]] = true;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    if (devices_[i] != k_nothing && !world.devices()[i]->model.interfaces.empty()) lived_in[devices_[i]] = true;
  for (std::size_t i = 0; i < networks_.size(); ++i)
    if (world.networks()[i]->model.unseen)
      for (const auto& [prefix, place] : networks_[i]) lived_in[place] = true;
  for (const auto& [prefix, place] : users_) lived_in[place] = true;
  // Environments do not overlap, so an address is one place's.
  AddressRanges lived, rest;
  for (std::size_t i = 0; i < places_->size(); ++i)
    if (lived_in[i])
      for (const auto& prefix : (*places_)[i].prefixes) lived.add(prefix);
  lived.settle();
  for (std::size_t i = 0; i < places_->size(); ++i)
    if (!lived_in[i])
      for (const auto& prefix : (*places_)[i].prefixes) rest.add_rest(prefix, lived);
  rest.settle();
  return rest;
}

namespace {

/// What the provider's network brings to a router: see DeviceInterface::published.
PacketSet let_in(const std::vector<IpPrefix>& published, const std::vector<IpPrefix>& ours) {
  PacketSet packets;
  for (const auto& prefix : published) {
    auto box = PacketBox::all(prefix.family());
    box.destination = interval_of(prefix);
    packets.add(box);
  }
  for (const auto& prefix : ours) {
    auto box = PacketBox::all(prefix.family());
    box.source = interval_of(prefix);
    packets.subtract(box);
  }
  return packets;
}

/// Prefixes of all networks, merged.
std::vector<IpPrefix> own_prefixes(const World& world) {
  std::vector<IpPrefix> all;
  for (const auto& network : world.networks())
    all.insert(all.end(), network->model.prefixes.begin(), network->model.prefixes.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

std::vector<Source> sources(const World& world, const PlaceIndex& places) {
  const auto ours = own_prefixes(world);
  PacketSet everything = PacketSet::all(Family::ipv4);
  everything.add(PacketBox::all(Family::ipv6));
  std::vector<Source> all;
  const auto end_of = [&](std::size_t place, std::string_view where) {
    return PassageEnd{place == k_nothing ? End::Kind::nobody : End::Kind::place, place, where};
  };
  for (std::size_t i = 0; i < world.ports().size(); ++i) {
    const auto& port = *world.ports()[i];
    if (port.device.device != k_nothing) continue;
    all.push_back({Source::Kind::port, i, k_nothing, end_of(places.of_port(i), port.model.name), everything});
  }
  for (std::size_t i = 0; i < world.networks().size(); ++i)
    if (const auto& network = world.networks()[i]->model; network.unseen)
      all.push_back({Source::Kind::network, i, k_nothing, end_of(k_nothing, network.name), everything});
  for (std::size_t i = 0; i < world.devices().size(); ++i) {
    const auto& device = *world.devices()[i];
    for (std::size_t j = 0; j < device.model.tunnels.size(); ++j)
      if (!world.far_end(i, j))
        all.push_back({Source::Kind::tunnel, i, j, end_of(k_nothing, device.model.tunnels[j].other), everything});
    PacketSet own;
    for (const auto& interface : device.model.interfaces) {
      for (const auto* addresses : {&interface.addresses, &interface.shared})
        for (const auto& address : *addresses) {
          auto box = PacketBox::all(address.family);
          box.source = {address.bits, address.bits};
          own.add(box);
        }
      // An address that no resource tells stands here as the one that nobody has.
      if (interface.outer && interface.addresses.empty())
        for (const auto family : {Family::ipv4, Family::ipv6}) {
          auto box = PacketBox::all(family);
          box.source = {0, 0};
          own.add(box);
        }
    }
    if (device.filters->input) {
      own.simplify();
      all.push_back({Source::Kind::device, i, k_nothing, end_of(places.of_device(i), device.model.name), own});
    }
    for (std::size_t j = 0; j < device.model.interfaces.size(); ++j) {
      const auto& interface = device.model.interfaces[j];
      if (!interface.outer) continue;
      all.push_back({Source::Kind::outside,
                     i,
                     j,
                     {End::Kind::outside, k_nothing, device.model.name},
                     interface.published ? let_in(*interface.published, ours) : everything});
    }
  }
  return all;
}

void restrict_to(std::vector<Source>& sources, const PacketSet& only) {
  constexpr std::size_t k_boxes = 8;
  const auto few = coarse(only, k_boxes);
  for (auto& source : sources) {
    source.packets = source.packets.intersected(few);
    source.packets.simplify();
  }
  std::erase_if(sources, [](const Source& one) { return one.packets.empty(); });
}

std::vector<Leap> travel_from(const World& world, const Source& source, const PacketSet& packets,
                              const TravelOptions& options) {
  switch (source.kind) {
    case Source::Kind::port:
      return travel_from_port(world, source.number, packets, options);
    case Source::Kind::network:
      return travel_from_network(world, source.number, packets, options);
    case Source::Kind::device:
      return travel_from_device(world, source.number, packets, options);
    case Source::Kind::tunnel:
      return travel_from_tunnel(world, source.number, source.part, packets, options);
    case Source::Kind::outside:
      return travel_from_outside(world, {source.number, source.part}, packets, options);
  }
  return {};
}

SentBy sent_by(const Source& source, const World& world, const PlaceIndex& places, std::size_t most_boxes) {
  SentBy sent{.leaps = travel_from(world, source, source.packets, {.most = true, .most_boxes = most_boxes})};
  for (std::size_t i = 0; i < sent.leaps.size(); ++i)
    if (sent.leaps[i].kind == Leap::Kind::arrives || sent.leaps[i].kind == Leap::Kind::leaves)
      for (auto& passage : places.passages(source, sent.leaps, i)) sent.passages.push_back(std::move(passage));
  sent.given_up = given_up(sent.leaps);
  return sent;
}

void for_each_sent(const std::vector<Source>& sources, const World& world, const PlaceIndex& places,
                   std::size_t most_boxes, const std::function<bool(const SentBy&)>& use) {
  side_by_side<SentBy>(
      sources.size(), [&](std::size_t i) { return sent_by(sources[i], world, places, most_boxes); },
      [&](std::size_t, const SentBy& sent) { return use(sent); });
}

}  // namespace cloison::verify
