#include <algorithm>

#include "tests/conformance/provider_conformance.h"

namespace cloison::conformance {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderConformance);

namespace {

Call call() {
  return {.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3)};
}

Value prefixes(const std::vector<std::string_view>& texts) {
  std::vector<Value> items;
  for (const auto text : texts) items.push_back(Value::prefix(*IpPrefix::parse_loose(text)));
  return Value::list(std::move(items));
}

}  // namespace

TEST_P(ProviderConformance, networks_and_routers_are_as_asked_and_change_in_place) {
  const std::string net = network();
  const std::string sub = subnet(net, "10.201.0.0/24", "10.201.0.1");
  const std::string sub6 = made("subnet", "sub6",
                                {{"network", Value::text(net)},
                                 {"cidr", Value::prefix(*IpPrefix::parse("fd12:0:0:7::/64"))},
                                 {"gateway", Value::text("fd12:0:0:7::1")},
                                 {"dhcp", Value::boolean(true)},
                                 {"ipv6_mode", Value::text("dhcpv6-stateful")}});
  const std::string hub = router();
  EXPECT_FALSE(made("router_interface", "if4", {{"router", Value::text(hub)}, {"subnet", Value::text(sub)}}).empty());
  EXPECT_FALSE(made("router_interface", "if6", {{"router", Value::text(hub)}, {"subnet", Value::text(sub6)}}).empty());
  EXPECT_FALSE(made("router_route", "route",
                    {{"router", Value::text(hub)},
                     {"to", Value::prefix(*IpPrefix::parse("10.99.0.0/16"))},
                     {"via", Value::text("10.201.0.9")}})
                   .empty());
  const auto renamed = update("network", "net", {{"name", Value::text(unique("other"))}});
  ASSERT_TRUE(renamed.has_value()) << renamed.error().detail;
  EXPECT_EQ(attribute(schema("network"), found("network", net)->attributes, "name").text_or_empty(), unique("other"));
  EXPECT_TRUE(remove("router_route", "route").has_value());
  EXPECT_TRUE(remove("router_route", "route").has_value()) << "already gone is success";
}

TEST_P(ProviderConformance, a_new_group_permits_nothing) {
  const std::string id = group();
  const auto rules = listed("security_group_rule");
  EXPECT_TRUE(std::none_of(rules.begin(), rules.end(), [&](const Observed& rule) { return rule.container_id == id; }));
}

TEST_P(ProviderConformance, rules_of_every_form_are_as_asked) {
  const std::string id = group();
  const std::string set =
      made("address_group", "set", {{"addresses", prefixes({"10.0.0.0/24", "192.0.2.7/32", "fd12::/64"})}});
  std::vector<Named> forms{tcp_rule(id, 443, 443, "10.1.0.0/16"), tcp_rule(id, 5000, 5010, "0.0.0.0/0"),
                           tcp_rule(id, 1, 65535, "10.2.0.0/16")};
  const auto form = [&](const char* direction, const char* family, Named more) {
    more.insert(more.end(),
                {{"group", Value::text(id)}, {"direction", Value::text(direction)}, {"family", Value::text(family)}});
    forms.push_back(std::move(more));
  };
  form("out", "ipv4", {});
  form("out", "ipv6", {});
  form("in", "ipv4",
       {{"protocol", Value::text("icmp")},
        {"icmp_type", Value::integer(8)},
        {"remote_address_group", Value::text(set)}});
  form("in", "ipv6",
       {{"protocol", Value::text("icmpv6")}, {"icmp_type", Value::integer(128)}, {"icmp_code", Value::integer(0)}});
  form("in", "ipv4", {{"protocol", Value::text("esp")}});
  form("in", "ipv4", {{"protocol", Value::text("vrrp")}});
  form("in", "ipv4", {{"protocol", Value::text("99")}});
  std::vector<CreateRequest> requests;
  for (std::size_t i = 0; i < forms.size(); ++i)
    requests.push_back(request("security_group_rule", "rule" + std::to_string(i), forms[i]));
  const auto results = provider().create_many(requests, call());
  ASSERT_EQ(results.size(), requests.size());
  const auto rules = listed("security_group_rule");
  for (std::size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].has_value()) << i << ": " << results[i].error().detail;
    expect_as_asked("security_group_rule", requests[i].resource.attributes, results[i]->observed);
    const auto seen = std::find_if(rules.begin(), rules.end(),
                                   [&](const Observed& rule) { return rule.remote_id == results[i]->remote_id; });
    ASSERT_NE(seen, rules.end());
    EXPECT_TRUE(seen->attributes == results[i]->observed) << to_display(seen->attributes);
    EXPECT_EQ(seen->container_id, id);
  }
  // The group's removal takes its rules along; then the address group is free.
  EXPECT_TRUE(remove("security_group", "group").has_value());
  const auto left = listed("security_group_rule");
  EXPECT_TRUE(std::none_of(left.begin(), left.end(), [&](const Observed& rule) { return rule.container_id == id; }));
}

