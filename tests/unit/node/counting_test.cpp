// Counters of a node's rules: how they are written, what nft says of them (1.0.6, recorded), and what a node may say
// that is not true.

#include "providers/node/counting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/node/schema.h"
#include "tests/unit/node/told.h"

namespace cloison::node::counting_cases {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* k_ssh_rule = "iifname \"accept\" tcp dport 22 ct state new accept comment \"F-1/drop it\"";
constexpr const char* k_web_rule = "ip saddr 10.1.0.0/24 tcp dport 443 ct state new accept comment \"F-2\"";
constexpr int64_t k_read_at = 1'732'100'000, k_been_up = 50'000, k_made_at = 1'732'060'000;

Value firewall(const std::vector<std::string>& input) {
  return with_content(k_firewall, record(schema_of(k_firewall), {{"input", Value::texts(input)}}));
}

/// One object as `nft -j list counters` has it.
std::string counter(const std::string& name, const std::string& comment, const std::string& packets,
                    const std::string& bytes) {
  return fmt::format(
      R"({{"counter": {{"family": "inet", "name": "{}", "table": "cloison", "handle": 3, {}"packets": {}, "bytes": {}}}}})",
      name, comment.empty() ? "" : fmt::format(R"("comment": "{}", )", comment), packets, bytes);
}

std::string listed(const std::vector<std::string>& lines) {
  std::string text = "table inet cloison {\n";
  for (const auto* const rule : {k_ssh_rule, k_web_rule})
    text += fmt::format("\tcounter {} {{\n\t\tcomment \"{}\"\n\t}}\n\n", counter_name("input", rule), k_made_at);
  text += "\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n";
  for (const auto& line : lines) text += "\t\t" + line + '\n';
  return text + "\t}\n}\n";
}

Report node_that_says(const std::vector<std::string>& lines, const std::string& counters,
                      const std::string& clock = fmt::format("{}\n{}\n", k_read_at, k_been_up)) {
  constexpr const char* k_meta =
      R"({"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}})";
  return report_of(k_firewall, firewall({k_ssh_rule, k_web_rule}),
                   told("clock", clock) + told("firewall", listed(lines)) +
                       told("firewall/counters", fmt::format("{{\"nftables\": [{}{}{}]}}\n", k_meta,
                                                             counters.empty() ? "" : ", ", counters)));
}

std::vector<std::string> as_written() {
  return {counted("input", k_ssh_rule).rule, counted("input", k_web_rule).rule, counted("input", "").rule};
}

/// With its numbers for words, as `nft -nn` has them.
std::string in_numbers(std::string rule) {
  const std::string_view k_new = "ct state new";
  return rule.replace(rule.find(k_new), k_new.size(), "ct state 0x8");
}

Value input_of(const Report& report) {
  return attribute(schema_of(k_firewall), objects_of(report)[0].attributes, "input");
}

TEST(Counting, ARuleIsCountedBeforeWhatItDoesAndReadBackWithout) {
  for (const auto& [chain, rule] : {std::pair("input", k_ssh_rule),
                                    {"forward", k_web_rule},
                                    {"postrouting", "oifname \"wan0\" ip saddr 10.0.0.0/8 masquerade"},
                                    {"prerouting", "ip daddr 10.9.0.0/24 dnat ip prefix to 10.1.0.0/24"},
                                    {"output", "reject with icmpx type admin-prohibited"},
                                    {"forward", "ip saddr 10.0.0.0/8 ct state new jump when_lost comment \"F-3\""}}) {
    const auto written = counted(chain, rule).rule;
    EXPECT_THAT(written, HasSubstr(fmt::format("counter name \"{}\" ", counter_name(chain, rule))));
    EXPECT_TRUE(is_counted(rule)) << rule;
    const auto read = CounterReader(chain, {rule}).read(written);
    EXPECT_EQ(read.rule, rule);
    EXPECT_EQ(read.counter, counter_name(chain, rule));
  }
  EXPECT_EQ(
      counted("input", k_ssh_rule).rule,
      fmt::format("iifname \"accept\" tcp dport 22 ct state new counter name \"{}\" accept comment \"F-1/drop it\"",
                  counter_name("input", k_ssh_rule)))
      << "what stands in quotes is no verdict";
}

