// Packets under way through a small world: two places, a tunnel between them, machines and impostors.

#include "core/verify/travel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::verify {

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}
IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

PacketSet packet(const char* from, const char* to, uint16_t port = 443) {
  return PacketSet(box_of({Family::ipv4, address(from).bits, address(to).bits, protocol::k_tcp, 40000, port}));
}

FilterRule permit(const char* from, const char* to) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(prefix(from));
  box.destination = interval_of(prefix(to));
  return {.match = {.packets = {box}, .text = std::string(from) + " to " + to}};
}

/// A node with one segment behind it and a tunnel to the other one; it lets everything be forwarded unless told.
Forwarding place(const std::string& name, const char* net, const char* router, const std::string& key,
                 const std::string& other, const char* beyond) {
  ForwardingDevice node{.name = name, .forwards_ipv4 = true};
  node.interfaces = {{.name = "lan", .network = name + " lan", .addresses = {address(router)}}, {.name = "wg"}};
  node.routes = {{.to = prefix(net), .interface = "lan"}};
  node.tunnels = {{.interface = "wg", .own = key, .other = other, .behind = {prefix(beyond)}}};
  node.routes.push_back({.to = prefix(beyond), .interface = "wg"});
  return {.networks = {{.name = name + " lan", .prefixes = {prefix(net)}, .unseen = true}}, .devices = {node}};
}

std::vector<Forwarding> two_places() {
  return {place("a", "10.1.0.0/24", "10.1.0.1", "key a", "key b", "10.2.0.0/24"),
          place("b", "10.2.0.0/24", "10.2.0.1", "key b", "key a", "10.1.0.0/24")};
}

std::vector<std::string> told(const std::vector<Leap>& leaps, Leap::Kind kind) {
  std::vector<std::string> all;
  for (const auto& leap : leaps)
    if (leap.kind == kind)
      all.push_back(std::string(leap.where) + (leap.why.empty() ? "" : ": " + std::string(leap.why)));
  return all;
}

/// What its texts belong to lives as long as it.
struct Journey {
  std::unique_ptr<World> world{};
  std::vector<Leap> leaps{};
};
std::vector<std::string> told(const Journey& journey, Leap::Kind kind) {
  return told(journey.leaps, kind);
}

Journey sent(const std::vector<Forwarding>& parts, const char* network, const PacketSet& packets,
             const TravelOptions& options = {.refusals = true}) {
  Journey journey{.world = std::make_unique<World>(parts)};
  journey.leaps = travel_from_network(*journey.world, journey.world->network(network), packets, options);
  return journey;
}

TEST(Travel, GoesThroughATunnelToTheOtherPlace) {
  const auto leaps = sent(two_places(), "a lan", packet("10.1.0.9", "10.2.0.9"));
  EXPECT_THAT(told(leaps, Leap::Kind::arrives), Contains("b lan"));
  EXPECT_TRUE(told(leaps, Leap::Kind::refused).empty());
}

TEST(Travel, AmongPeersTheLongestPrefixHasIt) {
  auto parts = two_places();
  auto& node = parts[0].devices[0];
  node.tunnels.insert(node.tunnels.begin(),
                      {.interface = "wg", .own = "key a", .other = "key c", .behind = {prefix("0.0.0.0/0")}});
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9")), Leap::Kind::arrives), Contains("b lan"));
}

TEST(Travel, TheFarEndBelievesOnlyWhatIsBehindTheOneWhoSends) {
  const auto leaps = sent(two_places(), "a lan", packet("10.3.0.9", "10.2.0.9"));
  EXPECT_TRUE(told(leaps, Leap::Kind::arrives).empty());
  EXPECT_THAT(told(leaps, Leap::Kind::refused), Contains("b: its tunnel does not expect that from there"));
}

TEST(Travel, AFilterStopsWhatNoRulePermits) {
  auto parts = two_places();
  parts[1].devices[0].forward = FilterChain{.name = "forward", .rules = {permit("10.1.0.0/28", "10.2.0.0/24")}};
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9")), Leap::Kind::arrives), Contains("b lan"));
  const auto refused = sent(parts, "a lan", packet("10.1.0.99", "10.2.0.9"));
  EXPECT_TRUE(told(refused, Leap::Kind::arrives).empty());
  EXPECT_THAT(told(refused, Leap::Kind::refused), Contains("b: no rule permits it"));
}

