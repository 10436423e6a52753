// What a plan, drift and the log show: nothing that is made, left open, left out or done may stay unsaid.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class WhatIsShown : public ::testing::Test {
 protected:
  [[nodiscard]] Finished cloison(std::vector<std::string> words,
                                 const std::string& now = "2026-11-25T10:00:00Z") const {
    words.emplace_back("--sandbox");
    return run(words, {folder_.path(), {{"CLOISON_NOW", now}}});
  }
  Folder folder_;
};

std::map<std::string, std::string> line_of(const Finished& finished, const std::string& type,
                                           const std::string& address = "") {
  for (const auto& line : json_lines(finished.out))
    if (line.at("type") == type && (address.empty() || line.at("address") == address)) return line;
  ADD_FAILURE() << "no " << type << " " << address << " in " << finished.out << finished.err;
  return {};
}

TEST_F(WhatIsShown, AnExpiredFlowThatIsStillOpenIsDrift) {
  folder_.write("topology.yaml", clinic(proxy_flow(", expires: 2026-11-26")));
  ASSERT_EQ(cloison({"apply", "--yes"}).status, 0);
  EXPECT_EQ(cloison({"drift"}).status, 0);
  const std::string later = "2026-11-28T10:00:00Z";
  const auto drifted = cloison({"drift"}, later);
  EXPECT_EQ(drifted.status, 2) << drifted.out;
  EXPECT_THAT(drifted.out, HasSubstr("flow F-2 expired 2026-11-26 and is still open"));
  EXPECT_THAT(drifted.out, HasSubstr("in  tcp/8080 from 10.0."));
  EXPECT_THAT(drifted.out, HasSubstr("out tcp/8080 to 10.0."));
  EXPECT_THAT(drifted.out, HasSubstr("cloud.main.app.web"));
  const auto line = line_of(cloison({"drift", "--json"}, later), "drift");
  EXPECT_EQ(line.at("what"), "expired");
  EXPECT_EQ(line.at("flow"), "F-2");
  EXPECT_EQ(line.at("expires"), "2026-11-26");
  EXPECT_THAT(cloison({"plan"}, later).out, HasSubstr("flow F-2 expired 2026-11-26 and is still open"));
  EXPECT_EQ(cloison({"plan", "--detailed-exitcode", "-o", "close.plan"}, later).status, 2);
  ASSERT_EQ(cloison({"apply", "close.plan"}, later).status, 0);
  const auto closed = cloison({"drift"}, later);
  EXPECT_EQ(closed.status, 0) << closed.out;
}

TEST_F(WhatIsShown, ARuleThatAnotherFlowStillWantsIsNoDrift) {
  const std::string second =
      "  - {id: F-3, from: cloud.dmz.edge, to: cloud.app.web, ports: [tcp/8080], purpose: The same again}\n";
  folder_.write("topology.yaml", clinic(proxy_flow(", expires: 2026-11-26") + second));
  ASSERT_EQ(cloison({"apply", "--yes"}).status, 0);
  const auto drifted = cloison({"drift"}, "2026-11-28T10:00:00Z");
  EXPECT_EQ(drifted.status, 0) << drifted.out;
}

TEST_F(WhatIsShown, WhatIsMadeIsShownWithAllThatIsAsked) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  const auto change = line_of(cloison({"plan", "--json"}), "change", "cloud.main.app.subnet-ipv4");
  EXPECT_EQ(change.at("action"), "create");
  const auto attributes = nlohmann::json::parse(change.at("attributes"));
  std::map<std::string, nlohmann::json> by_name;
  for (const auto& one : attributes) {
    EXPECT_TRUE(one.at("before").is_null());
    EXPECT_FALSE(one.at("after").is_null());
    by_name[one.at("attribute")] = one.at("after");
  }
  EXPECT_EQ(by_name["cidr"].dump(), R"({"p":"10.0.0.0/24"})");
  EXPECT_TRUE(by_name.contains("network"));
  const auto shown = cloison({"plan", "-v"});
  EXPECT_THAT(shown.out, HasSubstr("cidr: 10.0.0.0/24\n"));
  EXPECT_THAT(shown.out, HasSubstr("network: -> cloud.main.app.network\n"));
  EXPECT_THAT(shown.out, HasSubstr("remote_prefix: 10.0.0.10/32\n"));
  EXPECT_THAT(cloison({"plan"}).out, Not(HasSubstr("cidr: "))) << "only with -v";
}

std::string groups(const std::string& members) {
  return "groups: {far: {cidrs: [" + members + "]}}\n";
}