TEST(Counting, WhatDecidesNothingIsNotCounted) {
  for (const std::string rule : {"oifname \"wan\" tcp flags syn tcp option maxseg size set rt mtu",
                                 "limit rate 10/second burst 20 packets log prefix \"cloison drop \" level info"}) {
    EXPECT_FALSE(is_counted(rule));
    EXPECT_EQ(counted("forward", rule).rule, rule);
  }
}

TEST(Counting, NamesAreOfTheRuleAlone) {
  EXPECT_NE(counter_name("input", k_ssh_rule), counter_name("forward", k_ssh_rule));
  EXPECT_NE(counter_name("input", k_ssh_rule), counter_name("input", k_web_rule));
  const auto both = files_of(k_firewall, firewall({k_ssh_rule, k_web_rule})).front().body;
  const auto one = files_of(k_firewall, firewall({k_web_rule})).front().body;
  const auto line = fmt::format("add counter inet cloison {}\n", counter_name("input", k_web_rule));
  EXPECT_THAT(both, HasSubstr(line));
  EXPECT_THAT(one, HasSubstr(line)) << "it counts on, whatever stands before it";
  EXPECT_THAT(one, Not(HasSubstr(counter_name("input", k_ssh_rule))));
}

TEST(Counting, TellsWhatWasMetAndSinceWhen) {
  const auto report =
      node_that_says(as_written(), counter(counter_name("input", k_ssh_rule), std::to_string(k_made_at), "12", "960") +
                                       ", " + counter(counter_name("input", ""), "", "7", "420"));
  const auto uses = uses_of(report);
  ASSERT_EQ(uses.size(), 2U) << "of the second rule the node said nothing";
  EXPECT_EQ(uses[0].policy, "input");
  EXPECT_EQ(uses[0].rule, k_ssh_rule);
  EXPECT_EQ(uses[0].packets, 12U);
  EXPECT_EQ(uses[0].bytes, 960U);
  ASSERT_TRUE(uses[0].since);
  EXPECT_EQ(uses[0].since->time_since_epoch().count(), k_made_at);
  EXPECT_EQ(uses[1].rule, "") << "what no rule names";
  EXPECT_EQ(uses[1].packets, 7U);
  EXPECT_FALSE(uses[1].since) << "nobody said when it began";
}

TEST(Counting, NftHasOtherWordsForARuleAndItsCounterIsItsOwnAllTheSame) {
  const auto report =
      node_that_says({in_numbers(counted("input", k_ssh_rule).rule), in_numbers(counted("input", k_web_rule).rule),
                      counted("input", "").rule},
                     counter(counter_name("input", k_ssh_rule), std::to_string(k_made_at), "12", "960"));
  const auto uses = uses_of(report);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].rule, in_numbers(k_ssh_rule)) << "as its attributes have it";
  EXPECT_EQ(input_of(report), Value::texts({in_numbers(k_ssh_rule), in_numbers(k_web_rule)}));
}

TEST(Counting, IsNeverADifference) {
  const auto first = objects_of(node_that_says(as_written(), ""));
  const auto later = objects_of(
      node_that_says(as_written(), counter(counter_name("input", k_ssh_rule), std::to_string(k_made_at), "9", "1")));
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(first[0].attributes, later[0].attributes);
  EXPECT_EQ(input_of(node_that_says(as_written(), "")), Value::texts({k_ssh_rule, k_web_rule})) << "and as asked for";
}