TEST_P(ProviderConformance, one_bad_rule_does_not_stop_the_others) {
  const std::string id = group();
  std::vector<CreateRequest> requests{request("security_group_rule", "good", tcp_rule(id, 443, 443, "10.1.0.0/16")),
                                      request("security_group_rule", "bad", tcp_rule(id, 900, 80, "10.1.0.0/16")),
                                      request("security_group_rule", "fine", tcp_rule(id, 444, 444, "10.1.0.0/16"))};
  const auto results = provider().create_many(requests, call());
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].has_value());
  EXPECT_REFUSED(results[1], ErrorKind::conflict);
  EXPECT_TRUE(results[2].has_value());
}

TEST_P(ProviderConformance, duplicates_are_refused) {
  const std::string id = group();
  EXPECT_FALSE(made("security_group_rule", "one", tcp_rule(id, 443, 443, "10.1.0.0/16")).empty());
  EXPECT_REFUSED(create("security_group_rule", "two", tcp_rule(id, 443, 443, "10.1.0.0/16")), ErrorKind::conflict);
}

TEST_P(ProviderConformance, address_groups_change_by_difference) {
  const std::string id = made("address_group", "set", {{"addresses", prefixes({"10.0.0.0/24", "10.0.1.0/24"})}});
  const auto changed =
      update("address_group", "set", {{"addresses", prefixes({"10.0.1.0/24", "10.0.2.0/24", "fd00::/8"})}});
  ASSERT_TRUE(changed.has_value()) << changed.error().detail;
  EXPECT_TRUE(attribute(schema("address_group"), found("address_group", id)->attributes, "addresses") ==
              prefixes({"10.0.1.0/24", "10.0.2.0/24", "fd00::/8"}));
}

TEST_P(ProviderConformance, ports_change_in_place_and_hold_what_they_use) {
  const std::string net = network();
  const std::string sub = subnet(net, "10.202.0.0/24", "10.202.0.1");
  const std::string first = group("first"), second = group("second");
  const std::string id = port(net, sub, "10.202.0.10", {first});
  EXPECT_REFUSED(remove("network", "net"), ErrorKind::conflict);
  EXPECT_REFUSED(remove("security_group", "first"), ErrorKind::conflict);
  const auto changed =
      update("port", "port",
             {{"network", Value::text(net)},
              {"fixed_ips", Value::list({Value::slots({Value::text(sub), Value::text("10.202.0.10")})})},
              {"security_groups", Value::texts({second})},
              {"allowed_addresses", prefixes({"10.202.0.100/32", "10.77.0.0/16"})},
              {"port_security", Value::boolean(true)}});
  ASSERT_TRUE(changed.has_value()) << changed.error().detail;
  const auto seen = found("port", id);
  ASSERT_TRUE(seen.has_value());
  EXPECT_TRUE(attribute(schema("port"), seen->attributes, "security_groups") == Value::texts({second}));
  EXPECT_TRUE(attribute(schema("port"), seen->attributes, "allowed_addresses") ==
              prefixes({"10.77.0.0/16", "10.202.0.100/32"}));
  EXPECT_REFUSED(create("port", "twin",
                        {{"network", Value::text(net)},
                         {"fixed_ips", Value::list({Value::slots({Value::text(sub), Value::text("10.202.0.10")})})},
                         {"security_groups", Value::list({})},
                         {"port_security", Value::boolean(true)}}),
                 ErrorKind::conflict);
}

