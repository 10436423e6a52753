// Rows that older versions of cloison wrote, at random among others: read right, brought up to date, and never taken
// for a change. The kinds of the fake platform play a third version; the two before it are below.
#include "core/model/upgrade.h"

#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {
namespace {

constexpr uint32_t k_today = 3;

std::vector<Value> slots_of(const Value& record) {
  return record.as_slots() != nullptr ? *record.as_slots() : std::vector<Value>{};
}

/// A record of today as version `to` stored it; nullopt where that version could not say it.
///   network: 1 {mtu, name, status}, 2 {name, mtu as text, status}   subnet: 1 {cidr as text, network}, 2 {network,
///   cidr} every other kind: 1 the slots in reverse, 2 each slot twice
std::optional<Value> as_version(const std::string& kind, const Value& today, uint32_t to) {
  auto slots = slots_of(today);
  if (kind == "network") {
    if (to == 1) return Value::slots({slots[1], slots[0], slots[2]});
    return Value::slots({slots[0], Value::text(std::to_string(*slots[1].as_integer())), slots[2]});
  }
  if (kind == "subnet") {
    if (!slots[2].is_null()) return std::nullopt;
    if (to == 1) return Value::slots({Value::text(slots[1].as_prefix()->text()), slots[0]});
    return Value::slots({slots[0], slots[1]});
  }
  if (to == 1) return Value::slots({slots.rbegin(), slots.rend()});
  std::vector<Value> twice;
  for (const Value& slot : slots) twice.insert(twice.end(), {slot, slot});
  return Value::slots(std::move(twice));
}

/// Back again, written from the layouts alone.
Value from_version(const std::string& kind, const Value& stored, uint32_t from) {
  auto slots = slots_of(stored);
  if (kind == "network") {
    if (from == 1) return Value::slots({slots[1], slots[0], slots[2]});
    return Value::slots({slots[0], Value::integer(std::stoll(slots[1].text_or_empty())), slots[2]});
  }
  if (kind == "subnet") {
    if (from == 1)
      return Value::slots({slots[1], Value::prefix(*IpPrefix::parse(slots[0].text_or_empty())), Value::null()});
    return Value::slots({slots[0], slots[1], Value::null()});
  }
  if (from == 1) return Value::slots({slots.rbegin(), slots.rend()});
  std::vector<Value> once;
  for (std::size_t i = 0; i < slots.size(); i += 2) once.push_back(slots[i]);
  return Value::slots(std::move(once));
}

/// The fake platform's provider, after two changes of layout.
class ThirdVersion final : public Provider {
 public:
  explicit ThirdVersion(std::shared_ptr<FakePlatform> platform) : inner_(std::move(platform)) {
    for (KindSchema kind : fake_kinds()) {
      kind.version = k_today;
      kinds_.push_back(std::move(kind));
    }
  }
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return kinds_; }
  [[nodiscard]] Checked<Lowered> lower(const Intent&, const Facts&) const override { return {}; }
  [[nodiscard]] Result<ResourceState> upgraded(ResourceState row) const override {
    row.applied = from_version(row.kind, row.applied, row.schema_version);
    row.observed = from_version(row.kind, row.observed, row.schema_version);
    return row;
  }
  [[nodiscard]] StoredProvider configuration() const override { return inner_.configuration(); }
  [[nodiscard]] Result<Facts> probe(const Call& call) override { return inner_.probe(call); }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope& scope, std::span<const std::string> kinds,
                                                      const Call& call) override {
    return inner_.observe(scope, kinds, call);
  }
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests,
                                                         const Call& call) override {
    return inner_.create_many(requests, call);
  }
  [[nodiscard]] Result<Applied> update(const ResourceState& now, const Resource& desired, const Call& call) override {
    must_be_today(now);
    return inner_.update(now, desired, call);
  }
  [[nodiscard]] Result<void> remove(const ResourceState& row, const Call& call) override {
    must_be_today(row);
    return inner_.remove(row, call);
  }
  [[nodiscard]] Result<std::vector<Observed>> cascade(const ResourceState& row, const Call& call) override {
    must_be_today(row);
    return inner_.cascade(row, call);
  }

 private:
  void must_be_today(const ResourceState& row) const {
    const KindSchema& kind = *find_kind(kinds_, row.kind);
    if (row.schema_version != k_today || slots_of(row.applied).size() != kind.attributes.size())
      ADD_FAILURE() << row.key.address << " reached the provider in layout " << row.schema_version;
  }

  FakeProvider inner_;
  std::vector<KindSchema> kinds_{};
};

