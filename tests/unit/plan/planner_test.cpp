#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/generators_plan.h"

namespace cloison::test {
namespace {

std::vector<Resource> small() {
  return {network("n"), subnet("n.s", "n", "10.0.0.0/24"), group("g"), rule("g.rule/80", "g", 80),
          port("n.s.p", "n", "n.s", {"g"})};
}

const Change* change_of(const Plan& plan, const std::string& address) {
  const auto found =
      std::find_if(plan.changes.begin(), plan.changes.end(), [&](const Change& one) { return one.address == address; });
  return found == plan.changes.end() ? nullptr : &*found;
}

uint32_t step_of(const Plan& plan, const std::string& address, Step::Verb verb) {
  for (uint32_t s = 0; s < plan.steps.size(); ++s) {
    if (plan.steps[s].key.address == address && plan.steps[s].verb == verb) return s;
  }
  ADD_FAILURE() << "no step: " << verb_name(verb) << " " << address;
  return 0;
}

/// Whether `later` can only run when `sooner` has succeeded.
bool comes_after(const Plan& plan, uint32_t later, uint32_t sooner) {
  const auto& after = plan.steps[later].after;
  return std::any_of(after.begin(), after.end(),
                     [&](uint32_t one) { return one == sooner || comes_after(plan, one, sooner); });
}

std::string code_of(const Diagnostics& notes) {
  return notes.empty() ? "" : notes.front().code;
}
std::string id_of(World& world, const std::string& address) {
  return world.snapshot().current(address)->remote_id;
}

TEST(Planner, CreatesTargetsFirst) {
  World world;
  const auto made = world.plan(small());
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value->summary().create, 5U);
  const uint32_t last = step_of(*made.value, "n.s.p", Step::Verb::create);
  for (const char* needed : {"n", "n.s", "g"})
    EXPECT_TRUE(comes_after(*made.value, last, step_of(*made.value, needed, Step::Verb::create))) << needed;
  EXPECT_TRUE(made.value->read_set.absent.contains("n.s.p"));
}

TEST(Planner, ShowsAllThatIsAskedOfWhatItMakesAndNothingOfWhatStays) {
  World world;
  const auto made = world.plan(small());
  const Change* subnet = change_of(*made.value, "n.s");
  ASSERT_NE(subnet, nullptr);
  std::map<std::string, Value> asked;
  for (const AttributeChange& one : subnet->attributes) {
    EXPECT_TRUE(one.before.is_null());
    asked.emplace(one.attribute, one.after);
  }
  EXPECT_EQ(asked["network"], Value::ref("n"));
  EXPECT_EQ(to_display(asked["cidr"]), "10.0.0.0/24");
  EXPECT_EQ(made.value->unchanged, 0U);
  ASSERT_TRUE(world.reach(small()));
  const auto none = world.plan(small());
  EXPECT_TRUE(none.value->changes.empty());
  EXPECT_EQ(none.value->unchanged, 5U);
}

TEST(Planner, NamesDuplicatesDanglingReferencesAndCircles) {
  World world;
  EXPECT_EQ(code_of(world.plan({network("n"), network("n")}).notes), "CL3001");
  const auto dangling = world.plan({network("net"), subnet("s", "nett", "10.0.0.0/24")});
  EXPECT_EQ(code_of(dangling.notes), "CL3002");
  EXPECT_EQ(dangling.notes.front().hint, "did you mean 'net'?");
  auto first = network("a");
  auto second = network("b");
  first.after = {"b"};
  second.after = {"a"};
  const auto circle = world.plan({first, second});
  EXPECT_EQ(code_of(circle.notes), "CL3003");
  EXPECT_EQ(circle.notes.front().detail, "a -> b -> a");
  auto strange = network("n");
  strange.kind = "router";
  EXPECT_EQ(code_of(world.plan({strange}).notes), "CL3004");
}

TEST(Planner, UpdatesInPlaceWhatMayChange) {
  World world;
  ASSERT_TRUE(world.reach({network("n", 1500, "old")}));
  const auto made = world.plan({network("n", 1500, "new")});
  const Change* change = change_of(*made.value, "n");
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->action, Action::update);
  EXPECT_EQ(change->reason, Reason::attribute_changed);
  ASSERT_EQ(change->attributes.size(), 1U);
  EXPECT_EQ(change->attributes[0].before, Value::text("old"));
  EXPECT_EQ(change->attributes[0].after, Value::text("new"));
}

