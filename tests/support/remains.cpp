#include "tests/support/remains.h"

#include <algorithm>
#include <tuple>

namespace cloison::test {

namespace {

verify::World from_nothing(const verify::World& left) {
  Forwarding all;
  for (const auto& network : left.networks()) all.networks.push_back(network->model);
  for (const auto& device : left.devices()) all.devices.push_back(device->model);
  for (const auto& port : left.ports()) all.ports.push_back(port->model);
  return verify::World({std::move(all)});
}

auto fields(const verify::KnownRoute& route) {
  return std::tie(route.to, route.interface, route.via, route.only_from, route.not_from, route.presence, route.stays);
}

bool same_routes(const verify::World::Device& a, const verify::World::Device& b) {
  return std::equal(a.routes.items.begin(), a.routes.items.end(), b.routes.items.begin(), b.routes.items.end(),
                    [](const auto& one, const auto& other) { return fields(one) == fields(other); });
}

bool same_tables(const verify::World::Device& a, const verify::World::Device& b) {
  return std::equal(
      a.behind.begin(), a.behind.end(), b.behind.begin(), b.behind.end(), [](const auto& one, const auto& other) {
        const auto &mine = one.second.items, &theirs = other.second.items;
        return one.first == other.first &&
               std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                          [](const auto& x, const auto& y) { return x.tunnel == y.tunnel && x.prefix == y.prefix; });
      });
}

}  // namespace

std::string unlike_from_nothing(const verify::World& left) {
  const auto anew = from_nothing(left);
  std::string text;
  for (std::size_t i = 0; i < left.devices().size(); ++i) {
    const auto &mine = *left.devices()[i], &theirs = *anew.devices()[i];
    if (!same_routes(mine, theirs)) text += mine.model.name + ": routes\n";
    if (mine.far_ends != theirs.far_ends) text += mine.model.name + ": other ends\n";
    if (!same_tables(mine, theirs)) text += mine.model.name + ": behind its tunnels\n";
    if (mine.outs != theirs.outs) text += mine.model.name + ": ways out\n";
  }
  return text;
}

}  // namespace cloison::test
