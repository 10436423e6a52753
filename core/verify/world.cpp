#include "core/verify/world.h"

#include <algorithm>
#include <utility>

#include "core/verify/spreading.h"

namespace cloison::verify {

namespace {

FilterChain matches_of(const TranslationChain& translation) {
  FilterChain chain{.name = translation.name};
  for (const auto& rule : translation.rules) chain.rules.push_back({.match = rule.match});
  return chain;
}

}  // namespace

std::shared_ptr<const Filter> FilterPool::of(const SharedChain& chain) {
  if (!chain) return {};
  auto& ready = ready_[chain.get()];
  if (!ready) ready = std::make_shared<const Ready>(chain);
  return {ready, &ready->filter};
}

DeviceFilters::DeviceFilters(ForwardingDevice& device, FilterPool& pool)
    : input_rules(std::exchange(device.input, {})),
      forward_rules(std::exchange(device.forward, {})),
      output_rules(std::exchange(device.output, {})),
      arriving_changes(std::exchange(device.arriving, {})),
      sending_changes(std::exchange(device.sending, {})),
      leaving_changes(std::exchange(device.leaving, {})),
      arriving_rules(matches_of(arriving_changes)),
      sending_rules(matches_of(sending_changes)),
      leaving_rules(matches_of(leaving_changes)),
      input(pool.of(input_rules)),
      forward(pool.of(forward_rules)),
      output(pool.of(output_rules)),
      arriving(arriving_rules),
      sending(sending_rules),
      leaving(leaving_rules) {}

PortFilters::PortFilters(MachinePort& port, FilterPool& pool)
    : in_rules(std::exchange(port.in, {})),
      out_rules(std::exchange(port.out, {})),
      in(pool.of(in_rules)),
      out(pool.of(out_rules)) {}

World::World(std::vector<Forwarding> parts) {
  FilterPool pool;
  take(std::move(parts), pool);
  join();
}

World::World(std::vector<Forwarding> parts, FilterPool& pool) {
  take(std::move(parts), pool);
  join();
}

void World::join() {
  join_networks();
  join_cards();
  join_tunnels();
  set_routes();
  make_tables();
}

std::size_t World::Device::interface(std::string_view name) const {
  for (std::size_t i = 0; i < model.interfaces.size(); ++i)
    if (model.interfaces[i].name == name) return i;
  return k_nothing;
}

void World::take(std::vector<Forwarding> parts, FilterPool& pool) {
  for (auto& part : parts) {
    for (auto& network : part.networks) {
      const auto [known, fresh] = network_names_.emplace(network.name, networks_.size());
      if (fresh) {
        networks_.push_back({.model = std::move(network)});
        continue;
      }
      auto& there = networks_[known->second].model;
      there.unseen = there.unseen || network.unseen;
      there.apart = there.apart && network.apart;
      for (const auto& prefix : network.answered)
        if (std::find(there.answered.begin(), there.answered.end(), prefix) == there.answered.end())
          there.answered.push_back(prefix);
      for (const auto& prefix : network.prefixes)
        if (std::find(there.prefixes.begin(), there.prefixes.end(), prefix) == there.prefixes.end())
          there.prefixes.push_back(prefix);
    }
    for (auto& device : part.devices) {
      devices_.push_back(std::make_unique<Device>());
      devices_.back()->model = std::move(device);
    }
    for (auto& port : part.ports) {
      ports_.push_back(std::make_unique<Port>());
      ports_.back()->model = std::move(port);
    }
    std::move(part.unknown.begin(), part.unknown.end(), std::back_inserter(unknown_));
  }
  for (auto& device : devices_) device->filters = std::make_shared<const DeviceFilters>(device->model, pool);
  for (auto& port : ports_) port->filters = std::make_shared<const PortFilters>(port->model, pool);
}

std::size_t World::network(std::string_view name) const {
  const auto found = network_names_.find(name);
  return found == network_names_.end() ? k_nothing : found->second;
}

std::vector<std::size_t> World::networks_of(const IpAddress& address) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const auto& prefixes = networks_[i].model.prefixes;
    if (std::any_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& prefix) { return prefix.contains(address); }))
      all.push_back(i);
  }
  return all;
}

