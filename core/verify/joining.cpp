#include "core/verify/joining.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cloison::verify {

namespace {

void add_once(std::vector<IpPrefix>& to, const std::vector<IpPrefix>& prefixes) {
  for (const auto& prefix : prefixes)
    if (std::find(to.begin(), to.end(), prefix) == to.end()) to.push_back(prefix);
}

class Joining {
 public:
  Joined run(std::vector<Forwarding> parts, FilterPool& pool) {
    take(std::move(parts), pool);
    join_networks();
    join_cards();
    join_tunnels();
    return std::move(all_);
  }

 private:
  void take(std::vector<Forwarding> parts, FilterPool& pool) {
    for (auto& part : parts) {
      for (auto& network : part.networks) take(std::move(network));
      for (auto& device : part.devices)
        all_.devices.emplace_back(std::make_shared<World::Device>())->model = std::move(device);
      for (auto& port : part.ports) all_.ports.emplace_back(std::make_shared<World::Port>())->model = std::move(port);
      std::move(part.unknown.begin(), part.unknown.end(), std::back_inserter(all_.unknown));
    }
    for (auto& device : all_.devices) device->filters = std::make_shared<const DeviceFilters>(device->model, pool);
    for (auto& port : all_.ports) port->filters = std::make_shared<const PortFilters>(port->model, pool);
  }

  void take(SwitchedNetwork network) {
    const auto [known, fresh] = all_.network_names.emplace(network.name, all_.networks.size());
    if (fresh) {
      all_.networks.emplace_back(std::make_shared<World::Network>())->model = std::move(network);
      return;
    }
    auto& there = all_.networks[known->second]->model;
    there.unseen = there.unseen || network.unseen;
    there.apart = there.apart && network.apart;
    add_once(there.answered, network.answered);
    add_once(there.prefixes, network.prefixes);
  }

  [[nodiscard]] World::Network* network(std::string_view name) {
    const auto found = all_.network_names.find(name);
    return found == all_.network_names.end() ? nullptr : all_.networks[found->second].get();
  }

  void join_networks() {
    for (std::size_t i = 0; i < all_.ports.size(); ++i)
      if (auto* at = network(all_.ports[i]->model.network)) at->ports.push_back(i);
    for (std::size_t i = 0; i < all_.devices.size(); ++i)
      for (std::size_t j = 0; j < all_.devices[i]->model.interfaces.size(); ++j)
        if (auto* at = network(all_.devices[i]->model.interfaces[j].network)) at->devices.push_back({i, j});
  }

  /// A node in a cloud has a card there like any machine: the one that has its address.
  void join_cards() {
    std::map<IpAddress, std::size_t> by_address;
    for (std::size_t i = 0; i < all_.ports.size(); ++i)
      for (const auto& address : all_.ports[i]->model.addresses) by_address.emplace(address, i);
    for (std::size_t i = 0; i < all_.devices.size(); ++i) {
      auto& device = *all_.devices[i];
      device.cards.assign(device.model.interfaces.size(), k_nothing);
      for (std::size_t j = 0; j < device.model.interfaces.size(); ++j) {
        if (!device.model.interfaces[j].network.empty()) continue;
        for (const auto& address : device.model.interfaces[j].addresses) {
          const auto card = by_address.find(address);
          if (card == by_address.end() || all_.ports[card->second]->device.device != k_nothing) continue;
          join_card({i, j}, card->second);
          break;
        }
      }
    }
  }

  void join_card(const Leg& leg, std::size_t card) {
    auto& device = *all_.devices[leg.device];
    auto& interface = device.model.interfaces[leg.interface];
    auto& port = *all_.ports[card];
    device.cards[leg.interface] = card;
    port.device = leg;
    interface.network = port.model.network;
    auto* at = network(interface.network);
    if (at == nullptr) return;
    at->devices.push_back(leg);
    for (const auto& prefix : at->model.prefixes)
      device.model.routes.push_back({.to = prefix, .interface = interface.name});
  }

  /// Two devices may have several tunnels between them under the same keys: those ends belong together that have most
  /// of each other's addresses behind them. One that a node has on all of its tunnels tells nothing.
  void join_tunnels() {
    using Names = std::pair<std::string_view, std::string_view>;  // its own and the other's
    std::multimap<Names, FarEnd> by_names;
    for (std::size_t i = 0; i < all_.devices.size(); ++i) {
      auto& device = *all_.devices[i];
      device.far_ends.assign(device.model.tunnels.size(), {});
      for (std::size_t j = 0; j < device.model.tunnels.size(); ++j) {
        const auto& end = device.model.tunnels[j];
        if (!end.own.empty()) by_names.emplace(Names(end.own, end.other), FarEnd{i, j});
      }
    }
    for (const auto& [names, here] : by_names) {
      const auto [first, last] = by_names.equal_range({names.second, names.first});
      if (first == last) continue;
      const auto right = std::max_element(first, last, [&, &mine = here](const auto& a, const auto& b) {
        return behind(mine, a.second) + behind(a.second, mine) < behind(mine, b.second) + behind(b.second, mine);
      });
      all_.devices[here.device]->far_ends[here.tunnel] = right->second;
    }
  }

  /// How many of the addresses of another end's interface are behind one.
  [[nodiscard]] std::ptrdiff_t behind(const FarEnd& place, const FarEnd& other) const {
    const auto& end = all_.devices[place.device]->model.tunnels[place.tunnel];
    const auto& far = *all_.devices[other.device];
    const auto interface = far.interface(far.model.tunnels[other.tunnel].interface);
    if (interface == k_nothing) return 0;
    const auto& addresses = far.model.interfaces[interface].addresses;
    return std::count_if(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
      return std::find(end.behind.begin(), end.behind.end(), IpPrefix::of(address)) != end.behind.end();
    });
  }

  Joined all_{};
};

}  // namespace

Joined joined(std::vector<Forwarding> parts, FilterPool& pool) {
  return Joining().run(std::move(parts), pool);
}

void find_addresses(World::Network& network, const std::vector<std::shared_ptr<const World::Port>>& ports) {
  network.by_address.clear();
  for (const auto port : network.ports)
    if (ports[port]->device.device == k_nothing)  // a device's card: its interface has the address
      for (const auto& address : ports[port]->model.addresses) network.by_address.emplace_back(address, port);
  std::sort(network.by_address.begin(), network.by_address.end());
}

}  // namespace cloison::verify
