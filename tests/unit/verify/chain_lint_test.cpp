// Rules that nobody would miss, as people would find them.

#include "core/verify/chain_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FilterRule tcp_rule(const char* from, uint16_t first, uint16_t last, FilterRule::Action action) {
  auto box = PacketBox::all(Family::ipv4);
  box.source = interval_of(*IpPrefix::parse(from));
  box.protocol = {protocol::k_tcp, protocol::k_tcp}, box.service = {first, last};
  FilterRule rule{.action = action};
  rule.match.packets = {box};
  return rule;
}
constexpr auto k_accept = FilterRule::Action::accept;
constexpr auto k_drop = FilterRule::Action::drop;

TEST(ChainLint, ARuleIsShadowedBySeveralTogether) {
  const FilterChain chain{.rules = {tcp_rule("10.0.0.0/25", 1, 1000, k_accept),
                                    tcp_rule("10.0.0.128/25", 1, 1000, k_accept),
                                    tcp_rule("10.0.0.0/24", 22, 22, k_drop)}};
  const auto faults = lint_chain(chain, {});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].kind, RuleFault::Kind::shadowed);
  EXPECT_EQ(faults[0].rule, 2U);
  EXPECT_THAT(faults[0].by, ElementsAre(0U, 1U));
  ASSERT_TRUE(faults[0].witness.has_value());
  EXPECT_EQ(faults[0].witness->service, 22);
}

TEST(ChainLint, PartlyShadowedIsNothing) {
  const FilterChain chain{
      .rules = {tcp_rule("10.0.0.0/25", 1, 1000, k_drop), tcp_rule("10.0.0.0/24", 22, 22, k_accept)}};
  EXPECT_THAT(lint_chain(chain, {}), IsEmpty());
}

TEST(ChainLint, OfTwoThatSayTheSameTheLaterOneIsNamed) {
  const FilterChain chain{
      .rules = {tcp_rule("10.0.0.0/24", 22, 22, k_accept), tcp_rule("10.0.0.0/24", 22, 22, k_accept)}};
  const auto faults = lint_chain(chain, {});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].kind, RuleFault::Kind::redundant);
  EXPECT_EQ(faults[0].rule, 1U);
}

TEST(ChainLint, ALaterOneMayHoldAnEarlierOneAndTheRestMayToo) {
  const FilterChain chain{.rules = {tcp_rule("10.0.0.5/32", 22, 22, k_accept),
                                    tcp_rule("10.0.0.0/24", 1, 1000, k_accept),
                                    tcp_rule("10.9.0.0/24", 22, 22, k_drop)}};
  const auto faults = lint_chain(chain, {});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_THAT(faults[0].by, ElementsAre(1U));
  EXPECT_TRUE(faults[1].by_rest);
}

/// Whoever follows what is said of one rule alone must not open anything.
TEST(ChainLint, WhatKeepsALaterRuleAsideIsNeeded) {
  const FilterChain chain{
      .rules = {tcp_rule("10.0.0.0/24", 22, 22, k_drop), tcp_rule("10.0.0.0/24", 22, 22, k_accept)}};
  const auto faults = lint_chain(chain, {});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].rule, 1U);
}

TEST(ChainLint, WhatNoTunnelBringsIsNeverMet) {
  FilterChain chain{.rules = {tcp_rule("192.0.2.0/24", 22, 22, k_accept), tcp_rule("10.1.0.0/24", 22, 22, k_accept)}};
  for (auto& rule : chain.rules) rule.match.in.names = {"wan"};
  ChainScope scope{.in = {"lan", "wan"}};
  scope.arrives["wan"] = {{Family::ipv4, interval_of(*IpPrefix::parse("10.1.0.0/16"))}};
  const auto faults = lint_chain(chain, scope);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].kind, RuleFault::Kind::never);
  EXPECT_EQ(faults[0].rule, 0U);
}

TEST(ChainLint, ARuleThatLogsDiffersFromOneThatDoesNot) {
  FilterChain chain{.rules = {tcp_rule("10.0.0.0/24", 22, 22, k_drop)}};
  chain.rules[0].match.text = "tcp dport 22 log drop";
  EXPECT_THAT(lint_chain(chain, {}), IsEmpty());
}

