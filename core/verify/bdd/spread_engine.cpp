#include "core/verify/bdd/spread_engine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cloison::verify {

namespace {

/// Without translations nothing new comes to a place more often than the longest way has devices.
constexpr std::size_t k_most_visits = 256;

std::vector<IpAddress> addresses_of(const DeviceInterface& interface) {
  auto all = interface.addresses;
  all.insert(all.end(), interface.shared.begin(), interface.shared.end());
  return all;
}

std::string_view name_at(const ForwardingDevice& device, std::size_t interface) {
  return interface == k_nothing ? std::string_view{} : device.interfaces[interface].name;
}

}  // namespace

std::string name_of(const World& world, const ArrivalEnd& end) {
  using Kind = ArrivalEnd::Kind;
  switch (end.kind) {
    case Kind::port:
      return world.ports()[end.number]->model.name;
    case Kind::network:
      return world.networks()[end.number]->model.name;
    case Kind::device:
      return world.devices()[end.number]->model.name;
    case Kind::tunnel:
      return world.devices()[end.number]->model.tunnels[end.part].other;
    case Kind::outside: {
      const auto& device = world.devices()[end.number]->model;
      return fmt::format("the outside, by {} of {}", device.interfaces[end.part].name, device.name);
    }
  }
  return {};
}

SpreadEngine::SpreadEngine(const World& world, const PacketSpace& space)
    : world_(world), space_(space), chains_(space) {
  for (const auto& network : world.networks()) ours_ |= space.in(End::source, network->model.prefixes);
}

Arrivals SpreadEngine::arrivals(const Sender& sender) {
  reached_.clear(), waiting_.clear(), arrivals_.clear(), gave_up_.clear();
  begin(sender);
  while (!waiting_.empty()) {
    const auto spot = waiting_.front();
    waiting_.pop_front();
    auto& there = reached_[spot];
    if (++there.visits > k_most_visits) {
      gave_up_ = fmt::format(
          "at one place something new arrives for the {}th time: packets are translated round and round", there.visits);
      return {};
    }
    const auto packets = std::exchange(there.fresh, Bdd{});
    if (spot.kind == Spot::Kind::network)
      on_network(spot, packets);
    else
      in_device(spot.leg, packets);
  }
  return std::move(arrivals_);
}

/// What goes on from a place is the union of what goes on from its parts, so only what is new there goes on.
void SpreadEngine::put(const Spot& spot, const Bdd& packets) {
  auto& there = reached_[spot];
  const auto fresh = packets - there.all;
  if (fresh.never()) return;
  if (there.fresh.never()) waiting_.push_back(spot);
  there.all |= fresh;
  there.fresh |= fresh;
}

void SpreadEngine::arrive(const ArrivalEnd& end, const Bdd& packets) {
  if (!packets.never()) arrivals_[end] |= packets;
}

// --- Who sends what --------------------------------------------------------------------------------------------------

Bdd SpreadEngine::everything_of(const Sender& sender) {
  if (sender.kind == Sender::Kind::device) {
    auto all = Bdd{};
    for (const auto& interface : world_.devices()[sender.number]->model.interfaces) {
      all |= space_.at(End::source, addresses_of(interface));
      // An address that no resource tells stands here as the one that nobody has.
      if (interface.outer && interface.addresses.empty())
        for (const auto family : {Family::ipv4, Family::ipv6}) all |= space_.at(End::source, IpAddress{family, 0});
    }
    return all;
  }
  if (sender.kind == Sender::Kind::tunnel) {
    const auto& end = world_.devices()[sender.number]->model.tunnels[sender.part];
    auto believed = space_.in(End::source, end.behind);
    if (!end.near.empty()) believed &= space_.in(End::destination, end.near);
    return believed;
  }
  if (sender.kind == Sender::Kind::outside) {
    const auto& interface = world_.devices()[sender.number]->model.interfaces[sender.part];
    if (interface.published) return space_.in(End::destination, *interface.published) - ours_;
  }
  return Bdd::always();
}

void SpreadEngine::begin(const Sender& sender) {
  // How packets set out says nothing yet: none of them is translated.
  auto all = everything_of(sender);
  for (const auto flag : space_.fields().translated) all -= Bdd::variable(flag);
  switch (sender.kind) {
    case Sender::Kind::port:
      put({.network = world_.network(world_.ports()[sender.number]->model.network), .port = sender.number},
          all & from_card(sender.number));
      return;
    case Sender::Kind::network:
      put({.network = sender.number}, all);
      return;
    case Sender::Kind::device: {
      const auto& filters = *world_.devices()[sender.number]->filters;
      send(sender.number, k_nothing, chains_.translated(filters.sending_changes, {}, {}, all));
      return;
    }
    case Sender::Kind::tunnel: {
      const auto& device = *world_.devices()[sender.number];
      const auto interface = device.interface(device.model.tunnels[sender.part].interface);
      if (interface != k_nothing) put({.kind = Spot::Kind::device, .leg = {sender.number, interface}}, all);
      return;
    }
    case Sender::Kind::outside:
      put({.kind = Spot::Kind::device, .leg = {sender.number, sender.part}}, all);
      return;
  }
}

