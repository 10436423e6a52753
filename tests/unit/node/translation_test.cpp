// What a node translates, and which addresses its filter therefore sees.

#include "providers/node/translation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/rules.h"

namespace cloison::node {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Chain = NodeRuleIntent::Chain;
using Kind = NodeRuleIntent::Side::Kind;

const std::map<std::string, std::string> k_interfaces{
    {"shop.lan", "lan"}, {"shop.server", "server"}, {"shop.pc", "pc"}};

IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}

SegmentPrefix translated(const char* declared, const char* real) {
  return {.prefix = prefix(declared), .gateway = *prefix(declared).nth(1), .real = prefix(real)};
}

/// Two segments with real prefixes, one without; a way out at which it can be dialled and one at which it cannot.
NodeIntent shop() {
  NodeIntent node{.path = "shop.node/one", .name = "one", .site = "shop"};
  node.underlays = {{.name = "fibre", .interface = "wan0", .outer = IpAddress::parse("192.0.2.10")},
                    {.name = "mobile", .interface = "wwan0"}};
  node.segments.push_back(
      {.path = "shop.lan", .name = "lan", .prefixes = {translated("10.16.3.0/24", "192.168.1.0/24")}});
  node.segments.push_back(
      {.path = "shop.server", .name = "server", .prefixes = {translated("10.16.4.64/26", "192.168.2.128/26")}});
  node.segments.push_back(
      {.path = "shop.pc",
       .name = "pc",
       .prefixes = {{.prefix = prefix("10.16.5.0/24"), .gateway = *IpAddress::parse("10.16.5.1")}}});
  return node;
}

NodeRuleIntent rule(Chain chain, NodeRuleIntent::Side in, NodeRuleIntent::Side out, const char* from, const char* to) {
  return {.chain = chain,
          .in = std::move(in),
          .out = std::move(out),
          .match = *TransportMatch::parse("tcp/443"),
          .from = prefix(from),
          .to = prefix(to),
          .origins = {{"flow F-1", 0}}};
}

std::string ends(const NodeRuleIntent& rule) {
  return std::get<IpPrefix>(rule.from).text() + " " + std::get<IpPrefix>(rule.to).text();
}

TEST(Translation, AnAddressKeepsItsOffset) {
  const auto v4 = translated("10.16.4.64/26", "192.168.2.128/26");
  EXPECT_EQ(on_wire(v4, *IpAddress::parse("10.16.4.75")).text(), "192.168.2.139");
  EXPECT_EQ(on_wire(v4, *IpAddress::parse("10.16.4.63")).text(), "10.16.4.63") << "of another segment";
  const auto v6 = translated("fd12:0:8::/64", "fd99::/64");
  EXPECT_EQ(on_wire(v6, *IpAddress::parse("fd12:0:8::1:20")).text(), "fd99::1:20");
  EXPECT_EQ(on_wire({.prefix = prefix("10.16.5.0/24")}, *IpAddress::parse("10.16.5.7")).text(), "10.16.5.7");
}

TEST(Translation, TheFilterSeesRealAddressesAtTheirOwnSegmentAlone) {
  const auto node = shop();
  const Translation translation(node, k_interfaces);
  const NodeRuleIntent::Side lan{Kind::segment, "shop.lan"}, server{Kind::segment, "shop.server"},
      pc{Kind::segment, "shop.pc"}, link{Kind::link, "wan"}, none{};
  const auto seen = [&](Chain chain, const auto& in, const auto& out, const char* from, const char* to) {
    return ends(translation.as_filtered(rule(chain, in, out, from, to)));
  };
  EXPECT_EQ(seen(Chain::forward, lan, link, "10.16.3.0/24", "10.0.0.7/32"), "192.168.1.0/24 10.0.0.7/32");
  EXPECT_EQ(seen(Chain::forward, link, lan, "10.0.0.7/32", "10.16.3.20/32"), "10.0.0.7/32 192.168.1.20/32");
  EXPECT_EQ(seen(Chain::forward, lan, server, "10.16.3.20/32", "10.16.4.65/32"), "192.168.1.20/32 192.168.2.129/32");
  EXPECT_EQ(seen(Chain::forward, pc, lan, "10.16.5.30/32", "10.16.3.0/24"), "10.16.5.30/32 192.168.1.0/24");
  EXPECT_EQ(seen(Chain::forward, pc, link, "10.16.3.9/32", "10.0.0.7/32"), "10.16.3.9/32 10.0.0.7/32")
      << "who comes by another segment under that address is no host of this one";
  EXPECT_EQ(seen(Chain::input, link, none, "10.0.0.7/32", "10.16.3.1/32"), "10.0.0.7/32 192.168.1.1/32");
  EXPECT_EQ(seen(Chain::output, none, link, "10.16.3.1/32", "10.0.0.7/32"), "10.16.3.1/32 10.0.0.7/32");
  EXPECT_EQ(seen(Chain::output, none, lan, "10.16.3.1/32", "10.16.3.20/32"), "192.168.1.1/32 192.168.1.20/32");
}