TEST(Planner, ReplacesMakeBeforeBreakAndTakesDependentsAlong) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  auto desired = small();
  desired[0] = network("n", 1400);
  const auto made = world.plan(desired);
  const Plan& plan = *made.value;
  EXPECT_EQ(change_of(plan, "n")->action, Action::replace);
  EXPECT_FALSE(change_of(plan, "n")->gap);
  EXPECT_EQ(change_of(plan, "n.s")->action, Action::replace);
  EXPECT_TRUE(change_of(plan, "n.s")->attributes[0].known_after_apply);
  EXPECT_EQ(change_of(plan, "g"), nullptr);
  const uint32_t removal = step_of(plan, "n", Step::Verb::remove);
  EXPECT_TRUE(comes_after(plan, removal, step_of(plan, "n", Step::Verb::create)));
  EXPECT_TRUE(comes_after(plan, removal, step_of(plan, "n.s", Step::Verb::remove)));
  EXPECT_TRUE(comes_after(plan, step_of(plan, "n.s", Step::Verb::remove), step_of(plan, "n.s.p", Step::Verb::remove)));
  EXPECT_TRUE(
      comes_after(plan, step_of(plan, "n.s.p", Step::Verb::remove), step_of(plan, "n.s.p", Step::Verb::create)));
  EXPECT_TRUE(plan.steps[step_of(plan, "n", Step::Verb::create)].deposes);
  EXPECT_EQ(plan.steps[step_of(plan, "n", Step::Verb::create)].key.generation, 2U);
}

TEST(Planner, ChangesOfOneLaneTakeTurns) {
  World world;
  const auto wanted = [](const std::string& text) {
    std::vector<Resource> all{network("c", 1500, text), network("a", 1500, text), network("b", 1500, text),
                              network("d", 1500, text)};
    for (uint32_t i = 0; i < 3; ++i) all[i].lane = "service x", all[i].turn = i;
    return all;
  };
  const auto fresh = world.plan(wanted("old"));
  for (const Step& step : fresh.value->steps) EXPECT_TRUE(step.after.empty()) << "what is new waits for nobody";
  ASSERT_TRUE(world.reach(wanted("old")));
  const auto made = world.plan(wanted("new"));
  const auto step = [&](const std::string& address) { return step_of(*made.value, address, Step::Verb::update); };
  EXPECT_TRUE(comes_after(*made.value, step("a"), step("c")));
  EXPECT_TRUE(comes_after(*made.value, step("b"), step("a")));
  EXPECT_TRUE(made.value->steps[step("d")].after.empty());
}

TEST(Planner, NamesTheGapWhereOldAndNewCannotStandSideBySide) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  auto desired = small();
  desired[1] = subnet("n.s", "n", "10.0.0.0/23");  // overlaps the old one
  const auto made = world.plan(desired);
  const Plan& plan = *made.value;
  EXPECT_TRUE(change_of(plan, "n.s")->gap);
  EXPECT_TRUE(change_of(plan, "n.s.p")->gap);
  const uint32_t create = step_of(plan, "n.s", Step::Verb::create);
  EXPECT_FALSE(plan.steps[create].deposes);
  EXPECT_TRUE(comes_after(plan, create, step_of(plan, "n.s", Step::Verb::remove)));
  EXPECT_TRUE(comes_after(plan, step_of(plan, "n.s", Step::Verb::remove), step_of(plan, "n.s.p", Step::Verb::remove)));
  desired[1] = subnet("n.s", "n", "10.9.0.0/24");
  EXPECT_FALSE(change_of(*world.plan(desired).value, "n.s")->gap);
}

