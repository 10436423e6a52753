// What a node's own facts have against a plan.

#include "providers/node/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/report.h"
#include "tests/unit/node/told.h"

namespace cloison::node {

namespace {

using ::testing::HasSubstr;

/// A node that lets SSH in by its provider from one address.
NodeIntent reached_from(const std::string& from) {
  NodeIntent node{.path = "lab.node/one", .name = "one", .site = "lab"};
  node.underlays.push_back({.name = "fibre", .interface = "wan0"});
  node.segments.push_back({.path = "lab.lan", .name = "lan", .vlan = 10});
  node.rules.push_back({.chain = NodeRuleIntent::Chain::input,
                        .in = {NodeRuleIntent::Side::Kind::underlays, ""},
                        .match = *TransportMatch::parse("tcp/22"),
                        .from = *IpPrefix::parse(from),
                        .to = *IpPrefix::parse("192.0.2.10")});
  return node;
}

std::vector<std::string> codes(const Diagnostics& notes) {
  std::vector<std::string> codes;
  for (const auto& note : notes) codes.push_back(note.code);
  return codes;
}

Facts with(std::pair<std::string, std::string> fact) {
  auto facts = specimen();
  facts.insert_or_assign(fact.first, fact.second);
  return facts;
}

TEST(NodeFindings, AWayThatStaysOpenIsNone) {
  const auto node = reached_from("203.0.113.16/28");
  EXPECT_TRUE(findings(node, {}, with({"session", "203.0.113.17 192.0.2.10 22 wan0"})).empty());
  EXPECT_TRUE(findings(node, {}, specimen()).empty()) << "nobody knows by which way";
  EXPECT_TRUE(findings(node, {}, {}).empty()) << "never read";
}

TEST(NodeFindings, AWayThatWouldCloseIsRefused) {
  const auto node = reached_from("203.0.113.16/28");
  for (const auto* const session : {"203.0.113.99 192.0.2.10 22 wan0", "203.0.113.17 192.0.2.11 22 wan0",
                                    "203.0.113.17 192.0.2.10 2222 wan0", "203.0.113.17 192.0.2.10 22 mgmt0"}) {
    const auto notes = findings(node, {}, with({"session", session}));
    ASSERT_EQ(codes(notes), std::vector<std::string>{"CL5419"}) << session;
    EXPECT_EQ(notes.front().severity, Diagnostic::Severity::error);
  }
  for (const auto* const nonsense : {"", "x y z w", "203.0.113.99 192.0.2.10 ssh wan0", "203.0.113.99"})
    EXPECT_TRUE(findings(node, {}, with({"session", nonsense})).empty()) << nonsense;
}

TEST(NodeFindings, AWayToADeclaredAddressEndsAtTheRealOne) {
  auto node = reached_from("203.0.113.16/28");
  node.segments.front().prefixes = {{.prefix = *IpPrefix::parse("10.16.3.0/24"),
                                     .gateway = *IpAddress::parse("10.16.3.1"),
                                     .real = IpPrefix::parse("192.168.1.0/24")}};
  node.rules.front().to = *IpPrefix::parse("10.16.3.1/32");
  EXPECT_TRUE(findings(node, {}, with({"session", "203.0.113.17 192.168.1.1 22 wan0"})).empty());
  EXPECT_EQ(codes(findings(node, {}, with({"session", "203.0.113.17 192.168.1.2 22 wan0"}))),
            std::vector<std::string>{"CL5419"});
}

TEST(NodeFindings, MissingPackagesAreNamedTogether) {
  auto facts = specimen();
  facts.erase("package/nftables");
  facts.erase("package/openvswitch-switch");
  facts.erase("package/frr");  // nothing here routes
  const auto notes = findings(reached_from("203.0.113.16/28"), {}, facts);
  ASSERT_EQ(codes(notes), std::vector<std::string>{"CL5418"});
  EXPECT_THAT(notes.front().hint, HasSubstr("nftables openvswitch-switch"));
  EXPECT_TRUE(findings(reached_from("203.0.113.16/28"), {}, facts, {.installs = true}).empty())
      << "they come by themselves";
}

TEST(NodeFindings, ABridgeTakesAKernelThatHasOne) {
  const auto platform = platform_of({{"switch", "linux-bridge"}, {"packages", "none"}});
  const auto node = reached_from("203.0.113.16/28");
  auto facts = specimen();
  facts.erase("package/openvswitch-switch");
  EXPECT_TRUE(findings(node, {}, facts, platform).empty()) << "the kernel has it all";
  facts.erase("kernel/8021q");
  const auto notes = findings(node, {}, facts, platform);
  ASSERT_EQ(codes(notes), std::vector<std::string>{"CL5423"});
  EXPECT_THAT(notes.front().detail, HasSubstr("8021q"));
  EXPECT_EQ(codes(findings(node, {}, facts)), std::vector<std::string>{"CL5418"}) << "the switch of old";
}

TEST(NodeFindings, ASystemThatNoTestRanOnIsNamed) {
  const auto node = reached_from("203.0.113.16/28");
  const auto said_of = [&](const std::string& id, const std::string& version) {
    auto facts = specimen();
    facts["os"] = id, facts["os_version"] = version;
    const auto notes = findings(node, {}, facts);
    return notes.empty() ? "" : notes.front().code + " " + notes.front().summary;
  };
  EXPECT_EQ(said_of("debian", "\"12\""), "");
  EXPECT_EQ(said_of("ubuntu", "\"24.04\""), "CL5424 node one runs Ubuntu 24.04, which is untested");
  EXPECT_THAT(said_of("plan9", "4"), HasSubstr("a system that cloison does not know"));
}

TEST(NodeFindings, ANodeThatWentBackSaysWhen) {
  const auto notes =
      findings(reached_from("203.0.113.16/28"), {}, with({"restored", "2026-11-25T20:00:00Z unconfirmed"}));
  ASSERT_EQ(codes(notes), std::vector<std::string>{"CL5417"});
  EXPECT_THAT(notes.front().detail, HasSubstr("2026-11-25T20:00:00Z unconfirmed"));
}

TEST(NodeFindings, AClockThatIsOffIsNamed) {
  constexpr int64_t k_now = 1'800'000'000;
  const auto with_clock = [](int64_t clock) {
    return *parse_report(told("clock", std::to_string(clock) + "\n") + "@end 0 0\n\n");
  };
  const auto node = reached_from("203.0.113.16/28");
  const auto notes = findings(node, {}, facts_of(with_clock(k_now - 3600), k_now));
  ASSERT_EQ(codes(notes), std::vector<std::string>{"CL5422"});
  EXPECT_THAT(notes.front().detail, HasSubstr("3600 s behind"));
  EXPECT_THAT(findings(node, {}, facts_of(with_clock(k_now + 31), k_now)).front().detail, HasSubstr("31 s ahead"));
  EXPECT_TRUE(findings(node, {}, facts_of(with_clock(k_now + 30), k_now)).empty());
  EXPECT_TRUE(findings(node, {}, facts_of(with_clock(-5), k_now)).empty()) << "no time at all";
}

}  // namespace

}  // namespace cloison::node
