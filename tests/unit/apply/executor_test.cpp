#include <algorithm>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/generators_plan.h"

namespace cloison::test {
namespace {

/// Fails the first `times` calls with this verb and kind.
void break_calls(World& world, const std::string& verb, const std::string& kind, Fault fault, int times) {
  world.platform->fate = [verb, kind, fault, left = times](const std::string& v, const std::string& k,
                                                           const std::string&) mutable {
    return v == verb && k == kind && left-- > 0 ? fault : Fault::none;
  };
}

std::ptrdiff_t calls(World& world, const std::string& call) {
  return std::count(world.platform->calls.begin(), world.platform->calls.end(), call);
}

TEST(Executor, WritesIntentsBeforeTheirCalls) {
  World world;
  world.platform->fate = [&](const std::string& verb, const std::string&, const std::string& address) {
    if (verb != "create") return Fault::none;
    const auto open = world.store.open_intents();
    EXPECT_TRUE(std::any_of(open->begin(), open->end(), [&](const auto& one) { return one.key.address == address; }))
        << address;
    return Fault::none;
  };
  ASSERT_TRUE(world.reach({network("n"), subnet("n.s", "n", "10.0.0.0/24")}));
  EXPECT_TRUE(world.store.open_intents()->empty());
  EXPECT_TRUE(world.store.open_operations()->empty());
}

TEST(Executor, UnansweredCreateIsFoundByItsMark) {
  for (const Fault fault : {Fault::late, Fault::lost}) {
    World world;
    break_calls(world, "create", "network", fault, 1);
    ASSERT_TRUE(world.reach({network("n")}));
    EXPECT_EQ(calls(world, "create network n"), fault == Fault::late ? 1 : 2);
    EXPECT_EQ(difference(world, {network("n")}), "");
  }
}

TEST(Executor, UnansweredRuleIsFoundByItsNature) {
  World world;
  ASSERT_TRUE(world.reach({group("g")}));
  break_calls(world, "create", "rule", Fault::late, 1);
  ASSERT_TRUE(world.reach({group("g"), rule("g.1", "g", 1)}));
  EXPECT_EQ(calls(world, "create rule g.1"), 1);
}

TEST(Executor, EndlessDoubtLeavesTheIntentOpen) {
  World world;
  break_calls(world, "create", "network", Fault::lost, 1000);
  EXPECT_FALSE(world.reach({network("n")}));
  EXPECT_EQ(calls(world, "create network n"), 4) << "one attempt and three more";
  EXPECT_EQ(world.store.open_intents()->size(), 1U);
  world.platform->fate = nullptr;
  EXPECT_EQ(*world.recover(), 1U);
  ASSERT_TRUE(world.reach({network("n")}));
}

TEST(Executor, ThrottlingSlowsAndTransientErrorsAreTriedAgain) {
  for (const Fault fault : {Fault::throttled, Fault::transient}) {
    for (const char* verb : {"create", "remove"}) {
      World world;
      const std::vector<Resource> with{network("n")};
      const bool removing = std::string(verb) == "remove";
      if (removing) {
        ASSERT_TRUE(world.reach(with));
      }
      break_calls(world, verb, "network", fault, 3);
      ASSERT_TRUE(world.reach(removing ? std::vector<Resource>{} : with));
      EXPECT_EQ(calls(world, std::string(verb) + " network n"), 4);
    }
  }
}

TEST(Executor, FailureSkipsItsDependentsOnlyAndNamesTheRoot) {
  World world;
  break_calls(world, "create", "network", Fault::refused, 1);
  const auto made =
      world.plan({network("n"), subnet("n.s", "n", "10.0.0.0/24"), port("n.s.p", "n", "n.s", {"g"}), group("g")});
  const auto done = world.apply(*made.value);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->done, 1U);
  EXPECT_EQ(done->failed, 1U);
  EXPECT_EQ(done->skipped, 2U);
  for (const StepSkipped& one : world.events.all<StepSkipped>()) EXPECT_EQ(one.because, "create of 'n' failed");
  EXPECT_EQ(done->failures.at(0).address, "n");
}

TEST(Executor, FailedReplacementKeepsTheFormerOne) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  break_calls(world, "create", "network", Fault::refused, 1);
  EXPECT_FALSE(world.reach({network("n", 1400)}));
  ASSERT_NE(world.snapshot().current("n"), nullptr);
  EXPECT_TRUE(world.plan({network("n")}).value->empty());
}

