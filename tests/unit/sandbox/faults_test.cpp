#include <thread>

#include "tests/unit/sandbox/platform.h"

namespace cloison::sandbox::trial {
namespace {

using SandboxFaults = SandboxTest;

TEST_F(SandboxFaults, PlanIsReadAndHeldToItsForm) {
  const auto plan = parse_faults("seed=7, in_doubt=0.1,fail=0.05,throttle=0.02,latency=20ms");
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (FaultPlan{.seed = 7,
                              .fail = 0.05,
                              .throttle = 0.02,
                              .in_doubt_before = 0.05,
                              .in_doubt_after = 0.05,
                              .latency = std::chrono::milliseconds(20)}));
  EXPECT_EQ(*parse_faults(""), FaultPlan{});
  for (const auto* bad :
       {"fail", "fail=", "fail=2", "fail=-1", "fail=nan", "luck=1", "fail=0.6,throttle=0.6", "latency=1h", "=1"})
    expect_refused(parse_faults(bad), ErrorKind::usage, "CL5530");
}

TEST_F(SandboxFaults, LostRequestChangesNothingAndLostAnswerChangesEverything) {
  auto with = options();
  with.faults = FaultPlan{.in_doubt_before = 1};
  open(with);
  expect_refused(create("network", "a", {{"name", Value::text("a")}}), ErrorKind::in_doubt, "CL5514");
  EXPECT_TRUE(seen("network").empty());
  with.faults = FaultPlan{.in_doubt_after = 1};
  open(with);
  expect_refused(create("network", "a", {{"name", Value::text("a")}}), ErrorKind::in_doubt, "CL5514");
  const auto found = seen("network");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].marker->names("l1", "a")) << "found again by its marker";
  expect_refused(update("network", found[0].remote_id, {{"name", Value::text("b")}}), ErrorKind::in_doubt, "CL5514");
  EXPECT_EQ(get("network", seen("network")[0].attributes, "name").text_or_empty(), "b");
  expect_refused(remove("network", found[0].remote_id), ErrorKind::in_doubt, "CL5514");
  EXPECT_TRUE(seen("network").empty());
}

TEST_F(SandboxFaults, FailureAndThrottleAreCertainlyNotDone) {
  auto with = options();
  with.faults = FaultPlan{.fail = 1};
  open(with);
  expect_refused(create("network", "a", {{"name", Value::text("a")}}), ErrorKind::transient, "CL5512");
  with.faults = FaultPlan{.throttle = 1};
  open(with);
  expect_refused(create("network", "a", {{"name", Value::text("a")}}), ErrorKind::throttled, "CL5513");
  EXPECT_TRUE(seen("network").empty());
}

TEST_F(SandboxFaults, AreTheSameForOneSeedInAnyOrder) {
  const auto outcomes = [](uint64_t seed, bool backwards) {
    FaultDice dice(FaultPlan{.seed = seed, .fail = 0.3, .in_doubt_after = 0.3});
    std::map<std::string, FaultDice::Fault> result;
    for (int i = 0; i < 200; ++i) {
      const auto name = "n" + std::to_string(backwards ? 199 - i : i);
      result[name] = dice.write("create", name);
    }
    return result;
  };
  EXPECT_EQ(outcomes(7, false), outcomes(7, true));
  EXPECT_NE(outcomes(7, false), outcomes(8, false));
  std::size_t failed = 0;
  for (const auto& [name, fault] : outcomes(7, false)) failed += fault == FaultDice::Fault::fail ? 1 : 0;
  EXPECT_GT(failed, 30U);
  EXPECT_LT(failed, 90U);
}

TEST_F(SandboxFaults, TheSameCallMadeAgainIsDrawnAgain) {
  FaultDice dice(FaultPlan{.fail = 0.5});
  std::set<FaultDice::Fault> seen_faults;
  for (int i = 0; i < 64; ++i) seen_faults.insert(dice.write("create", "n"));
  EXPECT_EQ(seen_faults.size(), 2U) << "neither failing for ever nor never";
}

TEST_F(SandboxFaults, AnswerAfterTheDeadlineLeavesAWriteInDoubt) {
  auto with = options();
  with.latency = std::chrono::milliseconds(2000);
  open(with);
  const Call call{.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20)};
  const auto one = request("network", "a", {{"name", Value::text("a")}});
  expect_refused(sandbox().create_many(std::span(&one, 1), call).front(), ErrorKind::in_doubt, "CL5519");
  const std::vector<std::string> kinds = {"network"};
  expect_refused(sandbox().observe({}, kinds, call), ErrorKind::timeout, "CL5519");
  std::stop_source stopped;
  stopped.request_stop();
  expect_refused(sandbox().create_many(std::span(&one, 1), {.stop = stopped.get_token()}).front(), ErrorKind::cancelled,
                 "CL5518");
  open(options());
  EXPECT_EQ(seen("network").size(), 1U) << "the first one was done, the stopped one never sent";
}

TEST_F(SandboxFaults, OverlappingChangesOfWhatIsHeldAloneAreRefused) {
  const auto router = made("router", "r", {{"name", Value::text("r")}});
  std::vector<std::string> subnets;
  for (const auto* prefix : {"10.0.0.0/24", "10.0.1.0/24"}) {
    const auto network = made("network", prefix, {{"name", Value::text("n")}});
    subnets.push_back(
        made("subnet", std::string(prefix) + ".s", {{"network", Value::text(network)}, {"cidr", cidr(prefix)}}));
  }
  auto with = options();
  with.latency = std::chrono::milliseconds(400);
  open(with);
  const auto attach = [&](std::size_t i) {
    return create("interface", "r." + std::to_string(i),
                  {{"router", Value::text(router)}, {"subnet", Value::text(subnets[i])}});
  };
  std::optional<Result<Applied>> first;
  std::thread other([&] { first = attach(0); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto second = attach(1);
  other.join();
  EXPECT_TRUE(*first);
  expect_refused(second, ErrorKind::conflict, "CL5511");
  expect_said(second.error(), "another change to the same object is under way",
              "r.1 is held alone while it is changed.", "try again when the other change has ended");
  EXPECT_TRUE(attach(1)) << "afterwards it is free again";
}

TEST_F(SandboxFaults, TenThreadsLoseNothing) {
  auto with = options();
  with.faults = FaultPlan{.seed = 3, .fail = 0.1, .in_doubt_after = 0.1};
  open(with);
  std::vector<std::thread> threads;
  std::atomic<std::size_t> sure = 0, doubtful = 0;
  for (int t = 0; t < 10; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 30; ++i) {
        const auto answer =
            create("network", "n" + std::to_string(t) + "-" + std::to_string(i), {{"name", Value::text("n")}});
        if (answer)
          ++sure;
        else if (answer.error().kind == ErrorKind::in_doubt)
          ++doubtful;
        if (i % 10 == 0) (void)seen("network");
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_GT(doubtful, 0U);
  EXPECT_EQ(seen("network").size(), sure + doubtful);
  std::set<std::string> ids;
  for (const auto& network : seen("network")) ids.insert(network.remote_id);
  EXPECT_EQ(ids.size(), sure + doubtful);
}

}  // namespace
}  // namespace cloison::sandbox::trial
