// The second engine's limits, and how a difference between both engines is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/verify/bdd/agreement.h"

namespace cloison::verify {

namespace {

using ::testing::HasSubstr;

constexpr BddTable::Size k_usual{.variables = PacketSpace::k_variables, .first_nodes = 1 << 15};

IpPrefix range(const char* text) {
  return *IpPrefix::parse(text);
}

/// One router between two networks; its filter lets the first one ask the second.
Forwarding router() {
  ForwardingDevice router{.name = "router", .forwards_ipv4 = true};
  for (const auto* name : {"10.1.0", "10.2.0"}) {
    const auto net = std::string(name) + ".0/24", first = std::string(name) + ".1";
    router.interfaces.push_back({.name = name, .network = name, .addresses = {*IpAddress::parse(first)}});
    router.routes.push_back({.to = range(net.c_str()), .interface = name});
  }
  auto asked = PacketBox::all(Family::ipv4);
  asked.source = interval_of(range("10.1.0.0/24")), asked.destination = interval_of(range("10.2.0.0/24"));
  router.forward = FilterChain{.rules = {{.match = {.packets = {asked}}}}};
  Forwarding parts{.devices = {router}};
  for (const auto* name : {"10.1.0", "10.2.0"})
    parts.networks.push_back(
        {.name = name, .prefixes = {range((std::string(name) + ".0/24").c_str())}, .unseen = true});
  return parts;
}

Agreement compared(const World& world, const BddTable::Size& size = k_usual, const World* differing = nullptr) {
  const std::vector<Place> nobody;
  return compare_engines(world, PlaceIndex(world, nobody), size, differing);
}

TEST(SecondEngine, AgreesWithTheFirst) {
  const World world({router()});
  const auto agreement = compared(world);
  EXPECT_TRUE(agreement.holds());
  EXPECT_EQ(agreement.sources, 2U);
  EXPECT_EQ(agreement.passages, 5U);  // each on its own network, to the router, and one of them to the other network
}

TEST(SecondEngine, ADifferenceNamesItsEndsAndAPacketThatOnlyOneLetsPass) {
  auto parts = router();
  const World right({parts});
  parts.devices[0].forward.own().rules[0].match.packets[0].destination = interval_of(range("10.2.0.64/26"));
  const World wrong({parts});
  const auto agreement = compared(right, k_usual, &wrong);
  EXPECT_FALSE(agreement.holds());
  ASSERT_EQ(agreement.differences, 1U);
  const auto& told = agreement.examples.front();
  EXPECT_EQ(told.from, "10.1.0");
  EXPECT_EQ(told.to, "10.2.0");
  EXPECT_TRUE(told.only_intervals);
  EXPECT_TRUE(interval_of(range("10.2.0.0/24")).contains(told.arrives.destination));
  EXPECT_FALSE(interval_of(range("10.2.0.64/26")).contains(told.arrives.destination));
  EXPECT_EQ(told.arrives.protocol, protocol::k_tcp);
}

TEST(SecondEngine, WithTooFewNodesItGivesUpAndSaysSo) {
  auto parts = router();
  // Pairs of a source and a destination that have nothing to do with each other: nothing in them is alike.
  std::vector<PacketBox> boxes;
  for (uint128 i = 0; i < 1500; ++i) {
    auto box = PacketBox::all(Family::ipv4);
    const auto source = 0x0A010000U + i * 40503 % 65536, destination = 0x0A020000U + i * 30011 % 65536;
    box.source = {source, source}, box.destination = {destination, destination};
    boxes.push_back(box);
  }
  parts.devices[0].forward.own().rules[0].match.packets = boxes;
  const World world({parts});
  const auto agreement =
      compared(world, {.variables = PacketSpace::k_variables, .first_nodes = 1 << 12, .most_nodes = 1 << 14});
  EXPECT_FALSE(agreement.holds());
  ASSERT_TRUE(agreement.too_complex);
  EXPECT_EQ(agreement.too_complex->code, "CL6115");
  EXPECT_EQ(agreement.too_complex->detail, "more than 16384 nodes");
  EXPECT_EQ(agreement.differences, 0U) << "of what it did not finish nothing is said";
  EXPECT_TRUE(compared(world).holds()) << "the next table begins anew";
}

TEST(SecondEngine, ThereIsOneTableAtATime) {
  const auto first = BddTable::open(k_usual);
  ASSERT_TRUE(first);
  const auto second = BddTable::open(k_usual);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().detail, HasSubstr("in use"));
}

TEST(SecondEngine, WhatIsTranslatedRoundAndRoundIsGivenUp) {
  // Two routers hand a packet to each other, and each time its destination is the next one.
  auto all = PacketBox::all(Family::ipv6);
  Forwarding parts;
  for (const auto* name : {"a", "b"}) {
    const std::string other = *name == 'a' ? "b" : "a";
    ForwardingDevice device{.name = name, .forwards_ipv6 = true};
    device.interfaces = {{.name = "wg0"}};
    device.tunnels = {{.interface = "wg0", .own = name, .other = other, .behind = {IpPrefix::any(Family::ipv6)}}};
    device.routes = {{.to = IpPrefix::any(Family::ipv6), .interface = "wg0"}};
    device.arriving.rules = {{.match = {.packets = {all}},
                              .action = TranslationRule::Action::destination,
                              .to = range("::1/128"),
                              .by_offset = true}};
    parts.devices.push_back(device);
  }
  parts.devices[0].interfaces.push_back({.name = "lan", .network = "lan", .addresses = {*IpAddress::parse("fd00::1")}});
  parts.networks = {{.name = "lan", .prefixes = {range("fd00::/64")}}};
  parts.ports = {{.name = "machine",
                  .network = "lan",
                  .addresses = {*IpAddress::parse("fd00::2")},
                  .out = FilterChain{.rules = {{.match = {.packets = {{.family = Family::ipv6,
                                                                       .source = {0, ~uint128{0}},
                                                                       .destination = {7, 7}}}}}}}}};
  const World world({parts});
  const auto table = *BddTable::open(k_usual);
  const PacketSpace space;
  SpreadEngine engine(world, space);
  EXPECT_TRUE(engine.arrivals({Sender::Kind::port, 0}).empty());
  EXPECT_THAT(engine.gave_up(), HasSubstr("round and round"));
}

}  // namespace

}  // namespace cloison::verify
