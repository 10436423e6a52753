// The life of a starter topology in the sandbox, through the program: exit statuses, questions, JSON lines, texts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* k_banner = "SANDBOX: ";

class SandboxLife : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(cloison({"init"}).status, 0); }
  [[nodiscard]] Finished cloison(const std::vector<std::string>& words) const {
    return run(words, {folder_.path(), {}});
  }
  [[nodiscard]] Finished on_terminal(const std::vector<std::string>& words, const std::vector<std::string>& answers,
                                     const std::map<std::string, std::string>& environment = {}) const {
    return run_on_terminal(words, answers, {folder_.path(), environment});
  }
  Folder folder_;
};

std::string last_line(const std::string& text) {
  if (text.empty()) return text;
  const auto end = text.find_last_not_of('\n');
  return text.substr(text.rfind('\n', end) + 1);
}

TEST_F(SandboxLife, InitOverwritesNothing) {
  const auto again = cloison({"init"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("CL6008"));
}

TEST_F(SandboxLife, EveryStarterValidates) {
  for (const auto* const starter : {"small", "branches"}) {
    ASSERT_EQ(cloison({"init", "--template", starter, starter}).status, 0);
    const auto valid = cloison({"validate", "-t", starter});
    EXPECT_EQ(valid.status, 0) << starter << valid.err;
    EXPECT_THAT(valid.out, HasSubstr("Valid.\n")) << valid.err;
    EXPECT_THAT(valid.out, HasSubstr("Next: cloison plan --sandbox -t " + std::string(starter)));
  }
  EXPECT_EQ(cloison({"validate", "-t", "branches", "--strict"}).status, 3);  // branches are not applied
}

TEST_F(SandboxLife, AnErrorHasCodePlaceLineAndWayOut) {
  folder_.write("broken.override.yaml", "sites: {cloud: {vpcs: {main: {segments: {dmz: {zone: dmx}}}}}}\n");
  const auto result = cloison({"validate", "-f", "broken.override.yaml"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("--> broken.override.yaml:1:"));
  EXPECT_THAT(result.err, HasSubstr("^^^"));
  EXPECT_THAT(result.err, HasSubstr("did you mean 'dmz'?"));
  EXPECT_THAT(result.err, HasSubstr("1 error. "));
  EXPECT_THAT(result.err, HasSubstr("Explanations: cloison help CL"));
}

TEST_F(SandboxLife, MachinesGetTheNodesAccountAndThePublicHalfOfItsKey) {
  folder_.write("network/topology.yaml", R"(cloison: 1
name: made
environments: {production: {address_space: [10.0.0.0/12]}}
providers:
  ovh: {kind: openstack, cloud: ovh-gra}
  nodes: {kind: node, user: admin, key: "file:~/.ssh/id_ed25519"}
zones: {app: {trust: internal}}
sites:
  cloud:
    provider: ovh
    vpcs:
      production:
        cidr: auto/16
        segments:
          app: {cidr: auto/24, hosts: {web: {vm: {image: debian-12, cpu: 1, memory: 2G}}}}
)");
  const auto applied = cloison({"apply", "--yes", "--sandbox", "-t", "network"});
  ASSERT_EQ(applied.status, 0) << applied.err;
  const auto shown = cloison({"state", "show", "cloud.production.app.web.server", "--sandbox", "-t", "network"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("\"admin\""));
  EXPECT_THAT(shown.out, HasSubstr("[\"file:~/.ssh/id_ed25519.pub\"]"));
  // Another key is for machines that are made from now on: cloud-init has read the first one.
  folder_.write("network/new.override.yaml", "providers: {nodes: {key: \"env:NEW_KEY\"}}\n");
  const auto later =
      cloison({"plan", "--sandbox", "-t", "network", "-f", "network/new.override.yaml", "--detailed-exitcode"});
  EXPECT_EQ(later.status, 0) << later.out << later.err;
}

TEST_F(SandboxLife, TwoAccountsMayNameOneSetOfAddresses) {
  folder_.write("two/topology.yaml", R"(cloison: 1
name: two
environments: {production: {address_space: 10.0.0.0/16}}
providers: {ovh: {kind: openstack, cloud: gra}, other: {kind: openstack, cloud: sbg}}
zones: {data: {trust: restricted}}
sites:
  one: {provider: ovh, vpcs: {main: {cidr: auto/20, segments: {data: {cidr: auto/24, hosts: {a: {public: true, vm: {image: debian-12, cpu: 1, memory: 2G}}}}}}}}
  two: {provider: other, vpcs: {main: {cidr: auto/20, segments: {data: {cidr: auto/24, hosts: {b: {public: true, vm: {image: debian-12, cpu: 1, memory: 2G}}}}}}}}
links: {first: {kind: internet, at: one}, second: {kind: internet, at: two}}
flows:
  - {id: F-1, from: internet, to: one.data.a, ports: [https], purpose: Visitors}
  - {id: F-2, from: internet, to: two.data.b, ports: [https], purpose: Visitors}
)");
  const auto applied = cloison({"apply", "--yes", "--sandbox", "-t", "two"});
  ASSERT_EQ(applied.status, 0) << applied.err;
  EXPECT_THAT(applied.out, HasSubstr("ovh.internet.addresses"));
  EXPECT_EQ(cloison({"plan", "--sandbox", "-t", "two", "--detailed-exitcode"}).status, 0);
}

TEST_F(SandboxLife, FromPlanToDestroy) {
  const auto planned = cloison({"plan", "--sandbox", "-o", "friday.plan", "--detailed-exitcode"});
  ASSERT_EQ(planned.status, 2) << planned.err;
  EXPECT_THAT(planned.out, StartsWith(k_banner));
  EXPECT_THAT(last_line(planned.out), StartsWith(k_banner));
  EXPECT_THAT(planned.out, HasSubstr(" to add, 0 to change, 0 to remove."));
  EXPECT_THAT(planned.out, HasSubstr("Next: cloison apply --sandbox friday.plan"));
  EXPECT_LE(std::count(planned.out.begin(), planned.out.end(), '\n'), 60);

  const auto applied = cloison({"apply", "friday.plan", "--sandbox"});
  ASSERT_EQ(applied.status, 0) << applied.err;
  EXPECT_THAT(applied.out, HasSubstr("Log entry 1"));
  EXPECT_THAT(applied.err, HasSubstr("cloud.main.dmz.network"));
  EXPECT_THAT(applied.err, Not(HasSubstr("\x1b[")));

  const auto again = cloison({"apply", "--sandbox"});  // nothing to do needs no question
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("No changes."));

  const auto shown = cloison({"state", "show", "cloud.main.dmz.network", "--sandbox"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("name"));
  EXPECT_EQ(cloison({"state", "show", "cloud.main.dmz.netwerk", "--sandbox"}).status, 1);
  EXPECT_THAT(cloison({"state", "list", "cloud.main.data", "--sandbox"}).out, HasSubstr("cloud.main.data.network\n"));

  EXPECT_EQ(cloison({"drift", "--sandbox"}).status, 0);
  ASSERT_EQ(cloison({"sandbox", "set", "cloud.main.dmz.network", "name=renamed"}).status, 0);
  const auto drifted = cloison({"drift", "--sandbox"});
  EXPECT_EQ(drifted.status, 2) << drifted.err;
  EXPECT_THAT(drifted.out, HasSubstr("cloud.main.dmz.network"));
  EXPECT_THAT(drifted.out, HasSubstr("\"renamed\""));

  EXPECT_EQ(cloison({"log", "--verify", "--sandbox"}).status, 0);
  EXPECT_THAT(cloison({"log", "--sandbox"}).out, HasSubstr("apply"));

  const auto refused = cloison({"destroy", "--sandbox"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("CL6002"));
  EXPECT_EQ(cloison({"destroy", "--sandbox", "--yes"}).status, 0);
  EXPECT_EQ(cloison({"state", "list", "--sandbox"}).out, "");
}

TEST_F(SandboxLife, WithoutATerminalAFreshApplyNeedsYes) {
  const auto refused = cloison({"apply", "--sandbox"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("CL6002"));
  EXPECT_THAT(refused.err, HasSubstr("Nothing was changed."));
  EXPECT_EQ(cloison({"state", "list", "--sandbox"}).out, "");
}

TEST_F(SandboxLife, OnATerminalItAsks) {
  const auto declined = on_terminal({"apply", "--sandbox"}, {"n"});
  EXPECT_EQ(declined.status, 0);
  EXPECT_THAT(declined.out, HasSubstr("Declined. Nothing was changed."));
  EXPECT_THAT(declined.out, HasSubstr("\x1b["));
  const auto plain = on_terminal({"apply", "--sandbox"}, {"n"}, {{"NO_COLOR", "1"}});
  EXPECT_THAT(plain.out, Not(HasSubstr("\x1b[3")));
  const auto dumb = on_terminal({"apply", "--sandbox"}, {"n"}, {{"TERM", "dumb"}});
  EXPECT_THAT(dumb.out, Not(HasSubstr("\x1b[")));
  EXPECT_EQ(on_terminal({"apply", "--sandbox"}, {"y"}).status, 0);
  const auto wrong_name = on_terminal({"destroy", "--sandbox"}, {"exampel"});
  EXPECT_EQ(wrong_name.status, 0);
  EXPECT_THAT(wrong_name.out, HasSubstr("That is not its name."));
  const auto destroyed = on_terminal({"destroy", "--sandbox"}, {"example"});
  EXPECT_EQ(destroyed.status, 0);
  EXPECT_EQ(cloison({"state", "list", "--sandbox"}).out, "");
}

TEST_F(SandboxLife, ASignalAtTheQuestionChangesNothing) {
  const auto stopped = on_terminal({"apply", "--sandbox"}, {"\x03"});
  EXPECT_EQ(stopped.status, 130) << stopped.out;
  EXPECT_THAT(stopped.out, HasSubstr("Nothing was changed."));
}

TEST_F(SandboxLife, JsonIsNothingButObjects) {
  const auto planned = cloison({"plan", "--sandbox", "--json"});
  ASSERT_EQ(planned.status, 0) << planned.err;
  EXPECT_EQ(planned.err, "");
  const auto lines = json_lines(planned.out);
  ASSERT_GT(lines.size(), 10U);
  std::map<std::string, std::size_t> types;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("seq"), std::to_string(i));
    ++types[lines[i].at("type")];
  }
  EXPECT_GT(types["change"], 10U);
  EXPECT_EQ(types["summary"], 1U);
  const auto applied = json_lines(cloison({"apply", "--sandbox", "--json", "--yes"}).out);
  ASSERT_FALSE(applied.empty());
  EXPECT_EQ(applied.back().at("exit_status"), "0");
}

TEST_F(SandboxLife, GraphIsDotAndSvgNeedsGraphviz) {
  const auto dot = cloison({"graph", "--sandbox", "--plan"});
  EXPECT_EQ(dot.status, 0) << dot.err;
  EXPECT_THAT(dot.out, StartsWith("digraph"));
  const auto none = run({"graph", "--sandbox", "--plan", "--format", "svg"}, {folder_.path(), {{"PATH", "/nowhere"}}});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("apt-get install graphviz"));
}

TEST_F(SandboxLife, FaultsLeaveAStateThatTheNextRunResumes) {
  const auto broken =
      run({"apply", "--sandbox", "--yes"},
          {folder_.path(), {{"CLOISON_SANDBOX_FAULTS", "seed=3,fail=0.3"}, {"CLOISON_TEST_PACE", "10ms"}}});
  EXPECT_TRUE(broken.status == 5 || broken.status == 0) << broken.err;
  const auto resumed = cloison({"apply", "--sandbox", "--yes"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(cloison({"plan", "--sandbox"}).out, HasSubstr("No changes."));
}

TEST_F(SandboxLife, QuietSaysResultsOnly) {
  const auto quiet = cloison({"apply", "--sandbox", "--yes", "-q"});
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.err, "");
}

}  // namespace

}  // namespace cloison::cli_test
