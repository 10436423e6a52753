// Routes and rules of segments, as a node's kernel tells them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/live_ways.h"

namespace cloison::node {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* k_inner = R"({"priority":20480,"src":"all","iif":"staff","table":"main","suppress_prefixlen":0})";
constexpr const char* k_outer = R"({"priority":20481,"src":"all","iif":"staff","table":"3268617658"})";
constexpr const char* k_end = R"({"priority":20482,"src":"all","iif":"staff","action":"unreachable"})";
constexpr const char* k_foreign = R"({"priority":100,"src":"all","iif":"staff","table":"main"})";
constexpr const char* k_all = R"({"priority":32766,"src":"all","table":"main"})";

Report rules(const std::vector<std::string>& four) {
  Report report;
  std::string text;
  for (const auto& one : four) text += (text.empty() ? "[" : ",") + one;
  report["rules/ipv4"].text = text.empty() ? "[]" : text + "]";
  report["rules/ipv6"].text = "[]";
  return report;
}

std::vector<std::string> outward(const std::vector<std::string>& four) {
  return outward_at(rules(four), "staff").value();
}

TEST(LiveWays, ThreeRulesLeadOutward) {
  EXPECT_THAT(outward({k_inner, k_outer, k_end, k_all}), ElementsAre("ipv4 3268617658"));
  EXPECT_THAT(outward_at(rules({k_inner, k_outer, k_end}), "guests").value(), IsEmpty());
  EXPECT_THAT(outward({k_all}), IsEmpty());
}

TEST(LiveWays, ARuleLessOrMoreShows) {
  EXPECT_THAT(outward({k_inner, k_outer}), ElementsAre("ipv4 other")) << "nothing stops it behind the table";
  EXPECT_THAT(outward({k_outer, k_end}), ElementsAre("ipv4 other"));
  EXPECT_THAT(outward({k_foreign, k_inner, k_outer, k_end}), ElementsAre("ipv4 other"));
}

TEST(LiveWays, WhatANodeDoesNotTellIsNotGuessed) {
  EXPECT_FALSE(outward_at({}, "staff"));
  EXPECT_FALSE(translated_at({}, "lan"));
  Report report;
  report["rules/ipv4"].text = R"([{"priority":20481,"iif":"staff","table":"1; rm"},7,"x"])";
  report["rules/ipv6"].text = "no JSON";
  EXPECT_THAT(outward_at(report, "staff").value(), ElementsAre("ipv4 other"));
}

TEST(LiveWays, RoutesOfTranslatedPrefixes) {
  Report report;
  report["routes/ipv4"].text =
      R"([{"dst":"default","gateway":"192.0.2.5","dev":"wan0"},{"dst":"10.8.2.0/24","dev":"lan","scope":"link","prefsrc":"192.168.1.1"},)"
      R"({"dst":"10.8.9.0/24","dev":"server","prefsrc":"192.168.2.1"},{"dst":"nonsense","dev":"lan","prefsrc":"192.168.1.1"}])";
  report["routes/ipv6"].text = "[]";
  EXPECT_THAT(translated_at(report, "lan").value(), ElementsAre("10.8.2.0/24 192.168.1.1"));
}

}  // namespace

}  // namespace cloison::node
