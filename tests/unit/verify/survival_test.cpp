// What is left of a flow when something on its way fails.

#include "core/verify/survival.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::verify {

namespace {

using Outcome = WantedResult::Verdict;

IpPrefix subnet(const std::string& text) {
  return *IpPrefix::parse(text);
}
IpAddress inner(const std::string& text) {
  return *IpAddress::parse(text);
}

PacketBox between(const std::string& from, const std::string& to) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(subnet(from)), box.destination = interval_of(subnet(to));
  return box;
}

/// A laboratory and a hub, joined over a fibre and a mobile network, each with a session of its own.
struct TwoWays {
  std::vector<Forwarding> parts{2};
  ProofInput input{};

  TwoWays() {
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string name = i == 0 ? "lab" : "hub", net = i == 0 ? "10.1.0" : "10.0.0",
                        far = i == 0 ? "10.0.0" : "10.1.0";
      ForwardingDevice node{.name = name + ".node/1", .forwards_ipv4 = true};
      node.interfaces = {{.name = "lan", .network = name + " lan", .addresses = {inner(net + ".1")}},
                         {.name = "wan0", .outer = true},
                         {.name = "wwan0", .outer = true}};
      node.routes = {{.to = subnet(net + ".0/24"), .interface = "lan"}};
      node.announces = {subnet(net + ".0/24")};
      for (int number = 1; number <= 2; ++number) {
        const std::string way = number == 1 ? "fibre" : "mobile", out = number == 1 ? "wan0" : "wwan0";
        const int preference = 300 - 100 * number;
        const auto address = [&](bool mine) {
          return inner(fmt::format("fd0{}::{}", number, (i == 0) == mine ? 1 : 2));
        };
        node.interfaces.push_back({.name = way, .addresses = {address(true)}});
        node.tunnels.push_back({.interface = way,
                                .own = name,
                                .other = i == 0 ? "hub" : "lab",
                                .behind = {IpPrefix::of(address(false)), subnet(far + ".0/24")},
                                .by = i == 0 ? std::vector<std::string>{out} : std::vector<std::string>{},
                                .link = "wan"});
        node.sessions.push_back({.interface = way,
                                 .neighbour = address(false),
                                 .offers = {subnet(net + ".0/24")},
                                 .accepts = {subnet(far + ".0/24")},
                                 .preference = preference});
      }
      parts[i] = {.networks = {{.name = name + " lan", .prefixes = {subnet(net + ".0/24")}, .unseen = true}},
                  .devices = {node}};
      input.places.push_back(
          {.path = name + ".lan", .family = name, .segment = "lan", .prefixes = {subnet(net + ".0/24")}});
      input.places.push_back({.kind = Place::Kind::node,
                              .path = name + ".node/1",
                              .family = name,
                              .host = "1",
                              .prefixes = {subnet(net + ".1/32")}});
    }
    const auto packets = between("10.1.0.9/32", "10.0.0.9/32");
    input.wanted = {{.id = "F-1", .flow = "F-1", .packets = {packets}, .permitted = {packets}}};
  }

  [[nodiscard]] Outcome after(const Failure& failure, const std::set<std::string, std::less<>>& opened = {}) const {
    return Survival(parts, input).after(failure, opened).wanted[0].verdict;
  }
};

TEST(Survival, AnotherWayKeepsAFlow) {
  const TwoWays ways;
  EXPECT_EQ(ways.after({}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wan0"}}}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wwan0"}}}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wan0"}, {"lab.node/1", "wwan0"}}}), Outcome::closed);
}

TEST(Survival, ATunnelNeedsBothItsEnds) {
  const TwoWays ways;
  EXPECT_EQ(ways.after({.interfaces = {{"hub.node/1", "wan0"}}}), Outcome::open) << "it has another way out";
  EXPECT_EQ(ways.after({.interfaces = {{"hub.node/1", "wan0"}, {"hub.node/1", "wwan0"}}}), Outcome::closed);
  EXPECT_EQ(ways.after({.links = {"wan"}}), Outcome::closed);
  EXPECT_EQ(ways.after({.links = {"another"}}), Outcome::open);
}

TEST(Survival, AskingOnlyWhatAFailureTouchesSaysTheSame) {
  const TwoWays ways;
  const Survival survival(ways.parts, ways.input);
  const std::vector<Failure> failures{{},
                                      {.sites = {"hub"}},
                                      {.sites = {"another"}},
                                      {.machines = {"hub.node/1"}},
                                      {.interfaces = {{"lab.node/1", "wan0"}}},
                                      {.interfaces = {{"lab.node/1", "wan0"}, {"lab.node/1", "wwan0"}}},
                                      {.addresses = {subnet("10.1.0.9/32")}},
                                      {.links = {"wan"}}};
  for (std::size_t i = 0; i < failures.size(); ++i)
    EXPECT_EQ(survival.after(failures[i]).wanted[0].verdict, survival.after(failures[i], {}).wanted[0].verdict) << i;
}

