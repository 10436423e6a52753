// Guarantees, flows and what passes beyond them, in a small network: two laboratories and a hub between them.

#include "core/verify/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::verify {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Verdict = GuaranteeResult::Verdict;

IpPrefix net_of(const std::string& text) {
  return *IpPrefix::parse(text);
}

PacketBox tcp(const std::string& from, const std::string& to, uint16_t port) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(net_of(from)), box.destination = interval_of(net_of(to));
  box.protocol = {protocol::k_tcp, protocol::k_tcp}, box.service = {port, port};
  return box;
}

FilterRule rule_of(const PacketBox& box, const std::string& flow) {
  return {.match = {.packets = {box}, .text = "accept " + flow, .label = flow}};
}

FilterRule standing() {
  FilterRule rule{.match = {.packets = {PacketBox::all(Family::ipv4)}, .text = "established"}};
  rule.match.fresh = false;
  return rule;
}

FilterChain chain(std::vector<FilterRule> rules) {
  rules.insert(rules.begin(), standing());
  return {.name = "forward", .rules = std::move(rules)};
}

/// Laboratories 10.1.0.0/24 and 10.2.0.0/24 behind nodes of their own, a server 10.0.0.10 behind the hub; tunnels
/// between. Whatever the hub sends itself and is sent is refused.
struct Network {
  Forwarding a = site("lab/a", "10.1.0"), b = site("lab/b", "10.2.0"), hub = site("hub", "10.0.0");
  ProofInput input{};

  Network() {
    for (auto* lab : {&a, &b}) {
      auto& node = lab->devices[0];
      tunnel(node, hub.devices[0], {"10.0.0.0/24", lab == &a ? "10.2.0.0/24" : "10.1.0.0/24"});
      tunnel(hub.devices[0], node, {lab == &a ? "10.1.0.0/24" : "10.2.0.0/24"});
    }
    place("lab/a", "10.1.0"), place("lab/b", "10.2.0"), place("hub", "10.0.0");
    for (auto* one : {&a, &b, &hub})
      one->devices[0].forward = chain({rule_of(tcp("10.1.0.0/24", "10.0.0.0/24", 443), "F-1")});
    want("F-1", tcp("10.1.0.2/32", "10.0.0.10/32", 443), tcp("10.1.0.0/24", "10.0.0.0/24", 443));
  }

  static Forwarding site(const std::string& name, const std::string& net) {
    ForwardingDevice node{.name = name + ".node/1", .forwards_ipv4 = true};
    node.interfaces = {{.name = "lan", .network = name + " lan", .addresses = {*IpAddress::parse(net + ".1")}},
                       {.name = "wg"}};
    node.routes = {{.to = net_of(net + ".0/24"), .interface = "lan"}};
    node.input = chain({}), node.output = chain({});
    return {.networks = {{.name = name + " lan", .prefixes = {net_of(net + ".0/24")}, .unseen = true}},
            .devices = {node}};
  }
  static void tunnel(ForwardingDevice& from, const ForwardingDevice& to, const std::vector<std::string>& behind) {
    TunnelEnd end{.interface = "wg", .own = from.name + to.name, .other = to.name + from.name};
    for (const auto& text : behind) {
      end.behind.push_back(net_of(text));
      from.routes.push_back({.to = net_of(text), .interface = "wg"});
    }
    from.tunnels.push_back(std::move(end));
  }
  void place(const std::string& site, const std::string& net) {
    const auto slash = site.find('/');
    Place lan{.path = site + ".lan",
              .family = site.substr(0, slash),
              .key = slash == std::string::npos ? "" : site.substr(slash + 1),
              .segment = "lan",
              .environment = "production",
              .zone = site == "hub" ? "data" : "users",
              .prefixes = {net_of(net + ".0/24")},
              .intra_allowed = true};
    auto node = lan;
    node.kind = Place::Kind::node, node.path = site + ".node/1", node.segment = "", node.host = "1";
    node.prefixes = {net_of(net + ".1/32")};
    input.places.push_back(lan);
    input.places.push_back(node);
  }
  void want(const std::string& flow, const PacketBox& packets, const PacketBox& permitted) {
    input.wanted.push_back({.id = flow, .flow = flow, .packets = {packets}, .permitted = {permitted}});
  }
  Guarantee& guarantee(Guarantee::Kind kind) {
    return input.guarantees.emplace_back(Guarantee{.id = "G-1", .kind = kind});
  }
  Proof proved(const ProofOptions& options = {}) const {
    return prove(std::make_unique<const World>(std::vector<Forwarding>{a, b, hub}), input, options);
  }
};

