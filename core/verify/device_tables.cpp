#include "core/verify/device_tables.h"

#include <algorithm>

namespace cloison::verify {

namespace {

/// Static ones first, as kernels and routers trust them most.
void add_static(World::Device& device, const Towards& towards) {
  for (const auto& route : device.model.routes) {
    const auto interface =
        route.interface.empty() && route.via ? towards(device, *route.via) : device.interface(route.interface);
    if (interface != k_nothing)
      device.routes.items.push_back({route.to, interface, route.via, route.only_from, route.not_from, route.presence});
  }
}

void add_learned(World::Device& device, const std::vector<LearnedRoute>& learned) {
  for (const auto& route : learned)
    device.routes.items.push_back({.to = route.to,
                                   .interface = device.interface(route.interface),
                                   .presence = route.taken ? Presence::always : Presence::maybe,
                                   .stays = false});
}

void add_routed(World::Device& device) {
  for (const auto& end : device.model.tunnels) {
    if (!end.routed) continue;
    for (const auto& prefix : end.behind) {
      const bool known =
          std::any_of(device.routes.items.begin(), device.routes.items.end(),
                      [&](const KnownRoute& one) { return one.to == prefix && one.presence == Presence::always; });
      device.routes.items.push_back({.to = prefix,
                                     .interface = device.interface(end.interface),
                                     .presence = known ? Presence::maybe : end.presence});
    }
  }
}

template <class Item, class PrefixOf>
void number(Table<Item>& table, PrefixOf prefix_of) {
  std::vector<std::pair<PacketBox, uint32_t>> boxes;
  boxes.reserve(table.items.size());
  for (uint32_t i = 0; i < table.items.size(); ++i) {
    const IpPrefix& prefix = prefix_of(table.items[i]);
    auto box = PacketBox::all(prefix.family());
    box.destination = interval_of(prefix);
    boxes.emplace_back(box, i);
  }
  table.index = BoxIndex::of_destinations(boxes);
}

void find_behind(World::Device& device) {
  device.behind.clear();
  for (std::size_t i = 0; i < device.model.tunnels.size(); ++i)
    for (const auto& prefix : device.model.tunnels[i].behind)
      device.behind[device.model.tunnels[i].interface].items.push_back({i, prefix});
  for (auto& [interface, table] : device.behind) {
    std::stable_sort(table.items.begin(), table.items.end(),
                     [](const Behind& a, const Behind& b) { return a.prefix.length > b.prefix.length; });
    number(table, [](const Behind& one) { return one.prefix; });
  }
}

}  // namespace

void set_tables(World::Device& device, const std::vector<LearnedRoute>& learned, const Towards& towards) {
  device.routes.items.clear();
  add_static(device, towards);
  add_learned(device, learned);
  add_routed(device);
  // Those to one prefix stand together, so that whoever takes packets away from shorter ones has seen them all.
  std::stable_sort(device.routes.items.begin(), device.routes.items.end(),
                   [](const KnownRoute& a, const KnownRoute& b) {
                     if (a.to.length != b.to.length) return a.to.length > b.to.length;
                     return a.to != b.to ? a.to < b.to : a.presence < b.presence;
                   });
  device.outs.clear();
  for (const auto& route : device.routes.items)
    if (std::find(device.outs.begin(), device.outs.end(), route.interface) == device.outs.end())
      device.outs.push_back(route.interface);
  number(device.routes, [](const KnownRoute& route) { return route.to; });
  find_behind(device);
}

}  // namespace cloison::verify
