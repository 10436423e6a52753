#include "core/deploy/rollout.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/generators_plan.h"

namespace cloison::test {
namespace {

/// Four machines of one service in `lanes` lanes, and one of another that changes as well.
std::vector<Resource> machines(const std::string& text, unsigned lanes = 1) {
  std::vector<Resource> all{network("a", 1500, text), network("b", 1500, text), network("c", 1500, text),
                            network("d", 1500, text), network("other", 1500, text)};
  for (uint32_t i = 0; i < all.size(); ++i) all[i].rollout = i < 4 ? "service x" : "service y";
  for (uint32_t i = 0; i < 4; ++i) all[i].lane = "service x " + std::to_string(i % lanes), all[i].turn = i / lanes;
  return all;
}

void fail_updates_of(World& world, const std::string& which, Fault fault) {
  world.platform->fate = [which, fault](const std::string& verb, const std::string&, const std::string& address) {
    return verb == "update" && address == which ? fault : Fault::none;
  };
}

std::vector<std::string> addresses(const Plan& plan) {
  std::vector<std::string> all;
  for (const Step& step : plan.steps) all.push_back(step.key.address);
  return all;
}

struct Rolled {
  World world{};
  Snapshot before{};
  Plan plan{};
  Result<apply::ApplyResult> result = fail({});
  explicit Rolled(const std::string& failing, Fault fault = Fault::refused, unsigned lanes = 1) {
    EXPECT_TRUE(world.reach(machines("old", lanes)));
    before = world.snapshot();
    plan = *world.plan(machines("new", lanes)).value;
    fail_updates_of(world, failing, fault);
    result = world.apply(plan);
    world.platform->fate = nullptr;
  }
};

TEST(Rollout, GoesBackWhereItHadChangedAndLastFirst) {
  Rolled rolled("c");
  ASSERT_TRUE(rolled.result);
  EXPECT_EQ(rolled.result->failed_rollouts, std::set<std::string>{"service x"});
  EXPECT_EQ(rolled.result->skipped, 1U);
  const auto back = deploy::going_back(rolled.plan, *rolled.result, rolled.before);
  EXPECT_EQ(addresses(back), (std::vector<std::string>{"b", "a"})) << "and not the other service's";
  EXPECT_EQ(back.steps[1].after, std::set<uint32_t>{0});
  ASSERT_EQ(rolled.world.apply(back)->failed, 0U);
  auto wanted = machines("old");
  wanted.back() = machines("new").back();
  EXPECT_EQ(difference(rolled.world, wanted), "");
}

TEST(Rollout, WhatWasNotReachedIsNoReasonToGoBack) {
  Rolled rolled("c", Fault::transient);
  ASSERT_TRUE(rolled.result);
  EXPECT_EQ(rolled.result->failed, 1U);
  EXPECT_EQ(rolled.result->skipped, 1U) << "but to go no further";
  EXPECT_TRUE(deploy::going_back(rolled.plan, *rolled.result, rolled.before).empty());
}

TEST(Rollout, AFailureStopsEveryLane) {
  Rolled rolled("b", Fault::refused, 2);
  ASSERT_TRUE(rolled.result);
  const auto& done = rolled.result->done_steps;
  EXPECT_TRUE(std::none_of(done.begin(), done.end(), [&](uint32_t step) {
    return rolled.plan.steps[step].key.address == "d";
  })) << "it follows the one that failed";
  const auto back = deploy::going_back(rolled.plan, *rolled.result, rolled.before);
  ASSERT_EQ(rolled.world.apply(back)->failed, 0U);
  auto wanted = machines("old", 2);
  wanted.back() = machines("new").back();
  EXPECT_EQ(difference(rolled.world, wanted), "");
}

TEST(Rollout, NothingGoesBackWhereAllIsWell) {
  Rolled rolled("nobody");
  ASSERT_TRUE(rolled.result);
  EXPECT_TRUE(deploy::going_back(rolled.plan, *rolled.result, rolled.before).empty());
  EXPECT_TRUE(deploy::has_rollouts(rolled.plan));
  EXPECT_FALSE(deploy::has_rollouts(*rolled.world.plan(machines("new")).value));
}

}  // namespace
}  // namespace cloison::test
