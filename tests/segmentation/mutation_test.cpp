// Mutations of every attribute that bears on forwarding, in what is to be and in what is there: each that changes what
// passes, as the second engine says, is told by `plan` and `verify` with a packet that shows it and with its resource;
// what changes nothing raises nothing; what nobody can read is unknown.

#include <cstdlib>
#include <iostream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "providers/registry.h"
#include "tests/segmentation/judge.h"
#include "tests/segmentation/not_forwarding.h"

namespace cloison::test {

namespace {

struct Case {
  std::string name{};
  Form form = Form::compiled;
};
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name << (one.form == Form::live ? "_live" : "_compiled");
}

std::string replaced(std::string text, const std::string& old, const std::string& fresh) {
  const auto at = text.find(old);
  if (at == std::string::npos) throw std::runtime_error("not in the text: " + old);
  return text.replace(at, old.size(), fresh);
}

/// Of a table its heading and the rows that name one of three laboratories.
std::string of_three(const std::string& table) {
  std::string some;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);)
    if (some.empty() || line.find("lyon-01") != std::string::npos || line.find("lyon-02") != std::string::npos ||
        line.find("lyon-03") != std::string::npos)
      some += line + '\n';
  return some;
}

/// The reference inventory with three of its laboratories, which are all alike, and with its gateways reached.
Files reference() {
  auto files = files_of("inventories/labanalyse");
  for (const auto* table : {"labs.csv", "tablets.csv"}) files[table] = of_three(files[table]);
  files["sites.yaml"] = replaced(files["sites.yaml"], "replicas: 2, image: debian-12, cpu: 2, memory: 4G}}",
                                 "replicas: 2, image: debian-12, cpu: 2, memory: 4G, nodes: [{address: 203.0.113.10}, "
                                 "{address: 203.0.113.11}]}}");
  return files;
}

Files files_named(const std::string& name) {
  if (name == "labanalyse") return reference();
  if (name.starts_with("golden_")) return files_of("tests/golden/nodes/" + replaced(name, "golden_", ""));
  auto files = files_of("tests/lab/topologies/" + name);
  files["guarantees.yaml"] = "guarantees: [{id: G-1, unreachable: {from: internet, to: central.office}}]\n";
  return files;
}

std::size_t number_from(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets any
  return text == nullptr ? otherwise : std::stoul(text);
}

struct Counts {
  std::size_t made = 0, found = 0, answers = 0, left_out = 0, harmless = 0, unknown = 0;

  void count(const Judgement& one) {
    ++made;
    auto& of = one.unknown               ? unknown
               : one.differs && one.told ? found
               : one.differs             ? left_out
               : one.answers_differ      ? answers
                                         : harmless;
    ++of;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{} mutations: {} change what passes and are found, {} only what passes back, for certain or while all works, "
        "{} only what is "
        "never told, {} are harmless and silent, {} unknown",
        made, found, answers, left_out, harmless, unknown);
  }
};

std::string addresses_of(const Mutation& one, const Network& network) {
  std::string text;
  for (const auto i : one.of) text += ' ' + network.resources[i].resource.address;
  return text;
}

class SegmentationMutation : public testing::TestWithParam<Case> {};

TEST_P(SegmentationMutation, IsFoundOrHarmless) {
  const auto network = network_of(files_named(GetParam().name), GetParam().form);
  const Judge judge(network, GetParam().form);
  ASSERT_EQ(judge.before().disagreement, "");
  ASSERT_TRUE(judge.before().world->unknown().empty());
  constexpr std::size_t k_few = 8;
  const auto most = number_from("CLOISON_MUTATIONS", k_few);
  const auto seed = number_from("CLOISON_SEED", 1) + (GetParam().form == Form::live ? 1000 : 0);
  std::map<std::string, Counts> counts;
  Counts total;
  std::size_t witnesses = 0, on_the_way = 0;
  auto all = mutations_of(network);
  if (const char* only = std::getenv("CLOISON_ONLY"))  // NOLINT(concurrency-mt-unsafe): to see one again
    std::erase_if(all, [&](const Mutation& one) {
      return (one.kind + '.' + one.attribute + ' ' + one.operation + addresses_of(one, network)).find(only) ==
             std::string::npos;
    });
  for (const auto& one : sample(std::move(all), most, seed)) {
    const auto judged = judge.of(one, !why_not_forwarding(one.kind, one.attribute));
    counts[fmt::format("{} {}", one.kind, one.operation)].count(judged);
    total.count(judged);
    witnesses += judged.witnesses, on_the_way += judged.on_the_way ? 1 : 0;
    for (const auto& wrong : judged.wrong)
      ADD_FAILURE() << one.kind << '.' << one.attribute << ' ' << one.operation << ": " << one.what << " of"
                    << addresses_of(one, network) << ": " << wrong;
  }
  for (const auto& [name, some] : counts) std::cout << name << ": " << some.text() << '\n';
  std::cout << fmt::format("total {}; {} witnesses sent again, whose ways name the resource of {}\n", total.text(),
                           witnesses, on_the_way);
}

const std::vector<std::string>& networks() {
  static const std::vector<std::string> k_names{"labanalyse", "acquired", "dual-stack",          "own-kernel",
                                                "two-nodes",  "breakout", "golden_remote-access"};
  return k_names;
}

/// Whatever a provider's kinds have is mutated, or named with why it does not bear on what passes.
TEST(SegmentationMutations, AreOfEveryAttribute) {
  std::set<std::pair<std::string, std::string>> mutated;
  for (const auto& name : networks()) {
    const auto network = network_of(files_named(name), Form::compiled);
    for (const auto& one : mutations_of(network)) mutated.emplace(one.kind, one.attribute);
  }
  std::size_t attributes = 0, named = 0;
  for (const auto* provider : {"node", "openstack"})
    for (const auto& kind : providers::kinds_of(provider))
      for (const auto& one : kind.attributes) {
        ++attributes;
        if (why_not_forwarding(kind.kind, one.name))
          ++named;
        else
          EXPECT_TRUE(mutated.contains({kind.kind, one.name})) << kind.kind << '.' << one.name;
      }
  std::cout << fmt::format("{} attributes, {} of them do not bear on forwarding\n", attributes, named);
}

/// In full each network in both forms; else the reference in both, and one of the others in each.
std::vector<Case> cases() {
  std::vector<Case> all;
  const bool full = number_from("CLOISON_FULL", 0) == 1;
  for (const auto& name : networks())
    for (const auto form : {Form::compiled, Form::live})
      if (full || name == "labanalyse" || name == (form == Form::live ? "own-kernel" : "two-nodes"))
        all.push_back({name, form});
  return all;
}

std::string name_of_case(const testing::TestParamInfo<Case>& one) {
  std::string name = one.param.name + (one.param.form == Form::live ? "_live" : "_compiled");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Networks, SegmentationMutation, testing::ValuesIn(cases()), name_of_case);

}  // namespace

}  // namespace cloison::test