TEST(Planner, NewAddressWithATakenPrefixWaitsForTheRemoval) {
  World world;
  ASSERT_TRUE(world.reach({network("n"), subnet("n.old", "n", "10.0.0.0/24")}));
  const auto made = world.plan({network("n"), subnet("n.new", "n", "10.0.0.0/24")});
  EXPECT_TRUE(change_of(*made.value, "n.new")->gap);
  EXPECT_NE(change_of(*made.value, "n.new")->note.find("n.old"), std::string::npos);
  EXPECT_TRUE(comes_after(*made.value, step_of(*made.value, "n.new", Step::Verb::create),
                          step_of(*made.value, "n.old", Step::Verb::remove)));
}

TEST(Planner, EarlyRemovalWaitsForWhatDoesNotNeedItsRoom) {
  World world;
  ASSERT_TRUE(world.reach({network("n"), subnet("n.s", "n", "10.0.0.0/24")}));
  auto wider = subnet("n.s", "n", "10.0.0.0/23");
  wider.after = {"g"};
  const auto made = world.plan({network("n"), wider, group("g")});
  EXPECT_TRUE(comes_after(*made.value, step_of(*made.value, "n.s", Step::Verb::remove),
                          step_of(*made.value, "g", Step::Verb::create)));
}

TEST(Planner, RenamedRuleIsAdoptedWithoutACall) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  auto desired = small();
  desired[3] = rule("g.rule/web", "g", 80);
  const std::string id = id_of(world, "g.rule/80");
  const auto made = world.plan(desired);
  ASSERT_EQ(made.value->steps.size(), 1U);
  EXPECT_EQ(made.value->steps[0].verb, Step::Verb::adopt);
  EXPECT_EQ(made.value->steps[0].moved_from.address, "g.rule/80");
  world.platform->calls.clear();
  ASSERT_TRUE(world.reach(desired));
  EXPECT_TRUE(world.platform->calls.empty());
  EXPECT_EQ(id_of(world, "g.rule/web"), id);
  EXPECT_EQ(difference(world, desired), "");
}

TEST(Planner, NewRulesComeBeforeOldOnesOfTheSameGroupGo) {
  World world;
  ASSERT_TRUE(world.reach({group("g"), group("h"), rule("g.1", "g", 1), rule("h.1", "h", 1)}));
  const auto made = world.plan({group("g"), group("h"), rule("g.2", "g", 2)});
  const uint32_t create = step_of(*made.value, "g.2", Step::Verb::create);
  EXPECT_TRUE(comes_after(*made.value, step_of(*made.value, "g.1", Step::Verb::remove), create));
  EXPECT_FALSE(comes_after(*made.value, step_of(*made.value, "h.1", Step::Verb::remove), create));
}

TEST(Planner, DriftInWhatIsSetIsMendedAndOtherDriftIsTakenOver) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  const std::string id = id_of(world, "n");
  world.platform->set(id, "status", Value::text("down"));
  const auto other = world.plan({network("n")});
  EXPECT_TRUE(other.value->empty());
  ASSERT_EQ(other.value->drift.size(), 1U);
  EXPECT_FALSE(other.value->drift[0].mended);
  EXPECT_EQ(other.value->observed_updates.size(), 1U);
  world.platform->set(id, "name", Value::text("hacked"));
  const auto set = world.plan({network("n")});
  EXPECT_EQ(change_of(*set.value, "n")->reason, Reason::drifted);
  ASSERT_TRUE(world.reach({network("n")}));
  EXPECT_EQ(attribute(fake_kinds()[0], world.platform->objects().at(id).attributes, "name"), Value::text("n"));
  const auto again = world.plan({network("n")});
  EXPECT_TRUE(again.value->empty());
  EXPECT_TRUE(again.value->drift.empty()) << "shown once";
}

TEST(Planner, ServerThatRewritesValuesMakesNoNoise) {
  World world;
  world.platform->rewrite = [](FakeObject& object) {
    if (object.kind == "network")
      object.attributes = with_attribute(fake_kinds()[0], object.attributes, "name", Value::text("REWRITTEN"));
  };
  ASSERT_TRUE(world.reach({network("n")}));
  EXPECT_EQ(world.events.all<Noted>().at(0).note.code, "CL3205");
  const auto again = world.plan({network("n")});
  EXPECT_TRUE(again.value->empty());
  EXPECT_TRUE(again.value->drift.empty());
}