TEST(Survival, APromiseIsBrokenByWhatTakesItsLastWayAndByNothingElse) {
  TwoWays ways;
  auto service = PacketBox::all(Family::ipv4);
  ways.input.guarantees = {{.id = "G-1",
                            .kind = Guarantee::Kind::reachable,
                            .from = {.terms = {{.path = "lab.lan"}}},
                            .to = {.terms = {{.path = "hub.lan"}}},
                            .services = {service}}};
  ways.input.places[0].machines = {{Family::ipv4, interval_of(subnet("10.1.0.9/32"))}};
  ways.input.places[2].machines = {{Family::ipv4, interval_of(subnet("10.0.0.9/32"))}};
  const Survival survival(ways.parts, ways.input);
  const auto broken = [&](const Failure& failure) {
    const auto few = survival.broken(survival.after(failure));
    EXPECT_EQ(few, survival.broken(survival.after(failure, {})));
    return few;
  };
  EXPECT_THAT(broken({.interfaces = {{"lab.node/1", "wan0"}}}), ::testing::IsEmpty());
  EXPECT_THAT(broken({.interfaces = {{"lab.node/1", "wan0"}, {"lab.node/1", "wwan0"}}}), ::testing::ElementsAre(0U));
  EXPECT_THAT(broken({.machines = {"hub.node/1"}, .addresses = {subnet("10.0.0.0/24")}}), ::testing::IsEmpty())
      << "what is down is not promised";
}

TEST(Survival, WhatIsDownItselfIsNotExpected) {
  const TwoWays ways;
  EXPECT_EQ(ways.after({.sites = {"hub"}}), Outcome::nobody);
  EXPECT_EQ(ways.after({.addresses = {subnet("10.0.0.9/32")}}), Outcome::nobody);
  EXPECT_EQ(ways.after({.machines = {"hub.node/1"}}), Outcome::closed) << "the machine behind it is still there";
}

TEST(Survival, AFlowThatWaitsForTheFailureIsOpenThen) {
  TwoWays ways;
  FilterRule rule{.match = {.packets = {between("10.1.0.0/24", "10.0.0.0/24")}, .label = "F-1/lab"},
                  .action = FilterRule::Action::jump,
                  .target = "lost"};
  auto standing = rule;
  standing.match.packets = {PacketBox::all(Family::ipv4)}, standing.match.fresh = false, standing.match.label = "";
  standing.action = FilterRule::Action::accept;
  ways.parts[0].devices[0].forward = FilterChain{.name = "forward", .rules = {standing, rule}};
  ways.input.wanted[0].must = false;
  EXPECT_EQ(ways.after({}), Outcome::conditional);
  EXPECT_EQ(ways.after({}, {"F-1"}), Outcome::open);
}

/// By which rules of the laboratory's node a pair goes: "lan" for those of what comes from there, by the way out.
TEST(Survival, TellsByWhichRulesAPairPasses) {
  TwoWays ways;
  const auto rule = [](const std::string& out, bool fresh) {
    FilterRule one{.match = {.fresh = fresh, .established = !fresh, .text = fresh ? "by " + out : "standing"}};
    one.match.packets = {PacketBox::all(Family::ipv4)};
    if (fresh) one.match.out.names = {out};
    return one;
  };
  ways.parts[0].devices[0].forward =
      FilterChain{.name = "forward", .rules = {rule("", false), rule("fibre", true), rule("mobile", true)}};
  const Survival survival(ways.parts, ways.input, false, true);
  const auto& rules = survival.world().devices()[0]->filters->forward_rules->rules;
  const auto passes = [&](const UsedRules& used, std::size_t number) {
    return !used.of(rules[number].match.text.data()).empty();
  };
  const auto& now = survival.rules_now();
  EXPECT_TRUE(passes(now, 0)) << "answers come back by it";
  EXPECT_TRUE(passes(now, 1));
  EXPECT_FALSE(passes(now, 2));
  const auto cut = survival.after({.interfaces = {{"lab.node/1", "wan0"}}}).rules;
  EXPECT_FALSE(passes(cut, 1));
  EXPECT_TRUE(passes(cut, 2)) << "it matters only in this failure";
  const auto elsewhere = survival.after({.interfaces = {{"lab.node/1", "wwan0"}}}).rules;
  EXPECT_FALSE(passes(elsewhere, 2));
}

