#include "tests/unit/sandbox/platform.h"

namespace cloison::sandbox::trial {
namespace {

using SandboxRefusals = SandboxTest;
const auto text = &Value::text;

TEST_F(SandboxRefusals, DuplicateNaturalKeyWithAbsentPorts) {
  const auto group = made("group", "g", {{"name", text("g")}});
  made("rule", "g.r1", {{"group", text(group)}, {"direction", text("in")}});
  expect_refused(create("rule", "g.r2", {{"group", text(group)}, {"direction", text("in")}}), ErrorKind::conflict,
                 "CL5501");
  made("rule", "g.r3", {{"group", text(group)}, {"direction", text("out")}});
  EXPECT_EQ(seen("rule").size(), 2U);
}

TEST_F(SandboxRefusals, InUse) {
  const auto network = made("network", "n", {{"name", text("n")}});
  const auto subnet = made("subnet", "n.s", {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  const auto router = made("router", "r", {{"name", text("r")}});
  const auto interface = made("interface", "r.i", {{"router", text(router)}, {"subnet", text(subnet)}});
  expect_refused(remove("router", router), ErrorKind::conflict, "CL5502");
  expect_refused(remove("subnet", subnet), ErrorKind::conflict, "CL5502");
  // The subnet would go with its network, but the interface holds it.
  expect_refused(remove("network", network), ErrorKind::conflict, "CL5502");
  EXPECT_TRUE(remove("interface", interface));
  EXPECT_TRUE(remove("network", network));
  EXPECT_TRUE(seen("subnet").empty()) << "it goes with its network";
  EXPECT_TRUE(remove("subnet", subnet)) << "already gone is success";
}

TEST_F(SandboxRefusals, OverlappingSubnetsOnARouter) {
  const auto router = made("router", "r", {{"name", text("r")}});
  const auto other_router = made("router", "q", {{"name", text("q")}});
  std::vector<std::string> subnets;
  for (const auto* prefix : {"10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/24"}) {
    const auto network = made("network", prefix, {{"name", text("n")}});
    subnets.push_back(made("subnet", std::string(prefix) + ".s", {{"network", text(network)}, {"cidr", cidr(prefix)}}));
  }
  made("interface", "r.0", {{"router", text(router)}, {"subnet", text(subnets[0])}});
  expect_refused(create("interface", "r.1", {{"router", text(router)}, {"subnet", text(subnets[1])}}),
                 ErrorKind::conflict, "CL5503");
  made("interface", "r.2", {{"router", text(router)}, {"subnet", text(subnets[2])}});
  made("interface", "q.1", {{"router", text(other_router)}, {"subnet", text(subnets[1])}});
}

TEST_F(SandboxRefusals, OverlappingSubnetsOfANetwork) {
  const auto network = made("network", "n", {{"name", text("n")}});
  made("subnet", "n.a", {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  expect_refused(create("subnet", "n.b", {{"network", text(network)}, {"cidr", cidr("10.0.0.128/25")}}),
                 ErrorKind::conflict, "CL5503");
  expect_refused(create("subnet", "n.c", {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}}),
                 ErrorKind::conflict, "CL5501");
}

TEST_F(SandboxRefusals, MissingReferenceAlsoOfAnotherKindOrProject) {
  const auto group = made("group", "g", {{"name", text("g")}});
  expect_refused(create("subnet", "s", {{"network", text("nowhere")}, {"cidr", cidr("10.0.0.0/24")}}),
                 ErrorKind::not_found, "CL5504");
  expect_refused(create("subnet", "s", {{"network", text(group)}, {"cidr", cidr("10.0.0.0/24")}}), ErrorKind::not_found,
                 "CL5504");
  const auto foreign = tampering().add("network", {{"name", "theirs"}}, "other-project");
  ASSERT_TRUE(foreign);
  expect_refused(create("subnet", "s", {{"network", text(foreign->id)}, {"cidr", cidr("10.0.0.0/24")}}),
                 ErrorKind::not_found, "CL5504");
  EXPECT_TRUE(seen("network").empty()) << "another project's objects are never listed";
  expect_refused(update("network", foreign->id, {{"name", text("mine")}}), ErrorKind::not_found, "CL5515");
  EXPECT_TRUE(remove("network", foreign->id)) << "not there for us";
  EXPECT_EQ(tampering().list("network", "other-project")->size(), 1U) << "and still there for them";
}

TEST_F(SandboxRefusals, HostBits) {
  const auto network = made("network", "n", {{"name", text("n")}});
  const IpPrefix bad{*IpAddress::parse("10.0.0.5"), 24};
  expect_refused(create("subnet", "s", {{"network", text(network)}, {"cidr", Value::prefix(bad)}}), ErrorKind::conflict,
                 "CL5505");
}

TEST_F(SandboxRefusals, BadRangesTypesAndWords) {
  const auto group = made("group", "g", {{"name", text("g")}});
  const auto rule = [&](Named more) {
    Named all = {{"group", text(group)}, {"direction", text("in")}};
    all.insert(all.end(), more.begin(), more.end());
    return create("rule", "g.r", all);
  };
  expect_refused(rule({{"port_min", Value::integer(90)}, {"port_max", Value::integer(80)}}), ErrorKind::conflict,
                 "CL5505");
  expect_refused(rule({{"port_min", Value::integer(-1)}}), ErrorKind::conflict, "CL5505");
  expect_refused(rule({{"port_max", Value::integer(65536)}}), ErrorKind::conflict, "CL5505");
  expect_refused(rule({{"port_max", text("80")}}), ErrorKind::conflict, "CL5505");
  expect_refused(create("rule", "g.r", {{"group", text(group)}, {"direction", text("sideways")}}), ErrorKind::conflict,
                 "CL5505");
  expect_refused(create("rule", "g.r", {{"group", text(group)}}), ErrorKind::conflict, "CL5505");
  expect_refused(create("group", "x", {{"name", text(std::string(41, 'x'))}}), ErrorKind::conflict, "CL5505");
  EXPECT_TRUE(seen("rule").empty());
  EXPECT_TRUE(rule({{"port_min", Value::integer(0)}, {"port_max", Value::integer(65535)}}));
}

TEST_F(SandboxRefusals, AddressOutsideItsPrefixOrTaken) {
  const auto network = made("network", "n", {{"name", text("n")}});
  const auto a = made("subnet", "n.a", {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  const auto b = made("subnet", "n.b", {{"network", text(network)}, {"cidr", cidr("10.0.1.0/24")}});
  const auto port = [&](const std::string& address, const Value& addresses) {
    return create("port", address, {{"network", text(network)}, {"addresses", addresses}});
  };
  ASSERT_TRUE(port("p1", at(a, "10.0.0.5")));
  expect_refused(port("p2", at(a, "10.0.1.5")), ErrorKind::conflict, "CL5505");
  expect_refused(port("p3", at(a, "10.0.0.5")), ErrorKind::conflict, "CL5501");
  // Of two addresses each is held against its own subnet.
  const auto two = [&](const char* first, const char* second) {
    return Value::list({Value::slots({text(a), text(first)}), Value::slots({text(b), text(second)})});
  };
  expect_refused(port("p4", two("10.0.1.6", "10.0.0.6")), ErrorKind::conflict, "CL5505");
  EXPECT_TRUE(port("p4", two("10.0.0.6", "10.0.1.6")));
  expect_refused(create("subnet", "n.c",
                        {{"network", text(network)}, {"cidr", cidr("10.0.2.0/24")}, {"gateway", text("10.0.3.1")}}),
                 ErrorKind::conflict, "CL5505");
}

TEST_F(SandboxRefusals, OverQuotaAndAgainAfterRemoval) {
  ASSERT_TRUE(tampering().set_quota("network", 1));
  const auto first = made("network", "a", {{"name", text("a")}});
  expect_refused(create("network", "b", {{"name", text("b")}}), ErrorKind::quota, "CL5506");
  const auto quotas = sandbox().quotas({});
  ASSERT_TRUE(quotas);
  const auto network = std::find_if(quotas->begin(), quotas->end(), [](const Quota& q) { return q.name == "network"; });
  ASSERT_NE(network, quotas->end());
  EXPECT_EQ(network->allowed, 1);
  EXPECT_EQ(network->used, 1);
  ASSERT_TRUE(tampering().add("network", {{"name", "theirs"}}, "other-project")) << "another project has its own quota";
  ASSERT_TRUE(remove("network", first));
  EXPECT_TRUE(create("network", "b", {{"name", text("b")}}));
}

TEST_F(SandboxRefusals, LimitPerContainer) {
  const auto group = made("group", "g", {{"name", text("g")}});
  const auto rule = [&](int64_t port) {
    return create("rule", "g." + std::to_string(port),
                  {{"group", text(group)}, {"direction", text("in")}, {"port_min", Value::integer(port)}});
  };
  for (int64_t port = 1; port <= 4; ++port) ASSERT_TRUE(rule(port));
  const auto fifth = rule(5);
  expect_refused(fifth, ErrorKind::quota, "CL5510");
  expect_said(fifth.error(), "the limit rules_per_group is reached", "rule g.5 would be one more than 4.",
              "spread over several, or remove what is not needed");
}

TEST_F(SandboxRefusals, ImmutableAttributeAndKind) {
  const auto network = made("network", "n", {{"name", text("n")}});
  const auto subnet = made("subnet", "n.s", {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  expect_refused(update("subnet", subnet, {{"network", text(network)}, {"cidr", cidr("10.0.1.0/24")}}),
                 ErrorKind::conflict, "CL5507");
  EXPECT_TRUE(update("subnet", subnet,
                     {{"network", text(network)}, {"cidr", cidr("10.0.0.0/24")}, {"gateway", text("10.0.0.1")}}));
  const auto group = made("group", "g", {{"name", text("g")}});
  const auto rule = made("rule", "g.r", {{"group", text(group)}, {"direction", text("in")}});
  expect_refused(update("rule", rule, {{"group", text(group)}, {"direction", text("out")}}), ErrorKind::unsupported,
                 "CL5507");
  expect_refused(update("network", "gone", {{"name", text("n")}}), ErrorKind::not_found, "CL5515");
}

TEST_F(SandboxRefusals, StaleRevision) {
  const auto first = create("group", "g", {{"name", text("g")}});
  ASSERT_TRUE(first);
  EXPECT_EQ(*get("group", first->observed, "revision").as_integer(), 1);
  const auto second = update("group", first->remote_id, {{"name", text("h")}}, first->observed);
  ASSERT_TRUE(second);
  EXPECT_EQ(*get("group", second->observed, "revision").as_integer(), 2);
  const auto stale = update("group", first->remote_id, {{"name", text("i")}}, first->observed);
  expect_refused(stale, ErrorKind::conflict, "CL5508");
  expect_said(stale.error(), "group g was changed meanwhile",
              "Its revision is newer than the one that the change was made for.",
              "`cloison apply --sandbox` again: it plans with what is there now");
  EXPECT_TRUE(update("group", first->remote_id, {{"name", text("i")}}, second->observed));
}

TEST_F(SandboxRefusals, UnknownImageFlavorAndNetworkOutside) {
  expect_refused(create("machine", "m", {{"name", text("m")}, {"image", text("Windows 95")}}), ErrorKind::not_found,
                 "CL5509");
  expect_refused(create("machine", "m", {{"name", text("m")}, {"image", text("Debian 12")}, {"flavor", text("huge")}}),
                 ErrorKind::not_found, "CL5509");
  expect_refused(create("router", "r", {{"name", text("r")}, {"outward", text("elsewhere")}}), ErrorKind::not_found,
                 "CL5509");
  EXPECT_TRUE(create("machine", "m", {{"name", text("m")}, {"image", text("debian-12")}, {"flavor", text("b3-8")}}))
      << "folded names too";
  EXPECT_TRUE(create("router", "r", {{"name", text("r")}, {"outward", text("ext-net")}}));
}

TEST_F(SandboxRefusals, OneObjectPerSoleReference) {
  const auto network = made("network", "n", {{"name", text("n")}});
  const auto port = made("port", "p", {{"network", text(network)}});
  made("public_ip", "f1", {{"port", text(port)}});
  expect_refused(create("public_ip", "f2", {{"port", text(port)}}), ErrorKind::conflict, "CL5501");
  made("public_ip", "f3", {});
  made("public_ip", "f4", {});
  ASSERT_TRUE(remove("port", port)) << "a public address does not hold its port";
  for (const auto& address : seen("public_ip")) EXPECT_TRUE(get("public_ip", address.attributes, "port").is_null());
}

TEST_F(SandboxRefusals, ReferencesMustBeResolvedAndKindsKnown) {
  constexpr const char* k_report = "report it as a bug of cloison, with the command that showed it";
  const auto open = create("subnet", "s", {{"network", Value::ref("n")}, {"cidr", cidr("10.0.0.0/24")}});
  expect_refused(open, ErrorKind::internal, "CL5517");
  expect_said(open.error(), "a call holds a reference that was not resolved",
              "s was asked for before what it refers to was known.", k_report);
  const CreateRequest unknown{.resource = {.address = {"x"}, .kind = "volume", .attributes = Value::slots({})}};
  const auto refused = sandbox().create_many(std::span(&unknown, 1), {}).front();
  expect_refused(refused, ErrorKind::internal, "CL5516");
  expect_said(refused.error(), "the provider has no kind 'volume'",
              "The sandbox simulates the kinds that the provider declares, and no other.", k_report);
}

TEST_F(SandboxRefusals, OneRefusalLeavesTheOthersOfABatch) {
  const std::vector<CreateRequest> requests = {request("network", "a", {{"name", text("a")}}),
                                               request("network", "b", {}),
                                               request("network", "c", {{"name", text("c")}})};
  const auto answers = sandbox().create_many(requests, {});
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[0]);
  expect_refused(answers[1], ErrorKind::conflict, "CL5505");
  EXPECT_EQ(answers[1].error().address, "b");
  EXPECT_TRUE(answers[2]);
  EXPECT_EQ(seen("network").size(), 2U);
}

TEST_F(SandboxRefusals, CascadeNamesWhatIsForeign) {
  const auto group = made("group", "g", {{"name", text("g")}});
  made("rule", "g.r", {{"group", text(group)}, {"direction", text("in")}});
  ASSERT_TRUE(tampering().add("rule", {{"group", group}, {"direction", "out"}}));
  const auto network = made("network", "n", {{"name", text("n")}});
  made("port", "p", {{"network", text(network)}, {"groups", Value::texts({group})}});
  const auto theirs = tampering().add("port", {{"network", network}, {"groups", "[" + group + "]"}});
  ASSERT_TRUE(theirs);
  const auto foreign = sandbox().cascade(row("group", group), {});
  ASSERT_TRUE(foreign);
  ASSERT_EQ(foreign->size(), 1U) << "rules are the group's own content, our port carries our lineage";
  EXPECT_EQ(foreign->front().remote_id, theirs->id);
  EXPECT_FALSE(foreign->front().marker);
}

TEST_F(SandboxRefusals, RemovingAGroupTakesItsRulesAlong) {
  const auto group = made("group", "g", {{"name", text("g")}});
  made("rule", "g.r", {{"group", text(group)}, {"direction", text("in")}});
  ASSERT_TRUE(remove("group", group));
  EXPECT_TRUE(seen("rule").empty());
}

}  // namespace
}  // namespace cloison::sandbox::trial