void World::join_networks() {
  for (std::size_t i = 0; i < ports_.size(); ++i)
    if (const auto at = network(ports_[i]->model.network); at != k_nothing) networks_[at].ports.push_back(i);
  for (std::size_t i = 0; i < devices_.size(); ++i)
    for (std::size_t j = 0; j < devices_[i]->model.interfaces.size(); ++j)
      if (const auto at = network(devices_[i]->model.interfaces[j].network); at != k_nothing)
        networks_[at].devices.push_back({i, j});
}

/// A node in a cloud has a card there like any machine: the one that has its address.
void World::join_cards() {
  std::map<IpAddress, std::size_t> by_address;
  for (std::size_t i = 0; i < ports_.size(); ++i)
    for (const auto& address : ports_[i]->model.addresses) by_address.emplace(address, i);
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    auto& device = *devices_[i];
    device.cards.assign(device.model.interfaces.size(), k_nothing);
    for (std::size_t j = 0; j < device.model.interfaces.size(); ++j) {
      auto& interface = device.model.interfaces[j];
      if (!interface.network.empty()) continue;
      for (const auto& address : interface.addresses) {
        const auto card = by_address.find(address);
        if (card == by_address.end() || ports_[card->second]->device.device != k_nothing) continue;
        device.cards[j] = card->second;
        ports_[card->second]->device = {i, j};
        interface.network = ports_[card->second]->model.network;
        const auto at = network(interface.network);
        networks_[at].devices.push_back({i, j});
        for (const auto& prefix : networks_[at].model.prefixes)
          device.model.routes.push_back({.to = prefix, .interface = interface.name});
        break;
      }
    }
  }
}

/// Two devices may have several tunnels between them under the same keys: those ends belong together that have most of
/// each other's addresses behind them. One that a node has on all of its tunnels tells nothing.
void World::join_tunnels() {
  using Place = std::pair<std::size_t, std::size_t>;
  std::multimap<std::pair<std::string, std::string>, Place> by_names;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    for (std::size_t j = 0; j < devices_[i]->model.tunnels.size(); ++j) {
      const auto& end = devices_[i]->model.tunnels[j];
      if (!end.own.empty()) by_names.emplace(std::pair(end.own, end.other), Place(i, j));
    }
  const auto behind = [this](const Place& place, const Place& other) {
    const auto& end = devices_[place.first]->model.tunnels[place.second];
    const auto& far = *devices_[other.first];
    const auto interface = far.interface(far.model.tunnels[other.second].interface);
    if (interface == k_nothing) return std::ptrdiff_t{0};
    const auto& addresses = far.model.interfaces[interface].addresses;
    return std::count_if(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
      return std::find(end.behind.begin(), end.behind.end(), IpPrefix::of(address)) != end.behind.end();
    });
  };
  for (const auto& [names, here] : by_names) {
    const auto [first, last] = by_names.equal_range({names.second, names.first});
    if (first == last) continue;
    const auto right = std::max_element(first, last, [&, &mine = here](const auto& a, const auto& b) {
      return behind(mine, a.second) + behind(a.second, mine) < behind(mine, b.second) + behind(b.second, mine);
    });
    far_ends_.emplace(here, right->second);
  }
}

std::optional<std::pair<std::size_t, std::size_t>> World::far_end(std::size_t device, std::size_t tunnel) const {
  const auto found = far_ends_.find({device, tunnel});
  return found == far_ends_.end() ? std::nullopt : std::optional(found->second);
}

