#include "core/verify/failure.h"

#include <algorithm>

namespace cloison::verify {

namespace {

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
  return far ? &whole.devices()[far->device]->model : nullptr;
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

}  // namespace

bool is_at_site(const Failure& failure, std::string_view name) {
  return !failure.sites.empty() && failure.sites.contains(name.substr(0, name.find_first_of(". ")));
}

bool is_down(const Failure& failure, std::string_view name) {
  return is_at_site(failure, name) || failure.machines.contains(name);
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
  return there != nullptr && cut_off(failure, *there, there->tunnels[far->tunnel], &here);
}

bool is_lost(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel, std::size_t way) {
  const auto& model = whole.devices()[device]->model;
  return is_lost(failure, model, model.tunnels[tunnel], way, far_device(whole, device, tunnel));
}

bool is_moved(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel) {
  if (is_cut(whole, failure, device, tunnel)) return true;
  const auto loses_first = [&](std::size_t at, std::size_t number) {
    return !whole.devices()[at]->model.tunnels[number].by.empty() && is_lost(whole, failure, at, number, 0);
  };
  if (loses_first(device, tunnel)) return true;
  const auto far = whole.far_end(device, tunnel);
  return far && loses_first(far->device, far->tunnel);
}

}  // namespace cloison::verify
