#include "core/verify/failure.h"

#include <algorithm>

namespace cloison::verify {

namespace {

/// Whether a thing is at a site that is down, by the beginning of its name.
bool at_site(const Failure& failure, std::string_view name) {
  return failure.sites.contains(name.substr(0, name.find_first_of(". ")));
}

bool is_below(std::string_view path, std::string_view name) {
  return name.starts_with(path) && (name.size() == path.size() || name[path.size()] == '.');
}

/// Of a platform's routers: what they publish comes by no interface of ours.
bool is_shut_in(const Failure& failure, const ForwardingDevice& device, const std::string& interface) {
  if (std::none_of(failure.outside.begin(), failure.outside.end(),
                   [&](const std::string& path) { return is_below(path, device.name); }))
    return false;
  return std::any_of(device.interfaces.begin(), device.interfaces.end(), [&](const DeviceInterface& one) {
    return one.name == interface && one.outer && one.published.has_value();
  });
}

bool is_out(const Failure& failure, const ForwardingDevice& device, const std::string& interface) {
  if (!failure.interfaces.empty() && failure.interfaces.contains(std::pair(device.name, interface))) return true;
  return !failure.outside.empty() && is_shut_in(failure, device, interface);
}

/// Whether nothing arrives any more at one of a device's outer addresses.
bool is_unreached(const Failure& failure, const ForwardingDevice& device, const IpAddress& address) {
  return std::any_of(device.interfaces.begin(), device.interfaces.end(), [&](const DeviceInterface& one) {
    return one.outer && std::find(one.addresses.begin(), one.addresses.end(), address) != one.addresses.end() &&
           is_out(failure, device, one.name);
  });
}

/// Whether one of the ways by which a tunnel dials leads nowhere. `far`: whom it leads to, where that is one of ours;
/// who is none knows this end by its outer address alone, and takes it from no other.
bool is_lost(const Failure& failure, const ForwardingDevice& device, const TunnelEnd& end, std::size_t way,
             const ForwardingDevice* far) {
  if (is_out(failure, device, end.by[way])) return true;
  if (far != nullptr) return way < end.to.size() && is_unreached(failure, *far, end.to[way]);
  const auto own = IpAddress::parse(end.own);
  return own && is_unreached(failure, device, *own);
}

const ForwardingDevice* far_device(const World& whole, std::size_t device, std::size_t tunnel) {
  const auto far = whole.far_end(device, tunnel);
  return far ? &whole.devices()[far->first]->model : nullptr;
}

/// Whether no packet of the tunnel gets out of its device, or to where its other end is dialled.
bool cut_off(const Failure& failure, const ForwardingDevice& device, const TunnelEnd& end,
             const ForwardingDevice* far) {
  if (is_down(failure, device.name) || failure.links.contains(end.link) || failure.peers.contains(end.other))
    return true;
  for (std::size_t i = 0; i < end.by.size(); ++i)
    if (!is_lost(failure, device, end, i, far)) return false;
  if (!end.by.empty()) return true;
  bool any = false, left = false;
  for (const auto& interface : device.interfaces)
    if (interface.outer) any = true, left = left || !is_out(failure, device, interface.name);
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

/// A tunnel dials by the ways that are left to it.
void take_choices(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel, TunnelEnd& end) {
  const auto& model = whole.devices()[device]->model;
  const auto was = end;
  end.by.clear(), end.to.clear();
  for (std::size_t i = 0; i < was.by.size(); ++i) {
    if (is_lost(failure, model, was, i, far_device(whole, device, tunnel))) continue;
    end.by.push_back(was.by[i]);
    if (i < was.to.size()) end.to.push_back(was.to[i]);
  }
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
  // All at once: what is out is told by what it was.
  std::vector<bool> out;
  for (const auto& interface : device.interfaces) out.push_back(is_out(failure, device, interface.name));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i]) device.interfaces[i].outer = false;
}

}  // namespace

bool is_down(const Failure& failure, std::string_view name) {
  return at_site(failure, name) || failure.machines.contains(name);
}

bool is_out(const World& whole, const Failure& failure, std::size_t device, std::size_t interface) {
  const auto& model = whole.devices()[device]->model;
  return is_out(failure, model, model.interfaces[interface].name);
}

bool is_cut(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel) {
  const auto& here = whole.devices()[device]->model;
  const auto far = whole.far_end(device, tunnel);
  const auto* there = far_device(whole, device, tunnel);
  if (cut_off(failure, here, here.tunnels[tunnel], there)) return true;
  return there != nullptr && cut_off(failure, *there, there->tunnels[far->second], &here);
}

bool is_moved(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel) {
  if (is_cut(whole, failure, device, tunnel)) return true;
  const auto loses_first = [&](std::size_t at, std::size_t number) {
    const auto& model = whole.devices()[at]->model;
    const auto& end = model.tunnels[number];
    return !end.by.empty() && is_lost(failure, model, end, 0, far_device(whole, at, number));
  };
  if (loses_first(device, tunnel)) return true;
  const auto far = whole.far_end(device, tunnel);
  return far && loses_first(far->first, far->second);
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
      if (is_cut(whole, failure, i, j))
        device.model.tunnels[j] = {};
      else
        take_choices(whole, failure, i, j, device.model.tunnels[j]);
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