TEST(Counting, ARuleThatSomebodyElseCountsShows) {
  auto lines = as_written();
  lines.emplace_back(fmt::format("tcp dport 23 counter name \"{}\" accept", counter_name("input", k_ssh_rule)));
  lines.emplace_back("tcp dport 24 counter packets 0 bytes 0 accept");
  const auto report =
      node_that_says(lines, counter(counter_name("input", k_ssh_rule), std::to_string(k_made_at), "12", "960"));
  const auto rules = to_display(attribute(schema_of(k_firewall), objects_of(report)[0].attributes, "input"));
  EXPECT_THAT(rules, HasSubstr("tcp dport 23 counter name")) << "under another rule's counter it is none of ours";
  EXPECT_THAT(rules, HasSubstr("tcp dport 24 counter packets"));
}

TEST(Counting, NoCounterIsOlderThanTheLastBoot) {
  const auto since = [](const std::string& made, const std::string& clock) -> int64_t {
    const auto uses =
        uses_of(node_that_says(as_written(), counter(counter_name("input", k_ssh_rule), made, "1", "1"), clock));
    return uses.size() == 1 && uses[0].since ? uses[0].since->time_since_epoch().count() : -1;
  };
  EXPECT_EQ(since("7200", fmt::format("{}\n{}\n", k_read_at, k_been_up)), k_read_at - k_been_up)
      << "its clock was wrong as it booted";
  EXPECT_EQ(since(std::to_string(k_read_at + 1), fmt::format("{}\n{}\n", k_read_at, k_been_up)), -1)
      << "not in the future";
  EXPECT_EQ(since(std::to_string(k_made_at), fmt::format("{}\n", k_read_at)), -1) << "nobody knows when it booted";
  EXPECT_EQ(since(std::to_string(k_made_at), fmt::format("{}\n{}\n", k_read_at, k_read_at + 1)), -1);
  EXPECT_EQ(since("yesterday", fmt::format("{}\n{}\n", k_read_at, k_been_up)), -1);
  EXPECT_EQ(since("-5", fmt::format("{}\n{}\n", k_read_at, k_been_up)), -1);
  EXPECT_EQ(since("99999999999999999999999", fmt::format("{}\n{}\n", k_read_at, k_been_up)), -1);
}

TEST(Counting, NumbersThatNobodyCountsAreNotKnown) {
  const auto name = counter_name("input", k_ssh_rule);
  for (const auto& [packets, bytes] : {std::pair("-1", "1"),
                                       {"1", "-1"},
                                       {"99999999999999999999999999", "1"},
                                       {"1.5", "1"},
                                       {"\"12\"", "1"},
                                       {"null", "1"},
                                       {"[1]", "1"}})
    EXPECT_THAT(uses_of(node_that_says(as_written(), counter(name, "", packets, bytes))), IsEmpty()) << packets;
  EXPECT_EQ(uses_of(node_that_says(as_written(), counter(name, "", "9223372036854775807", "0")))[0].packets,
            9223372036854775807U);
}

TEST(Counting, GarbageIsNothing) {
  for (const std::string text :
       {"", "{", "[]", "null", "{\"nftables\": 7}", "{\"nftables\": [7, {\"counter\": []}, {\"counter\": {}}]}",
        "{\"nftables\": [{\"counter\": {\"name\": 7, \"packets\": 1, \"bytes\": 1}}]}",
        "Error: No such file or directory"}) {
    const auto report = report_of(k_firewall, firewall({k_ssh_rule}),
                                  told("firewall", listed(as_written())) + told("firewall/counters", text));
    EXPECT_THAT(uses_of(report), IsEmpty()) << text;
  }
  EXPECT_THAT(uses_of(report_of(k_firewall, firewall({k_ssh_rule}), told("firewall", listed(as_written())))), IsEmpty())
      << "an agent of before says nothing of counters";
  for (const std::string line :
       {"counter name \"", "counter name \"x", "counter name", "counter", "\"counter name \"x\""})
    EXPECT_EQ(CounterReader("input", {k_ssh_rule}).read(line).rule, line);
}

}  // namespace
}  // namespace cloison::node::counting_cases
