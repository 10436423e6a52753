// What is left of a world once something has failed: only what the failure touches is made anew.

#include <algorithm>
#include <map>
#include <memory>
#include <ranges>
#include <set>

#include "core/verify/device_tables.h"
#include "core/verify/failure.h"
#include "core/verify/joining.h"
#include "core/verify/spreading.h"
#include "core/verify/world.h"

namespace cloison::verify {

namespace {

/// All but its tables, which are made anew.
std::shared_ptr<World::Device> without_tables(const World::Device& device) {
  auto copy = std::make_shared<World::Device>();
  copy->model = device.model, copy->filters = device.filters;
  copy->cards = device.cards, copy->far_ends = device.far_ends;
  return copy;
}

/// A device that is down stays in its place, with nothing that leads to it.
void silence(World::Device& device) {
  auto& model = device.model;
  model.interfaces.clear();
  model.routes.clear();
  model.sessions.clear();
  model.announces.clear();
  for (auto& end : model.tunnels) end = {};
  device.far_ends.assign(model.tunnels.size(), {});
  model.forwards_ipv4 = model.forwards_ipv6 = false;
}

/// Devices with what fails and with what ends there, in order.
class Touched {
 public:
  Touched(const World& whole, const Failure& failure) : whole_(whole), failure_(failure) {
    for (std::size_t i = 0; i < whole.devices().size(); ++i) {
      const bool down = is_down(failure, whole.devices()[i]->model.name);
      if (down || loses_interface(i)) add_with_far_ends(i);
      if (!failure.links.empty() || !failure.peers.empty()) add_if_cut(i);
    }
  }
  [[nodiscard]] const std::set<std::size_t>& devices() const { return devices_; }

 private:
  [[nodiscard]] bool loses_interface(std::size_t device) const {
    if (failure_.interfaces.empty() && failure_.outside.empty()) return false;
    for (std::size_t j = 0; j < whole_.devices()[device]->model.interfaces.size(); ++j)
      if (is_out(whole_, failure_, device, j)) return true;
    return false;
  }

  void add_with_far_ends(std::size_t device) {
    devices_.insert(device);
    for (std::size_t j = 0; j < whole_.devices()[device]->model.tunnels.size(); ++j)
      if (const auto far = whole_.far_end(device, j)) devices_.insert(far->device);
  }

  void add_if_cut(std::size_t device) {
    for (std::size_t j = 0; j < whole_.devices()[device]->model.tunnels.size(); ++j)
      if (is_cut(whole_, failure_, device, j)) {
        devices_.insert(device);
        return;
      }
  }

  const World& whole_;
  const Failure& failure_;
  std::set<std::size_t> devices_{};
};

/// A tunnel dials by the ways that are left to it, and is nothing without any.
void lose_ways(const World& whole, const Failure& failure, std::size_t number, World::Device& device) {
  for (std::size_t j = 0; j < device.model.tunnels.size(); ++j) {
    auto& end = device.model.tunnels[j];
    if (is_cut(whole, failure, number, j)) {
      end = {}, device.far_ends[j] = {};
      continue;
    }
    const auto was = whole.devices()[number]->model.tunnels[j];
    end.by.clear(), end.to.clear();
    for (std::size_t i = 0; i < was.by.size(); ++i) {
      if (is_lost(whole, failure, number, j, i)) continue;
      end.by.push_back(was.by[i]);
      if (i < was.to.size()) end.to.push_back(was.to[i]);
    }
  }
}

/// A route goes with the way out that it takes.
void lose_interfaces(const World& whole, const Failure& failure, std::size_t number, ForwardingDevice& device) {
  std::set<std::string_view> out;
  for (std::size_t j = 0; j < device.interfaces.size(); ++j)
    if (is_out(whole, failure, number, j)) device.interfaces[j].outer = false, out.insert(device.interfaces[j].name);
  std::erase_if(device.routes, [&](const ForwardingRoute& route) { return out.contains(route.interface); });
}

/// Sessions of which the tunnel is cut, or the device down.
std::vector<Spread::SessionAt> lost_sessions(const World& whole, const Failure& failure, const Spread& spread,
                                             const std::set<std::size_t>& devices) {
  std::vector<Spread::SessionAt> lost;
  for (const auto device : devices) {
    const auto& model = whole.devices()[device]->model;
    for (std::size_t i = 0; i < model.sessions.size(); ++i) {
      const auto tunnel = spread.tunnel_of({device, i});
      if (!tunnel || is_cut(whole, failure, device, *tunnel)) lost.emplace_back(device, i);
    }
  }
  return lost;
}

}  // namespace

void World::lose_devices(const World& whole, const Failure& failure) {
  const Touched touched(whole, failure);
  const auto lost = lost_sessions(whole, failure, *spread_, touched.devices());
  const auto news = spread_->without(lost);
  std::map<std::size_t, std::shared_ptr<Device>> made;
  for (const auto number : touched.devices()) made.emplace(number, without_tables(*whole.devices_[number]));
  for (const auto& [number, learned] : news) {
    auto& device = made[number];
    if (!device) device = without_tables(*whole.devices_[number]);
  }
  for (const auto& [number, session] : std::views::reverse(lost)) {
    auto& sessions = made[number]->model.sessions;
    sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(session));
  }
  for (const auto number : touched.devices()) {
    auto& device = *made[number];
    if (is_down(failure, device.model.name)) {
      silence(device);
      continue;
    }
    lose_ways(whole, failure, number, device);
    lose_interfaces(whole, failure, number, device.model);
  }
  for (auto& [number, device] : made) {
    const auto learned = news.find(number);
    set_tables(*device, learned == news.end() ? spread_->learned(number) : learned->second,
               [this](const Device& one, const IpAddress& address) { return towards(one, address); });
    devices_[number] = std::move(device);
  }
}

void World::lose_ports(const Failure& failure) {
  for (auto& port : ports_) {
    if (!is_down(failure, port->model.name)) continue;
    auto left = std::make_shared<Port>(*port);
    left->model.network.clear();
    port = std::move(left);
  }
}

void World::lose_of_networks(const Failure& failure) {
  for (auto& network : networks_) {
    const auto is_gone = [&](const Leg& leg) { return devices_[leg.device]->model.interfaces.empty(); };
    const auto is_off = [&](std::size_t port) { return ports_[port]->model.network.empty(); };
    const bool alone = is_at_site(failure, network->model.name) && network->model.unseen;
    if (!alone && std::none_of(network->ports.begin(), network->ports.end(), is_off) &&
        std::none_of(network->devices.begin(), network->devices.end(), is_gone))
      continue;
    auto left = std::make_shared<Network>(*network);
    if (alone) left->model.unseen = false;
    std::erase_if(left->ports, is_off);
    std::erase_if(left->devices, is_gone);
    find_addresses(*left, ports_);
    network = std::move(left);
  }
}

World::World(const World& whole, const Failure& failure) : World(whole, OtherFilters{}) {
  lose_devices(whole, failure);
  lose_ports(failure);
  lose_of_networks(failure);
}

}  // namespace cloison::verify