// --- What is asked again and again ----------------------------------------------------------------------------------

namespace {

template <class Key, class Make>
const Bdd& made_once(std::map<Key, Bdd>& known, const Key& key, Make make) {
  const auto [at, fresh] = known.try_emplace(key);
  if (fresh) at->second = make();
  return at->second;
}

}  // namespace

const Bdd& SpreadEngine::end_in(End end, const IpPrefix& prefix) {
  return made_once(ends_, std::pair(end, prefix), [&] { return space_.in(end, prefix); });
}

const Bdd& SpreadEngine::to_port(std::size_t port) {
  return made_once(to_port_, port, [&] {
    const auto& [model, filters, device] = *world_.ports()[port];
    const auto there = space_.at(End::destination, model.addresses);
    return filters->in_rules ? there & chains_.passes(*filters->in_rules, {}) : there;
  });
}

const Bdd& SpreadEngine::to_leg(const Leg& leg) {
  return made_once(to_leg_, leg, [&] {
    return space_.at(End::destination, addresses_of(world_.devices()[leg.device]->model.interfaces[leg.interface]));
  });
}

const Bdd& SpreadEngine::to_device(std::size_t device) {
  return made_once(to_device_, device, [&] {
    Bdd all;
    for (const auto& interface : world_.devices()[device]->model.interfaces)
      all |= space_.at(End::destination, addresses_of(interface));
    return all;
  });
}

const Bdd& SpreadEngine::to_unseen(std::size_t network) {
  return made_once(to_unseen_, network, [&] {
    auto all = space_.in(End::destination, world_.networks()[network]->model.prefixes);
    for (const auto& leg : world_.networks()[network]->devices) all -= to_leg(leg);
    return all;
  });
}

/// A card sends under its own addresses, where it is not let send under any, and what its filter lets out.
const Bdd& SpreadEngine::from_card(std::size_t port) {
  return made_once(from_card_, port, [&] {
    const auto& [model, filters, device] = *world_.ports()[port];
    auto sent = Bdd::always();
    if (!model.any_source) sent = space_.at(End::source, model.addresses) | space_.in(End::source, model.also_from);
    if (filters->out_rules) sent &= chains_.passes(*filters->out_rules, {});
    return sent;
  });
}

// --- On a network ----------------------------------------------------------------------------------------------------

void SpreadEngine::on_network(const Spot& spot, const Bdd& packets) {
  if (spot.network == k_nothing) return;
  const auto& network = *world_.networks()[spot.network];
  if (!spot.via) to_machines(spot, packets);
  for (const auto& leg : network.devices) {
    if (leg == spot.leg) continue;
    const auto has = addresses_of(world_.devices()[leg.device]->model.interfaces[leg.interface]);
    if (spot.via) {
      if (std::find(has.begin(), has.end(), *spot.via) != has.end()) hand_over(leg, packets);
    } else if (spot.leg.device == k_nothing) {
      hand_over(leg, packets);  // a machine hands its packets to whom it likes
    } else {
      hand_over(leg, packets & to_leg(leg));
    }
  }
}

void SpreadEngine::to_machines(const Spot& spot, const Bdd& packets) {
  const auto& network = *world_.networks()[spot.network];
  const bool kept_apart = network.model.apart && spot.leg.device == k_nothing;
  for (const auto number : network.ports)
    if (!kept_apart && number != spot.port && world_.ports()[number]->device.device == k_nothing)
      arrive({ArrivalEnd::Kind::port, number}, packets & to_port(number));
  if (network.model.unseen) arrive({ArrivalEnd::Kind::network, spot.network}, packets & to_unseen(spot.network));
}

void SpreadEngine::hand_over(const Leg& leg, const Bdd& packets) {
  auto passed = packets;
  if (const auto card = world_.devices()[leg.device]->cards[leg.interface]; card != k_nothing)
    if (const auto& rules = world_.ports()[card]->filters->in_rules) passed &= chains_.passes(*rules, {});
  put({.kind = Spot::Kind::device, .leg = leg}, passed);
}

// --- In a device -----------------------------------------------------------------------------------------------------

void SpreadEngine::in_device(const Leg& leg, const Bdd& packets) {
  const auto& device = *world_.devices()[leg.device];
  const auto& interface = device.model.interfaces[leg.interface];
  const ChainQuestion here{.in = interface.name};
  const auto arrived = chains_.translated(device.filters->arriving_changes, here, {}, packets);
  const auto for_itself = arrived & to_device(leg.device);
  // Where no resource says which addresses it has, anything may be for it.
  auto taken = interface.outer && addresses_of(interface).empty() ? arrived : for_itself;
  if (device.filters->input_rules) taken &= chains_.passes(*device.filters->input_rules, here);
  arrive({ArrivalEnd::Kind::device, leg.device}, taken);
  auto others = arrived - for_itself;
  if (!device.model.forwards_ipv4) others -= space_.family(Family::ipv4);
  if (!device.model.forwards_ipv6) others -= space_.family(Family::ipv6);
  send(leg.device, leg.interface, others);
}

