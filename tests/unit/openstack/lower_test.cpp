#include "providers/openstack/lower.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "core/model/provider.h"
#include "providers/openstack/canonical.h"
#include "providers/openstack/facts.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}
IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

/// A VPC with one segment, one public machine, one group and one address set.
Intent small_intent() {
  Intent intent;
  intent.provider = "ovh";
  intent.settings = {{"availability_zones.a", "nova-a"}, {"physical_network", "vrack"}};
  intent.domains = {{.path = "cloud.production", .name = "production", .environment = "production", .outward = true}};
  intent.domains[0].routes = {{.to = prefix("10.16.0.0/12"), .via = address("10.0.20.9")}};
  SegmentIntent data{.path = "cloud.production.data", .name = "data", .domain = "cloud.production"};
  data.prefixes = {{.prefix = prefix("10.0.20.0/24"),
                    .gateway = address("10.0.20.1"),
                    .dynamic = {{address("10.0.20.200"), address("10.0.20.210")}}},
                   {.prefix = prefix("fd12:0:0:20::/64"), .gateway = address("fd12:0:0:20::1")}};
  data.vlan = 120;
  intent.segments = {data};
  intent.groups = {{.path = "cloud.production.data.postgres.group"}};
  intent.address_sets = {{.path = "lab.lan.addresses", .prefixes = {prefix("10.17.0.0/24"), prefix("fd12:1::/64")}},
                         {.path = "empty.addresses"}};
  EndpointIntent host{.path = "cloud.production.data.postgres-1", .name = "postgres-1", .segment = data.path};
  host.groups = {"cloud.production.data.postgres.group"};
  host.addresses = {address("10.0.20.10"), address("fd12:0:0:20::a")};
  host.machine = VirtualMachineIntent{
      .image = "debian-12", .cpu = 2, .memory = uint64_t{4} << 30U, .disk = uint64_t{500} << 30U, .zone = "a"};
  host.is_public = true;
  intent.endpoints = {host};
  return intent;
}

PermitIntent permit(const char* match, std::variant<IpPrefix, std::string> remote, const char* flow,
                    Family family = Family::ipv4) {
  PermitIntent one{.group = "cloud.production.data.postgres.group",
                   .family = family,
                   .match = *TransportMatch::parse(match),
                   .remote = std::move(remote)};
  one.origins = {{.declared_by = flow}};
  return one;
}

std::set<std::string> addresses(const Lowered& lowered) {
  std::set<std::string> all;
  for (const Resource& one : lowered.resources) all.insert(one.address.text);
  return all;
}

const Resource& at(const Lowered& lowered, const std::string& text) {
  return *std::find_if(lowered.resources.begin(), lowered.resources.end(),
                       [&](const Resource& one) { return one.address.text == text; });
}

std::vector<std::string> codes(const Diagnostics& notes) {
  std::vector<std::string> all;
  for (const auto& note : notes) all.push_back(note.code);
  return all;
}

}  // namespace

TEST(OpenStackLower, names_every_resource_by_its_declared_path) {
  Intent intent = small_intent();
  intent.permits = {permit("tcp/5432", prefix("10.0.20.0/24"), "flow F-1"),
                    permit("icmp/echo-request", prefix("fd12::/32"), "flow F-2", Family::ipv6)};
  const auto lowered = lower(intent, specimen());
  ASSERT_TRUE(lowered.ok());
  EXPECT_EQ(
      addresses(*lowered.value),
      (std::set<std::string>{"cloud.production.router", "cloud.production.router.route/10.16.0.0_12-10.0.20.9",
                             "cloud.production.data.network", "cloud.production.data.subnet-ipv4",
                             "cloud.production.data.subnet-ipv6", "cloud.production.router.interface/data",
                             "cloud.production.router.interface/data-ipv6", "cloud.production.data.postgres.group",
                             "cloud.production.data.postgres.group.rule/in-ipv4-tcp-5432-10.0.20.0_24",
                             "cloud.production.data.postgres.group.rule/in-ipv6-icmp-echo-request-fd12::_32",
                             "cloud.production.data.postgres-1.port", "cloud.production.data.postgres-1.server",
                             "cloud.production.data.postgres-1.floating_ip"}));
  EXPECT_EQ(at(*lowered.value, "cloud.production.router.route/10.16.0.0_12-10.0.20.9").after,
            std::vector<std::string>{"cloud.production.router.interface/data"});
}

TEST(OpenStackLower, one_match_is_one_rule_with_all_its_flows) {
  Intent intent = small_intent();
  intent.permits = {permit("tcp", prefix("10.0.0.0/8"), "flow F-1"),
                    permit("tcp/1-65535", prefix("10.0.0.0/8"), "flow F-2"),
                    permit("tcp", prefix("10.0.0.0/8"), "flow F-1")};
  const auto lowered = lower(intent, specimen());
  ASSERT_TRUE(lowered.ok());
  const Resource& rule = at(*lowered.value, "cloud.production.data.postgres.group.rule/in-ipv4-tcp-10.0.0.0_8");
  ASSERT_EQ(rule.origins.size(), 2U);
  EXPECT_TRUE(attribute(schema(kind::k_rule), rule.attributes, "port_min").is_null()) << "as Neutron would answer";
}