/// By which interface an address is reached: on a network of the device, or behind one of its tunnels.
std::size_t World::towards(const Device& device, const IpAddress& address) const {
  const auto holds = [&](const std::vector<IpPrefix>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& one) { return one.contains(address); });
  };
  for (std::size_t i = 0; i < device.model.interfaces.size(); ++i)
    if (const auto at = network(device.model.interfaces[i].network);
        at != k_nothing && holds(networks_[at].model.prefixes))
      return i;
  for (const auto& end : device.model.tunnels)
    if (holds(end.behind)) return device.interface(end.interface);
  return k_nothing;
}

void World::set_routes() {
  for (auto& device : devices_) {
    // Static ones first, as kernels and routers trust them most.
    for (const auto& route : device->model.routes) {
      const auto interface =
          route.interface.empty() && route.via ? towards(*device, *route.via) : device->interface(route.interface);
      if (interface != k_nothing)
        device->routes.items.push_back(
            {route.to, interface, route.via, route.only_from, route.not_from, route.presence});
    }
  }
  spread_routes();
  for (auto& device : devices_) {
    for (const auto& end : device->model.tunnels) {
      if (!end.routed) continue;
      for (const auto& prefix : end.behind) {
        const bool known =
            std::any_of(device->routes.items.begin(), device->routes.items.end(),
                        [&](const KnownRoute& one) { return one.to == prefix && one.presence == Presence::always; });
        device->routes.items.push_back({.to = prefix,
                                        .interface = device->interface(end.interface),
                                        .presence = known ? Presence::maybe : end.presence});
      }
    }
    // Those to one prefix stand together, so that whoever takes packets away from shorter ones has seen them all.
    std::stable_sort(device->routes.items.begin(), device->routes.items.end(),
                     [](const KnownRoute& a, const KnownRoute& b) {
                       if (a.to.length != b.to.length) return a.to.length > b.to.length;
                       return a.to != b.to ? a.to < b.to : a.presence < b.presence;
                     });
  }
}

void World::spread_routes() {
  std::vector<const ForwardingDevice*> models;
  for (const auto& device : devices_) models.push_back(&device->model);
  const auto learned =
      spread(models, [this](std::size_t device, std::size_t tunnel) { return far_end(device, tunnel); });
  for (std::size_t i = 0; i < devices_.size(); ++i)
    for (const auto& route : learned[i])
      devices_[i]->routes.items.push_back({.to = route.to,
                                           .interface = devices_[i]->interface(route.interface),
                                           .presence = route.taken ? Presence::always : Presence::maybe,
                                           .stays = false});
}

void World::make_tables() {
  const auto number = [](auto& table, auto prefix_of) {
    std::vector<std::pair<PacketBox, uint32_t>> boxes;
    for (uint32_t i = 0; i < table.items.size(); ++i) {
      const IpPrefix& prefix = prefix_of(table.items[i]);
      auto box = PacketBox::all(prefix.family());
      box.destination = interval_of(prefix);
      boxes.emplace_back(box, i);
    }
    table.index = BoxIndex(boxes);
  };
  for (auto& device : devices_) {
    for (const auto& route : device->routes.items)
      if (std::find(device->outs.begin(), device->outs.end(), route.interface) == device->outs.end())
        device->outs.push_back(route.interface);
    number(device->routes, [](const KnownRoute& route) { return route.to; });
    for (std::size_t i = 0; i < device->model.tunnels.size(); ++i)
      for (const auto& prefix : device->model.tunnels[i].behind)
        device->behind[device->model.tunnels[i].interface].items.push_back({i, prefix});
    for (auto& [interface, table] : device->behind) {
      std::stable_sort(table.items.begin(), table.items.end(),
                       [](const Behind& a, const Behind& b) { return a.prefix.length > b.prefix.length; });
      number(table, [](const Behind& one) { return one.prefix; });
    }
  }
  for (auto& network : networks_) {
    for (const auto port : network.ports)
      if (ports_[port]->device.device == k_nothing)  // a device's card: its interface has the address
        for (const auto& address : ports_[port]->model.addresses) network.by_address.emplace_back(address, port);
    std::sort(network.by_address.begin(), network.by_address.end());
  }
}

}  // namespace cloison::verify