const std::vector<SpreadEngine::Way>& SpreadEngine::ways(std::size_t device, std::size_t in) {
  const auto [known, fresh] = ways_.try_emplace(Leg{device, in});
  if (fresh) known->second = worked_out(device, in);
  return known->second;
}

/// From the longest prefix to the shortest: a prefix has the packets that no longer one has for certain.
std::vector<SpreadEngine::Way> SpreadEngine::worked_out(std::size_t number, std::size_t in) {
  const auto& device = *world_.devices()[number];
  const auto came_by = name_at(device.model, in);
  std::map<std::tuple<int, IpAddress>, std::vector<const KnownRoute*>> by_prefix;  // the longest first
  for (const auto& route : device.routes.items) {
    const bool applies = (route.only_from.empty() || route.only_from == came_by) &&
                         std::find(route.not_from.begin(), route.not_from.end(), came_by) == route.not_from.end();
    if (applies) by_prefix[{-int{route.to.length}, route.to.address}].push_back(&route);
  }
  std::map<std::pair<std::size_t, std::optional<IpAddress>>, Bdd> routed;
  auto rest = Bdd::always();
  for (const auto& [prefix, routes] : by_prefix) {
    const auto there = rest & space_.in(End::destination, routes.front()->to);
    for (const auto* route : routes) routed[{route->interface, route->via}] |= there;
    const bool certain = std::all_of(routes.begin(), routes.end(), [](const auto* route) {
      return route->presence == Presence::always && route->stays;
    });
    if (certain) rest -= there;
  }
  const auto& rules = in == k_nothing ? device.filters->output_rules : device.filters->forward_rules;
  std::vector<Way> all;
  for (const auto& [by, packets] : routed) {
    const auto& [out, via] = by;
    if (out == k_nothing) continue;
    auto let = packets;
    if (rules) let &= chains_.passes(*rules, {.in = came_by, .out = device.model.interfaces[out].name});
    if (!let.never()) all.push_back({out, via, let});
  }
  return all;
}

/// `in`: k_nothing for the device's own packets.
void SpreadEngine::send(std::size_t number, std::size_t in, const Bdd& packets) {
  if (packets.never()) return;
  const auto& device = *world_.devices()[number];
  for (const auto& way : ways(number, in)) {
    const auto let = packets & way.packets;
    if (let.never()) continue;
    const auto& out = device.model.interfaces[way.out];
    leave({number, way.out}, way.via,
          chains_.translated(device.filters->leaving_changes, {.in = name_at(device.model, in), .out = out.name},
                             out.addresses, let));
  }
}

void SpreadEngine::leave(const Leg& leg, const std::optional<IpAddress>& via, const Bdd& packets) {
  const auto& device = *world_.devices()[leg.device];
  const auto& interface = device.model.interfaces[leg.interface];
  if (interface.outer) {
    arrive({ArrivalEnd::Kind::outside, leg.device, leg.interface}, packets);
  } else if (interface.network.empty()) {
    into_tunnels(leg, packets);
  } else {
    const auto card = device.cards[leg.interface];
    put({.network = world_.network(interface.network), .leg = leg, .port = card, .via = via},
        card == k_nothing ? packets : packets & from_card(card));
  }
}

/// The longest prefix behind one of the tunnels has a packet; where a tunnel also asks for what is on this side, that
/// is a selector of IPsec, beside which others stand.
void SpreadEngine::into_tunnels(const Leg& leg, const Bdd& packets) {
  const auto& device = *world_.devices()[leg.device];
  const auto behind = device.behind.find(device.model.interfaces[leg.interface].name);
  if (behind == device.behind.end()) return;
  auto rest = packets;
  for (const auto& [tunnel, prefix] : behind->second.items) {
    if (rest.never()) return;
    const auto& end = device.model.tunnels[tunnel];
    auto sent = rest & end_in(End::destination, prefix);
    if (sent.never()) continue;
    if (end.near.empty() && end.presence == Presence::always) rest -= sent;
    if (!end.near.empty()) sent &= space_.in(End::source, end.near);
    const auto far = world_.far_end(leg.device, tunnel);
    if (!far) {
      arrive({ArrivalEnd::Kind::tunnel, leg.device, tunnel}, sent);
      continue;
    }
    const auto& there = *world_.devices()[far->device];
    const auto& theirs = there.model.tunnels[far->tunnel];
    sent &= space_.in(End::source, theirs.behind);
    if (!theirs.near.empty()) sent &= space_.in(End::destination, theirs.near);
    if (const auto interface = there.interface(theirs.interface); interface != k_nothing)
      put({.kind = Spot::Kind::device, .leg = {far->device, interface}}, sent);
  }
}

}  // namespace cloison::verify