TEST(Executor, ForeignObjectStopsARemoval) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  const std::string id = world.snapshot().current("n")->remote_id;
  const std::string foreign = world.platform->add_foreign("port", {{"network", Value::text(id)}});
  const auto done = world.apply(*world.plan({}).value);
  ASSERT_EQ(done->failures.size(), 1U);
  EXPECT_EQ(done->failures[0].code, "CL3202");
  EXPECT_NE(done->failures[0].detail.find(foreign), std::string::npos);
  EXPECT_TRUE(world.platform->objects().contains(id));
}

/// A state that lost a row behind the plan's back.
void forget(World& world, const std::string& address) {
  state::Batch batch;
  batch.remove.push_back(world.snapshot().current(address)->key);
  ASSERT_TRUE(world.store.commit(*world.lock, batch).has_value());
}

std::string only_failure(World& world, const Plan& plan) {
  const auto done = world.apply(plan);
  return done && done->failures.size() == 1 ? done->failures[0].code : std::string();
}

TEST(Executor, APlanThatFitsNothingAnyMoreFailsByName) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  const auto update = world.plan({network("n", 1500, "new")});
  const auto create = world.plan({network("n"), subnet("n.s", "n", "10.0.0.0/24")});
  forget(world, "n");
  EXPECT_EQ(only_failure(world, *update.value), "CL3208") << "the row to update is gone";
  EXPECT_EQ(only_failure(world, *create.value), "CL3201") << "what it refers to is gone";
  world.providers.clear();
  EXPECT_EQ(only_failure(world, *create.value), "CL3206") << "the provider is gone";
}

/// A provider with a bug.
class Throwing final : public Provider {
 public:
  explicit Throwing(std::shared_ptr<Provider> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return inner_->kinds(); }
  [[nodiscard]] Checked<Lowered> lower(const Intent& intent, const Facts& facts) const override {
    return inner_->lower(intent, facts);
  }
  [[nodiscard]] StoredProvider configuration() const override { return inner_->configuration(); }
  [[nodiscard]] Result<Facts> probe(const Call& call) override { return inner_->probe(call); }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope& scope, std::span<const std::string> kinds,
                                                      const Call& call) override {
    return inner_->observe(scope, kinds, call);
  }
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests,
                                                         const Call& call) override {
    return inner_->create_many(requests, call);
  }
  [[nodiscard]] Result<Applied> update(const ResourceState&, const Resource&, const Call&) override {
    throw std::runtime_error("a bug");
  }
  [[nodiscard]] Result<void> remove(const ResourceState& row, const Call& call) override {
    return inner_->remove(row, call);
  }
  [[nodiscard]] Result<std::vector<Observed>> cascade(const ResourceState& row, const Call& call) override {
    return inner_->cascade(row, call);
  }

 private:
  std::shared_ptr<Provider> inner_;
};

/// A node of a site that cannot be reached.
class OffLine final : public Provider {
 public:
  explicit OffLine(std::shared_ptr<Provider> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return inner_->kinds(); }
  [[nodiscard]] Checked<Lowered> lower(const Intent& intent, const Facts& facts) const override {
    return inner_->lower(intent, facts);
  }
  [[nodiscard]] StoredProvider configuration() const override { return inner_->configuration(); }
  [[nodiscard]] bool stands_alone() const override { return true; }
  [[nodiscard]] Result<Facts> probe(const Call&) override { return fail(away()); }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope&, std::span<const std::string>,
                                                      const Call&) override {
    return fail(away());
  }
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest>, const Call&) override {
    return {};
  }
  [[nodiscard]] Result<Applied> update(const ResourceState&, const Resource&, const Call&) override {
    return fail(away());
  }
  [[nodiscard]] Result<void> remove(const ResourceState&, const Call&) override { return fail(away()); }

 private:
  static Diagnostic away() { return {.kind = ErrorKind::transient, .code = "CL5401", .summary = "it does not answer"}; }
  std::shared_ptr<Provider> inner_;
};

TEST(Executor, AnExceptionOfAProviderEndsItsStepOnly) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  world.providers.at("cloud") = std::make_shared<Throwing>(world.providers.at("cloud"));
  EXPECT_EQ(only_failure(world, *world.plan({network("n", 1500, "new"), group("g")}).value), "CL3209");
  EXPECT_NE(world.snapshot().current("g"), nullptr);
}

TEST(Executor, RemovalOfWhatIsGoneSucceeds) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  world.platform->drop(world.snapshot().current("n")->remote_id);
  ASSERT_TRUE(world.reach({}));
  EXPECT_TRUE(world.snapshot().rows.empty());
}

