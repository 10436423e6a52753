// Machines of one segment that reach each other by their node's rules alone: what is asked of a node, its files, what
// is read of what runs, and how the proof sees it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/lower.h"
#include "providers/node/lower_guests.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "providers/node/semantics.h"
#include "providers/node/settings.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A node with a segment of two machines that it runs itself.
Intent apart_intent() {
  NodeIntent node{.path = "shop.node/shop-1", .name = "shop-1", .site = "shop", .trunk = "lan0"};
  node.segments = {{.path = "shop.app",
                    .name = "app",
                    .vlan = 20,
                    .prefixes = {{*IpPrefix::parse("10.8.0.0/24"), *IpAddress::parse("10.8.0.1"), {}, {}},
                                 {*IpPrefix::parse("fd00::/64"), *IpAddress::parse("fd00::1"), {}, {}}},
                    .apart = true,
                    .whole = true}};
  for (const char* number : {"20", "21"})
    node.guests.push_back({.path = fmt::format("shop.app.till-{}", number),
                           .name = fmt::format("till-{}", number),
                           .segment = "shop.app",
                           .addresses = {*IpAddress::parse(fmt::format("10.8.0.{}", number)),
                                         *IpAddress::parse(fmt::format("fd00::{}", number))},
                           .machine = VirtualMachineIntent{.image = "tiny"}});
  Intent intent{.provider = "nodes"};
  intent.nodes = {std::move(node)};
  return intent;
}

/// From one machine of the segment to another, or to all of it.
NodeRuleIntent inside(Family family, const char* from, const char* to) {
  const NodeRuleIntent::Side side{NodeRuleIntent::Side::Kind::segment, "shop.app"};
  return {.in = side,
          .out = side,
          .family = family,
          .match = {.ip_protocol = protocol::k_tcp, .ports = {443, 443}},
          .from = *IpPrefix::parse(from),
          .to = *IpPrefix::parse(to),
          .origins = {{"F-1", 0}}};
}

Lowered asked(const Intent& intent, const Facts& facts = {}) {
  auto lowered = lower(intent, facts);
  EXPECT_TRUE(lowered.value.has_value());
  return lowered.value.value_or(Lowered{});
}

const Resource& one_of(const Lowered& lowered, std::string_view kind) {
  return *std::find_if(lowered.resources.begin(), lowered.resources.end(),
                       [&](const Resource& one) { return one.kind == kind; });
}

std::vector<std::string> texts_of(const Value& attributes, std::string_view name) {
  return Settings(k_vlan, attributes).texts(name);
}

std::string switch_lines(const Value& attributes) {
  for (const auto& file : files_of(k_vlan, attributes))
    if (file.path.starts_with("/etc/cloison/switch.d/")) return file.body;
  return "no such file";
}

Forwarding seen(const Lowered& lowered, const std::vector<std::string>& faults = {}) {
  std::vector<PlacedResource> placed;
  for (const auto& one : lowered.resources) {
    auto attributes = one.attributes;
    if (one.kind == k_vlan) attributes = with_attribute(schema_of(k_vlan), attributes, k_faults, Value::texts(faults));
    placed.push_back({one.address.text, one.address.text, one.kind, attributes});
  }
  return semantics(placed);
}

TEST(NodeApart, ASegmentThatSaysNothingIsLeftTogether) {
  auto intent = apart_intent();
  intent.nodes[0].segments[0].apart = false;
  const auto vlan = one_of(asked(intent), k_vlan).attributes;
  EXPECT_TRUE(attribute(schema_of(k_vlan), vlan, "apart").is_null());
  EXPECT_EQ(switch_lines(vlan), "vlan br-cloison app 20\n");
}

TEST(NodeApart, OfANodeAloneNothingComesByTheTrunk) {
  const auto lowered = asked(apart_intent());
  const auto& vlan = one_of(lowered, k_vlan).attributes;
  EXPECT_THAT(texts_of(vlan, "from_trunk"), IsEmpty());
  EXPECT_EQ(switch_lines(vlan), "vlan br-cloison app 20\napart br-cloison app 20\n");
  const auto forwarding = seen(lowered);
  ASSERT_THAT(forwarding.networks, SizeIs(1));
  EXPECT_TRUE(forwarding.networks[0].apart);
  EXPECT_FALSE(forwarding.networks[0].unseen);
  ASSERT_THAT(forwarding.ports, SizeIs(2));
  EXPECT_EQ(forwarding.ports[0].name, "shop.app.till-20");
  EXPECT_THAT(forwarding.ports[0].addresses, Contains(*IpAddress::parse("10.8.0.20")));
}