TEST(Planner, MissingObjectsAreMadeAgain) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  world.platform->drop(id_of(world, "n.s.p"));
  const auto made = world.plan(small());
  EXPECT_EQ(change_of(*made.value, "n.s.p")->reason, Reason::missing);
  EXPECT_TRUE(world.plan(small(), false).value->empty()) << "not read: taken as believed";
  ASSERT_TRUE(world.reach(small()));
  EXPECT_EQ(difference(world, small()), "");
}

TEST(Planner, AdoptsByMarkNeverByName) {
  World world;
  const std::string twin =
      world.platform->add_foreign("network", {{"name", Value::text("n")}, {"mtu", Value::integer(1500)}});
  EXPECT_EQ(change_of(*world.plan({network("n")}).value, "n")->action, Action::create);
  FakeObject marked = world.platform->objects().at(twin);
  marked.marker = Marker{"lineage-of-tests", 3, "n"};
  marked.foreign = false;
  world.platform->put(marked);
  const auto made = world.plan({network("n", 1500, "other")});
  EXPECT_EQ(change_of(*made.value, "n")->action, Action::adopt);
  ASSERT_TRUE(world.reach({network("n", 1500, "other")}));
  EXPECT_EQ(id_of(world, "n"), twin);
  EXPECT_EQ(world.snapshot().current("n")->key.generation, 3U);
  EXPECT_EQ(difference(world, {network("n", 1500, "other")}), "");
}

TEST(Planner, UnexpectedRulesOrphansAndSecondObjectsGo) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  const std::string group_id = id_of(world, "g");
  world.platform->add_foreign("rule", {{"group", Value::text(group_id)}, {"port", Value::integer(22)}}, group_id);
  FakeObject second = world.platform->objects().at(id_of(world, "n"));
  second.id = "z1";
  world.platform->put(second);
  second.id = "z2";
  second.marker->address = "forgotten";
  world.platform->put(second);
  second.id = "z3";
  second.marker->lineage = "somebody-else";
  world.platform->put(second);
  const auto made = world.plan(small());
  EXPECT_EQ(made.value->summary().remove, 3U);
  EXPECT_EQ(made.value->drift.size(), 3U);
  ASSERT_TRUE(world.reach(small()));
  world.platform->drop("z3");
  EXPECT_EQ(difference(world, small()), "");
}

TEST(Planner, TargetTakesWhatItNeedsAndCountsTheRest) {
  World world;
  auto input = world.input(small());
  input.chosen_only = true;
  input.chosen = {"n.s"};
  const auto made = plan::make_plan(input);
  EXPECT_TRUE(made.value->partial);
  EXPECT_EQ(made.value->changes.size(), 2U);
  EXPECT_EQ(made.value->left_out, 3U);
  ASSERT_TRUE(world.reach(small()));
  auto removal = world.input({group("g"), rule("g.rule/80", "g", 80)});
  removal.chosen_only = true;
  removal.chosen = {"n"};
  EXPECT_EQ(plan::make_plan(removal).value->steps.size(), 3U) << "what stands on the network goes before it";
}

TEST(Planner, DestroyGoesInReverse) {
  World world;
  ASSERT_TRUE(world.reach(small()));
  auto input = world.input({});
  input.destroy = true;
  const auto made = plan::make_plan(input);
  EXPECT_EQ(made.value->summary().remove, 5U);
  EXPECT_EQ(made.value->changes[0].reason, Reason::requested);
  EXPECT_TRUE(comes_after(*made.value, step_of(*made.value, "n", Step::Verb::remove),
                          step_of(*made.value, "n.s.p", Step::Verb::remove)));
}

TEST(Planner, RowsWithoutProviderAreNamed) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  auto input = world.input({}, false);
  const Providers none;
  input.providers = &none;
  EXPECT_EQ(code_of(plan::make_plan(input).notes), "CL3005");
}