TEST_P(ProviderConformance, overlapping_subnets_do_not_meet_on_a_router) {
  const std::string one = network("one"), two = network("two");
  const std::string wide = subnet(one, "10.203.0.0/16", "10.203.0.1", "wide"),
                    narrow = subnet(two, "10.203.4.0/24", "10.203.4.1", "narrow");
  const std::string hub = router();
  EXPECT_FALSE(made("router_interface", "if", {{"router", Value::text(hub)}, {"subnet", Value::text(wide)}}).empty());
  EXPECT_REFUSED(create("router_interface", "overlap", {{"router", Value::text(hub)}, {"subnet", Value::text(narrow)}}),
                 ErrorKind::conflict);
  EXPECT_REFUSED(remove("router", "router"), ErrorKind::conflict);
}

TEST_P(ProviderConformance, host_bits_are_cleared_before_they_are_asked_for) {
  const std::string net = network();
  const IpPrefix with_host_bits{*IpAddress::parse("10.204.0.77"), 24};
  const auto result = create("subnet", "sub",
                             {{"network", Value::text(net)},
                              {"cidr", Value::prefix(with_host_bits)},
                              {"gateway", Value::text("10.204.0.1")},
                              {"dhcp", Value::boolean(true)}});
  ASSERT_TRUE(result.has_value()) << result.error().detail;
  EXPECT_TRUE(attribute(schema("subnet"), result->observed, "cidr") ==
              Value::prefix(*IpPrefix::parse("10.204.0.0/24")));
}

TEST_P(ProviderConformance, missing_references_are_named_as_such) {
  const char* nobody = "00000000-0000-4000-8000-00000000dead";
  EXPECT_REFUSED(create("subnet", "sub",
                        {{"network", Value::text(nobody)},
                         {"cidr", Value::prefix(*IpPrefix::parse("10.205.0.0/24"))},
                         {"gateway", Value::text("10.205.0.1")}}),
                 ErrorKind::not_found);
  EXPECT_REFUSED(create("security_group_rule", "rule", tcp_rule(nobody, 80, 80, "10.0.0.0/8")), ErrorKind::not_found);
}

TEST_P(ProviderConformance, rules_cannot_be_updated) {
  const std::string id = group();
  EXPECT_FALSE(made("security_group_rule", "rule", tcp_rule(id, 443, 443, "10.1.0.0/16")).empty());
  EXPECT_REFUSED(update("security_group_rule", "rule", tcp_rule(id, 444, 444, "10.1.0.0/16")), ErrorKind::unsupported);
}

TEST_P(ProviderConformance, what_is_gone_is_removed_again_without_complaint) {
  EXPECT_FALSE(network().empty());
  EXPECT_TRUE(remove("network", "net").has_value());
  EXPECT_TRUE(remove("network", "net").has_value());
  EXPECT_REFUSED(update("network", "net", {}), ErrorKind::not_found);
}

TEST_P(ProviderConformance, over_quota_is_its_own_kind_of_refusal) {
  const std::string id = group();
  if (!platform().set_quota("security_group_rule", 1)) GTEST_SKIP() << "quotas cannot be set here";
  // the group is new and empty, but the project's default group may have rules: one of these must fail
  std::vector<CreateRequest> requests;
  for (int64_t i = 0; i < 2; ++i)
    requests.push_back(
        request("security_group_rule", "rule" + std::to_string(i), tcp_rule(id, 100 + i, 100 + i, "10.1.0.0/16")));
  const auto results = provider().create_many(requests, call());
  EXPECT_TRUE(platform().set_quota("security_group_rule", -1));
  EXPECT_REFUSED(results.back(), ErrorKind::quota);
}

TEST_P(ProviderConformance, servers_boot_on_our_ports_and_free_them) {
  const auto facts = provider().probe(call());
  ASSERT_TRUE(facts.has_value());
  const std::string net = network();
  const std::string sub = subnet(net, "10.206.0.0/24", "10.206.0.1");
  const std::string nic = port(net, sub, "10.206.0.10", {});
  const auto server = [&](const std::string& image, int64_t memory) {
    return Named{{"image", Value::text(image)},
                 {"cpu", Value::integer(2)},
                 {"memory", Value::integer(memory)},
                 {"zone", Value::text(platform().zone())},
                 {"ports", Value::texts({nic})}};
  };
  EXPECT_FALSE(create("server", "unknown", server("no-such-image", 4096)).has_value());
  EXPECT_FALSE(create("server", "huge", server(platform().image(), int64_t{1} << 28U)).has_value());
  EXPECT_FALSE(made("server", "vm", server(platform().image(), 4096)).empty());
  EXPECT_TRUE(remove("server", "vm").has_value());
  EXPECT_TRUE(found("port", nic).has_value()) << "the port is ours and stays";
}