PlaceSelector chosen(const std::string& text) {
  return {.terms = {{.path = text}}};
}

TEST(Proof, AFlowThatPassesAndIsAnsweredIsOpenAndNothingElseIs) {
  const auto proof = Network().proved();
  ASSERT_THAT(proof.wanted, SizeIs(1));
  EXPECT_EQ(proof.wanted[0].verdict, WantedResult::Verdict::open) << proof.wanted[0].why;
  EXPECT_THAT(proof.beyond, IsEmpty());
  EXPECT_THAT(proof.inside, IsEmpty()) << "intra: allow";
}

TEST(Proof, AFlowThatOneOfTheFiltersRefusesIsClosed) {
  Network network;
  network.hub.devices[0].forward = chain({});
  const auto proof = network.proved();
  EXPECT_EQ(proof.wanted[0].verdict, WantedResult::Verdict::closed);
  EXPECT_EQ(proof.wanted[0].why, "they do not arrive");
}

TEST(Proof, AFlowThatArrivesAtAStrangerIsClosed) {
  Network network;
  network.a.devices[0].tunnels[0].other = "somebody else's key";
  const auto proof = network.proved();
  EXPECT_EQ(proof.wanted[0].verdict, WantedResult::Verdict::closed) << "whatever addresses he says to have";
}

TEST(Proof, AFlowToOneOfOursThatLeavesForTheWorldOutsideIsClosed) {
  Network network;
  auto& node = network.a.devices[0];
  node.interfaces.push_back({.name = "wan", .outer = true});
  node.routes.back() = {.to = IpPrefix::any(Family::ipv4), .interface = "wan"};
  node.routes.erase(node.routes.begin() + 1, node.routes.end() - 1);
  const auto proof = network.proved();
  EXPECT_EQ(proof.wanted[0].verdict, WantedResult::Verdict::closed) << "nobody has that address there";
}

TEST(Proof, AFlowWhoseAnswersAreRefusedIsClosed) {
  Network network;
  auto& rules = network.a.devices[0].forward.own().rules;
  rules.erase(rules.begin());  // what stands
  const auto proof = network.proved();
  EXPECT_EQ(proof.wanted[0].verdict, WantedResult::Verdict::closed);
  EXPECT_EQ(proof.wanted[0].why, "their answers do not return");
}

TEST(Proof, AFlowToWhereNobodyIsSaysSo) {
  Network network;
  network.want("F-2", tcp("10.1.0.2/32", "10.9.0.10/32", 443), tcp("10.1.0.0/24", "10.9.0.0/24", 443));
  network.input.places.push_back(
      {.path = "dr.lan", .family = "dr", .segment = "lan", .prefixes = {net_of("10.9.0.0/24")}});
  EXPECT_EQ(network.proved().wanted[1].verdict, WantedResult::Verdict::nobody);
}

TEST(Proof, WhatNoFlowAsksForIsFoundWithItsRule) {
  Network network;
  for (auto* one : {&network.a, &network.hub})
    one->devices[0].forward.own().rules.push_back(rule_of(tcp("10.1.0.0/24", "10.0.0.0/24", 22), "mistake"));
  const auto proof = network.proved();
  ASSERT_THAT(proof.beyond, SizeIs(1));
  const auto& finding = proof.beyond[0];
  EXPECT_EQ(network.input.places[finding.from.place].path, "lab/a.lan");
  EXPECT_EQ(network.input.places[finding.to.place].path, "hub.lan");
  EXPECT_EQ(finding.witness.service, 22);
  std::vector<std::string_view> rules;
  for (const auto& leap : finding.way)
    if (!leap.rule.empty()) rules.push_back(leap.rule);
  EXPECT_THAT(rules, ElementsAre("accept mistake", "accept mistake"));
  // Its witness goes that way again, alone.
  const auto again = travel_from_network(*proof.world, proof.world->network("lab/a lan"),
                                         PacketSet(box_of(finding.witness)), {.most = true});
  EXPECT_TRUE(std::any_of(again.begin(), again.end(), [](const Leap& leap) {
    return leap.kind == Leap::Kind::arrives && leap.where == "hub lan";
  }));
}

