// The most that can pass: what may be there beside what is, and what may as well not be there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/verify/travel.h"

namespace cloison::verify {

namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

IpPrefix net(const char* text) {
  return *IpPrefix::parse(text);
}

PacketSet from_lan_to(const char* first, const char* last) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(net("10.1.0.9/32"));
  box.destination = {IpAddress::parse(first)->bits, IpAddress::parse(last)->bits};
  return PacketSet(box);
}

/// A node with a network and two ways to the outside.
ForwardingDevice node_with_two_ways() {
  ForwardingDevice node{.name = "node", .forwards_ipv4 = true};
  node.interfaces = {{.name = "lan", .network = "lan", .addresses = {*IpAddress::parse("10.1.0.1")}},
                     {.name = "fibre", .outer = true},
                     {.name = "radio", .outer = true}};
  return node;
}

struct Sent {
  std::unique_ptr<World> world{};
  std::vector<Leap> leaps{};
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> all;
    for (const auto& leap : leaps)
      if (leap.kind == Leap::Kind::leaves) all.emplace_back(leap.out);
    return all;
  }
};

Sent most_from_lan(const ForwardingDevice& node, const PacketSet& packets) {
  Forwarding parts{.networks = {{.name = "lan", .prefixes = {net("10.1.0.0/24")}, .unseen = true}}, .devices = {node}};
  Sent sent{.world = std::make_unique<World>(std::vector{parts})};
  sent.leaps = travel_from_network(*sent.world, 0, packets, {.most = true});
  return sent;
}

TEST(TheMost, AWayThatMayServeIsThereForASetOfManyPrefixesToo) {
  auto node = node_with_two_ways();
  node.routes = {{.to = net("10.2.0.0/24"), .interface = "fibre"},
                 {.to = net("10.3.0.0/24"), .interface = "fibre"},
                 {.to = net("10.2.0.0/24"), .interface = "radio", .presence = Presence::maybe}};
  EXPECT_THAT(most_from_lan(node, from_lan_to("10.2.0.5", "10.2.0.5")).left(), UnorderedElementsAre("fibre", "radio"));
  EXPECT_THAT(most_from_lan(node, from_lan_to("10.2.0.5", "10.3.0.5")).left(), UnorderedElementsAre("fibre", "radio"));
}

TEST(TheMost, ATranslationThatMayBeThereMayNotBe) {
  auto node = node_with_two_ways();
  node.routes = {{.to = net("0.0.0.0/0"), .interface = "fibre"}};
  node.leaving.rules = {{.match = {.packets = {PacketBox::all(Family::ipv4)}, .presence = Presence::maybe},
                         .action = TranslationRule::Action::source,
                         .to = net("192.0.2.1/32")}};
  std::vector<std::string> sources;
  const auto sent = most_from_lan(node, from_lan_to("203.0.113.1", "203.0.113.1"));
  for (const auto& leap : sent.leaps)
    if (leap.kind == Leap::Kind::leaves)
      sources.push_back(IpAddress{Family::ipv4, leap.packets.boxes().front().source.first}.text());
  EXPECT_THAT(sources, UnorderedElementsAre("192.0.2.1", "10.1.0.9"));
}

/// Whoever takes routes from a neighbour has none of them while that session is down.
TEST(TheMost, AWayThatANeighbourToldMayBeGoneAndLeavesItsPacketsToShorterPrefixes) {
  auto node = node_with_two_ways();
  node.interfaces.push_back({.name = "wg0", .addresses = {*IpAddress::parse("10.9.0.1")}});
  node.tunnels = {
      {.interface = "wg0", .own = "node", .other = "hub", .behind = {net("10.9.0.2/32"), net("10.2.0.0/16")}}};
  node.sessions = {{.interface = "wg0", .neighbour = *IpAddress::parse("10.9.0.2"), .accepts = {net("10.2.0.0/16")}}};
  node.routes = {{.to = net("0.0.0.0/0"), .interface = "fibre"}};
  ForwardingDevice hub{.name = "hub", .forwards_ipv4 = true};
  hub.interfaces = {{.name = "wg0", .addresses = {*IpAddress::parse("10.9.0.2")}}};
  hub.tunnels = {
      {.interface = "wg0", .own = "hub", .other = "node", .behind = {net("10.9.0.1/32"), net("10.1.0.0/24")}}};
  hub.sessions = {{.interface = "wg0", .neighbour = *IpAddress::parse("10.9.0.1"), .offers = {net("10.2.0.0/16")}}};
  hub.announces = {net("10.2.0.0/16")};
  const World world(
      {{.networks = {{.name = "lan", .prefixes = {net("10.1.0.0/24")}, .unseen = true}}, .devices = {node, hub}}});
  const auto ways = [&](bool most) {
    std::vector<std::string> all;
    const auto leaps = travel_from_network(world, 0, from_lan_to("10.2.0.5", "10.2.0.5"), {.most = most});
    for (const auto& leap : leaps)
      if (leap.kind == Leap::Kind::leaves || leap.kind == Leap::Kind::sent) all.emplace_back(leap.out);
    return all;
  };
  EXPECT_THAT(ways(false), UnorderedElementsAre("wg0"));
  EXPECT_THAT(ways(true), UnorderedElementsAre("wg0", "fibre"));
}

ForwardingDevice node_with_tunnels() {
  auto node = node_with_two_ways();
  node.interfaces.push_back({.name = "wg0"});
  node.routes = {{.to = net("10.8.0.0/16"), .interface = "wg0"}, {.to = net("0.0.0.0/0"), .interface = "fibre"}};
  node.tunnels = {{.interface = "wg0", .own = "node", .other = "tablet", .behind = {net("10.8.0.7/32")}},
                  {.interface = "wg0", .own = "node", .other = "office", .behind = {net("10.8.0.0/24")}}};
  return node;
}

TEST(TheMost, ATunnelThatMayNotBeThereLeavesItsPacketsToShorterPrefixes) {
  auto node = node_with_tunnels();
  const auto ends = [&] {
    std::vector<std::string> all;
    const auto sent = most_from_lan(node, from_lan_to("10.8.0.7", "10.8.0.7"));
    for (const auto& leap : sent.leaps)
      if (leap.kind == Leap::Kind::arrives && leap.tunnel != k_nothing) all.emplace_back(leap.where);
    return all;
  };
  EXPECT_THAT(ends(), UnorderedElementsAre("tablet"));
  node.tunnels[0].presence = Presence::maybe;
  EXPECT_THAT(ends(), UnorderedElementsAre("tablet", "office"));
}

TEST(TheMost, WhoIsBehindATunnelReachesOnlyWhatItIsFor) {
  auto node = node_with_tunnels();
  node.tunnels[0].near = {net("10.1.0.0/24")};
  node.routes.push_back({.to = net("10.1.0.0/24"), .interface = "lan"});
  const World world(
      {{.networks = {{.name = "lan", .prefixes = {net("10.1.0.0/24")}, .unseen = true}}, .devices = {node}}});
  auto packets = PacketBox::all(Family::ipv4);
  packets.source = interval_of(net("10.8.0.7/32"));
  std::vector<std::string> ends;
  const auto leaps = travel_from_tunnel(world, 0, 0, PacketSet(packets), {.most = true});
  for (const auto& leap : leaps)
    if (leap.kind == Leap::Kind::arrives || leap.kind == Leap::Kind::leaves)
      ends.push_back(leap.kind == Leap::Kind::leaves ? "outside" : std::string(leap.where));
  EXPECT_THAT(ends, Contains("lan"));
  EXPECT_THAT(ends, Not(Contains("outside")));
}

}  // namespace

}  // namespace cloison::verify
