// What reports say of rules, beside what the suite `report` reads back of whole networks.

#include "core/ops/report_rules.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "core/ops/report_needs.h"
#include "core/ops/report_use.h"
#include "providers/node/render.h"
#include "providers/node/report.h"
#include "providers/node/schema.h"
#include "providers/node/semantics.h"

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

std::vector<report::RuleRow> rows_of(const Forwarding& part) {
  const std::map<std::string, std::vector<PlacedResource>> placed;
  const Providers providers;
  const Reasons reasons;
  const topology::Resolved resolved;
  const SourceMap sources;
  const verify::ProofInput input;
  const FlowFactsById flows;
  return gather_rules({placed, providers, reasons, resolved, sources, input, flows, true}, {part}).rows;
}

Words told_of(const Forwarding& part) {
  Words told;
  for (const auto& row : rows_of(part))
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

/// Two machines' segments at one device; flows from one to the other.
struct Analysed {
  Forwarding part{};
  verify::ProofInput input{};

  explicit Analysed(std::vector<FilterRule> rules) {
    ForwardingDevice node{.name = "one.node/1", .forwards_ipv4 = true, .address = "one.firewall"};
    for (const std::string name : {"a", "b"}) {
      const std::string net = name == "a" ? "10.1.0" : "10.2.0";
      const auto prefix = *IpPrefix::parse(net + ".0/24");
      node.interfaces.push_back({.name = name, .network = "one " + name, .addresses = {*IpAddress::parse(net + ".1")}});
      node.routes.push_back({.to = prefix, .interface = name});
      part.networks.push_back({.name = "one " + name, .prefixes = {prefix}, .unseen = true});
      input.places.push_back({.path = "one." + name, .family = "one", .segment = name, .prefixes = {prefix}});
    }
    node.forward = SharedChain({.name = "forward", .rules = std::move(rules)});
    part.devices = {node};
  }
  void add_flow(const std::string& id, uint16_t port) {
    const auto packets = box(port, port);
    input.wanted.push_back({.id = id + "/x", .flow = id, .packets = {packets}, .permitted = {packets}});
  }
  static PacketBox box(uint16_t first, uint16_t last) {
    auto box = PacketBox::all(Family::ipv4);
    box.source = interval_of(*IpPrefix::parse("10.1.0.9/32")),
    box.destination = interval_of(*IpPrefix::parse("10.2.0.7/32"));
    box.protocol = {6, 6}, box.service = {first, last};
    return box;
  }
  static FilterRule rule(uint16_t first, uint16_t last, FilterRule::Action action = FilterRule::Action::accept) {
    return {.match = {.packets = {box(first, last)}, .established = false, .text = std::to_string(first)},
            .action = action};
  }
  static FilterRule standing() {
    FilterRule rule{.match = {.packets = {PacketBox::all(Family::ipv4)}, .fresh = false, .text = "standing"}};
    return rule;
  }

  /// "alone | needed by" of each row but the policy's.
  [[nodiscard]] Words told() const {
    const std::map<std::string, std::vector<PlacedResource>> placed;
    const Providers providers;
    const Reasons reasons;
    const topology::Resolved resolved;
    const SourceMap sources;
    const FlowFactsById flows;
    const RuleSources from{placed, providers, reasons, resolved, sources, input, flows, true};
    Words told;
    for (const auto& row : analysed_rules(from, {part}, false).rows)
      if (row.native != "policy drop") told.push_back(text_of(row.alone) + " | " + text_of(row.needed_by));
    return told;
  }
  static std::string text_of(const report::Told& told) {
    return told.word != nullptr ? std::string(told.word->id) : join(told.items, "; ");
  }
};

TEST(ReportRules, TellsWhatEachAloneDecidesAndWhoNeedsThat) {
  Analysed overlap({Analysed::standing(), Analysed::rule(1, 100), Analysed::rule(50, 200)});
  overlap.add_flow("F-1", 22), overlap.add_flow("F-2", 80), overlap.add_flow("F-3", 150);
  EXPECT_THAT(overlap.told(), ElementsAre("all | F-1; F-2; F-3", "tcp/1-49 from 10.1.0.9 to 10.2.0.7 | F-1",
                                          "tcp/101-200 from 10.1.0.9 to 10.2.0.7 | F-3"))
      << "what both let pass needs neither";
  Analysed shadowed({Analysed::standing(), Analysed::rule(1, 100, FilterRule::Action::drop), Analysed::rule(22, 22)});
  shadowed.add_flow("F-1", 22);
  EXPECT_THAT(shadowed.told(),
              ElementsAre("all | no_flow", "tcp/22 from 10.1.0.9 to 10.2.0.7 | no_flow", "nothing | no_flow"));
  Analysed twice({Analysed::standing(), Analysed::rule(22, 22), Analysed::rule(22, 22)});
  twice.add_flow("F-1", 22);
  EXPECT_THAT(twice.told(), ElementsAre("all | F-1", "nothing | no_flow", "nothing | no_flow"));
}

TEST(ReportRules, FailuresAreNotAnalysedUnlessAskedFor) {
  const Analysed plain({Analysed::rule(22, 22)});
  const topology::Resolved resolved;
  const RuleNeeds needs({plain.part}, plain.input, resolved, false);
  report::RuleRow row;
  const auto& match = needs.world().devices()[0]->filters->forward_rules->rules[0].match;
  tell_needs(row, &needs, {&match}, {.kind = verify::DecidedAlone::Kind::all}, false);
  EXPECT_EQ(row.failures.word, &report::words::k_not_analysed);
  EXPECT_EQ(row.needed_by.word, &report::words::k_no_flow);
}

TEST(ReportRules, ManyPacketsAreToldInShort) {
  verify::DecidedAlone alone{.kind = verify::DecidedAlone::Kind::part};
  for (uint16_t port = 1; port < 40; port = static_cast<uint16_t>(port + 2))
    alone.packets.add(Analysed::box(port, port));
  const auto services = alone_told(&alone).items;
  ASSERT_EQ(services.size(), 1U) << "between the same ends";
  EXPECT_THAT(services[0], ::testing::StartsWith("tcp/1, tcp/3, "));
  EXPECT_THAT(services[0], ::testing::HasSubstr(", … from 10.1.0.9 to 10.2.0.7"));
  for (int host = 1; host < 40; ++host) {
    auto box = Analysed::box(22, 22);
    box.source.first = box.source.last = box.source.first + static_cast<unsigned>(host);
    alone.packets.add(box);
  }
  EXPECT_EQ(alone_told(&alone).items.size(), 7U);
  EXPECT_EQ(alone_told(&alone).items.back(), "…");
}

TEST(ReportRules, IsTheSameInOtherWords) {
  const auto id_of = [](const std::string& text, uint16_t last, const std::string& out = "b") {
    auto rule = Analysed::rule(22, last);
    rule.match.text = text, rule.match.out.names = {out};
    const Analysed one({rule});
    const std::map<std::string, std::vector<PlacedResource>> placed;
    const Providers providers;
    const Reasons reasons;
    const topology::Resolved resolved;
    const SourceMap sources;
    const FlowFactsById flows;
    return gather_rules({placed, providers, reasons, resolved, sources, one.input, flows, true}, {one.part}).rows[0].id;
  };
  const auto written = id_of("tcp dport 22 ct state new accept", 22);
  EXPECT_EQ(written, id_of("tcp dport 22 ct state 0x8 accept", 22)) << "as nft lists it";
  EXPECT_NE(written, id_of("tcp dport 22-23 ct state new accept", 23));
  EXPECT_NE(written, id_of("tcp dport 22 ct state new log accept", 22));
  EXPECT_NE(written, id_of("tcp dport 22 ct state new accept", 22, "a"));
}

/// What a lab host told of itself, beside what was written to it.
TEST(ReportRules, WhatANodeListsIsWhatWasWritten) {
  std::ifstream in(std::string(CLOISON_SOURCE_DIR) + "/tests/fuzz/corpus/node_report/made", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto report = node::parse_report(text);
  ASSERT_TRUE(report);
  std::vector<PlacedResource> live, written;
  for (const auto& one : node::objects_of(*report)) {
    live.push_back({one.remote_id, one.marker->address, one.kind, one.attributes});
    written.push_back(live.back());
    if (one.kind != node::k_firewall) continue;
    const auto& file = report->find("file/etc/cloison/firewall.nft")->second.text;
    written.back().attributes = node::parse_marked(std::string_view(file).substr(file.find('\n') + 1))->settings;
    ASSERT_NE(to_display(live.back().attributes), to_display(written.back().attributes)) << "or it is no test";
  }
  const auto ids_of = [](const std::vector<PlacedResource>& resources) {
    Words ids;
    for (const auto& row : rows_of(node::semantics(resources))) ids.push_back(row.id);
    return ids;
  };
  const auto ids = ids_of(written);
  EXPECT_EQ(ids.size(), 10U) << "seven rules, and what each chain does with the rest";
  EXPECT_EQ(ids, ids_of(live));
}

// --- Use -------------------------------------------------------------------------------------------------------------

report::RuleRow live_row(const std::string& native, const std::string& provider = "nodes") {
  return {.provider = provider, .policy = "input", .native = native};
}

TEST(ReportUse, SaysWhatIsKnownAndNoMore) {
  const auto now = *parse_rfc3339("2026-11-28T12:00:00Z");
  using std::chrono::days;
  ProviderUses counted{.counts = true};
  const auto add = [&](const std::string& rule, uint64_t packets, std::optional<std::chrono::sys_seconds> since) {
    counted.rules.emplace(std::pair("input", rule), RuleUse{"input", rule, packets, packets * 60, since});
  };
  add("used", 7, now - days(2)), add("never", 0, now - days(30)), add("fresh", 0, now - days(29));
  add("timeless", 0, std::nullopt), add("", 9, now - days(1));
  std::vector<report::RuleRow> rows{live_row("used"),       live_row("never"), live_row("fresh"),
                                    live_row("timeless"),   live_row("other"), live_row("policy drop"),
                                    live_row("x", "cloud"), live_row("used"),  live_row("used", "unread")};
  add_use(rows, {{"nodes", counted}, {"cloud", {}}}, nullptr, now);
  namespace words = report::words;
  std::vector<const report::Term*> used;
  for (const auto& row : rows) used.push_back(row.used);
  EXPECT_THAT(used, ElementsAre(&words::k_used, &words::k_never_used, &words::k_not_yet_used, &words::k_not_yet_used,
                                &words::k_use_not_known, &words::k_used, &words::k_not_counted, &words::k_use_not_known,
                                nullptr))
      << "of two alike the counter is the first one's";
  ASSERT_TRUE(rows[0].use);
  EXPECT_EQ(rows[0].use->packets, 7U);
  EXPECT_EQ(rows[0].use->bytes, 420U);
  EXPECT_EQ(rows[0].use->since, "2026-11-26T12:00:00Z");
  EXPECT_EQ(rows[3].use->since, "");
  EXPECT_EQ(rows[5].use->packets, 9U) << "what no rule names";
  EXPECT_FALSE(rows[6].use);
}

/// "AFTER BEFORE" of the last hit of a rule that was met seven times since the 20th, read on the 28th.
std::string last_hit(const std::string& earlier) {
  const auto uses = earlier_uses(earlier);
  if (!uses) return "no report";
  ProviderUses counted{.counts = true};
  counted.rules.emplace(std::pair("input", "used"),
                        RuleUse{"input", "used", 7, 420, parse_rfc3339("2026-11-20T00:00:00Z")});
  std::vector<report::RuleRow> rows{live_row("used")};
  rows[0].id = "R-1";
  add_use(rows, {{"nodes", counted}}, &*uses, *parse_rfc3339("2026-11-28T00:00:00Z"));
  return rows[0].use->last_after.substr(8, 2) + ' ' + rows[0].use->last_before.substr(8, 2);
}
std::string earlier_report(const std::string& row) {
  return R"({"kind": "rules", "chapters": [{"parts": [{"part": "paragraph"}, {"id": "rules", "rows": [)" + row +
         "]}]}]}";
}
std::string earlier_row(const std::string& hits, const std::string& since = "20", const std::string& more = "") {
  return earlier_report(R"({"id": "R-1", "hits": )" + hits + R"(, "counted_since": "2026-11-)" + since +
                        R"(T00:00:00Z", "checked": "2026-11-25T00:00:00Z")" + more + "}");
}

