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

// --- What a change goes through first --------------------------------------------------------------------------------

const KindSchema& network_kind() {
  return *find_kind(fake_kinds(), "network");
}
std::string name_in(const Value& attributes) {
  return attribute(network_kind(), attributes, "name").text_or_empty();
}
Value named(const Value& attributes, const std::string& name) {
  return with_attribute(network_kind(), attributes, "name", Value::text(name));
}

/// Names are releases. "old" may not run beside "new", so it is "no old" first.
Passage one_at_a_time(const Value& applied, const Value& desired) {
  const auto is = name_in(applied), asked = name_in(desired);
  if (is.ends_with(asked) || asked.starts_with("no ")) return {};
  return {Passage::Kind::former_stops, is.starts_with("no ") ? applied : named(applied, "no " + is)};
}

/// "no new" is one that runs only meanwhile.
Passage one_more(const Value& applied, const Value& desired) {
  const auto is = name_in(applied), asked = name_in(desired);
  if (!asked.starts_with("no ")) return {};
  return {Passage::Kind::next_begins, asked.ends_with(is) ? applied : named(desired, asked.substr(3))};
}

/// Watches what the machines of one service run, change after change.
class Watched {
 public:
  explicit Watched(const std::vector<Resource>& old, Passage (*passage)(const Value&, const Value&)) {
    world.platform->rewrite = [this](const FakeObject& object) { see(object); };
    EXPECT_TRUE(world.reach(old));
    before = world.snapshot();
    world.platform->passage = passage;
  }
  /// The `nth` update of that machine has this fate.
  Result<apply::ApplyResult> run(const Plan& plan, const std::string& which = {}, unsigned nth = 0,
                                 Fault fault = Fault::refused) {
    world.platform->fate = [=, count = 0U](const std::string& verb, const std::string&,
                                           const std::string& address) mutable {
      return verb == "update" && address == which && ++count >= nth ? fault : Fault::none;
    };
    auto result = world.apply(plan);
    world.platform->fate = nullptr;
    return result;
  }
  [[nodiscard]] std::size_t count(const std::string& release) const {
    return static_cast<std::size_t>(
        std::count_if(runs_.begin(), runs_.end(), [&](const auto& one) { return one.second == release; }));
  }

  World world{};
  Snapshot before{};
  bool mixed = false;
  std::size_t least = SIZE_MAX;        // that ran at once, of either release
  std::vector<std::string> history{};  // "a new"

 private:
  void see(const FakeObject& object) {
    if (!object.marker || object.marker->address == "other") return;
    runs_[object.marker->address] = name_in(object.attributes);
    history.push_back(object.marker->address + ' ' + name_in(object.attributes));
    mixed = mixed || (count("old") > 0 && count("new") > 0);
    if (runs_.size() == 4) least = std::min(least, count("old") + count("new"));
  }
  std::map<std::string, std::string> runs_{};
};

TEST(Rollout, WhatMayNotRunBesideAnotherStopsEverywhereFirst) {
  Watched watched(machines("old"), one_at_a_time);
  const auto plan = *watched.world.plan(machines("new")).value;
  EXPECT_TRUE(std::any_of(plan.changes.begin(), plan.changes.end(), [](const Change& one) { return one.gap; }));
  const auto result = watched.run(plan);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->failed, 0U);
  EXPECT_FALSE(watched.mixed);
  EXPECT_EQ(watched.least, 0U) << "the gap";
  EXPECT_EQ(difference(watched.world, machines("new")), "");
}

TEST(Rollout, WhatStoppedBeginsAgainOnceNothingRunsThatFailed) {
  Watched watched(machines("old"), one_at_a_time);
  const auto plan = *watched.world.plan(machines("new")).value;
  const auto result = watched.run(plan, "c", 2);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->failed_rollouts, std::set<std::string>{"service x"});
  ASSERT_EQ(watched.run(deploy::going_back(plan, *result, watched.before))->failed, 0U);
  EXPECT_FALSE(watched.mixed);
  EXPECT_EQ(watched.count("old"), 4U);
}

TEST(Rollout, WhatStoppedDoesNotWaitForOneThatCannotBeReached) {
  for (const unsigned nth : {1U, 2U}) {
    Watched watched(machines("old"), one_at_a_time);
    const auto plan = *watched.world.plan(machines("new")).value;
    const auto result = watched.run(plan, "d", nth, Fault::transient);
    ASSERT_TRUE(result);
    EXPECT_GT(result->failed, 0U);
    ASSERT_EQ(watched.run(deploy::going_back(plan, *result, watched.before))->failed, 0U);
    EXPECT_FALSE(watched.mixed) << nth;
    EXPECT_EQ(watched.count("old"), 4U) << nth;
  }
}

TEST(Rollout, AnUpdateThatWasInterruptedInTheGapGoesOn) {
  Watched watched(machines("old"), one_at_a_time);
  ASSERT_TRUE(watched.run(*watched.world.plan(machines("new")).value, "c", 2));
  watched.history.clear();
  ASSERT_EQ(watched.run(*watched.world.plan(machines("new")).value)->failed, 0U);
  EXPECT_FALSE(watched.mixed);
  EXPECT_TRUE(std::none_of(watched.history.begin(), watched.history.end(), [](const std::string& one) {
    return one.ends_with(" no old");
  })) << "all had stopped";
  EXPECT_EQ(watched.count("new"), 4U);
}

TEST(Rollout, OneMoreMeanwhileBeginsFirstAndEndsLast) {
  auto old = machines("old"), wanted = machines("new");
  old[1] = network("b", 1500, "no old"), wanted[1] = network("b", 1500, "no new");
  for (auto* all : {&old, &wanted}) (*all)[1].rollout = "service x", (*all)[1].lane = "service x 0";
  Watched watched(old, one_more);
  const auto plan = *watched.world.plan(wanted).value;
  watched.history.clear();
  ASSERT_EQ(watched.run(plan)->failed, 0U);
  EXPECT_EQ(watched.history, (std::vector<std::string>{"b new", "a new", "c new", "d new", "b no new"}));
  EXPECT_EQ(watched.least, 3U);
  EXPECT_EQ(difference(watched.world, wanted), "");
}

TEST(Rollout, OneMoreMeanwhileGoesBackAfterTheOthers) {
  auto old = machines("old"), wanted = machines("new");
  old[1] = network("b", 1500, "no old"), wanted[1] = network("b", 1500, "no new");
  for (auto* all : {&old, &wanted}) (*all)[1].rollout = "service x", (*all)[1].lane = "service x 0";
  Watched watched(old, one_more);
  const auto plan = *watched.world.plan(wanted).value;
  const auto result = watched.run(plan, "c", 1);
  ASSERT_TRUE(result);
  watched.history.clear();
  ASSERT_EQ(watched.run(deploy::going_back(plan, *result, watched.before))->failed, 0U);
  EXPECT_EQ(watched.history, (std::vector<std::string>{"a old", "b no old"}));
}

}  // namespace
}  // namespace cloison::test