/// What the ways there leave the laboratory by.
std::vector<std::string> tunnels_of(const std::set<Way>& ways) {
  std::vector<std::string> all;
  for (const auto& way : ways)
    for (const auto& step : way)
      if (step.kind == WayStep::Kind::sent) all.push_back(step.out);
  return all;
}

TEST(Survival, TellsWhichWayAPairTakes) {
  const TwoWays ways;
  const Survival survival(ways.parts, ways.input, true);
  EXPECT_THAT(tunnels_of(survival.ways_now()[0].there), testing::ElementsAre("fibre"));
  EXPECT_THAT(tunnels_of(survival.ways_now()[0].back), testing::ElementsAre("fibre"));
  const auto& way = *survival.ways_now()[0].there.begin();
  ASSERT_EQ(way.size(), 5U);
  EXPECT_EQ(way[0].where, "lab lan");
  EXPECT_EQ(way[1].in + '>' + way[1].out, "lan>fibre");
  EXPECT_EQ(way[2].link, "wan");
  EXPECT_THAT(way[2].by, testing::ElementsAre("wan0"));
  EXPECT_EQ(way[3].in + '>' + way[3].out, "fibre>lan");
  EXPECT_EQ(way[4].where, "hub lan");
  const Failure failure{.interfaces = {{"lab.node/1", "wan0"}}};
  for (const auto& outcome : {survival.after(failure), survival.after(failure, {})}) {
    EXPECT_TRUE(outcome.touched[0]);
    EXPECT_THAT(tunnels_of(outcome.ways[0].there), testing::ElementsAre("mobile"));
    EXPECT_THAT(tunnels_of(outcome.ways[0].back), testing::ElementsAre("mobile"));
  }
  EXPECT_FALSE(survival.after({.interfaces = {{"lab.node/1", "wwan0"}}}).touched[0]);
}

TEST(Survival, ATunnelLeavesByWhatIsLeft) {
  TwoWays ways;
  ways.parts[0].devices[0].tunnels[0].by = {"wan0", "wwan0"};
  const Survival survival(ways.parts, ways.input, true);
  const Failure failure{.interfaces = {{"lab.node/1", "wan0"}}};
  for (const auto& outcome : {survival.after(failure, {}), survival.after(failure)}) {
    EXPECT_TRUE(outcome.touched[0]);
    const auto& way = *outcome.ways[0].there.begin();
    EXPECT_EQ(way[2].out, "fibre");
    EXPECT_THAT(way[2].by, testing::ElementsAre("wwan0"));
  }
  EXPECT_FALSE(survival.after({.interfaces = {{"lab.node/1", "wwan0"}}}).touched[0]);
}

TEST(Survival, ATunnelIsDialledWhereItsFarEndHasTheAddress) {
  TwoWays ways;
  auto& lab = ways.parts[0].devices[0];
  lab.tunnels.resize(1), lab.sessions.resize(1), lab.tunnels[0].by = {"wan0", "wwan0"};
  lab.tunnels[0].to = {inner("192.0.2.10"), inner("192.0.2.10")};
  ways.parts[1].devices[0].interfaces[1].addresses = {inner("192.0.2.10")};
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wan0"}}}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"hub.node/1", "wwan0"}}}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"hub.node/1", "wan0"}}}), Outcome::closed)
      << "its other way has no such address";
}

TEST(Survival, OnlyItsOwnPacketsCountAsAPairsWays) {
  TwoWays ways;
  const auto others = between("10.0.0.9/32", "10.1.0.9/32");
  ways.input.wanted.push_back({.id = "F-2", .flow = "F-2", .packets = {others}, .permitted = {others}});
  const Survival survival(ways.parts, ways.input, true);
  EXPECT_EQ(survival.ways_now()[0].there, survival.ways_now()[1].back);
  EXPECT_EQ(survival.ways_now()[0].there.size(), 1U);
}

/// Somebody outside asks the laboratory's node at its outer address.
struct Outside {
  std::vector<Forwarding> parts{1};
  ProofInput input{};

  Outside() {
    ForwardingDevice node{.name = "lab.node/1", .forwards_ipv4 = true};
    node.interfaces = {{.name = "wan0", .outer = true, .addresses = {inner("192.0.2.18")}},
                       {.name = "wwan0", .outer = true}};
    node.routes = {{.to = subnet("0.0.0.0/0"), .interface = "wan0"}, {.to = subnet("0.0.0.0/0"), .interface = "wwan0"}};
    node.input = FilterChain{.name = "input", .accepts_rest = true};
    parts[0] = {.devices = {node}};
    input.places = {{.kind = Place::Kind::node,
                     .path = "lab.node/1",
                     .family = "lab",
                     .host = "1",
                     .outer = {subnet("192.0.2.18/32")}}};
    const auto packets = between("198.51.100.2/32", "192.0.2.18/32");
    input.wanted = {{.id = "F-1", .flow = "F-1", .packets = {packets}, .permitted = {packets}}};
  }
  [[nodiscard]] Outcome after(const Failure& failure) const {
    return Survival(parts, input).after(failure).wanted[0].verdict;
  }
};