TEST(ReportUse, TwoReadingsBoundTheLastHit) {
  EXPECT_EQ(last_hit(earlier_report("")), "20 28");
  EXPECT_EQ(last_hit(earlier_row("3")), "25 28") << "it was met since";
  EXPECT_EQ(last_hit(earlier_row("7")), "20 25") << "it was not";
  EXPECT_EQ(last_hit(earlier_row(
                "7", "20", R"(, "last_hit_after": "2026-11-21T00:00:00Z", "last_hit_before": "2026-11-23T00:00:00Z")")),
            "21 23")
      << "nor between the two readings before";
  EXPECT_EQ(last_hit(earlier_row("3", "19")), "20 28") << "another counter";
  EXPECT_EQ(last_hit(earlier_row("9")), "20 28") << "somebody has reset it";
}

TEST(ReportUse, AnEarlierReportIsHostileInput) {
  for (const auto* const text : {"", "{", "[]", "null", R"({"kind": "flows", "chapters": []})", R"({"kind": "rules"})"})
    EXPECT_EQ(last_hit(text), "no report") << text;
  for (const auto* const hits : {"-3", "3.5", "\"3\"", "null", "99999999999999999999"})
    EXPECT_EQ(last_hit(earlier_row(hits)), "20 28") << hits;
  EXPECT_EQ(last_hit(earlier_report("7, null, [], {\"id\": 7, \"hits\": 1}")), "20 28");
  EXPECT_EQ(
      last_hit(earlier_row("7", "20", R"(, "last_hit_after": "2026-11-24T00:00:00Z", "last_hit_before": "soon")")),
      "24 25");
  EXPECT_EQ(last_hit(R"({"kind": "rules", "chapters": [{"parts": 7}, 7]})"), "20 28");
}

}  // namespace
}  // namespace cloison::ops