TEST(Translation, BothDirectionsAreTranslatedOneToOne) {
  const auto node = shop();
  const Translation translation(node, k_interfaces);
  EXPECT_THAT(translation.arriving(),
              ElementsAre(R"(ip daddr 10.16.3.0/24 dnat ip prefix to 192.168.1.0/24 comment "S-real")",
                          R"(ip daddr 10.16.4.64/26 dnat ip prefix to 192.168.2.128/26 comment "S-real")"));
  EXPECT_EQ(translation.sent(), translation.arriving());
  EXPECT_THAT(
      translation.leaving(),
      ElementsAre(
          R"(iifname "lan" oifname != { "lan", "server" } ip saddr 192.168.1.0/24 snat ip prefix to 10.16.3.0/24 comment "S-real")",
          R"(iifname "server" oifname != { "lan", "server" } ip saddr 192.168.2.128/26 snat ip prefix to 10.16.4.64/26 comment "S-real")"));
}

TEST(Translation, WhatGoesOutsideTakesTheWaysAddressRatherThanTheDeclaredOne) {
  auto node = shop();
  node.rules.push_back(
      rule(Chain::forward, {Kind::segment, "shop.lan"}, {Kind::underlays, ""}, "10.16.3.0/24", "203.0.113.7/32"));
  const Translation translation(node, k_interfaces);
  EXPECT_EQ(translation.leaving().front(),
            R"(oifname { "wan0", "wwan0" } ip saddr 192.168.1.0/24 masquerade comment "S-snat")");
}

TEST(Translation, APublicHostIsReachedAtTheNodesOwnAddress) {
  auto node = shop();
  auto enters =
      rule(Chain::forward, {Kind::underlays, ""}, {Kind::segment, "shop.server"}, "0.0.0.0/0", "10.16.4.75/32");
  node.rules.push_back(enters);
  EXPECT_THAT(Translation(node, k_interfaces).arriving(), ::testing::SizeIs(2)) << "nobody said that it is public";
  node.rules.back().at_public_address = true;
  EXPECT_EQ(
      Translation(node, k_interfaces).arriving().front(),
      R"(iifname "wan0" meta nfproto ipv4 fib daddr . iif type local tcp dport 443 dnat ip to 192.168.2.139 comment "F-1")");
  node.segments[1].prefixes.clear();  // it stands by: another node has them
  EXPECT_THAT(Translation(node, k_interfaces).arriving(), ::testing::SizeIs(1));
  node = shop();
  node.underlays.front().outer.reset();
  enters.at_public_address = true;
  node.rules.push_back(enters);
  EXPECT_THAT(Translation(node, k_interfaces).arriving(), ::testing::SizeIs(2)) << "it has no public address";
}

TEST(Translation, WhatTheNodeAnswersItselfStaysWithIt) {
  auto node = shop();
  node.tunnels.push_back({.link = "wan", .name = "fibre", .port = 51820});
  node.rules.push_back(rule(Chain::input, {Kind::underlays, ""}, {}, "203.0.113.0/28", "192.0.2.10/32"));
  node.rules.push_back(
      rule(Chain::forward, {Kind::underlays, ""}, {Kind::segment, "shop.pc"}, "0.0.0.0/0", "10.16.5.30/32"));
  node.rules.back().at_public_address = true;
  const auto arriving = Translation(node, k_interfaces).arriving();
  ASSERT_EQ(arriving.size(), 5U);
  EXPECT_EQ(arriving[0], R"(iifname "wan0" udp dport 51820 accept comment "S-tunnel-wan")");
  EXPECT_EQ(arriving[1], R"(iifname "wan0" ip saddr 203.0.113.0/28 tcp dport 443 accept comment "F-1")");
  EXPECT_THAT(arriving[2], ::testing::HasSubstr("dnat ip to 10.16.5.30"));
}

TEST(Translation, ImpostorsUnderRealAddressesAreDroppedToo) {
  const auto node = shop();
  const auto text = filter_of(node, {}, k_interfaces, Facts{});
  EXPECT_THAT(
      text.forward,
      Contains(
          R"(iifname { "wan0", "wwan0" } ip saddr { 10.16.3.0/24, 10.16.4.64/26, 10.16.5.0/24, 192.168.1.0/24, 192.168.2.128/26 } drop comment "S-impostor")"));
  // Inside, each segment has its own addresses alone.
  for (const auto& chain : {text.forward, text.input})
    EXPECT_THAT(chain, Contains(R"(iifname "lan" ip saddr != { 0.0.0.0, 192.168.1.0/24 } drop comment "S-impostor")"));
  auto one_of_two = node;
  one_of_two.redundancy = RedundancyIntent{.place = "shop", .segment = node.segments.front().path};
  EXPECT_THAT(filter_of(one_of_two, {}, k_interfaces, Facts{}).forward,
              ::testing::Not(Contains(::testing::HasSubstr(R"(iifname "lan" ip saddr !=)"))));
  NodeIntent plain{.path = "shop.node/one", .name = "one", .site = "shop"};
  EXPECT_THAT(Translation(plain, {}).arriving(), IsEmpty());
  EXPECT_THAT(Translation(plain, {}).leaving(), IsEmpty());
}

}  // namespace

}  // namespace cloison::node
