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

bool lets(const FilterChain& chain, const Packet& packet, bool fresh = true) {
  for (const auto& rule : chain.rules) {
    if (!(fresh ? rule.match.fresh : rule.match.established)) continue;
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
  EXPECT_EQ(port.also_from.size(), 1U);
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

}  // namespace

}  // namespace cloison::openstack