// Where many rules let the same packets pass at each of many places, no memory holds all ways.
TEST(Proof, WhatIsTooComplexIsNotKnownAndWhatWasFoundIsSoAllTheSame) {
  Network network;
  for (auto* one : {&network.a, &network.hub})
    for (uint16_t i = 0; i < 100; ++i) {
      auto box = tcp("10.1.0.0/24", "10.0.0.0/24", 0);
      box.service = {0, i};
      one->devices[0].forward.own().rules.push_back(rule_of(box, "flow " + std::to_string(i)));
    }
  network.want("F-2", tcp("10.2.0.2/32", "10.0.0.10/32", 22), tcp("10.2.0.0/24", "10.0.0.0/24", 22));
  auto& broken = network.guarantee(Guarantee::Kind::unreachable);
  broken.from = chosen("lab/a"), broken.to = chosen("hub");
  auto& not_known = network.guarantee(Guarantee::Kind::unreachable);
  not_known.from = chosen("lab/b"), not_known.to = chosen("hub");
  const auto proof = network.proved({.most_boxes = 10'000});
  ASSERT_THAT(proof.given_up, SizeIs(1));
  EXPECT_EQ(proof.given_up.begin()->why, "too many ways lead on from there");
  EXPECT_EQ(proof.guarantees[0].verdict, Verdict::broken);
  EXPECT_EQ(proof.guarantees[1].verdict, Verdict::unknown);
  EXPECT_EQ(proof.guarantees[1].why, "it is too complex to tell");
  EXPECT_EQ(proof.wanted[1].verdict, WantedResult::Verdict::too_complex);
}

TEST(Proof, WhatThePlatformAlwaysLetsPassIsToldApart) {
  Network network;
  for (auto* one : {&network.a, &network.hub}) {
    auto rule = rule_of(tcp("10.1.0.0/24", "10.0.0.0/24", 22), "always");
    rule.match.implicit = true;
    one->devices[0].forward.own().rules.push_back(rule);
  }
  const auto proof = network.proved();
  EXPECT_THAT(proof.beyond, IsEmpty());
  EXPECT_THAT(proof.implicit, SizeIs(1));
}

TEST(Proof, WhatThePlatformLetsPassAtOneEndAloneCanBeClosedAtTheOther) {
  Network network;
  for (auto* one : {&network.a, &network.hub}) {
    auto rule = rule_of(tcp("10.1.0.0/24", "10.0.0.0/24", 22), "somebody's");
    rule.match.implicit = one == &network.a;
    one->devices[0].forward.own().rules.push_back(rule);
  }
  const auto proof = network.proved();
  EXPECT_THAT(proof.beyond, SizeIs(1));
  EXPECT_THAT(proof.implicit, IsEmpty());
}

TEST(Proof, ASwitchThatFiltersNothingIsFoundUnlessTheTopologySaysSo) {
  Network network;
  network.input.places[0].intra_allowed = false;
  EXPECT_THAT(network.proved().inside, ElementsAre(0U));
}

TEST(Proof, IsolatedHoldsUntilOneMayReachAnother) {
  Network network;
  network.guarantee(Guarantee::Kind::isolated).among = chosen("lab");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  EXPECT_EQ(network.proved().guarantees[0].members, 2U);
  for (auto* one : {&network.a, &network.b, &network.hub})
    one->devices[0].forward.own().rules.push_back(rule_of(tcp("10.1.0.0/24", "10.2.0.7/32", 445), "mistake"));
  const auto proof = network.proved();
  EXPECT_EQ(proof.guarantees[0].verdict, Verdict::broken);
  ASSERT_THAT(proof.guarantees[0].findings, SizeIs(1));
  EXPECT_EQ(proof.guarantees[0].findings[0].witness.destination, IpAddress::parse("10.2.0.7")->bits);
}

TEST(Proof, WhatMayOnlyBeThereBreaksAGuaranteeToo) {
  Network network;
  network.guarantee(Guarantee::Kind::isolated).among = chosen("lab");
  for (auto* one : {&network.a, &network.b, &network.hub}) {
    auto rule = rule_of(tcp("10.1.0.0/24", "10.2.0.7/32", 445), "in a failure");
    rule.match.presence = Presence::maybe;
    one->devices[0].forward.own().rules.push_back(rule);
  }
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::broken);
}

TEST(Proof, UnreachableGoesByFromAndTo) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::unreachable);
  guarantee.from = chosen("lab/b"), guarantee.to = {.terms = {{.match = {{"zone", {"data"}}}}}};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  network.input.guarantees[0].from = chosen("lab");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::broken) << "F-1 does";
  network.input.guarantees[0].except = {{.flows = {"F-1"}, .reason = "meant"}};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  network.input.guarantees[0].except = {{.places = chosen("lab/a"), .reason = "another's"}};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
}

