#include "tests/support/generators_plan.h"

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "core/model/upgrade.h"

namespace cloison::test {

Result<std::vector<uint64_t>> MortalStore::commit(state::StateLock& lock, const state::Batch& batch) {
  const Diagnostic killed{.kind = ErrorKind::state, .code = "CL4999", .summary = "killed"};
  if (dead_) return fail(killed);
  ++commits;
  const bool last = left_ > 0 && --left_ == 0;
  if (last) dead_ = true;
  if (last && before_) return fail(killed);
  auto written = batch;
  if (rewrite) rewrite(written);
  auto done = inner_->commit(lock, written);
  batches.push_back(batch);
  if (last) return fail(killed);
  return done;
}

World::World() : inner(state::make_memory_store({.lineage = "lineage-of-tests"})), store(*inner) {
  providers.emplace("cloud", std::make_shared<FakeProvider>(platform));
  lock = *store.lock({.holder = "test"}, {}, std::chrono::milliseconds(0));
  options.settle_scale = std::chrono::milliseconds(1);
  options.parallelism = 4;
}

Snapshot World::snapshot() {
  return *store.load();
}

plan::PlanInput World::input(std::vector<Resource> desired, bool refresh) {
  snapshot_ = snapshot();
  EXPECT_TRUE(upgrade_rows(snapshot_, providers).empty());
  plan::PlanInput input;
  input.snapshot = &snapshot_;
  input.desired = std::move(desired);
  input.providers = &providers;
  if (refresh) {
    std::vector<std::string> kinds;
    for (const KindSchema& kind : fake_kinds()) kinds.push_back(kind.kind);
    const auto fate = std::exchange(platform->fate, nullptr);
    input.observed["cloud"] = *providers.at("cloud")->observe({snapshot_.lineage}, kinds, {});
    platform->fate = fate;
  }
  return input;
}

Checked<Plan> World::plan(std::vector<Resource> desired, bool refresh) {
  return plan::make_plan(input(std::move(desired), refresh));
}

Result<apply::ApplyResult> World::apply(const Plan& plan) {
  const state::OperationStarted operation{
      .id = "op" + std::to_string(++operations_), .command = "apply", .when = clock.now(), .steps = plan.steps.size()};
  return apply::run(plan, providers, store, *lock, operation, clock, events, options);
}

Result<std::size_t> World::recover() {
  return apply::recover(store, *lock, providers, clock, events, options);
}

bool World::reach(const std::vector<Resource>& desired) {
  const auto made = plan(desired);
  if (!made.ok()) return false;
  if (made.value->empty()) return true;
  const auto done = apply(*made.value);
  return done && done->failed == 0 && done->skipped == 0 && !done->cancelled;
}

std::vector<Resource> draw_topology(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  std::vector<Resource> all;
  std::vector<std::string> groups;
  const std::string alias = chance(50) ? "a" : "b";
  for (int g = 0; g < 3; ++g) {
    if (!chance(75)) continue;
    groups.push_back("g" + std::to_string(g));
    all.push_back(group(groups.back(), chance(70) ? "t" : "u"));
  }
  for (const std::string& one : groups) {
    for (int p = 1; p <= 4; ++p) {
      if (chance(50))
        all.push_back(
            rule(one + ".rule/" + alias + std::to_string(p), one, p, p == 4 ? groups[random() % groups.size()] : ""));
    }
  }
  for (int n = 0; n < 2; ++n) {
    if (!chance(80)) continue;
    const std::string net = "n" + std::to_string(n);
    all.push_back(network(net, chance(70) ? 1500 : 1400, chance(70) ? "x" : "y"));
    // Subnets exchange their prefixes now and then, and grow into each other's.
    const unsigned turn = static_cast<unsigned>(random() % 3);
    for (unsigned s = 0; s < 3; ++s) {
      if (!chance(70)) continue;
      const std::string sub = net + ".s" + std::to_string(s);
      const std::string length = chance(70) ? "/24" : "/23";
      all.push_back(subnet(sub, net, "10.0." + std::to_string(2 * ((s + turn) % 3)) + ".0" + length,
                           chance(50) ? std::vector<std::string>{"9.9.9.9", "1.1.1.1"} : std::vector<std::string>{}));
      std::vector<std::string> held;
      for (const std::string& one : groups) {
        if (chance(50)) held.push_back(one);
      }
      if (chance(60)) all.push_back(port(sub + ".p", net, sub, held));
    }
  }
  std::shuffle(all.begin(), all.end(), random);
  return all;
}

std::string difference(World& world, const std::vector<Resource>& desired) {
  const Snapshot now = world.snapshot();
  const auto objects = world.platform->objects();
  std::size_t ours = 0;
  for (const auto& [id, object] : objects) ours += object.foreign ? 0 : 1;
  if (ours != desired.size())
    return "objects: " + std::to_string(ours) + ", declared: " + std::to_string(desired.size());
  if (now.rows.size() != desired.size())
    return "rows: " + std::to_string(now.rows.size()) + ", declared: " + std::to_string(desired.size());
  for (const Resource& resource : desired) {
    const ResourceState* row = now.current(resource.address.text);
    if (row == nullptr) return resource.address.text + " has no row";
    const auto found = objects.find(row->remote_id);
    if (found == objects.end()) return resource.address.text + " has no object";
    const Value wanted = with_references_resolved(resource.attributes, [&](const Ref& ref) -> std::optional<Value> {
      const ResourceState* target = now.current(ref.address);
      return target == nullptr ? std::nullopt : std::optional(Value::text(target->remote_id));
    });
    const KindSchema& kind = *find_kind(fake_kinds(), resource.kind);
    for (const AttributeSchema& one : kind.attributes) {
      if (one.computed) continue;
      if (!(attribute(kind, normalised(kind, wanted), one.name) ==
            attribute(kind, normalised(kind, found->second.attributes), one.name)))
        return resource.address.text + " differs in " + one.name;
    }
  }
  return "";
}

int property_cases(int otherwise) {
  const char* text = std::getenv("CLOISON_PROPERTY_CASES");
  const int cases = text == nullptr ? 0 : std::atoi(text);
  return cases > 0 ? cases : otherwise;
}

}  // namespace cloison::test