TEST(Planner, QuotaCountsCreatesOnly) {
  World world;
  ASSERT_TRUE(world.reach({network("n")}));
  auto input = world.input({network("n", 1400), network("m")});
  input.quotas["cloud"] = {{"network", 2, 1}};
  const auto made = plan::make_plan(input);
  ASSERT_EQ(made.value->quota.size(), 1U);
  EXPECT_EQ(made.value->quota[0].needed, 2);
  EXPECT_FALSE(made.value->quota[0].fits());
}

TEST(SavedPlan, IsRefusedOnlyWhenWhatItReadMoved) {
  World world;
  ASSERT_TRUE(world.reach({network("n"), group("g")}));
  const auto made = world.plan({network("n", 1500, "new"), group("g"), network("m")});
  ASSERT_TRUE(world.reach({network("n"), group("g", "changed")}));
  EXPECT_TRUE(plan::moved_since(*made.value, world.snapshot()).empty()) << "a change elsewhere";
  ASSERT_TRUE(world.reach({network("n", 1500, "newer"), group("g"), network("m")}));
  const auto moved = plan::moved_since(*made.value, world.snapshot());
  ASSERT_EQ(moved.size(), 2U);
  EXPECT_EQ(moved[0].address, "n");
  EXPECT_EQ(moved[1].code, "CL3012");
  for (const Diagnostic& note : moved) EXPECT_EQ(note.kind, ErrorKind::conflict) << "a refused plan, and no policy";
  Snapshot other = world.snapshot();
  other.lineage = "other";
  EXPECT_EQ(code_of(plan::moved_since(*made.value, other)), "CL3014");
}

TEST(SavedPlan, ComesBackWithPlacesAndRefusesAnythingElse) {
  World world;
  auto input = world.input(small());
  const SpanId span = input.sources.add("topology.yaml", 42, 9);
  for (Resource& one : input.desired) one.origins = {{"flow F-1", span}};
  input.warnings = {{.severity = Diagnostic::Severity::warning,
                     .kind = ErrorKind::topology,
                     .code = "CL1001",
                     .where = span,
                     .related = {{span, "here"}},
                     .context = {"x"}}};
  input.not_applied = {{.block = "links", .entry = "l", .where = span}};
  input.facts["cloud"]["zone/a"] = "1";
  input.allocations["k"] = "10.0.0.0/24";
  auto made = plan::make_plan(input);
  made.value->reach = {.changes = {{.opens = false,
                                    .from = "lab.lan",
                                    .to = "internet",
                                    .services = {"tcp/443"},
                                    .reasons = {"F-1"},
                                    .pairs = 24,
                                    .example = "one"}},
                       .guarantees = {{.id = "G-1",
                                       .text = "isolated among lab",
                                       .verdict = PlannedGuarantee::Verdict::broken,
                                       .why = "it is",
                                       .declared = span}},
                       .pairs = 7,
                       .closed = 1};
  const std::string text = plan::to_file(*made.value, "seal");
  const auto read = plan::read_file(text);
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(read->seal, "seal");
  EXPECT_EQ(plan::plan_digest(read->plan), plan::plan_digest(*made.value));
  EXPECT_EQ(read->plan.sources.location(read->plan.steps[0].origins[0].span), "topology.yaml:42:9");
  EXPECT_TRUE(read->plan.reach.breaks());
  EXPECT_FALSE(read->plan.reach.opens());
  EXPECT_EQ(read->plan.sources.location(read->plan.reach.guarantees[0].declared), "topology.yaml:42:9");
  EXPECT_EQ(plan::read_file("{}").error().code, "CL3101");
  EXPECT_EQ(plan::read_file("{\"cloison_plan\":1,").error().code, "CL3102");
  EXPECT_EQ(plan::read_file(text.substr(0, text.find("\"plan\":") + 7) + "[1]}\n").error().code, "CL3103");
  std::string late = text;
  late.replace(late.find("\"after\":["), 9, "\"after\":[99,");
  EXPECT_EQ(plan::read_file(late).error().code, "CL3103");
}

}  // namespace
}  // namespace cloison::test