TEST(Travel, ADeviceForwardsNothingUntilItMay) {
  auto parts = two_places();
  parts[0].devices[0].forwards_ipv4 = false;
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9")), Leap::Kind::refused),
              Contains("a: it forwards no IPv4"));
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.1.0.1")), Leap::Kind::arrives), Contains("a"))
      << "itself is there";
}

TEST(Travel, WhoIsOnTheSameNetworkIsReachedUnseen) {
  const auto leaps = sent(two_places(), "a lan", packet("10.1.0.9", "10.1.0.77"));
  EXPECT_THAT(told(leaps, Leap::Kind::arrives), Contains("a lan"));
}

/// One node, and two machines that it keeps apart; it answers for the first, the second and nobody else.
Forwarding kept_apart() {
  auto one = place("a", "10.1.0.0/24", "10.1.0.1", "key a", "key b", "10.2.0.0/24");
  one.networks[0].unseen = false, one.networks[0].apart = true;
  one.networks[0].answered = {prefix("10.1.0.9/32"), prefix("10.1.0.10/32")};
  for (const char* own : {"10.1.0.9", "10.1.0.10", "10.1.0.11"})
    one.ports.push_back({.name = own, .network = "a lan", .addresses = {address(own)}, .any_source = true});
  one.devices[0].forward = FilterChain{.name = "forward", .rules = {permit("10.1.0.9/32", "10.1.0.10/31")}};
  return one;
}

Journey sent_by(const Forwarding& part, std::size_t port, const PacketSet& packets, bool most = false) {
  Journey journey{.world = std::make_unique<World>(std::vector{part})};
  journey.leaps = travel_from_port(*journey.world, port, packets, {.most = most, .refusals = true});
  return journey;
}

TEST(Travel, MachinesKeptApartReachEachOtherByTheirGatewayAlone) {
  for (const bool most : {false, true}) {
    const auto there = sent_by(kept_apart(), 0, packet("10.1.0.9", "10.1.0.10"), most);
    EXPECT_THAT(told(there, Leap::Kind::forwarded), Contains("a")) << most;
    EXPECT_THAT(told(there, Leap::Kind::arrives), Contains("10.1.0.10")) << most;
    const auto back = sent_by(kept_apart(), 1, packet("10.1.0.10", "10.1.0.9"), most);
    EXPECT_TRUE(told(back, Leap::Kind::arrives).empty()) << most;
    EXPECT_THAT(told(back, Leap::Kind::refused), Contains("a: no rule permits it")) << most;
  }
  auto together = kept_apart();
  together.networks[0].apart = false;
  EXPECT_THAT(told(sent_by(together, 1, packet("10.1.0.10", "10.1.0.9")), Leap::Kind::arrives), Contains("10.1.0.9"));
}

TEST(Travel, WhomTheGatewayDoesNotAnswerForIsNotAskedByIt) {
  const auto leaps = sent_by(kept_apart(), 0, packet("10.1.0.9", "10.1.0.11"));
  EXPECT_TRUE(told(leaps, Leap::Kind::arrives).empty());
  EXPECT_THAT(told(leaps, Leap::Kind::refused), Contains("a lan: its machines are kept apart"));
  // Who hands it to the gateway all the same meets its rules.
  EXPECT_THAT(told(sent_by(kept_apart(), 0, packet("10.1.0.9", "10.1.0.11"), true), Leap::Kind::arrives),
              Contains("10.1.0.11"));
  EXPECT_THAT(told(sent_by(kept_apart(), 0, packet("10.1.0.9", "10.1.0.1")), Leap::Kind::arrives), Contains("a"))
      << "the gateway itself is there";
}

TEST(Travel, OneNodeThatKeepsNobodyApartUndoesIt) {
  auto other = kept_apart();
  other.devices.clear(), other.ports.clear();
  other.networks[0].apart = false;
  Journey journey{.world = std::make_unique<World>(std::vector{kept_apart(), other})};
  journey.leaps = travel_from_port(*journey.world, 1, packet("10.1.0.10", "10.1.0.9"), {});
  EXPECT_THAT(told(journey, Leap::Kind::arrives), Contains("10.1.0.9"));
}