TEST(OpenStackLower, sets_become_address_groups_where_there_are_any_and_the_choice_is_kept) {
  Intent intent = small_intent();
  intent.permits = {permit("tcp/443", std::string("lab.lan.addresses"), "flow F-1"),
                    permit("tcp/443", std::string("empty.addresses"), "flow F-1")};
  const auto named = lower(intent, specimen());
  ASSERT_TRUE(named.ok());
  EXPECT_TRUE(addresses(*named.value).contains("lab.lan.addresses.address_group"));
  EXPECT_FALSE(addresses(*named.value).contains("empty.addresses.address_group")) << "from its first member on";
  EXPECT_EQ(named.value->choices.at("choice/remotes"), "address_group");

  Facts without = specimen();
  without["extension/address-group"] = "no";
  const auto plain = lower(intent, without);
  EXPECT_TRUE(
      addresses(*plain.value).contains("cloud.production.data.postgres.group.rule/in-ipv4-tcp-443-10.17.0.0_24"));
  EXPECT_EQ(plain.value->choices.at("choice/remotes"), "prefixes");

  Facts later = specimen();
  later["choice/remotes"] = "prefixes";
  EXPECT_EQ(addresses(*lower(intent, later).value), addresses(*plain.value))
      << "an extension that comes later changes no rule";
}

TEST(OpenStackLower, what_the_account_cannot_do_is_not_applied) {
  Facts facts = specimen();
  facts["permission/segmentation"] = "no";
  const auto lowered = lower(small_intent(), facts);
  ASSERT_TRUE(lowered.ok());
  ASSERT_EQ(lowered.value->not_applied.size(), 2U);
  EXPECT_EQ(lowered.value->not_applied[0].reason, NotApplied::Reason::no_permission);
  EXPECT_EQ(lowered.value->not_applied[1].group, "disk");
  EXPECT_TRUE(attribute(schema(kind::k_network), at(*lowered.value, "cloud.production.data.network").attributes,
                        "segmentation_id")
                  .is_null());
}

TEST(OpenStackLower, images_flavors_and_zones_are_checked_against_the_account) {
  Intent intent = small_intent();
  intent.endpoints[0].machine->image = "debian-21";
  intent.endpoints[0].machine->memory = uint64_t{1} << 50U;
  intent.endpoints[0].machine->zone = "d";
  EXPECT_EQ(codes(lower(intent, specimen()).notes), (std::vector<std::string>{"CL2050", "CL2053", "CL2054"}));
  intent.endpoints[0].machine->zone = "a";
  EXPECT_TRUE(lower(intent, {}).ok()) << "without an account nothing is refused that one might allow";
  Facts twice = specimen();
  twice["image/x"] = "Debian 21";
  twice["image/y"] = "Debian 21";
  intent.endpoints[0].machine->memory = 1;
  EXPECT_EQ(codes(lower(intent, twice).notes), std::vector<std::string>{"CL2051"});
  twice.erase("image/y");
  EXPECT_TRUE(lower(intent, twice).ok()) << "a folded name";
}

TEST(OpenStackLower, what_the_compiler_must_not_ask_is_named) {
  Intent elsewhere = small_intent();
  elsewhere.endpoints[0].addresses = {address("192.0.2.1")};
  EXPECT_EQ(codes(lower(elsewhere, specimen()).notes), std::vector<std::string>{"CL2059"});
  Intent nowhere = small_intent();
  nowhere.endpoints[0].segment = "cloud.production.gone";
  EXPECT_EQ(codes(lower(nowhere, specimen()).notes), std::vector<std::string>{"CL2059"});
  Intent twice = small_intent();
  twice.groups.push_back(twice.groups.front());
  EXPECT_EQ(codes(lower(twice, specimen()).notes), std::vector<std::string>{"CL2060"});
}

TEST(OpenStackLower, is_canonical_apart_from_order) {
  Intent intent = small_intent();
  intent.permits = {permit("any", prefix("0.0.0.0/0"), "flow F-1"), permit("esp", prefix("10.0.0.0/8"), "flow F-2")};
  const auto lowered = lower(intent, specimen());
  for (const Resource& one : lowered.value->resources) {
    const Resource canonical = canonical_resource(one);
    EXPECT_TRUE(canonical_resource(canonical).attributes == canonical.attributes) << one.address.text;
    for (const AttributeSchema& its : schema(one.kind).attributes)
      EXPECT_FALSE(its.required && attribute(schema(one.kind), canonical.attributes, its.name).is_null())
          << one.address.text << " " << its.name;
  }
}

}  // namespace cloison::openstack
