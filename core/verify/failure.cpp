#include "core/verify/failure.h"

#include <algorithm>

namespace cloison::verify {

namespace {

/// Whether a thing is at a site that is down, by the beginning of its name.
bool at_site(const Failure& failure, std::string_view name) {
  return failure.sites.contains(name.substr(0, name.find_first_of(". ")));
}

bool is_out(const Failure& failure, const ForwardingDevice& device, const std::string& interface) {
  return !failure.interfaces.empty() && failure.interfaces.contains(std::pair(device.name, interface));
}

/// Whether no packet of the tunnel gets out of its device.
bool cut_off(const Failure& failure, const ForwardingDevice& device, const TunnelEnd& end) {
  if (is_down(failure, device.name) || failure.links.contains(end.link)) return true;
  const auto out = [&](const std::string& one) { return is_out(failure, device, one); };
  if (!end.by.empty()) return std::all_of(end.by.begin(), end.by.end(), out);
  bool any = false, left = false;
  for (const auto& interface : device.interfaces)
    if (interface.outer) any = true, left = left || !out(interface.name);
  return any && !left;
}

/// A device that is down stays in its place, with nothing that leads to it.
void silence(ForwardingDevice& device) {
  device.interfaces.clear();
  device.routes.clear();
  device.sessions.clear();
  device.announces.clear();
  for (auto& end : device.tunnels) end = {};
  device.forwards_ipv4 = device.forwards_ipv6 = false;
}

/// A session goes with the tunnel behind which its neighbour is, and a route with the way out that it takes.
void take_ways(ForwardingDevice& device, const Failure& failure) {
  std::erase_if(device.sessions, [&](const RoutingSession& session) {
    return std::none_of(device.tunnels.begin(), device.tunnels.end(), [&](const TunnelEnd& end) {
      return end.interface == session.interface &&
             std::any_of(end.behind.begin(), end.behind.end(),
                         [&](const IpPrefix& prefix) { return prefix.contains(session.neighbour); });
    });
  });
  std::erase_if(device.routes, [&](const ForwardingRoute& route) { return is_out(failure, device, route.interface); });
}

}  // namespace

bool is_down(const Failure& failure, std::string_view name) {
  return at_site(failure, name) || failure.machines.contains(name);
}

bool is_cut(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel) {
  const auto& here = whole.devices()[device]->model;
  if (cut_off(failure, here, here.tunnels[tunnel])) return true;
  const auto far = whole.far_end(device, tunnel);
  if (!far) return false;
  const auto& there = whole.devices()[far->first]->model;
  return cut_off(failure, there, there.tunnels[far->second]);
}

World::World(const World& whole, const Failure& failure)
    : networks_(whole.networks_), unknown_(whole.unknown_), network_names_(whole.network_names_) {
  for (std::size_t i = 0; i < whole.devices_.size(); ++i) {
    const auto& was = *whole.devices_[i];
    auto& device = *devices_.emplace_back(std::make_unique<Device>());
    device.model = was.model, device.filters = was.filters, device.cards = was.cards;
    if (is_down(failure, device.model.name)) {
      silence(device.model);
      continue;
    }
    for (std::size_t j = 0; j < device.model.tunnels.size(); ++j)
      if (is_cut(whole, failure, i, j)) device.model.tunnels[j] = {};
    take_ways(device.model, failure);
  }
  for (const auto& was : whole.ports_) ports_.push_back(std::make_unique<Port>(*was));
  for (auto& network : networks_) {
    if (at_site(failure, network.model.name)) network.model.unseen = false;
    network.by_address.clear();
    std::erase_if(network.ports, [&](std::size_t port) { return is_down(failure, ports_[port]->model.name); });
    std::erase_if(network.devices, [&](const Leg& leg) { return devices_[leg.device]->model.interfaces.empty(); });
  }
  for (auto& port : ports_)
    if (is_down(failure, port->model.name)) port->model.network.clear();
  join_tunnels();
  set_routes();
  make_tables();
}

}  // namespace cloison::verify