TEST_F(WhatIsShown, AListShowsWhatCameAndWentAndARuleWhomItsSetHolds) {
  const auto flow = proxy_flow() + "  - {id: F-3, from: far, to: cloud.dmz.edge, ports: [tcp/22], purpose: Care}\n";
  std::string members;
  for (int i = 10; i < 40; ++i)
    members += (i == 10 ? "" : ", ") + std::string("198.51.100.") + std::to_string(i) + "/32";
  folder_.write("topology.yaml", clinic(flow + groups(members)));
  const auto first = cloison({"plan"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("ovh.production.far.addresses 30: 198.51.100.10/32, "));
  const auto lines = json_lines(cloison({"plan", "--json"}).out);
  const auto set = std::find_if(lines.begin(), lines.end(), [](const auto& line) {
    return line.at("type") == "set" && line.at("name") == "ovh.production.far.addresses";
  });
  ASSERT_NE(set, lines.end());
  EXPECT_THAT(set->at("prefixes"), HasSubstr("198.51.100.39/32"));
  ASSERT_EQ(cloison({"apply", "--yes"}).status, 0);

  folder_.write("topology.yaml", clinic(flow + groups("203.0.113.7/32, " + members)));
  for (const auto& words : {std::vector<std::string>{"plan"}, std::vector<std::string>{"plan", "-v"}}) {
    const auto more = cloison(words);
    EXPECT_THAT(more.out, HasSubstr("addresses: + 203.0.113.7/32  ("));
    EXPECT_THAT(more.out, Not(HasSubstr("addresses: ["))) << "two whole lists say nothing";
  }
  const auto change = line_of(cloison({"plan", "--json"}), "change");
  const auto attributes = nlohmann::json::parse(change.at("attributes"));
  EXPECT_EQ(attributes.at(0).at("added").dump(), R"([{"p":"203.0.113.7/32"}])");
  EXPECT_EQ(attributes.at(0).at("removed").dump(), "[]");
  folder_.write("topology.yaml", clinic(flow + groups("203.0.113.7/32")));
  EXPECT_THAT(cloison({"plan"}).out,
              HasSubstr("addresses: + 203.0.113.7/32; - 198.51.100.10/32, 198.51.100.11/32 and 28 more\n"));
}

TEST_F(WhatIsShown, APartialPlanCountsWhatIsThereNotWhatItLeavesOut) {
  folder_.write("topology.yaml", clinic(""));
  ASSERT_EQ(cloison({"apply", "--yes"}).status, 0);
  const auto there = json_lines(cloison({"state", "list", "--json"}).out).size() - 2;
  folder_.write("topology.yaml", clinic(proxy_flow()));
  const auto partial = cloison({"plan", "--target", "cloud.main.app.network"});
  ASSERT_EQ(partial.status, 0) << partial.err;
  const auto said = "No changes. " + std::to_string(there) + " resources stay as they are.";
  EXPECT_THAT(partial.out, HasSubstr(said));
  EXPECT_THAT(partial.out, HasSubstr("Partial plan: 3 other changes left out."));
  const auto applied = cloison({"apply", "--yes", "--target", "cloud.main.app.network"});
  EXPECT_THAT(applied.out, HasSubstr(said));
  EXPECT_THAT(applied.out, HasSubstr("Partial plan: 3 other changes left out."));
  EXPECT_EQ(line_of(cloison({"plan", "--json", "--target", "cloud.main.app.network"}), "summary").at("unchanged"),
            std::to_string(there));
}

TEST_F(WhatIsShown, ATargetMayBeASelectorByWhatIsDeclared) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  const auto chosen = cloison({"plan", "--target", "{zone: app}", "--json"});
  ASSERT_EQ(chosen.status, 0) << chosen.out;
  std::vector<std::string> addresses;
  for (const auto& line : json_lines(chosen.out))
    if (line.at("type") == "change") addresses.push_back(line.at("address"));
  EXPECT_THAT(addresses, Contains("cloud.main.app.web-1.server"));
  EXPECT_THAT(addresses, Not(Contains("cloud.main.dmz.edge.server")));
  EXPECT_EQ(cloison({"plan", "--target", "[cloud.app, {zone: dmz}]"}).status, 0);
  EXPECT_THAT(cloison({"plan", "--target", "{zone: aap}"}).err, HasSubstr("did you mean 'app'?"));
  EXPECT_THAT(cloison({"plan", "--target", "{zoen: app}"}).err, HasSubstr("zone"));
  for (const auto* const broken : {"{zone: app", "{", "[", "{zone: [", "{&a: *a}", "{}", "[]", "[[[[", "{\t}"}) {
    const auto refused = cloison({"plan", "--target", broken});
    EXPECT_EQ(refused.status, 1) << broken << refused.out;
    EXPECT_THAT(refused.err, HasSubstr("error[CL")) << broken;
  }
}

TEST_F(WhatIsShown, AnInterruptedApplyIsLoggedWithWhatItDid) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  const auto killed = run({"apply", "--sandbox", "--yes", "--parallelism", "2"},
                          {folder_.path(), {{"CLOISON_TEST_KILL_AT_COMMIT", "before:9"}}});
  ASSERT_EQ(killed.status, 128 + 9);
  const auto before = line_of(cloison({"log", "--json"}), "operation");
  EXPECT_GT(std::stoi(before.at("done")), 3) << "nobody has closed it yet";
  EXPECT_EQ(before.at("status"), "");
  ASSERT_EQ(run({"apply", "--sandbox", "--yes"}, {folder_.path(), {}}).status, 0);
  const auto lines = json_lines(cloison({"log", "--json"}).out);
  ASSERT_EQ(lines.size(), 4U);
  const auto& interrupted = lines[2];
  EXPECT_EQ(interrupted.at("status"), "interrupted");
  EXPECT_GE(std::stoi(interrupted.at("done")), std::stoi(before.at("done")));
  EXPECT_EQ(std::stoi(interrupted.at("done")) + std::stoi(lines[1].at("done")), std::stoi(interrupted.at("steps")))
      << "each step was done by one of the two";
  EXPECT_EQ(cloison({"log", "--verify"}).status, 0);
}

TEST_F(WhatIsShown, AccountFilesBesideTheTopologyAreNoPartOfIt) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  for (const auto* const name : {"clouds.yaml", "secure.yaml", "clouds-public.yaml"})
    folder_.write(name, "clouds: {ovh-gra: {auth: {username: me}}}\n");
  const auto valid = cloison({"validate"});
  EXPECT_EQ(valid.status, 0) << valid.err;
}

}  // namespace

}  // namespace cloison::cli_test
