// What is left of a network after a failure is the network that never had what failed: routes spread over sessions, in
// drawn networks of devices that tell each other of their prefixes.

#include "tests/support/remains.h"

#include <iostream>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/verify/failure.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {
namespace {

using Random = std::mt19937_64;

std::size_t up_to(Random& random, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

IpPrefix prefix_of(std::size_t device) {
  return *IpPrefix::parse(fmt::format("10.{}.0.0/16", device));
}

IpAddress outer_address(std::size_t device, std::size_t underlay) {
  return *IpAddress::parse(fmt::format("198.18.{}.{}", underlay, device + 1));
}

IpAddress inner_address(std::size_t device, std::size_t other, std::size_t underlay) {
  return *IpAddress::parse(
      fmt::format("fd00:{}:{}::{}", underlay, std::min(device, other) * 100 + std::max(device, other), device + 1));
}

/// Devices that are joined over one or two underlays. In a mesh everybody tells everybody what he knows and all ways
/// count the same, shorter ones first; around a hub spokes have a preferred underlay and are told of the hub alone. In
/// both there is one state in which nothing changes any more.
class DrawnRouting {
 public:
  explicit DrawnRouting(Random& random) : random_(random), devices_(3 + up_to(random, 5)) {
    const bool mesh = up_to(random, 1) == 0;
    for (std::size_t i = 0; i < devices_.size(); ++i) add_device(i);
    for (std::size_t i = 0; i < devices_.size(); ++i)
      for (std::size_t j = i + 1; j < devices_.size(); ++j)
        if (mesh ? up_to(random, 2) != 0 : i == 0) join(i, j, mesh);
  }

  [[nodiscard]] std::vector<Forwarding> parts() const { return {Forwarding{.devices = devices_}}; }

  [[nodiscard]] verify::Failure failure() {
    verify::Failure failure;
    const auto device = up_to(random_, devices_.size() - 1);
    switch (up_to(random_, 3)) {
      case 0:
        failure.machines.insert(devices_[device].name);
        break;
      case 1:
        failure.sites.insert(fmt::format("site-{}", device));
        break;
      case 2:
        failure.links.insert(fmt::format("link-{}", up_to(random_, 2)));
        break;
      default:
        break;
    }
    for (std::size_t some = up_to(random_, 2); some != 0; --some)
      failure.interfaces.emplace(devices_[up_to(random_, devices_.size() - 1)].name,
                                 fmt::format("wan{}", up_to(random_, 1)));
    return failure;
  }

 private:
  void add_device(std::size_t number) {
    auto& device = devices_[number];
    device.name = fmt::format("site-{}.node", number);
    device.forwards_ipv4 = true;
    for (std::size_t underlay = 0; underlay < 2; ++underlay)
      device.interfaces.push_back(
          {.name = fmt::format("wan{}", underlay), .outer = true, .addresses = {outer_address(number, underlay)}});
    device.announces = {prefix_of(number)};
    device.routes = {{.to = prefix_of(number), .interface = "wan0"}};
  }

  void join(std::size_t one, std::size_t other, bool mesh) {
    const auto link = fmt::format("link-{}", up_to(random_, 2));
    for (std::size_t underlay = 0; underlay <= up_to(random_, 1); ++underlay) {
      add_end(one, other, underlay, mesh, link);
      add_end(other, one, underlay, mesh, link);
    }
  }

  void add_end(std::size_t mine, std::size_t far, std::size_t underlay, bool mesh, const std::string& link) {
    auto& device = devices_[mine];
    const auto name = fmt::format("t{}-{}", far, underlay);
    device.interfaces.push_back({.name = name, .addresses = {inner_address(mine, far, underlay)}});
    TunnelEnd end{.interface = name,
                  .own = fmt::format("{}>{}", mine, far),
                  .other = fmt::format("{}>{}", far, mine),
                  .behind = {IpPrefix::of(inner_address(far, mine, underlay))},
                  .by = {fmt::format("wan{}", underlay)},
                  .to = {outer_address(far, underlay)},
                  .link = link};
    RoutingSession session{.interface = name,
                           .neighbour = inner_address(far, mine, underlay),
                           .preference = mesh ? 100 : 200 - static_cast<int64_t>(underlay),
                           .distance = static_cast<int64_t>(up_to(random_, 3))};
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      if (mesh || i == far || i == mine) end.behind.push_back(prefix_of(i));
      if (mesh ? up_to(random_, 5) != 0 : i == mine) session.offers.push_back(prefix_of(i));
      if (mesh ? up_to(random_, 5) != 0 : i == far) session.accepts.push_back(prefix_of(i));
    }
    device.tunnels.push_back(std::move(end));
    device.sessions.push_back(std::move(session));
  }

  Random& random_;
  std::vector<ForwardingDevice> devices_;
};

TEST(RemainsProperty, AreTheNetworkThatNeverHadWhatFailed) {
  std::size_t failures = 0, others = 0;
  check_law("what is left is as made from nothing", property_cases(100), [&] {
    Random random(random_seed());
    DrawnRouting drawn(random);
    const verify::World whole(drawn.parts());
    RC_ASSERT(unlike_from_nothing(whole) == "");
    for (int i = 0; i < 5; ++i) {
      const verify::World left(whole, drawn.failure());
      RC_ASSERT(unlike_from_nothing(left) == "");
      ++failures;
      for (std::size_t j = 0; j < left.devices().size(); ++j)
        if (left.devices()[j]->routes.items.size() != whole.devices()[j]->routes.items.size()) {
          ++others;
          break;
        }
    }
  });
  std::cout << failures << " failures, " << others << " of which took routes away\n";
  EXPECT_GT(others, failures / 4);
}

}  // namespace
}  // namespace cloison::test
