// What reports say of rules, beside what the suite `report` reads back of whole networks.

#include "core/ops/report_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::ops {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::string>;

FilterRule accept(const std::string& text, uint16_t port) {
  auto box = PacketBox::all(Family::ipv4);
  box.protocol = {6, 6}, box.service = {port, port};
  return {.match = {.packets = {box}, .text = text}};
}

ForwardingDevice device(const std::string& name, std::vector<FilterRule> rules) {
  return {
      .name = name, .input = SharedChain({.name = "input", .rules = std::move(rules)}), .address = name + ".firewall"};
}

Words told_of(const Forwarding& part) {
  const std::map<std::string, std::vector<PlacedResource>> placed;
  const Providers providers;
  const Reasons reasons;
  const topology::Resolved resolved;
  const SourceMap sources;
  const verify::ProofInput input;
  const FlowFactsById flows;
  Words told;
  for (const auto& row : gather_rules({placed, providers, reasons, resolved, sources, input, flows, true}, {part}).rows)
    told.push_back(row.device + ' ' + std::to_string(row.order) + ' ' + std::string(row.analysis->id));
  return told;
}

TEST(ReportRules, JudgesEachByItsPlaceAlone) {
  Forwarding part;
  part.devices.push_back(device("a", {accept("tcp dport 22 accept", 22), accept("tcp dport 22 accept", 22)}));
  EXPECT_THAT(told_of(part), ElementsAre("a 1 no_finding", "a 2 redundant", "a 3 not_analysed"))
      << "of two alike the first decides; the policy is the last row";
  part.devices[0] = device("a", {accept("tcp dport 22 accept", 22), accept("tcp dport 80 accept", 80)});
  EXPECT_THAT(told_of(part), ElementsAre("a 1 no_finding", "a 2 no_finding", "a 3 not_analysed"));
}

TEST(ReportRules, SaysNothingOfRulesBesideOneThatNobodyUnderstands) {
  Forwarding part;
  part.devices.push_back(device("a", {accept("tcp dport 22 accept", 22)}));
  part.devices.push_back(device("b", {accept("tcp dport 22 accept", 22)}));
  part.unknown.push_back({"a.firewall", "rule 2 of input: 'quota over 10 mbytes'"});
  EXPECT_THAT(told_of(part), ElementsAre("a 1 not_analysed", "a 2 not_analysed", "b 1 no_finding", "b 2 not_analysed"));
}

}  // namespace
}  // namespace cloison::ops