TEST(Proof, OnlyLetsNothingElseBeOpened) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::only);
  guarantee.from = chosen("lab/a"), guarantee.to = chosen("hub");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved) << "its own segment says intra: allow";
  network.input.guarantees[0].to = chosen("same-site");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::broken);
}

TEST(Proof, ThroughIsCrossed) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::through);
  guarantee.from = chosen("lab"), guarantee.to = chosen("hub.lan"), guarantee.via = chosen("hub.nodes");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  network.input.guarantees[0].via = chosen("lab/b");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::broken);
}

TEST(Proof, EncryptedIsInATunnelBetweenSites) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::encrypted);
  guarantee.from = chosen("lab"), guarantee.to = chosen("hub");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  // A cable between the two nodes, and the route by it.
  auto& near = network.a.devices[0];
  auto& far = network.hub.devices[0];
  network.a.networks.push_back({.name = "cable", .prefixes = {net_of("10.7.0.0/30")}});
  near.interfaces.push_back({.name = "eth1", .network = "cable", .addresses = {*IpAddress::parse("10.7.0.1")}});
  far.interfaces.push_back({.name = "eth1", .network = "cable", .addresses = {*IpAddress::parse("10.7.0.2")}});
  near.routes.insert(near.routes.begin(),
                     {.to = net_of("10.0.0.0/24"), .interface = "eth1", .via = IpAddress::parse("10.7.0.2")});
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::broken);
}

TEST(Proof, LocatedGoesByTheSiteAndItsCertificationsToday) {
  Network network;
  for (auto& place : network.input.places)
    place.data = "health", place.holds = place.kind == Place::Kind::segment, place.country = "FR";
  auto& guarantee = network.guarantee(Guarantee::Kind::located);
  guarantee.data = {"health"}, guarantee.countries = {"FR"};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  network.input.guarantees[0].certifications = {"HDS"};
  network.input.places[0].certifications = {"HDS"};
  EXPECT_EQ(network.proved().guarantees[0].broken, 2U);
  network.input.guarantees[0].except = {{.places = chosen("lab/b"), .reason = "own premises"}};
  EXPECT_EQ(network.proved().guarantees[0].broken, 1U);
}

TEST(Proof, AGuaranteeAboutNothingOrAboutWhatIsNotAppliedIsUnknown) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::unreachable);
  guarantee.from = chosen("nowhere"), guarantee.to = chosen("hub");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::unknown);
  network.input.guarantees[0].from = chosen("lab/b");
  network.input.places.back().applied = false;
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::unknown);
}

