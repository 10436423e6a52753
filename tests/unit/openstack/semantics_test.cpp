// What a project's resources forward, as Neutron does it.

#include "providers/openstack/semantics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/schema.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

using Named = std::vector<std::pair<std::string_view, Value>>;

PlacedResource placed(const char* id, std::string_view kind, Named attributes) {
  return {id, id, std::string(kind), record(schema(kind), std::move(attributes))};
}
Value prefix_value(const char* text) {
  return Value::prefix(*IpPrefix::parse(text));
}

/// A network with one port in one group, and `more`.
std::vector<PlacedResource> one_port(std::vector<PlacedResource> more, bool security = true) {
  std::vector<PlacedResource> all{
      placed("net", kind::k_network, {{"name", Value::text("net")}}),
      placed("sub", kind::k_subnet,
             {{"network", Value::ref("net")},
              {"cidr", prefix_value("10.0.0.0/24")},
              {"gateway", Value::text("10.0.0.1")}}),
      placed("group", kind::k_group, {{"name", Value::text("group")}}),
      placed("web.port", kind::k_port,
             {{"network", Value::ref("net")},
              {"fixed_ips", Value::list({Value::slots({Value::ref("sub"), Value::text("10.0.0.10")})})},
              {"security_groups", Value::list({Value::ref("group")})},
              {"allowed_addresses", Value::list({prefix_value("10.0.0.12/32")})},
              {"port_security", Value::boolean(security)}})};
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

/// The most that it lets pass, or with `least` what it certainly does.
bool lets(const FilterChain& chain, const Packet& packet, bool fresh = true, bool least = false) {
  for (const auto& rule : chain.rules) {
    if (!(fresh ? rule.match.fresh : rule.match.established)) continue;
    if (least && rule.match.presence == Presence::maybe) continue;
    for (const auto& box : rule.match.packets)
      if (box.contains(packet)) return rule.action == FilterRule::Action::accept;
  }
  return chain.accepts_rest;
}

Packet packet_of(const char* from, const char* to, uint8_t protocol, uint16_t service, uint16_t source_port = 40000) {
  const auto source = *IpAddress::parse(from);
  return {source.family, source.bits, IpAddress::parse(to)->bits, protocol, source_port, service};
}

TEST(OpenStackSemantics, AGroupPermitsAndNothingElsePasses) {
  const auto forwarding = semantics(one_port({placed("rule", kind::k_rule,
                                                     {{"group", Value::ref("group")},
                                                      {"direction", Value::text("in")},
                                                      {"family", Value::text("ipv4")},
                                                      {"protocol", Value::text("tcp")},
                                                      {"port_min", Value::integer(443)},
                                                      {"port_max", Value::integer(444)},
                                                      {"remote_prefix", prefix_value("10.0.1.0/24")}})}));
  ASSERT_EQ(forwarding.ports.size(), 1U);
  const auto& port = forwarding.ports.front();
  EXPECT_EQ(port.name, "web");
  EXPECT_THAT(port.also_from, testing::ElementsAre(*IpPrefix::parse("10.0.0.12/32"), *IpPrefix::parse("::/0")));
  EXPECT_FALSE(port.any_source);
  EXPECT_TRUE(lets(*port.in, packet_of("10.0.1.9", "10.0.0.10", 6, 444)));
  EXPECT_FALSE(lets(*port.in, packet_of("10.0.1.9", "10.0.0.10", 6, 445)));
  EXPECT_FALSE(lets(*port.in, packet_of("10.0.2.9", "10.0.0.10", 6, 443)));
  EXPECT_FALSE(lets(*port.in, packet_of("10.0.1.9", "10.0.0.10", 17, 443)));
  EXPECT_FALSE(lets(*port.out, packet_of("10.0.0.10", "10.0.1.9", 6, 443))) << "out is another direction";
  EXPECT_TRUE(lets(*port.out, packet_of("10.0.0.10", "10.0.1.9", 6, 40000, 443), false)) << "its answers are not";
}

TEST(OpenStackSemantics, FarEndsByNameAreTheirMembers) {
  const auto rule = [](const char* id, const char* attribute, const char* name) {
    return placed(id, kind::k_rule,
                  {{"group", Value::ref("group")},
                   {"direction", Value::text("in")},
                   {"family", Value::text("ipv4")},
                   {attribute, Value::ref(name)}});
  };
  const auto forwarding = semantics(
      one_port({placed("set", kind::k_address_group,
                       {{"addresses", Value::list({prefix_value("10.7.0.0/16"), prefix_value("fd00::/64")})}}),
                rule("by set", "remote_address_group", "set"), rule("by group", "remote_group", "group"),
                rule("by nobody", "remote_group", "empty")}));
  const auto& in = *forwarding.ports.front().in;
  EXPECT_TRUE(lets(in, packet_of("10.7.3.3", "10.0.0.10", 6, 1)));
  EXPECT_TRUE(lets(in, packet_of("10.0.0.10", "10.0.0.10", 6, 1))) << "of the same group";
  EXPECT_FALSE(lets(in, packet_of("10.8.0.1", "10.0.0.10", 6, 1))) << "a name without members is nobody, not everybody";
}

TEST(OpenStackSemantics, WhatNeutronDoesWhateverGroupsSay) {
  const auto forwarding = semantics(one_port(
      {placed("all", kind::k_rule,
              {{"group", Value::ref("group")}, {"direction", Value::text("out")}, {"family", Value::text("ipv4")}})}));
  const auto& port = forwarding.ports.front();
  EXPECT_TRUE(lets(*port.out, packet_of("0.0.0.0", "255.255.255.255", 17, 67, 68)));
  EXPECT_FALSE(lets(*port.out, packet_of("10.0.0.10", "10.0.0.11", 17, 68, 67)))
      << "no machine is a DHCP server, even with all permitted";
  EXPECT_TRUE(lets(*port.out, packet_of("10.0.0.10", "10.0.0.11", 17, 69, 67)));
  EXPECT_TRUE(lets(*port.in, packet_of("fe80::1", "fe80::2", 58, 135 * 256)));
  EXPECT_FALSE(lets(*port.in, packet_of("fe80::1", "fe80::2", 58, 128 * 256)));
  EXPECT_FALSE(lets(*port.out, packet_of("fe80::1", "fe80::2", 58, 134 * 256)));
}

bool surely_lets(const FilterChain& chain, const Packet& packet) {
  return lets(chain, packet, true, true);
}

// What follows the kernel showed, with the rules that Neutron's iptables driver makes (tests/proof/neutron_kernel.py).
TEST(OpenStackSemantics, AllowedAddressesAreMembersToo) {
  const auto forwarding = semantics(one_port({placed("rule", kind::k_rule,
                                                     {{"group", Value::ref("group")},
                                                      {"direction", Value::text("in")},
                                                      {"family", Value::text("ipv4")},
                                                      {"remote_group", Value::ref("group")}})}));
  const auto& in = *forwarding.ports.front().in;
  EXPECT_TRUE(lets(in, packet_of("10.0.0.10", "10.0.0.10", 6, 1)));
  EXPECT_TRUE(lets(in, packet_of("10.0.0.12", "10.0.0.10", 6, 1)));
  EXPECT_FALSE(lets(in, packet_of("10.0.0.11", "10.0.0.10", 6, 1)));
}

TEST(OpenStackSemantics, AMachineIsNoRouterOrServerInConnectionsThatStandEither) {
  const auto forwarding = semantics(one_port({}));
  const auto& out = *forwarding.ports.front().out;
  EXPECT_FALSE(lets(out, packet_of("10.0.0.10", "10.0.0.11", 17, 68, 67), false));
  EXPECT_FALSE(lets(out, packet_of("fd00::a", "fd00::b", 17, 546, 547), false));
  EXPECT_TRUE(lets(out, packet_of("10.0.0.10", "10.0.0.11", 17, 69, 67), false));
}

TEST(OpenStackSemantics, OneDriverLetsAllMessagesOfIpv6Out) {
  const auto forwarding = semantics(one_port({}));
  const auto& port = forwarding.ports.front();
  const auto echo = packet_of("fd00::a", "fd00::b", 58, 128 * 256);
  EXPECT_TRUE(lets(*port.out, echo));
  EXPECT_FALSE(surely_lets(*port.out, echo));
  EXPECT_FALSE(lets(*port.in, echo));
  EXPECT_TRUE(surely_lets(*port.out, packet_of("fd00::a", "fd00::b", 58, 135 * 256)));
  const auto& last = port.out->rules.back();
  EXPECT_TRUE(last.match.implicit) << "it is last, so that what a group lets pass is the group's";
}

TEST(OpenStackSemantics, OffersOfDhcpAreForWhomTheyAre) {
  const auto forwarding = semantics(one_port({}));
  const auto& in = *forwarding.ports.front().in;
  for (const char* to : {"10.0.0.10", "255.255.255.255"})
    EXPECT_TRUE(surely_lets(in, packet_of("10.0.0.2", to, 17, 68, 67))) << to;
  EXPECT_FALSE(surely_lets(in, packet_of("10.0.0.2", "10.0.0.12", 17, 68, 67)));
  EXPECT_TRUE(lets(in, packet_of("10.0.0.2", "10.0.0.12", 17, 68, 67))) << "another driver does not look";
  EXPECT_FALSE(surely_lets(in, packet_of("fe80::1", "ff02::1", 58, 134 * 256))) << "it has no IPv6 address";
}

PlacedResource port_of(const char* id, std::vector<Value> addresses, std::vector<Value> allowed) {
  return placed(id, kind::k_port,
                {{"network", Value::ref("net")},
                 {"fixed_ips", Value::list(std::move(addresses))},
                 {"security_groups", Value::list({Value::ref("group")})},
                 {"allowed_addresses", Value::list(std::move(allowed))}});
}

TEST(OpenStackSemantics, NobodyLooksAtAddressesOfAFamilyThatAPortHasNotGot) {
  const auto own = Value::slots({Value::ref("sub"), Value::text("10.0.0.20")});
  const auto forwarding =
      semantics(one_port({port_of("one", {own}, {}), port_of("both", {own}, {prefix_value("fd00::9/128")}),
                          port_of("none", {}, {prefix_value("10.0.0.30/32")})}));
  ASSERT_EQ(forwarding.ports.size(), 4U);
  EXPECT_THAT(forwarding.ports[1].also_from, testing::ElementsAre(*IpPrefix::parse("::/0")));
  EXPECT_THAT(forwarding.ports[2].also_from, testing::ElementsAre(*IpPrefix::parse("fd00::9/128")));
  EXPECT_FALSE(forwarding.ports[2].any_source);
  EXPECT_TRUE(forwarding.ports[3].any_source) << "without an address of its own, any";
  EXPECT_TRUE(forwarding.ports[3].in.has_value()) << "but it is filtered";
}

PlacedResource rule_in(const char* protocol, std::string_view first, int64_t number) {
  return placed("rule", kind::k_rule,
                {{"group", Value::ref("group")},
                 {"direction", Value::text("in")},
                 {"family", Value::text("ipv4")},
                 {"protocol", Value::text(protocol)},
                 {first, Value::integer(number)}});
}

TEST(OpenStackSemantics, ToIptablesTypeTwoHundredAndFiftyFiveIsAnyType) {
  const auto forwarding = semantics(one_port({rule_in("icmp", "icmp_type", 255)}));
  const auto& in = *forwarding.ports.front().in;
  EXPECT_TRUE(surely_lets(in, packet_of("10.0.0.1", "10.0.0.10", 1, 255 * 256)));
  EXPECT_TRUE(lets(in, packet_of("10.0.0.1", "10.0.0.10", 1, 8 * 256)));
  EXPECT_FALSE(surely_lets(in, packet_of("10.0.0.1", "10.0.0.10", 1, 8 * 256)));
}

TEST(OpenStackSemantics, PortsThatNoPacketShowsLetSomeOfThemPass) {
  const auto forwarding = semantics(one_port({rule_in("33", "port_min", 5000)}));
  const auto& in = *forwarding.ports.front().in;
  EXPECT_TRUE(lets(in, packet_of("10.0.0.1", "10.0.0.10", 33, 0, 0)));
  EXPECT_FALSE(surely_lets(in, packet_of("10.0.0.1", "10.0.0.10", 33, 0, 0)));
}

TEST(OpenStackSemantics, APortWithoutSecurityFiltersNothing) {
  const auto forwarding = semantics(one_port({}, false));
  const auto& port = forwarding.ports.front();
  EXPECT_TRUE(port.any_source);
  EXPECT_FALSE(port.in || port.out);
}

TEST(OpenStackSemantics, ARouterKnowsItsNetworksItsRoutesAndTheOutside) {
  const auto forwarding = semantics(
      one_port({placed("router", kind::k_router, {{"external_network", Value::text("public")}}),
                placed("leg", kind::k_interface, {{"router", Value::ref("router")}, {"subnet", Value::ref("sub")}}),
                placed("way", kind::k_route,
                       {{"router", Value::ref("router")},
                        {"to", prefix_value("10.16.0.0/12")},
                        {"via", Value::text("10.0.0.12")}})}));
  ASSERT_EQ(forwarding.devices.size(), 1U);
  const auto& router = forwarding.devices.front();
  EXPECT_TRUE(router.forwards_ipv4 && router.forwards_ipv6);
  ASSERT_EQ(router.interfaces.size(), 2U);
  EXPECT_TRUE(router.interfaces[0].outer);
  EXPECT_EQ(router.interfaces[1].network, "net");
  EXPECT_EQ(router.routes.size(), 4U) << "out in both families, its network, its route";
  EXPECT_EQ(router.leaving.rules.front().action, TranslationRule::Action::masquerade);
}

TEST(OpenStackSemantics, AProtocolThatIsNotKnownIsNamed) {
  const auto forwarding = semantics(one_port({placed("odd", kind::k_rule,
                                                     {{"group", Value::ref("group")},
                                                      {"direction", Value::text("in")},
                                                      {"family", Value::text("ipv4")},
                                                      {"protocol", Value::text("dccp")}})}));
  ASSERT_EQ(forwarding.unknown.size(), 1U);
  EXPECT_EQ(forwarding.unknown.front().address, "odd");
}

TEST(OpenStackSemantics, ADirectionOrAFamilyThatNobodyKnowsIsNamed) {
  const auto rule = [](const char* address, const char* direction, const char* family) {
    return placed(address, kind::k_rule,
                  {{"group", Value::ref("group")},
                   {"direction", Value::text(direction)},
                   {"family", Value::text(family)},
                   {"protocol", Value::text("tcp")}});
  };
  const auto forwarding = semantics(one_port({rule("aside", "sideways", "ipv4"), rule("old", "in", "ipx")}));
  ASSERT_EQ(forwarding.unknown.size(), 2U);
  EXPECT_EQ(forwarding.unknown.front().what, "direction 'sideways'");
  EXPECT_EQ(forwarding.unknown.back().address, "old");
}

}  // namespace

}  // namespace cloison::openstack
