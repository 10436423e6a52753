// What the engine promises, on random topologies, schedules, faults and deaths.
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {
namespace {

void add_strangers(FakePlatform& platform) {
  const std::string net = platform.add_foreign("network", {{"name", Value::text("x")}, {"mtu", Value::integer(1500)}});
  platform.add_foreign("subnet",
                       {{"network", Value::text(net)}, {"cidr", Value::prefix(*IpPrefix::parse("10.0.0.0/24"))}}, net);
  const std::string group = platform.add_foreign("group", {{"title", Value::text("t")}});
  platform.add_foreign("rule", {{"group", Value::text(group)}, {"port", Value::integer(1)}}, group);
}

std::map<std::string, FakeObject> strangers(const FakePlatform& platform) {
  auto all = platform.objects();
  std::erase_if(all, [](const auto& one) { return !one.second.foreign; });
  return all;
}

TEST(EngineProperty, ApplyIsFollowedByAnEmptyPlanAndTouchesNoStranger) {
  check_law("apply, then nothing", property_cases(150), [] {
    World world;
    world.platform->together = *rc::gen::arbitrary<bool>();
    add_strangers(*world.platform);
    const auto before = strangers(*world.platform);
    for (int round = 0; round < 3; ++round) {
      const auto desired = draw_topology(random_seed());
      RC_ASSERT(world.reach(desired));
      RC_ASSERT(difference(world, desired) == "");
      auto shuffled = desired;
      std::reverse(shuffled.begin(), shuffled.end());
      const auto again = world.plan(shuffled);
      RC_ASSERT(again.ok());
      RC_ASSERT(again.value->empty());
      RC_ASSERT(again.value->observed_updates.empty());
      RC_ASSERT(world.plan(desired, false).value->empty());
    }
    RC_ASSERT(world.reach({}));
    RC_ASSERT(world.snapshot().rows.empty());
    RC_ASSERT(strangers(*world.platform) == before);
    RC_ASSERT(world.platform->objects() == before);
  });
}

TEST(EngineProperty, AnyScheduleEndsInTheSameState) {
  check_law("schedules", property_cases(100), [] {
    const auto first = draw_topology(random_seed());
    const auto second = draw_topology(random_seed());
    for (int schedule = 0; schedule < 3; ++schedule) {
      World world;
      world.platform->together = schedule == 1;
      world.options.schedule_seed = random_seed() | 1U;
      world.options.parallelism = 1 + static_cast<unsigned>(world.options.schedule_seed % 4);
      world.options.ahead = 1 + world.options.schedule_seed % 7;
      RC_ASSERT(world.reach(first));
      RC_ASSERT(world.reach(second));
      RC_ASSERT(difference(world, second) == "");
    }
  });
}

TEST(EngineProperty, FaultsAreOvercomeOrLeaveSomethingToResume) {
  check_law("faults", property_cases(100), [] {
    World world;
    world.platform->together = *rc::gen::arbitrary<bool>();
    std::mt19937_64 random(random_seed());
    for (int round = 0; round < 2; ++round) {
      const auto desired = draw_topology(random_seed());
      world.platform->fate = [&random](const std::string&, const std::string&, const std::string&) {
        static constexpr Fault k_faults[] = {Fault::refused, Fault::transient, Fault::throttled, Fault::lost,
                                             Fault::late};
        return random() % 5 == 0 ? k_faults[random() % 5] : Fault::none;
      };
      (void)world.reach(desired);
      world.platform->fate = nullptr;
      RC_ASSERT(world.recover().has_value());
      RC_ASSERT(world.reach(desired));
      RC_ASSERT(difference(world, desired) == "");
      RC_ASSERT(world.plan(desired).value->empty());
    }
  });
}

TEST(EngineProperty, KilledAtAnyCommitItResumesToTheSameState) {
  check_law("deaths", property_cases(60), [] {
    const auto first = draw_topology(random_seed());
    const auto second = draw_topology(random_seed());
    const bool before = *rc::gen::arbitrary<bool>();
    const bool together = *rc::gen::arbitrary<bool>();
    const uint64_t schedule = random_seed() | 1U;
    for (std::size_t at = 1;; ++at) {
      World world;
      world.platform->together = together;
      world.options.ahead = 3;
      world.options.schedule_seed = schedule;
      RC_ASSERT(world.reach(first));
      world.store.die_at(at, before);
      const bool survived = world.reach(second);
      const bool died = world.store.dead();
      world.store.die_at(0, false);
      RC_ASSERT(survived || died);
      RC_ASSERT(world.recover().has_value());
      RC_ASSERT(world.store.open_intents()->empty());
      RC_ASSERT(world.store.open_operations()->empty());
      RC_ASSERT(world.reach(second));
      RC_ASSERT(difference(world, second) == "");
      RC_ASSERT(world.plan(second).value->empty());
      if (!died) break;
    }
  });
}

TEST(EngineProperty, PlanFilesComeBackAsTheyWere) {
  check_law("plan files", property_cases(100), [] {
    World world;
    (void)world.reach(draw_topology(random_seed()));
    const auto made = world.plan(draw_topology(random_seed()));
    RC_ASSERT(made.ok());
    const auto read = plan::read_file(plan::to_file(*made.value, "abc"));
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->body == plan::file_body(*made.value));
    RC_ASSERT(plan::file_body(read->plan) == read->body);
    std::string damaged = plan::to_file(*made.value, "abc");
    damaged[static_cast<std::size_t>(random_seed() % damaged.size())] = static_cast<char>(random_seed());
    (void)plan::read_file(damaged);
    (void)plan::read_file(
        std::string_view(damaged).substr(0, static_cast<std::size_t>(random_seed() % damaged.size())));
  });
}

}  // namespace
}  // namespace cloison::test