TEST_P(ProviderConformance, public_addresses_lead_to_ports) {
  const auto facts = provider().probe(call());
  ASSERT_TRUE(facts.has_value());
  const auto outer = facts->lower_bound("external_network/");
  if (outer == facts->end() || !outer->first.starts_with("external_network/")) GTEST_SKIP() << "no external network";
  const std::string external = outer->first.substr(std::string("external_network/").size());
  const std::string net = network();
  const std::string sub = subnet(net, "10.207.0.0/24", "10.207.0.1");
  const std::string hub = made("router", "router", {{"external_network", Value::text(external)}});
  EXPECT_FALSE(made("router_interface", "if", {{"router", Value::text(hub)}, {"subnet", Value::text(sub)}}).empty());
  const std::string nic = port(net, sub, "10.207.0.10", {});
  const std::string id =
      made("floating_ip", "fip", {{"external_network", Value::text(external)}, {"port", Value::text(nic)}});
  EXPECT_FALSE(attribute(schema("floating_ip"), found("floating_ip", id)->attributes, "address").is_null());
}

TEST_P(ProviderConformance, other_projects_are_neither_seen_nor_touched) {
  Provider* other = platform().other_project();
  if (other == nullptr) GTEST_SKIP() << "no account of another project";
  const CreateRequest theirs = request("network", "theirs", {});
  auto made = other->create_many({&theirs, 1}, call());
  ASSERT_TRUE(made.front().has_value()) << made.front().error().detail;
  EXPECT_FALSE(found("network", made.front()->remote_id).has_value());
  ResourceState state;
  state.key = {unique("theirs"), 1};
  state.kind = "network";
  state.remote_id = made.front()->remote_id;
  (void)provider().remove(state, call());
  const std::vector<std::string> kinds{"network"};
  const auto still = other->observe({}, kinds, call());
  ASSERT_TRUE(still.has_value());
  EXPECT_TRUE(
      std::any_of(still->begin(), still->end(), [&](const Observed& one) { return one.remote_id == state.remote_id; }));
  EXPECT_TRUE(other->remove(state, call()).has_value());
}

TEST_P(ProviderConformance, what_is_foreign_around_an_object_is_named) {
  const std::string net = network();
  const std::string sub = subnet(net, "10.208.0.0/24", "10.208.0.1");
  const std::string id = group();
  EXPECT_FALSE(port(net, sub, "10.208.0.10", {id}).empty());
  const auto ours = provider().cascade(row("network", "net"), call());
  ASSERT_TRUE(ours.has_value()) << ours.error().detail;
  EXPECT_TRUE(ours->empty()) << "what is ours is not foreign";
  CreateRequest guest =
      request("port", "guest",
              {{"network", Value::text(net)},
               {"fixed_ips", Value::list({Value::slots({Value::text(sub), Value::text("10.208.0.11")})})},
               {"security_groups", Value::texts({id})},
               {"port_security", Value::boolean(true)}});
  guest.marker.lineage = "somebody-else";
  const auto made = provider().create_many({&guest, 1}, call());
  ASSERT_TRUE(made.front().has_value());
  for (const auto& [kind, name] :
       {std::pair{"network", "net"}, std::pair{"subnet", "sub"}, std::pair{"security_group", "group"}}) {
    const auto around = provider().cascade(row(kind, name), call());
    ASSERT_TRUE(around.has_value()) << kind;
    ASSERT_EQ(around->size(), 1U) << kind;
    EXPECT_EQ(around->front().remote_id, made.front()->remote_id) << kind;
  }
  ResourceState state;
  state.key = {unique("guest"), 1};
  state.kind = "port";
  state.remote_id = made.front()->remote_id;
  EXPECT_TRUE(provider().remove(state, call()).has_value());
}

TEST_P(ProviderConformance, facts_and_quotas_are_there) {
  const auto facts = provider().probe(call());
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_TRUE(facts->contains("extension/address-group"));
  const auto quotas = provider().quotas(call());
  ASSERT_TRUE(quotas.has_value());
  EXPECT_TRUE(
      std::any_of(quotas->begin(), quotas->end(), [](const Quota& one) { return one.name == "security_group_rule"; }));
}

}  // namespace cloison::conformance
