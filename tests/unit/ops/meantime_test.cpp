// What may happen while a plan is applied, and the order that avoids it.

#include "core/ops/meantime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ops/effects.h"
#include "tests/support/meantime.h"
#include "tests/support/small_network.h"

namespace cloison::ops {

namespace {

using test::Thing;
using test::Things;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using Verb = Step::Verb;

Thing permission(int64_t node, int64_t from, int64_t to) {
  return {.kind = "rule", .node = node, .from = from, .to = to, .service = 1};
}
Thing way(int64_t node, int64_t to, int64_t core = 0) {
  return {.kind = "route", .node = node, .from = core, .to = to};
}

/// A change of the small network; there are ways between LANs 0 and 1.
struct Change {
  Things before{{"way-0", way(0, 1)}, {"way-1", way(1, 0)}}, behind = before;
  Plan plan{};
  Snapshot snapshot{};
  PlacedByProvider is{};
  Providers providers{{"small", std::make_shared<test::SmallNetwork>()}};
  verify::ProofInput input{.places = test::lan_places()};

  void want(int64_t from, int64_t to) {
    auto box = test::rule_from(from, to, 1, false).match.packets[0];
    box.source.first += 2, box.destination.first += 2;
    input.wanted.push_back({.id = "F-1", .flow = "F-1", .packets = {box}, .permitted = {box}});
  }
  void forbid(const std::string& from, const std::string& to) {
    input.guarantees.push_back({.id = "G-1",
                                .kind = verify::Guarantee::Kind::unreachable,
                                .from = {.terms = {{.path = from}}},
                                .to = {.terms = {{.path = to}}}});
  }
  void step(Verb verb, const std::string& address, const Thing& thing) {
    plan.steps.push_back({.verb = verb,
                          .key = {address},
                          .provider = "small",
                          .kind = thing.kind,
                          .desired = verb == Verb::remove ? Value::null() : behind.at(address).value()});
  }
  /// Removals first, as the map has them.
  void make_plan() {
    for (const auto& [address, thing] : before) {
      ResourceState row{.key = {address}, .provider = "small", .kind = thing.kind, .remote_id = "id of " + address};
      row.observed = thing.value();
      is["small"].push_back({row.remote_id, address, thing.kind, row.observed});
      snapshot.rows.emplace(row.key, row);
      if (const auto then = behind.find(address); then == behind.end())
        step(Verb::remove, address, thing);
      else if (then->second != thing)
        step(Verb::update, address, thing);
    }
    for (const auto& [address, thing] : behind)
      if (!before.contains(address)) step(Verb::create, address, thing);
  }
  [[nodiscard]] Meantime asked() {
    if (plan.steps.empty()) make_plan();
    return test::asked_meantime(input, providers, is, snapshot, plan);
  }
};

TEST(Meantime, WhatOnlyOpensNeedsNoOrder) {
  Change change;
  change.behind["a"] = permission(0, 0, 1);
  change.behind["b"] = permission(1, 0, 1);
  const auto found = change.asked();
  EXPECT_THAT(found.turns, ElementsAre(0U, 0U));
  EXPECT_TRUE(found.opens.empty());
}

/// Node 0 lets it pass before, node 1 after; both at once never should.
Change crossing() {
  Change change;
  change.before["a"] = permission(0, 0, 1);
  change.behind["b"] = permission(1, 0, 1);
  return change;
}

TEST(Meantime, WhatWouldOpenForAWhileIsClosedFirst) {
  auto change = crossing();
  change.forbid("site-0", "site-1");
  const auto found = change.asked();
  EXPECT_THAT(found.turns, ElementsAre(0U, 1U));
  EXPECT_TRUE(found.opens.empty());
  EXPECT_THAT(found.broken, IsEmpty());
}

TEST(Meantime, AGuaranteeThatNoOrderKeepsIsNamed) {
  auto change = crossing();
  change.forbid("site-0", "site-1");
  change.make_plan();
  change.plan.steps[0].after = {1};  // it must come last
  const auto found = change.asked();
  EXPECT_FALSE(found.opens.empty());
  EXPECT_THAT(found.broken, ElementsAre(0U));
  EXPECT_THAT(found.in_conflict, ElementsAre("a", "b"));
  change.plan.reach.meantime = {.broken = {"G-1"}, .conflict = found.in_conflict};
  const auto notes = broken_guarantees(change.plan, {});
  ASSERT_THAT(notes, ::testing::SizeIs(1));
  EXPECT_EQ(notes[0].code, "CL6122");
  EXPECT_THAT(notes[0].detail, ::testing::HasSubstr("a, b"));
  EXPECT_THAT(broken_guarantees(change.plan, {{"G-1", "at night"}}), IsEmpty());
}

TEST(Meantime, AFlowWhoseRuleIsReplacedGetsTheNewOneFirst) {
  Change change;
  change.want(0, 1);
  change.before["old"] = permission(0, 0, 1);
  change.before["b"] = change.behind["b"] = permission(1, 0, 1);
  change.behind["new"] = permission(0, 0, 1);
  const auto found = change.asked();
  EXPECT_THAT(found.turns, ElementsAre(1U, 0U)) << "the removal is the first step";
  EXPECT_THAT(found.stops, IsEmpty());
}

TEST(Meantime, AGroupAndARuleForItMeet) {
  Change change;
  change.before["g"] = {.kind = "group_rule", .node = 0, .to = 1, .service = 1, .list = {"red"}};
  change.before["m"] = {.kind = "member", .from = 0, .list = {"blue"}};
  change.before["b"] = change.behind["b"] = permission(1, 0, 1);
  change.behind["m"] = {.kind = "member", .from = 0, .list = {"red"}};
  const auto found = change.asked();
  EXPECT_TRUE(found.opens.empty()) << "only together, which neither before nor after has";
  EXPECT_THAT(found.turns, Not(ElementsAre(0U, 0U)));
}

TEST(Meantime, AWayThatGoesAndOneThatComesAreLookedAtTogether) {
  Change change;
  change.want(0, 1);
  change.before["a"] = change.behind["a"] = permission(0, 0, 1);
  change.before["b"] = change.behind["b"] = permission(1, 0, 1);
  change.before["other"] = way(0, 1, 1);
  change.before.erase("way-0");
  const auto found = change.asked();
  EXPECT_THAT(found.stops, IsEmpty());
  EXPECT_THAT(found.stops_not_known, IsEmpty());
  EXPECT_THAT(found.turns, ElementsAre(1U, 0U)) << "the new way first";
}

TEST(Meantime, AWayThatOnlyChangesItsNameIsGoneInBetween) {
  Change change;
  change.want(0, 1);
  change.before["a"] = change.behind["a"] = permission(0, 0, 1);
  change.before["b"] = change.behind["b"] = permission(1, 0, 1);
  change.behind["way-2"] = change.behind["way-0"];
  change.behind.erase("way-0");
  EXPECT_THAT(change.asked().turns, ElementsAre(1U, 0U)) << "the removal is the first step";
}

TEST(Meantime, WhatIsAddedElsewhereLeavesFlowsAlone) {
  Change change;
  change.want(0, 1);
  change.before["a"] = change.behind["a"] = permission(0, 0, 1);
  change.before["b"] = change.behind["b"] = permission(1, 0, 1);
  for (int64_t from = 0; from < test::k_lans; ++from)
    for (int64_t core = 0; core < test::k_cores; ++core)
      for (const int copy : {1, 2})
        change.behind["way-" + std::to_string(from) + std::to_string(core) + std::to_string(copy)] = way(from, 2, core);
  EXPECT_THAT(change.asked().stops_not_known, IsEmpty()) << "many ways are new, and none is for what passes";
}

}  // namespace

}  // namespace cloison::ops