TEST(Travel, AWayThatMayBeThereCountsOnlyForTheMost) {
  auto parts = two_places();
  parts[0].devices[0].routes.back().presence = Presence::maybe;
  EXPECT_TRUE(told(sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9")), Leap::Kind::arrives).empty());
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9"), {.most = true}), Leap::Kind::arrives),
              Contains("b lan"));
}

TEST(Travel, MachinesMayHandTheirPacketsToAnyDevice) {
  auto parts = two_places();
  // A second router on the network of a, which is nobody's way out.
  ForwardingDevice other{.name = "other", .forwards_ipv4 = true};
  other.interfaces = {{.name = "eth0", .network = "a lan", .addresses = {address("10.1.0.200")}},
                      {.name = "out", .outer = true}};
  other.routes = {{.to = IpPrefix::any(Family::ipv4), .interface = "out"}};
  parts[0].devices.push_back(other);
  const auto outside = packet("10.1.0.9", "203.0.113.1");
  EXPECT_TRUE(told(sent(parts, "a lan", outside), Leap::Kind::leaves).empty());
  EXPECT_THAT(told(sent(parts, "a lan", outside, {.most = true}), Leap::Kind::leaves), Contains("other"));
}

TEST(Travel, ACircleEnds) {
  auto parts = two_places();
  for (auto& part : parts) {
    part.devices[0].routes = {{.to = prefix("10.9.0.0/24"), .interface = "wg"}};
    part.devices[0].tunnels[0].behind = {prefix("0.0.0.0/0")};
  }
  const auto leaps = sent(parts, "a lan", packet("10.1.0.9", "10.9.0.9"));
  EXPECT_THAT(told(leaps, Leap::Kind::refused), Contains(HasSubstr("in a circle")));
}

TEST(Travel, ACardSendsUnderItsOwnAddressAlone) {
  auto parts = two_places();
  parts[0].ports = {{.name = "web", .network = "a lan", .addresses = {address("10.1.0.10")}}};
  const World world(parts);
  EXPECT_THAT(told(travel_from_port(world, 0, packet("10.1.0.10", "10.2.0.9"), {}), Leap::Kind::arrives),
              Contains("b lan"));
  const auto borrowed = travel_from_port(world, 0, packet("10.1.0.11", "10.2.0.9"), {.refusals = true});
  EXPECT_THAT(told(borrowed, Leap::Kind::arrives), Not(Contains("b lan")));
  EXPECT_THAT(told(borrowed, Leap::Kind::refused), Contains("web: not under an address of its own"));
}

TEST(Travel, OfThoseThatShareAnAddressTheFirstServes) {
  auto parts = two_places();
  auto second = parts[0].devices[0];
  second.name = "a2", second.tunnels.clear();
  for (auto* node : {&parts[0].devices[0], &second}) {
    node->interfaces[0].shared = {address("10.1.0.1")};
    node->interfaces[0].addresses = {address(node == &second ? "10.1.0.3" : "10.1.0.2")};
  }
  parts[0].devices.push_back(second);
  const auto leaps = sent(parts, "a lan", packet("10.1.0.9", "10.2.0.9"));
  EXPECT_THAT(told(leaps, Leap::Kind::arrives), Contains("b lan"));
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.1.0.1")), Leap::Kind::arrives), Not(Contains("a2")));
  EXPECT_THAT(told(sent(parts, "a lan", packet("10.1.0.9", "10.1.0.3")), Leap::Kind::arrives), Contains("a2"));
}

TEST(Travel, TranslationsAreDoneAndUndone) {
  auto parts = two_places();
  auto to_b = PacketBox::all(Family::ipv4);
  to_b.destination = interval_of(prefix("10.2.0.0/24"));
  TranslationRule rule{.match = {.packets = {to_b}},
                       .action = TranslationRule::Action::destination,
                       .to = prefix("192.168.1.0/24"),
                       .by_offset = true};
  parts[1].devices[0].arriving.rules = {rule};
  parts[1].devices[0].routes.front().to = prefix("192.168.1.0/24");
  parts[1].networks[0].prefixes = {prefix("192.168.1.0/24")};
  parts[1].devices[0].interfaces[0].addresses = {address("192.168.1.1")};
  const World world(parts);
  const auto there = travel_from_network(world, world.network("a lan"), packet("10.1.0.9", "10.2.0.77"), {});
  ASSERT_THAT(told(there, Leap::Kind::arrives), Contains("b lan"));
  const auto& end = there.back();
  const auto arrived = *end.packets.sample();
  EXPECT_EQ((IpAddress{Family::ipv4, arrived.destination}).text(), "192.168.1.77");
  const Packet asked = *packet("10.1.0.9", "10.2.0.77").sample();
  EXPECT_EQ(*end.origin.of(end.packets).sample(), asked);
  const auto back = travel_from_network(world, world.network("b lan"), PacketSet(box_of(answer_to(arrived))),
                                        answered({}, there, there.size() - 1));
  ASSERT_THAT(told(back, Leap::Kind::arrives), Contains("a lan"));
  EXPECT_EQ(*back.back().packets.sample(), answer_to(asked));
}

TEST(Travel, ManyTranslatedToOneAddressAreKnownByTheirAnswers) {
  auto parts = two_places();
  TranslationRule rule{.match = {.packets = {PacketBox::all(Family::ipv4)}},
                       .action = TranslationRule::Action::source,
                       .to = prefix("10.1.0.1/32")};
  parts[0].devices[0].leaving.rules = {rule};
  const World world(parts);
  auto all = PacketBox::all(Family::ipv4);
  all.source = interval_of(prefix("10.1.0.64/26"));
  all.destination = interval_of(prefix("10.2.0.9/32"));
  const auto there = travel_from_network(world, world.network("a lan"), PacketSet(all), {});
  ASSERT_THAT(told(there, Leap::Kind::arrives), Contains("b lan"));
  const auto& end = there.back();
  EXPECT_EQ(end.packets.boxes().front().source, interval_of(prefix("10.1.0.1/32")));
  EXPECT_TRUE(same(end.origin.of(end.packets), PacketSet(all)));
  const auto back = travel_from_network(world, world.network("b lan"), answers_to(end.packets),
                                        answered({}, there, there.size() - 1));
  ASSERT_THAT(told(back, Leap::Kind::arrives), Contains("a lan"));
  EXPECT_TRUE(same(back.back().packets, answers_to(PacketSet(all))));
}

TEST(Travel, AFilterThatDidNotSeeTheBeginningTakesAnAnswerForANewPacket) {
  auto parts = two_places();
  auto known = permit("0.0.0.0/0", "0.0.0.0/0");
  known.match.fresh = false;
  for (auto& part : parts) part.devices[0].forward = FilterChain{.name = "forward", .rules = {known}};
  const World world(parts);
  const auto answer = packet("10.2.0.9", "10.1.0.9");
  TravelOptions options{.state = ConnectionState::established};
  EXPECT_THAT(told(travel_from_network(world, world.network("b lan"), answer, options), Leap::Kind::arrives),
              Contains("a lan"));
  options.known_to = {"b"};
  EXPECT_THAT(told(travel_from_network(world, world.network("b lan"), answer, options), Leap::Kind::arrives),
              Not(Contains("a lan")));
}

TEST(Travel, FromOutsideAnythingMayComeEvenForAnAddressThatNobodyKnows) {
  auto parts = two_places();
  auto& node = parts[0].devices[0];
  node.interfaces.push_back({.name = "eth0", .outer = true});
  auto ssh = PacketBox::all(Family::ipv4);
  ssh.protocol = {protocol::k_tcp, protocol::k_tcp}, ssh.service = {22, 22};
  node.input = FilterChain{.name = "input", .rules = {{.match = {.packets = {ssh}}}}};
  node.forward = FilterChain{.name = "forward", .rules = {permit("10.2.0.0/24", "10.1.0.0/24")}};
  const World world(parts);
  const auto leaps = travel_from_outside(world, {0, 2}, PacketSet::all(Family::ipv4), {.most = true});
  EXPECT_THAT(told(leaps, Leap::Kind::arrives), Contains("a")) << "by its outer address";
  EXPECT_THAT(told(leaps, Leap::Kind::arrives), Contains("a lan")) << "as whoever is out there claims to be of b";
}

// --- What sessions make known ---------------------------------------------------------------------------------------

/// A hub and spokes around it, each with a session; the hub tells each spoke what `offers` says.
std::vector<Forwarding> star(std::size_t spokes, bool via_hub) {
  std::vector<IpPrefix> nets{prefix("10.0.0.0/24")};
  for (std::size_t i = 1; i <= spokes; ++i) nets.push_back(prefix(("10.0." + std::to_string(i) + ".0/24").c_str()));
  std::vector<Forwarding> parts(spokes + 1);
  const auto peer = [](std::size_t i) { return IpAddress{Family::ipv6, (uint128{0xfd} << 120U) + i}; };
  for (std::size_t i = 0; i <= spokes; ++i) {
    ForwardingDevice device{.name = i == 0 ? "hub" : "spoke " + std::to_string(i), .forwards_ipv4 = true};
    device.interfaces = {{.name = "wg", .addresses = {peer(i)}}};
    device.announces = {nets[i]};
    parts[i].devices = {device};
  }
  for (std::size_t i = 1; i <= spokes; ++i) {
    const auto both = [&](std::size_t here, std::size_t far, std::vector<IpPrefix> offers,
                          std::vector<IpPrefix> accepts) {
      auto& device = parts[here].devices[0];
      device.tunnels.push_back({.interface = "wg",
                                .own = std::to_string(here),
                                .other = std::to_string(far),
                                .behind = {IpPrefix::of(peer(far)), nets[far]}});
      device.sessions.push_back(
          {.interface = "wg", .neighbour = peer(far), .offers = std::move(offers), .accepts = std::move(accepts)});
    };
    auto told_by_hub = via_hub ? nets : std::vector<IpPrefix>{nets[0]};
    both(0, i, told_by_hub, {nets[i]});
    both(i, 0, {nets[i]}, told_by_hub);
  }
  return parts;
}

std::vector<std::string> ways_of(const World& world, std::size_t device) {
  std::vector<std::string> all;
  for (const auto& route : world.devices()[device]->routes.items)
    all.push_back(route.to.text() + (route.presence == Presence::maybe ? " perhaps" : ""));
  return all;
}

TEST(Spreading, ASpokeLearnsWhatTheHubOffersAndItTakes) {
  const World apart(star(3, false));
  EXPECT_THAT(ways_of(apart, 1), ::testing::ElementsAre("10.0.0.0/24"));
  EXPECT_THAT(ways_of(apart, 0), ::testing::UnorderedElementsAre("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"));
  const World joined(star(3, true));
  EXPECT_THAT(ways_of(joined, 1), ::testing::UnorderedElementsAre("10.0.0.0/24", "10.0.2.0/24", "10.0.3.0/24"))
      << "not its own, which comes back to it from nobody";
}

TEST(Spreading, OfTwoWaysThePreferredOneIsTakenAndTheOtherStandsBy) {
  auto parts = star(1, false);
  // The same two by a second tunnel.
  for (std::size_t i = 0; i < 2; ++i) {
    auto& device = parts[i].devices[0];
    auto tunnel = device.tunnels[0];
    auto session = device.sessions[0];
    const IpAddress far{Family::ipv6, (uint128{0xfd} << 120U) + 100 + (1 - i)},
        own{Family::ipv6, (uint128{0xfd} << 120U) + 100 + i};
    tunnel.interface = session.interface = "wg2";
    tunnel.behind[0] = IpPrefix::of(far), session.neighbour = far, session.preference = 200;
    device.interfaces.push_back({.name = "wg2", .addresses = {own}});
    device.tunnels.push_back(tunnel);
    device.sessions.push_back(session);
  }
  const World world(parts);
  const auto& routes = world.devices()[1]->routes.items;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(world.devices()[1]->model.interfaces[routes[0].interface].name, "wg2");
  EXPECT_EQ(routes[0].presence, Presence::always);
  EXPECT_EQ(routes[1].presence, Presence::maybe);
}

TEST(Spreading, ANodesOwnAddressOnAllItsTunnelsDoesNotTellThemApart) {
  auto parts = star(1, false);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& device = parts[i].devices[0];
    const auto own = address(i == 0 ? "10.0.0.1" : "10.0.1.1"), far = address(i == 0 ? "10.0.1.1" : "10.0.0.1");
    auto tunnel = device.tunnels[0];
    tunnel.interface = "wg2";
    tunnel.behind[0] = IpPrefix::of({Family::ipv6, (uint128{0xfd} << 120U) + 100 + (1 - i)});
    device.interfaces.push_back({.name = "wg2", .addresses = {{Family::ipv6, (uint128{0xfd} << 120U) + 100 + i}}});
    device.tunnels.push_back(tunnel);
    for (auto& interface : device.interfaces) interface.addresses.push_back(own);
    for (auto& one : device.tunnels) one.behind.push_back(IpPrefix::of(far));
  }
  const World world(parts);
  for (std::size_t tunnel = 0; tunnel < 2; ++tunnel) EXPECT_EQ(world.far_end(1, tunnel), (FarEnd{0, tunnel}));
}

TEST(Spreading, WhatIsNotOfferedOrNotTakenIsNotKnown) {
  auto parts = star(2, true);
  parts[2].devices[0].sessions[0].offers = {prefix("10.0.1.0/24")};  // a spoke that offers another's
  const World world(parts);
  EXPECT_THAT(ways_of(world, 0), ::testing::ElementsAre("10.0.1.0/24")) << "from its owner alone";
  EXPECT_EQ(world.devices()[0]->model.interfaces[world.devices()[0]->routes.items[0].interface].name, "wg");
}

}  // namespace

}  // namespace cloison::verify