TEST(Survival, ANodeIsReachedByTheInterfaceThatHasTheAddress) {
  const Outside outside;
  EXPECT_EQ(outside.after({}), Outcome::open);
  EXPECT_EQ(outside.after({.interfaces = {{"lab.node/1", "wwan0"}}}), Outcome::open);
  EXPECT_EQ(outside.after({.interfaces = {{"lab.node/1", "wan0"}}}), Outcome::closed)
      << "nobody reaches it by the other";
}

TEST(Survival, APlatformsWayOutIsALink) {
  Outside outside;
  auto& router = outside.parts[0].devices[0];
  router.name = "cloud.production.router";
  outside.input.places[0].path = router.name;
  for (auto& interface : router.interfaces) interface.published = std::vector<IpPrefix>{subnet("192.0.2.18/32")};
  EXPECT_EQ(outside.after({.outside = {"cloud.preproduction"}}), Outcome::open);
  EXPECT_EQ(outside.after({.outside = {"cloud.production"}}), Outcome::closed);
  EXPECT_EQ(outside.after({.outside = {"cloud"}}), Outcome::closed);
  for (auto& interface : router.interfaces) interface.published.reset();
  EXPECT_EQ(outside.after({.outside = {"cloud"}}), Outcome::open) << "a node has ways of its own";
}

TEST(Survival, ALinkToAFarEndThatIsNotOursIsKnownByThatEnd) {
  TwoWays ways;
  ways.parts.pop_back();
  ways.input.places.resize(2);
  auto& node = ways.parts[0].devices[0];
  node.interfaces.resize(4), node.tunnels.resize(1), node.sessions.clear();
  node.tunnels[0].other = "192.0.2.46", node.tunnels[0].link.clear(), node.tunnels[0].routed = true;
  ways.input.places.push_back({.path = "vendor.support",
                               .family = "vendor",
                               .segment = "support",
                               .prefixes = {subnet("10.0.0.0/24")},
                               .external = true});
  EXPECT_EQ(ways.after({}), Outcome::open);
  EXPECT_EQ(ways.after({.peers = {"192.0.2.46"}}), Outcome::closed);
  EXPECT_EQ(ways.after({.peers = {"192.0.2.47"}}), Outcome::open);
  node.interfaces[1].addresses = {inner("192.0.2.18")};
  node.tunnels[0].own = "192.0.2.18", node.tunnels[0].by = {"wan0", "wwan0"};
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wwan0"}}}), Outcome::open);
  EXPECT_EQ(ways.after({.interfaces = {{"lab.node/1", "wan0"}}}), Outcome::closed)
      << "it takes it from no other address";
}

TEST(Survival, TheNextOfThoseThatShareAnAddressServes) {
  TwoWays ways;
  auto second = ways.parts[0].devices[0];
  second.name = "lab.node/2";
  for (auto* node : {&ways.parts[0].devices[0], &second}) {
    node->interfaces[0].shared = {inner("10.1.0.1")};
    node->interfaces[0].addresses = {inner(node == &second ? "10.1.0.3" : "10.1.0.2")};
  }
  // Its own tunnels, under keys of its own.
  auto& hub = ways.parts[1].devices[0];
  for (std::size_t i = 0; i < 2; ++i) {
    second.tunnels[i].own = "lab 2", second.tunnels[i].other = "hub 2";
    auto far = hub.tunnels[i];
    auto session = hub.sessions[i];
    far.own = "hub 2", far.other = "lab 2", far.interface += "-2", session.interface += "-2", session.preference -= 10;
    hub.interfaces.push_back({.name = far.interface, .addresses = hub.interfaces[3 + i].addresses});
    hub.tunnels.push_back(far);
    hub.sessions.push_back(session);
  }
  ways.parts[0].devices.push_back(second);
  EXPECT_EQ(ways.after({}), Outcome::open);
  EXPECT_EQ(ways.after({.machines = {"lab.node/1"}}), Outcome::open);
  EXPECT_EQ(ways.after({.machines = {"lab.node/1", "lab.node/2"}}), Outcome::closed);
}

}  // namespace

}  // namespace cloison::verify