TEST(Proof, WhatIsNotUnderstoodIsUnknown) {
  Network network;
  auto& guarantee = network.guarantee(Guarantee::Kind::isolated);
  guarantee.among = chosen("lab");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  network.a.unknown.push_back({.address = "lab/a.node/1.firewall", .what = "rule 12 of forward"});
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::unknown);
}

/// That laboratories reach the hub's segment by tcp/443.
Guarantee& promised(Network& network, const std::string& from) {
  auto& guarantee = network.guarantee(Guarantee::Kind::reachable);
  guarantee.from = chosen(from), guarantee.to = chosen("hub.lan");
  guarantee.services = {tcp("0.0.0.0/0", "0.0.0.0/0", 443)};
  for (auto& place : network.input.places)
    if (place.kind == Place::Kind::segment) {
      const auto all = interval_of(place.prefixes[0]);
      place.machines = {{Family::ipv4, {all.first + 2, all.last - 1}}};
    }
  return guarantee;
}

TEST(Proof, WhatIsPromisedIsReachableWhereItArrivesAndIsAnswered) {
  Network network;
  promised(network, "lab/a.lan");
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
  EXPECT_EQ(network.proved().guarantees[0].members, 1U);
  auto& rules = network.a.devices[0].forward.own().rules;
  rules.erase(rules.begin());  // what stands
  const auto proof = network.proved();
  EXPECT_EQ(proof.guarantees[0].verdict, Verdict::broken);
  ASSERT_THAT(proof.guarantees[0].findings, SizeIs(1));
  EXPECT_EQ(proof.guarantees[0].findings[0].why, "their answers do not return");
  EXPECT_THAT(proof.wanted, SizeIs(1)) << "what is owed is no flow";
}

TEST(Proof, WhatIsPromisedIsBrokenForEachThatDoesNotReachIt) {
  Network network;
  promised(network, "lab");
  const auto proof = network.proved();
  EXPECT_EQ(proof.guarantees[0].verdict, Verdict::broken) << "no flow opens it for laboratory b, nor for nodes";
  ASSERT_THAT(proof.guarantees[0].findings, SizeIs(3));
  EXPECT_EQ(network.input.places[proof.guarantees[0].findings[1].from.place].path, "lab/b.lan");
  EXPECT_EQ(proof.guarantees[0].findings[1].witness.service, 443);
  network.input.guarantees[0].except = {{.places = chosen("lab/b"), .reason = "not yet"},
                                        {.places = chosen("lab/a.nodes"), .reason = "they ask nobody"}};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::proved);
}

TEST(Proof, WhatIsPromisedOverALinkThatIsNotAppliedIsUnknown) {
  Network network;
  promised(network, "lab/b.lan");
  network.want("F-2", tcp("10.2.0.2/32", "10.0.0.10/32", 443), tcp("10.2.0.0/24", "10.0.0.0/24", 443));
  network.input.wanted[1].applied = false;
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::unknown);
}

TEST(Proof, APromiseOfNoPacketIsUnknown) {
  Network network;
  promised(network, "lab/a.lan").services = {PacketBox::all(Family::ipv6)};
  EXPECT_EQ(network.proved().guarantees[0].verdict, Verdict::unknown);
}

TEST(Proof, RoutersThatAreJoinedMayTellEachOtherOfRoutes) {
  Network network;
  for (auto* one : {&network.a, &network.hub}) {
    const auto bgp = tcp("10.1.0.1/32", "10.0.0.1/32", 179);
    one->devices[0].input.own().rules.push_back(rule_of(bgp, "S-bgp"));
    one->devices[0].output.own().rules.push_back(rule_of(bgp, "S-bgp"));
  }
  const auto by_routers = [&network] {
    const auto proof = network.proved();
    return std::count_if(proof.beyond.begin(), proof.beyond.end(), [&](const Finding& finding) {
      return network.input.places[finding.from.place].kind == Place::Kind::node;
    });
  };
  EXPECT_EQ(by_routers(), 1) << "no link joins them";
  network.input.working.linked = {{"lab/a", "hub"}, {"hub", "lab/a"}};
  EXPECT_EQ(by_routers(), 0);
}

}  // namespace

}  // namespace cloison::verify