TEST(NodeApart, WhoIsAtASwitchThatIsNotOursIsUnseen) {
  auto at_a_port = apart_intent();
  at_a_port.nodes[0].ports = {{"eth2", "shop.app"}};
  auto elsewhere = apart_intent();
  elsewhere.nodes[0].segments[0].whole = false;
  for (const auto& intent : {at_a_port, elsewhere}) {
    const auto forwarding = seen(asked(intent));
    EXPECT_TRUE(forwarding.networks[0].unseen);
    EXPECT_FALSE(forwarding.networks[0].apart);
    EXPECT_THAT(forwarding.ports, IsEmpty());
  }
  // Without its image a machine is somebody else's to run.
  const auto lowered = asked(apart_intent(), {{"images", "yes"}, {"guest/app_till-20", "tiny"}});
  EXPECT_THAT(texts_of(one_of(lowered, k_vlan).attributes, "from_trunk"), ElementsAre("any"));
  EXPECT_TRUE(seen(lowered).networks[0].unseen);
}

TEST(NodeApart, AFaultIsBelievedMoreThanWhatWasAsked) {
  EXPECT_TRUE(seen(asked(apart_intent()), {"port vnet0 is not kept apart"}).networks[0].unseen);
}

TEST(NodeApart, OtherNodesAreToldByTheirOwnAddresses) {
  auto intent = apart_intent();
  auto& segment = intent.nodes[0].segments[0];
  segment.other_nodes = {"shop.node/shop-2"};
  segment.other_guests = {"shop.app.till-22"};
  const auto first = asked(intent);
  const auto& vlan = one_of(first, k_vlan).attributes;
  const auto own = Settings(k_vlan, vlan).text("hardware_address");
  EXPECT_THAT(switch_lines(vlan), HasSubstr("vlan br-cloison app 20 " + own + "\n"));
  EXPECT_THAT(texts_of(vlan, "from_trunk"), Contains("machine " + hardware_address("shop.app.till-22")));
  // What it calls itself is what the other one calls it.
  intent.nodes[0].path = "shop.node/shop-2";
  intent.nodes[0].segments[0].other_nodes = {"shop.node/shop-1"};
  EXPECT_THAT(texts_of(one_of(asked(intent), k_vlan).attributes, "from_trunk"), Contains("node " + own));
  EXPECT_FALSE(seen(first).networks[0].unseen);
}

TEST(NodeApart, FlowsInsideAreForwardedAndAnsweredFor) {
  auto intent = apart_intent();
  intent.nodes[0].rules = {inside(Family::ipv4, "10.8.0.20/32", "10.8.0.21/32"),
                           inside(Family::ipv6, "fd00::20/128", "fd00::21/128")};
  const auto lowered = asked(intent);
  const auto& vlan = one_of(lowered, k_vlan).attributes;
  EXPECT_THAT(texts_of(vlan, "answers_for"), ElementsAre("fd00::20", "fd00::21", "ipv4"));
  EXPECT_THAT(switch_lines(vlan), AllOf(HasSubstr("answers br-cloison app ipv4\n"), HasSubstr("app fd00::21\n")));
  EXPECT_THAT(Settings(k_firewall, one_of(lowered, k_firewall).attributes).texts("forward"),
              Contains(HasSubstr("iifname \"app\" oifname \"app\" ip saddr 10.8.0.20 ip daddr 10.8.0.21")));
  EXPECT_THAT(
      seen(lowered).networks[0].answered,
      ElementsAre(*IpPrefix::parse("fd00::20/128"), *IpPrefix::parse("fd00::21/128"), *IpPrefix::parse("10.8.0.0/24")));
}

TEST(NodeApart, WhatTheNodeCannotPassOnIsSaid) {
  auto intent = apart_intent();
  intent.nodes[0].rules = {inside(Family::ipv6, "fd00::20/128", "fd00::/64")};
  const auto notes = lower(intent, {}).notes;
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].code, "CL5425");
  EXPECT_THAT(notes[0].detail, HasSubstr("F-1: by IPv6"));
  intent.nodes[0].rules = {inside(Family::ipv4, "10.8.0.20/32", "10.8.0.0/24")};
  EXPECT_THAT(lower(intent, {}).notes, IsEmpty());
  intent.nodes[0].rules[0].match = {.ip_protocol = protocol::k_vrrp};
  EXPECT_THAT(lower(intent, {}).notes, SizeIs(1));
}

TEST(NodeApart, WhatRunsOtherwiseIsNamed) {
  const auto attributes = one_of(asked(apart_intent()), k_vlan).attributes;
  const auto report = report_of(k_vlan, attributes,
                                told("apart",
                                     "app port vnet0\napp trunk lan0\nother port vnet9\napp frames br-cloison\n"
                                     "app answers fd00::20\napp redirects -\napp nonsense\n"));
  const auto objects = objects_of(report);
  ASSERT_THAT(objects, SizeIs(1));
  EXPECT_THAT(texts_of(objects[0].attributes, k_faults),
              ElementsAre("it does not answer for fd00::20", "it tells machines to go by each other",
                          "port vnet0 is not kept apart", "switch br-cloison lets others' frames through",
                          "trunk lan0 lets others in"));
}

}  // namespace

}  // namespace cloison::node