/// Writes rows back as older versions did, each by chance; how many.
std::size_t age_rows(World& world, std::mt19937_64& random) {
  state::Batch batch;
  for (auto& [key, row] : world.snapshot().rows) {
    const auto version = static_cast<uint32_t>(1 + random() % k_today);
    if (version == k_today || row.schema_version != k_today) continue;
    auto applied = as_version(row.kind, row.applied, version);
    auto observed = as_version(row.kind, row.observed, version);
    if (!applied || !observed) continue;
    ResourceState old = row;
    old.schema_version = version;
    old.applied = *std::move(applied);
    old.observed = *std::move(observed);
    batch.put.push_back(std::move(old));
  }
  const std::size_t count = batch.put.size();
  if (count > 0) RC_ASSERT(world.inner->commit(*world.lock, batch).has_value());
  return count;
}

/// What a run of an older version would have had in mind, in the layout of its time.
void age_intents(state::Batch& batch, std::mt19937_64& random) {
  for (auto& entry : batch.entries) {
    auto* intent = std::get_if<state::StepIntent>(&entry);
    if (intent == nullptr || intent->desired.as_slots() == nullptr) continue;
    const auto version = static_cast<uint32_t>(1 + random() % k_today);
    if (version == k_today) continue;
    auto desired = as_version(intent->kind, intent->desired, version);
    if (!desired) continue;
    intent->schema_version = version;
    intent->desired = *std::move(desired);
  }
}

std::string stored(World& world) {
  std::ostringstream text;
  for (const auto& [key, row] : world.snapshot().rows)
    text << key.address << ' ' << key.generation << ' ' << row.schema_version << ' ' << row.remote_id << ' '
         << to_display(row.applied) << ' ' << to_display(row.observed) << '\n';
  return text.str();
}

void serve_third_version(World& world) {
  world.providers["cloud"] = std::make_shared<ThirdVersion>(world.platform);
}

TEST(UpgradeProperty, OlderRowsAreNoChangeAndAreWrittenBackInTodaysLayout) {
  check_law("older rows", property_cases(100), [] {
    World world;
    serve_third_version(world);
    std::mt19937_64 random(random_seed());
    const auto desired = draw_topology(random());
    RC_ASSERT(world.reach(desired));
    const std::string before = stored(world);
    const std::size_t aged = age_rows(world, random);
    RC_ASSERT(aged == 0 || stored(world) != before);
    const auto plan = world.plan(desired);
    RC_ASSERT(plan.ok());
    RC_ASSERT(plan.value->empty());
    RC_ASSERT(plan.value->drift.empty());
    RC_ASSERT(plan.value->observed_updates.size() == aged);
    if (aged > 0) RC_ASSERT(world.apply(*plan.value).has_value());
    RC_ASSERT(stored(world) == before);
  });
}

TEST(UpgradeProperty, ChangesRemovalsAndDeathsMeetOlderRows) {
  check_law("changes over older rows", property_cases(100), [] {
    std::mt19937_64 random(random_seed());
    const auto first = draw_topology(random());
    const auto second = draw_topology(random());
    World world;
    serve_third_version(world);
    RC_ASSERT(world.reach(first));
    (void)age_rows(world, random);
    world.options.ahead = 3;
    world.store.rewrite = [&random](state::Batch& batch) { age_intents(batch, random); };
    world.store.die_at(1 + random() % 6, random() % 2 == 0);
    (void)world.reach(second);
    world.store.die_at(0, false);
    world.store.rewrite = {};
    (void)age_rows(world, random);
    RC_ASSERT(world.recover().has_value());
    RC_ASSERT(world.reach(second));
    RC_ASSERT(difference(world, second) == "");
    RC_ASSERT(world.plan(second).value->empty());
  });
}

TEST(UpgradeProperty, ARowOfALaterVersionIsRefusedAndNothingIsTouched) {
  World world;
  serve_third_version(world);
  ASSERT_TRUE(world.reach({network("n")}));
  state::Batch batch;
  ResourceState row = world.snapshot().rows.begin()->second;
  row.schema_version = k_today + 1;
  batch.put.push_back(row);
  ASSERT_TRUE(world.inner->commit(*world.lock, batch).has_value());
  Snapshot snapshot = world.snapshot();
  const auto notes = upgrade_rows(snapshot, world.providers);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front().code, "CL3211");
  EXPECT_FALSE(notes.front().hint.empty());
  const auto before = world.platform->objects();
  const auto ran = world.apply(Plan{});
  ASSERT_FALSE(ran.has_value());
  EXPECT_EQ(ran.error().code, "CL3211");
  EXPECT_EQ(world.platform->objects(), before);
}

}  // namespace
}  // namespace cloison::test
