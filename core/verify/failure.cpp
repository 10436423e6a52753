#include "core/verify/failure.h"

#include <algorithm>

namespace cloison::verify {

namespace {

class Failing {
 public:
  Failing(const World& whole, const Failure& failure) : whole_(whole), failure_(failure) {
    for (std::size_t i = 0; i < whole.devices().size(); ++i) numbers_.emplace(whole.devices()[i]->model.name, i);
  }

  void take_from(Forwarding& part) const {
    std::erase_if(part.networks, [&](const SwitchedNetwork& one) { return at_site(one.name); });
    std::erase_if(part.ports, [&](const MachinePort& one) { return down(one.name); });
    std::erase_if(part.devices, [&](const ForwardingDevice& one) { return down(one.name); });
    for (auto& device : part.devices) take_from(device);
  }

 private:
  /// Whether a thing is at a site that is down, by the beginning of its name.
  [[nodiscard]] bool at_site(std::string_view name) const {
    return failure_.sites.contains(name.substr(0, name.find_first_of(". ")));
  }
  [[nodiscard]] bool down(std::string_view name) const { return at_site(name) || failure_.machines.contains(name); }
  [[nodiscard]] bool down(const ForwardingDevice& device, std::string_view interface) const {
    return failure_.interfaces.contains(std::pair(device.name, std::string(interface)));
  }

  /// Whether no packet of the tunnel gets out of its device.
  [[nodiscard]] bool cut_off(const ForwardingDevice& device, const TunnelEnd& end) const {
    if (down(device.name) || failure_.links.contains(end.link)) return true;
    if (!end.by.empty())
      return std::all_of(end.by.begin(), end.by.end(), [&](const std::string& one) { return down(device, one); });
    bool any = false, left = false;
    for (const auto& interface : device.interfaces)
      if (interface.outer) any = true, left = left || !down(device, interface.name);
    return any && !left;
  }

  [[nodiscard]] bool cut(const ForwardingDevice& device, std::size_t tunnel) const {
    if (cut_off(device, device.tunnels[tunnel])) return true;
    const auto far = whole_.far_end(numbers_.at(device.name), tunnel);
    if (!far) return false;
    const auto& there = whole_.devices()[far->first]->model;
    return cut_off(there, there.tunnels[far->second]);
  }

  void take_from(ForwardingDevice& device) const {
    std::vector<TunnelEnd> left;
    std::set<std::string> alive;
    for (std::size_t i = 0; i < device.tunnels.size(); ++i) {
      if (cut(device, i)) continue;
      left.push_back(device.tunnels[i]);
      alive.insert(device.tunnels[i].interface);
    }
    // A session goes with the tunnel behind which its neighbour is, and a route with the way out that it takes.
    std::erase_if(device.sessions, [&](const RoutingSession& session) {
      return std::none_of(left.begin(), left.end(), [&](const TunnelEnd& end) {
        return end.interface == session.interface &&
               std::any_of(end.behind.begin(), end.behind.end(),
                           [&](const IpPrefix& prefix) { return prefix.contains(session.neighbour); });
      });
    });
    device.tunnels = std::move(left);
    std::erase_if(device.routes, [&](const ForwardingRoute& route) { return down(device, route.interface); });
  }

  const World& whole_;
  const Failure& failure_;
  std::map<std::string, std::size_t, std::less<>> numbers_{};
};

}  // namespace

std::vector<Forwarding> parts_left(const World& whole, std::vector<Forwarding> parts, const Failure& failure) {
  const Failing failing(whole, failure);
  for (auto& part : parts) failing.take_from(part);
  return parts;
}

}  // namespace cloison::verify
