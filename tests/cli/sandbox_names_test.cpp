// --sandbox=A,B: what is not named is real, so a name must be right before anything is opened, and what is real is
// said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::vector<std::string>> k_commands{
    {"plan"}, {"apply", "--yes"}, {"drift"}, {"destroy", "--yes"}, {"state", "list"}, {"state", "show", "x"}, {"log"}};

class SandboxNames : public ::testing::Test {
 protected:
  /// The account files are looked for here only, and there are none: a real provider cannot be opened.
  [[nodiscard]] Finished cloison(std::vector<std::string> words, const std::string& option) const {
    words.push_back(option);
    return run(words, {folder_.path(), {{"HOME", folder_.path().string()}}});
  }
  Folder folder_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += word + ' ';
  return text;
}

TEST_F(SandboxNames, AnUnknownNameIsRefusedBeforeAnythingIsOpened) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  ASSERT_EQ(cloison({"apply", "--yes"}, "--sandbox").status, 0);
  for (const auto& words : k_commands) {
    const auto wrong = cloison(words, "--sandbox=ovhh");
    EXPECT_EQ(wrong.status, 64) << joined(words) << wrong.err;
    EXPECT_EQ(wrong.out, "") << joined(words);
    EXPECT_THAT(wrong.err, HasSubstr("error[CL6011]: --sandbox: no provider entry is named 'ovhh'"));
    EXPECT_THAT(wrong.err, HasSubstr("did you mean 'ovh'?"));
    EXPECT_THAT(wrong.err, Not(HasSubstr("CL5003"))) << "the real provider was asked";
  }
  EXPECT_THAT(cloison({"plan"}, "--sandbox=elsewhere").err, HasSubstr("known: ovh"));
  EXPECT_EQ(cloison({"plan"}, "--sandbox=").status, 64);
  const auto json = cloison({"plan", "--json"}, "--sandbox=ovhh");
  EXPECT_EQ(json.status, 64);
  const auto lines = json_lines(json.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].at("code"), "CL6011");
  EXPECT_EQ(lines[2].at("exit_status"), "64");
}

TEST_F(SandboxNames, AnEntryThatIsNotAppliedHasNoSimulator) {
  folder_.write("topology.yaml",
                clinic(proxy_flow(), "{ovh: {kind: openstack, cloud: ovh-gra}, eu: {kind: aws, region: eu-west-3}}"));
  const auto wrong = cloison({"plan"}, "--sandbox=eu");
  EXPECT_EQ(wrong.status, 64);
  EXPECT_THAT(wrong.err, HasSubstr("there is no simulator for 'eu'"));
  EXPECT_THAT(wrong.err, HasSubstr("--sandbox=ovh"));
}

TEST_F(SandboxNames, AllNamedIsTheWholeSandbox) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  const auto planned = cloison({"plan"}, "--sandbox=ovh");
  EXPECT_EQ(planned.status, 0) << planned.err;
  EXPECT_THAT(planned.out, StartsWith("SANDBOX: everything here is simulated"));
  EXPECT_THAT(planned.out, HasSubstr("Next: cloison apply --sandbox=ovh\n"));
}

TEST_F(SandboxNames, WhatIsRealBesideItIsNamedEverywhere) {
  folder_.write("topology.yaml",
                clinic(proxy_flow(), "{ovh: {kind: openstack, cloud: ovh-gra}, other: {kind: openstack, cloud: o}}"));
  ASSERT_EQ(cloison({"apply", "--yes"}, "--sandbox").status, 0);
  const std::string banner = "SANDBOX in part: simulated: ovh. REAL: other, whose account is used.\n";
  for (const auto& words : k_commands) {
    const auto result = cloison(words, "--sandbox=ovh");
    EXPECT_THAT(result.out + result.err, HasSubstr(banner)) << joined(words);
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("everything here is simulated"))) << joined(words);
    auto with_json = words;
    with_json.emplace_back("--json");
    const auto lines = json_lines(cloison(with_json, "--sandbox=ovh").out);
    ASSERT_THAT(lines, Not(IsEmpty()));
    EXPECT_EQ(lines.front().at("simulated"), R"(["ovh"])");
    EXPECT_EQ(lines.front().at("real"), R"(["other"])");
  }
  const auto lines = json_lines(cloison({"plan", "--json"}, "--sandbox").out);
  EXPECT_EQ(lines.front().at("simulated"), "[]");
  EXPECT_EQ(lines.front().at("real"), "[]");
}

TEST_F(SandboxNames, APlanIsAppliedWithWhatItSimulated) {
  folder_.write("topology.yaml",
                clinic(proxy_flow(), "{ovh: {kind: openstack, cloud: ovh-gra}, other: {kind: openstack, cloud: o}}"));
  ASSERT_EQ(cloison({"plan", "-o", "all.plan"}, "--sandbox").status, 0);
  const auto real = cloison({"apply", "all.plan"}, "--sandbox=other");
  EXPECT_EQ(real.status, 1) << real.out;
  EXPECT_THAT(real.err, HasSubstr("CL3111"));
  EXPECT_THAT(real.err, Not(HasSubstr("CL5003"))) << "the real provider was asked";
  ASSERT_EQ(cloison({"plan", "-o", "some.plan"}, "--sandbox=ovh").status, 0);
  EXPECT_THAT(cloison({"apply", "some.plan"}, "--sandbox").err, HasSubstr("hint: say --sandbox=ovh"));
  EXPECT_EQ(cloison({"apply", "some.plan"}, "--sandbox=ovh").status, 0);
}

TEST_F(SandboxNames, WhatIsSimulatedInAStateStaysSo) {
  folder_.write("topology.yaml",
                clinic(proxy_flow(), "{ovh: {kind: openstack, cloud: ovh-gra}, other: {kind: openstack, cloud: o}}"));
  ASSERT_EQ(cloison({"apply", "--yes"}, "--sandbox=ovh").status, 0);
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"plan"}, {"apply", "--yes"}, {"drift"}, {"destroy"}}) {
    const auto real = cloison(words, "--sandbox=other");
    EXPECT_EQ(real.status, 1) << joined(words) << real.out;
    EXPECT_THAT(real.err, HasSubstr("error[CL4008]: the objects of 'ovh' are simulated")) << joined(words);
    EXPECT_THAT(real.err, HasSubstr("hint: say --sandbox alone"));
    EXPECT_THAT(real.err, Not(HasSubstr("CL5003"))) << "the real provider was asked";
  }
  EXPECT_EQ(cloison({"plan", "--detailed-exitcode"}, "--sandbox").status, 0) << "'other' has no objects yet";
  EXPECT_EQ(cloison({"destroy", "--yes"}, "--sandbox=ovh").status, 0);
}

TEST_F(SandboxNames, ARealProviderBesideItTakesTheSystemsDate) {
  folder_.write("topology.yaml",
                clinic(proxy_flow(), "{ovh: {kind: openstack, cloud: ovh-gra}, other: {kind: openstack, cloud: o}}"));
  const auto refused =
      run({"apply", "--yes", "--sandbox=ovh"}, {folder_.path(), {{"CLOISON_NOW", "2026-11-22T10:00:00Z"}}});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("CL3120"));
}

}  // namespace

}  // namespace cloison::cli_test