TEST(Executor, CreatesOfAKindGoInBulkAndAccountsHaveALimit) {
  World world;
  std::vector<Resource> desired;
  for (int g = 0; g < 12; ++g) desired.push_back(group("g" + std::to_string(g)));
  world.options.parallelism = 3;
  world.platform->duration = std::chrono::milliseconds(3);
  ASSERT_TRUE(world.reach(desired));
  EXPECT_GE(world.platform->most_at_once, 2U);
  EXPECT_LE(world.platform->most_at_once, 3U);
  for (int r = 1; r <= 8; ++r) desired.push_back(rule("g0." + std::to_string(r), "g0", r));
  world.platform->most_at_once = 0;
  ASSERT_TRUE(world.reach(desired));
  EXPECT_GE(world.platform->bulk_calls, 2U);
  EXPECT_EQ(world.platform->most_at_once, 1U) << "rules of one group hold it alone";
}

TEST(Executor, WhatIsChangedTogetherIsOneCall) {
  World world;
  world.platform->together = true;
  ASSERT_TRUE(world.reach({network("a"), network("b")}));
  EXPECT_EQ(world.platform->changes, 1U);
  // A change, a removal and a creation that comes after both, though it refers to neither.
  auto late = group("g");
  late.after = {"a"};
  auto later = group("h");
  later.after = {"g"};
  ASSERT_TRUE(world.reach({network("a", 1500, "new"), late, later}));
  EXPECT_EQ(world.platform->changes, 2U);
  EXPECT_EQ(difference(world, {network("a", 1500, "new"), late, later}), "");
}

TEST(Executor, WhatRefersToAReplacementWaitsForIt) {
  World world;
  world.platform->together = true;
  const std::vector<Resource> before{network("n"), subnet("n.s", "n", "10.0.0.0/24"), port("n.s.p", "n", "n.s", {})};
  const std::vector<Resource> after{network("n"), subnet("n.s", "n", "10.0.1.0/24"), port("n.s.p", "n", "n.s", {})};
  ASSERT_TRUE(world.reach(before));
  ASSERT_TRUE(world.reach(after));
  EXPECT_EQ(difference(world, after), "");
}

TEST(Executor, WhatCameAlongWithAFailureIsNotDone) {
  World world;
  world.platform->together = true;
  break_calls(world, "create", "network", Fault::refused, 1);
  auto late = group("g");
  late.after = {"n"};
  const auto done = world.apply(*world.plan({network("n"), late, group("h")}).value);
  EXPECT_EQ(done->failed, 1U);
  EXPECT_EQ(done->skipped, 1U);
  EXPECT_EQ(done->done, 1U) << "whatever does not come after it";
  EXPECT_EQ(world.snapshot().current("g"), nullptr);
  EXPECT_NE(world.snapshot().current("h"), nullptr);
  EXPECT_TRUE(world.store.open_intents()->empty());
  ASSERT_TRUE(world.reach({network("n"), late, group("h")}));
}

TEST(Executor, AChangeThatFailsAsAWholeIsToldOnce) {
  World world;
  world.platform->together = true;
  world.platform->fate = [](const std::string&, const std::string&, const std::string&) { return Fault::refused; };
  const auto done = world.apply(*world.plan({network("a"), network("b"), network("c")}).value);
  EXPECT_EQ(done->failed, 3U);
  ASSERT_EQ(done->failures.size(), 1U);
  EXPECT_EQ(done->failures[0].context.back(), "and 2 more of the same change");
}

TEST(Executor, FirstSignalStartsNothingNew) {
  World world;
  std::stop_source stop;
  world.options.stop_new = stop.get_token();
  world.options.parallelism = 1;
  world.platform->fate = [&](const std::string&, const std::string&, const std::string&) {
    stop.request_stop();
    return Fault::none;
  };
  std::vector<Resource> desired;
  for (int n = 0; n < 5; ++n) desired.push_back(network("n" + std::to_string(n)));
  const auto done = world.apply(*world.plan(desired).value);
  EXPECT_TRUE(done->cancelled);
  EXPECT_EQ(done->done, 1U);
  EXPECT_EQ(done->skipped, 4U);
  EXPECT_TRUE(world.store.open_intents()->empty());
  world.platform->fate = nullptr;
  world.options.stop_new = {};
  ASSERT_TRUE(world.reach(desired));
}