/// Kinds of what each rule alone decides, in order.
std::vector<DecidedAlone::Kind> alone_in(const FilterChain& chain) {
  std::vector<DecidedAlone::Kind> kinds;
  for (const auto& one : judge_chain(chain, {}).alone) kinds.push_back(one.kind);
  return kinds;
}
using Alone = DecidedAlone::Kind;

TEST(DecidedAlone, OfTwoThatOverlapEachDecidesAPart) {
  const FilterChain chain{
      .rules = {tcp_rule("10.0.0.0/24", 1, 100, k_accept), tcp_rule("10.0.0.0/24", 50, 200, k_accept)}};
  const auto alone = judge_chain(chain, {}).alone;
  ASSERT_EQ(alone.size(), 2U);
  EXPECT_EQ(alone[0].kind, Alone::part);
  EXPECT_EQ(alone[0].packets.boxes(), tcp_rule("10.0.0.0/24", 1, 49, k_accept).match.packets);
  EXPECT_EQ(alone[1].kind, Alone::part);
  EXPECT_EQ(alone[1].packets.boxes(), tcp_rule("10.0.0.0/24", 101, 200, k_accept).match.packets);
}

TEST(DecidedAlone, AllOfItOrNothing) {
  EXPECT_THAT(alone_in({.rules = {tcp_rule("10.0.0.0/24", 22, 22, k_accept), tcp_rule("10.9.0.0/24", 22, 22, k_drop)}}),
              ElementsAre(Alone::all, Alone::nothing))
      << "what no rule names is refused anyway";
  EXPECT_THAT(
      alone_in({.rules = {tcp_rule("10.0.0.0/24", 22, 22, k_accept), tcp_rule("10.0.0.0/24", 22, 22, k_accept)}}),
      ElementsAre(Alone::nothing, Alone::nothing))
      << "either would do";
  EXPECT_THAT(
      alone_in({.rules = {tcp_rule("10.0.0.0/25", 1, 1000, k_accept), tcp_rule("10.0.0.0/25", 22, 22, k_drop)}}),
      ElementsAre(Alone::all, Alone::nothing))
      << "what the second refuses reaches it only without the first";
}

TEST(DecidedAlone, TwoParts) {
  FilterRule both = tcp_rule("10.0.0.0/24", 1, 100, k_accept);
  both.match.packets.push_back(tcp_rule("10.1.0.0/24", 1, 100, k_accept).match.packets.front());
  const auto alone =
      judge_chain({.rules = {tcp_rule("10.0.0.0/24", 1, 100, k_drop), both, tcp_rule("10.1.0.0/24", 90, 300, k_drop)}},
                  {})
          .alone;
  EXPECT_EQ(alone[1].kind, Alone::part);
  EXPECT_EQ(alone[1].packets.boxes(), tcp_rule("10.1.0.0/24", 1, 100, k_accept).match.packets)
      << "the later one would refuse what it lets pass";
  EXPECT_EQ(alone[0].kind, Alone::all) << "without it the next one lets them pass";
}

TEST(DecidedAlone, WhatIsLoggedIsDecidedAloneEvenWhereAnotherDecidesTheSame) {
  auto logged = tcp_rule("10.0.0.0/24", 22, 22, k_drop);
  logged.match.text = "tcp dport 22 log drop";
  EXPECT_THAT(alone_in({.rules = {logged}}), ElementsAre(Alone::all));
}

TEST(DecidedAlone, TooManyPartsAreNotWorkedOut) {
  FilterChain chain;
  for (uint16_t port = 1; port < 200; port = static_cast<uint16_t>(port + 2))
    chain.rules.push_back(tcp_rule("10.0.0.0/24", port, port, k_drop));
  chain.rules.push_back(tcp_rule("10.0.0.0/24", 1, 1000, k_accept));
  EXPECT_EQ(judge_chain(chain, {}, {.boxes = 20}).alone.back().kind, Alone::too_complex);
  EXPECT_EQ(judge_chain(chain, {}).alone.back().kind, Alone::part);
}

}  // namespace
}  // namespace cloison::verify
