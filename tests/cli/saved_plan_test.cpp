// A saved plan is applied as it is, or refused: what it cannot honour is said, what moved since is found.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;

class SavedPlan : public ::testing::Test {
 protected:
  [[nodiscard]] Finished cloison(std::vector<std::string> words) const {
    words.emplace_back("--sandbox");
    return run(words, {folder_.path(), {}});
  }
  Folder folder_;
};

TEST_F(SavedPlan, StrictHoldsForWhatItLeavesOutAndForItsWarnings) {
  folder_.write("topology.yaml", clinic(proxy_flow() + "services: {db: {kind: postgresql, runs_on: cloud.app.web}}\n"));
  const auto planned = cloison({"plan", "-o", "a.plan"});
  ASSERT_EQ(planned.status, 0) << planned.err;
  const auto refused = cloison({"apply", "a.plan", "--strict"});
  EXPECT_EQ(refused.status, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("CL3121"));
  EXPECT_EQ(cloison({"state", "list"}).out, "");
  EXPECT_EQ(cloison({"apply", "a.plan"}).status, 0);

  folder_.write("topology.yaml", clinic(proxy_flow(", expires: 2020-01-01")));
  ASSERT_EQ(cloison({"plan", "-o", "b.plan"}).status, 0);
  EXPECT_EQ(cloison({"apply", "b.plan", "--strict"}).status, 3) << "the flow has expired: a warning";
}

TEST_F(SavedPlan, WhatChoosesStepsIsRefused) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  ASSERT_EQ(cloison({"plan", "-o", "a.plan"}).status, 0);
  const std::vector<std::vector<std::string>> options{{"--target", "cloud.app"},
                                                      {"--environment", "production"},
                                                      {"--replace", "cloud.main.app.network"},
                                                      {"--no-refresh"}};
  for (const auto& option : options) {
    std::vector<std::string> words{"apply", "a.plan"};
    words.insert(words.end(), option.begin(), option.end());
    const auto refused = cloison(words);
    EXPECT_EQ(refused.status, 64) << option.front() << refused.out;
    EXPECT_THAT(refused.err, HasSubstr(option.front() + " cannot be given with a saved plan"));
  }
  EXPECT_EQ(cloison({"state", "list"}).out, "");
  EXPECT_EQ(cloison({"apply", "a.plan", "--locked"}).status, 0) << "a saved plan writes no cloison.lock anyway";
}

TEST_F(SavedPlan, OneThatMovedIsARefusedPlan) {
  folder_.write("topology.yaml", clinic(proxy_flow()));
  ASSERT_EQ(cloison({"plan", "-o", "a.plan"}).status, 0);
  ASSERT_EQ(cloison({"apply", "--yes"}).status, 0);
  const auto made = cloison({"apply", "a.plan"});
  EXPECT_EQ(made.status, 1) << made.err;
  EXPECT_THAT(made.err, HasSubstr("CL3012"));
  EXPECT_THAT(made.err, HasSubstr("Nothing was changed."));

  folder_.write("topology.yaml", clinic(proxy_flow(", disabled: true")));
  ASSERT_EQ(cloison({"plan", "-o", "b.plan"}).status, 0);
  ASSERT_EQ(cloison({"apply", "b.plan"}).status, 0);
  const auto gone = cloison({"apply", "b.plan"});
  EXPECT_EQ(gone.status, 1) << gone.err;
  EXPECT_THAT(gone.err, HasSubstr("CL3011"));

  folder_.write("topology.yaml", clinic(proxy_flow()));
  ASSERT_EQ(cloison({"plan", "-o", "c.plan"}).status, 0);
  folder_.write("topology.yaml", clinic(proxy_flow() + "groups: {}\n"));
  folder_.write("cloison.lock", "");
  EXPECT_EQ(cloison({"apply", "c.plan"}).status, 1) << "another cloison.lock";
}

}  // namespace

}  // namespace cloison::cli_test