TEST(Executor, SecondSignalReturnsAtOnceAndRecoveryFindsTheRest) {
  World world;
  std::stop_source stop;
  world.options.stop_waiting = stop.get_token();
  world.platform->duration = std::chrono::seconds(30);
  const auto made = world.plan({network("n")});
  const std::jthread signal([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  const auto done = world.apply(*made.value);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_TRUE(done->cancelled);
  EXPECT_EQ(world.store.open_intents()->size(), 1U);
  // The call is told to stop, and then arrives all the same.
  while (world.platform->objects().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  world.platform->duration = std::chrono::milliseconds(0);
  world.options.stop_waiting = {};
  EXPECT_EQ(*world.recover(), 1U);
  EXPECT_EQ(difference(world, {network("n")}), "");
}

TEST(Recovery, FormerGenerationIsCurrentAgainWhenItsReplacementNeverArrived) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  world.store.die_at(1, false);  // the intent is durable, the call was not made
  EXPECT_FALSE(world.reach({network("n", 1400)}));
  EXPECT_EQ(world.snapshot().current("n"), nullptr);
  world.store.die_at(0, false);
  EXPECT_EQ(*world.recover(), 1U);
  ASSERT_NE(world.snapshot().current("n"), nullptr);
  EXPECT_TRUE(world.plan({network("n")}).value->empty());
}

TEST(Recovery, TheLogTellsHowFarAnInterruptedRunCame) {
  World world;
  std::vector<Resource> desired;
  for (int n = 0; n < 6; ++n) desired.push_back(network("n" + std::to_string(n)));
  world.options.parallelism = 1;
  world.store.die_at(5, true);
  EXPECT_FALSE(world.reach(desired));
  world.store.die_at(0, false);
  const std::size_t arrived = world.platform->objects().size();
  ASSERT_GT(arrived, 2U);
  ASSERT_TRUE(world.recover());
  const auto entries = world.store.log(0, 1000);
  const auto last_one = std::find_if(entries->rbegin(), entries->rend(),
                                     [](const auto& one) { return one.kind == "operation_finished"; });
  ASSERT_NE(last_one, entries->rend());
  const auto& last = *last_one;
  EXPECT_NE(last.json.find("\"status\":\"interrupted\""), std::string::npos) << last.json;
  EXPECT_NE(last.json.find("\"done\":" + std::to_string(arrived)), std::string::npos) << last.json;
}

TEST(Recovery, HalfDoneUpdateIsPlannedAgain) {
  World world;
  ASSERT_TRUE(world.reach({network("n", 1500, "old")}));
  world.store.die_at(2, true);  // the call was made, its outcome was not written
  EXPECT_FALSE(world.reach({network("n", 1500, "new")}));
  world.store.die_at(0, false);
  const std::string id = world.snapshot().current("n")->remote_id;
  EXPECT_EQ(attribute(fake_kinds()[0], world.platform->objects().at(id).attributes, "name"), Value::text("new"));
  world.platform->set(id, "name", Value::text("half"));
  EXPECT_EQ(*world.recover(), 1U);
  // Back to what was wanted before: the object must still be mended.
  ASSERT_TRUE(world.reach({network("n", 1500, "old")}));
  EXPECT_EQ(difference(world, {network("n", 1500, "old")}), "");
}

TEST(Recovery, ReadsEachProviderOnce) {
  World world;
  std::vector<Resource> desired;
  for (int n = 0; n < 5; ++n) desired.push_back(network("n" + std::to_string(n)));
  world.store.die_at(2, true);
  EXPECT_FALSE(world.reach(desired));
  world.store.die_at(0, false);
  const std::size_t before = world.platform->observations;
  EXPECT_EQ(*world.recover(), 5U);
  EXPECT_EQ(world.platform->observations, before + 1);
  EXPECT_EQ(*world.recover(), 0U);
}

TEST(Recovery, ASiteThatIsOffLineLeavesTheOthersAlone) {
  World world;
  world.store.die_at(2, true);
  EXPECT_FALSE(world.reach({network("n")}));
  world.store.die_at(0, false);
  const auto cloud = world.providers.at("cloud");
  world.providers.at("cloud") = std::make_shared<OffLine>(cloud);
  EXPECT_EQ(*world.recover(), 0U);
  EXPECT_EQ(world.events.all<Noted>().back().note.code, "CL3207");
  EXPECT_EQ(world.store.open_intents()->size(), 1U);
  world.providers.at("cloud") = cloud;
  EXPECT_EQ(*world.recover(), 1U);
}

TEST(Recovery, WithoutTheProviderTheIntentStaysOpen) {
  World world;
  world.store.die_at(2, true);
  EXPECT_FALSE(world.reach({network("n")}));
  world.store.die_at(0, false);
  auto away = std::exchange(world.providers, {});
  EXPECT_EQ(*world.recover(), 0U);
  EXPECT_EQ(world.events.all<Noted>().back().note.code, "CL3207");
  EXPECT_EQ(world.store.open_intents()->size(), 1U);
  world.providers = away;
  EXPECT_EQ(*world.recover(), 1U);
}

}  // namespace
}  // namespace cloison::test
