#include "tests/support/store_conformance.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "core/model/value_json.h"
#include "core/state/row.h"

namespace cloison::test {

using namespace std::chrono_literals;
using state::Batch;

namespace {

constexpr Instant k_noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h};

/// Two literals in braces would be taken for a pair of iterators.
Facts fact(const std::string& key, const std::string& value) {
  Facts facts;
  facts.emplace(key, value);
  return facts;
}

Snapshot loaded(const OpenStore& open) {
  const auto store = open();
  auto snapshot = store->load();
  EXPECT_TRUE(snapshot.has_value()) << snapshot.error().detail;
  return snapshot ? *std::move(snapshot) : Snapshot{};
}

std::string addresses(const std::vector<state::StepIntent>& intents) {
  std::string text;
  for (const auto& intent : intents)
    text += fmt::format("{}/{}:{} ", intent.operation, intent.step, intent.key.address);
  return text;
}

void starts_empty(const NewState& new_state) {
  const OpenStore open = new_state({});
  const Snapshot first = loaded(open);
  EXPECT_FALSE(first.lineage.empty());
  EXPECT_EQ(first.serial, 0U);
  EXPECT_TRUE(first.rows.empty() && first.provider_configs.empty() && first.facts.empty() && first.allocations.empty());
  EXPECT_EQ(loaded(open).lineage, first.lineage);
  EXPECT_NE(loaded(new_state({})).lineage, first.lineage);
  EXPECT_EQ(open()->verify_log().value().entries, 0U);
}

void gives_back_what_was_put(const NewState& new_state) {
  const OpenStore open = new_state({});
  Batch batch;
  batch.put = {sample_row("cloud.a.network"), sample_row("cloud.a.subnet"), sample_row("odd")};
  batch.put[1].observed = batch.put[1].applied;
  batch.put[2].remote_id = "quote \" backslash \\ newline \n nul " + std::string(1, '\0') + " é \u2028";
  batch.put[2].applied = Value::slots({Value::text(batch.put[2].remote_id), Value::integer(INT64_MIN), Value::null()});
  batch.put[2].deposed = true;
  batch.put[2].provider_config = "c1";
  batch.provider_configs["c1"] = {.name = "ovh", .kind = "openstack", .settings = {{"region", "GRA"}, {"a", ""}}};
  batch.facts["ovh"] = {{"image/debian", "7f"}, {"zone", "nova"}};
  batch.allocations = fact("lab/lyon ipv4", "10.1.0.0/24");
  commit(*open(), batch);

  const Snapshot snapshot = loaded(open);
  EXPECT_EQ(snapshot.serial, 1U);
  EXPECT_EQ(snapshot.provider_configs, batch.provider_configs);
  EXPECT_EQ(snapshot.facts, batch.facts);
  EXPECT_EQ(snapshot.allocations, *batch.allocations);
  ASSERT_EQ(snapshot.rows.size(), 3U);
  for (ResourceState& row : batch.put) {
    row.revision = 1;
    const ResourceState& back = snapshot.rows.at(row.key);
    EXPECT_EQ(state::row_digest(back), state::row_digest(row)) << row.key.address;
    EXPECT_EQ(back.applied, row.applied);
    EXPECT_EQ(back.observed, row.observed);
    EXPECT_EQ(back.depends_on, row.depends_on);
    EXPECT_EQ(back.origins, row.origins);
  }
  const ResourceState& equal = snapshot.rows.at({"cloud.a.subnet", 1});
  EXPECT_EQ(equal.applied.as_slots(), equal.observed.as_slots()) << "equal trees must be one";
}

void survives_text_that_is_not_utf8(const NewState& new_state) {
  const OpenStore open = new_state({});
  Batch batch;
  batch.put = {sample_row("hostile")};
  batch.put[0].remote_id = "id\xff\xfe";
  batch.put[0].applied = Value::slots({Value::text("\x80 text \xc3")});
  batch.facts["p"] = fact("key", "\xff");
  const auto store = open();
  commit(*store, batch);
  const std::string first = described(loaded(open));
  batch.put[0].deposed = true;
  commit(*store, batch);
  EXPECT_EQ(described(store->at(1).value()), first);
  EXPECT_TRUE(store->verify_log().has_value());
}

void counts_commits_and_revisions(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  const auto lock = locked(*store);
  const auto put = [&](std::vector<ResourceState> rows) {
    Batch batch;
    batch.put = std::move(rows);
    return store->commit(*lock, batch).value();
  };
  EXPECT_EQ(put({sample_row("a"), sample_row("b")}), (std::vector<uint64_t>{1, 1}));
  EXPECT_EQ(store->commit(*lock, {}).value(), std::vector<uint64_t>{});
  EXPECT_EQ(put({sample_row("b")}), std::vector<uint64_t>{2});
  const Snapshot snapshot = loaded(open);
  EXPECT_EQ(snapshot.serial, 2U);
  EXPECT_EQ(snapshot.rows.at({"a", 1}).revision, 1U);
  EXPECT_EQ(snapshot.rows.at({"b", 1}).revision, 2U);
}

void a_revision_never_comes_back(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  Batch put;
  put.put = {sample_row("a")};
  Batch removal;
  removal.remove = {{"a", 1}};
  commit(*store, put);
  commit(*store, removal);
  commit(*store, put);
  EXPECT_EQ(store->load()->rows.at({"a", 1}).revision, 3U);
}

void keeps_generations_apart(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  Batch batch;
  batch.put = {sample_row("a", 1), sample_row("a", 2)};
  batch.put[0].deposed = true;
  commit(*store, batch);
  const Snapshot both = loaded(open);
  ASSERT_EQ(both.rows.size(), 2U);
  ASSERT_NE(both.current("a"), nullptr);
  EXPECT_EQ(both.current("a")->key.generation, 2U);
  Batch removal;
  removal.remove = {{"a", 1}, {"never there", 1}};
  commit(*store, removal);
  const Snapshot one = loaded(open);
  ASSERT_EQ(one.rows.size(), 1U);
  EXPECT_TRUE(one.rows.contains({"a", 2}));
}

void replaces_facts_and_allocations(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  Batch batch;
  batch.facts = {{"p", fact("old", "1")}, {"q", fact("kept", "1")}};
  batch.allocations = {{"old", "1"}, {"same", "1"}, {"moved", "1"}};
  commit(*store, batch);
  Batch next;
  next.facts = {{"p", fact("new", "2")}};
  next.allocations = {{"same", "1"}, {"moved", "2"}, {"new", "2"}};
  commit(*store, next);
  const Snapshot snapshot = loaded(open);
  EXPECT_EQ(snapshot.facts, (std::map<std::string, Facts>{{"p", fact("new", "2")}, {"q", fact("kept", "1")}}));
  EXPECT_EQ(snapshot.allocations, *next.allocations);
  const auto entries = store->log(0, 100).value().size();
  next.facts["p"] = fact("new", "2");
  commit(*store, next);
  EXPECT_EQ(store->log(0, 100).value().size(), entries) << "what does not change is not logged";
}

void refuses_what_could_not_be_read_back(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  const auto lock = locked(*store);
  const auto refused = [&](const Batch& batch, std::string_view code) {
    const auto result = store->commit(*lock, batch);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, code);
    EXPECT_EQ(loaded(open).serial, 0U);
    EXPECT_TRUE(store->log(0, 10).value().empty());
  };
  Batch unknown_config;
  unknown_config.put = {sample_row("fine"), sample_row("a")};
  unknown_config.put[1].provider_config = "nowhere";
  refused(unknown_config, "CL4014");
  Batch host_bits;
  host_bits.put = {sample_row("a")};
  host_bits.put[0].applied = Value::prefix({*IpAddress::parse("10.0.0.1"), 24});
  refused(host_bits, "CL4015");
  Batch too_deep;
  too_deep.put = {sample_row("a")};
  for (int i = 0; i < 100; ++i) too_deep.put[0].observed = Value::list({too_deep.put[0].observed});
  refused(too_deep, "CL4015");
  Batch intent;
  intent.entries = {sample_intent("op", 1, "a")};
  std::get<state::StepIntent>(intent.entries[0]).desired = host_bits.put[0].applied;
  refused(intent, "CL4015");
}

void tells_what_is_in_doubt(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  Batch batch;
  batch.entries = {sample_operation("op1", k_noon), sample_intent("op1", 7, "b"), sample_intent("op1", 2, "a"),
                   sample_intent("op1", 3, "c")};
  commit(*store, batch);
  Batch outcome;
  outcome.entries = {state::StepOutcome{.operation = "op1",
                                        .step = 2,
                                        .how = state::StepOutcome::How::failed,
                                        .code = "CL5101",
                                        .message = "no",
                                        .when = k_noon}};
  commit(*store, outcome);
  const auto intents = open()->open_intents();
  ASSERT_TRUE(intents.has_value());
  EXPECT_EQ(addresses(*intents), "op1/7:b op1/3:c ");
  const auto expected = sample_intent("op1", 7, "b");
  const auto& intent = intents->front();
  EXPECT_EQ(intent.verb, expected.verb);
  EXPECT_EQ(intent.key, expected.key);
  EXPECT_EQ(intent.kind, expected.kind);
  EXPECT_EQ(intent.provider, expected.provider);
  EXPECT_EQ(intent.remote_id, expected.remote_id);
  EXPECT_EQ(intent.desired, expected.desired);
  EXPECT_EQ(intent.depends_on, expected.depends_on);
  EXPECT_EQ(intent.origins, expected.origins);
  EXPECT_EQ(intent.when, expected.when);
  const auto operations = open()->open_operations().value();
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations[0].ticket, "CHG-17");
  EXPECT_EQ(operations[0].steps, 9U);
  EXPECT_EQ(operations[0].when, k_noon);

  Batch end;  // by the next run, as another operation
  end.entries = {
      sample_operation("op2", k_noon + 1h),
      state::StepOutcome{.operation = "op1", .step = 7, .how = state::StepOutcome::How::undone, .when = k_noon},
      state::OperationFinished{.id = "op1", .status = "interrupted", .when = k_noon + 1h}};
  commit(*store, end);
  EXPECT_EQ(addresses(open()->open_intents().value()), "op1/3:c ");
  const auto left = open()->open_operations().value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, "op2");
}

void has_one_lock(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto first = open();
  const auto second = open();
  auto held = first->lock(somebody(), {}, 0ms);
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ((*held)->info().holder, "marie");
  const auto begin = std::chrono::steady_clock::now();
  const auto refused = second->lock(somebody(), {"site/lyon"}, 80ms);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 80ms);
  ASSERT_FALSE(refused.has_value());
  const Diagnostic& why = refused.error();
  EXPECT_EQ(why.kind, ErrorKind::locked);
  EXPECT_EQ(why.code, "CL4009");
  for (const char* named : {"marie", "ops-1", "4711", "apply -t inventories/lab", "2026-11-22T12:00:00Z"})
    EXPECT_NE((why.summary + why.detail).find(named), std::string::npos)
        << named << " in: " << why.summary << why.detail;
  EXPECT_NE(why.hint.find("--lock-timeout 5m"), std::string::npos);
  EXPECT_TRUE(second->load().has_value()) << "reading needs no lock";
  held->reset();
  EXPECT_TRUE(second->lock(somebody(), {}, 0ms).has_value());
}

void waits_for_the_lock(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto first = open();
  auto held = locked(*first);
  std::thread releases([&] {
    std::this_thread::sleep_for(60ms);
    held.reset();
  });
  const auto second = open();
  const bool taken = second->lock(somebody(), {}, 10s).has_value();
  releases.join();
  EXPECT_TRUE(taken);
}

void refuses_another_states_lock(const NewState& new_state) {
  const OpenStore open = new_state({});
  const OpenStore open_other = new_state({});
  const auto other = open_other();
  const auto wrong = locked(*other);
  const auto store = open();
  Batch batch;
  batch.put = {sample_row("a")};
  const auto refused = store->commit(*wrong, batch);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL4016");
  EXPECT_EQ(loaded(open).serial, 0U);
}

void a_commit_is_all_or_nothing(const NewState& new_state) {
  struct Killed {};
  uint64_t kill_at = 0;
  bool kill_before = true;
  const OpenStore open = new_state([&](uint64_t number, bool before) {
    if (number == kill_at && before == kill_before) throw Killed{};
  });
  std::mt19937_64 random(7);
  for (const bool before : {true, false}) {
    auto store = open();
    commit(*store, random_batch(random));
    kill_at = 2;
    kill_before = before;
    const std::string untouched = described(loaded(open));
    auto lock = locked(*store);
    Batch batch = random_batch(random);
    batch.put.push_back(sample_row("the last"));
    EXPECT_THROW((void)store->commit(*lock, batch), Killed);
    lock.reset();
    store.reset();
    kill_at = 0;
    if (before) {
      EXPECT_EQ(described(loaded(open)), untouched);
    } else {
      EXPECT_TRUE(loaded(open).rows.contains({"the last", 1}));
    }
    EXPECT_TRUE(open()->verify_log().has_value());
  }
}

void keeps_a_log(const NewState& new_state) {
  const OpenStore open = new_state({});
  const auto store = open();
  Batch batch;
  batch.entries = {sample_operation("op1", k_noon), sample_intent("op1", 1, "a")};
  commit(*store, batch);
  Batch next;
  next.entries = {state::StepOutcome{.operation = "op1", .step = 1, .when = k_noon + 5s}};
  next.put = {sample_row("a")};
  commit(*store, next);
  Batch rows_alone;
  rows_alone.put = {sample_row("a")};
  commit(*store, rows_alone);
  Batch last;
  last.entries = {state::OperationFinished{.id = "op1", .status = "done", .when = k_noon + 9s, .done = 1}};
  last.remove = {{"a", 1}};
  commit(*store, last);

  const auto log = open()->log(1, 100).value();
  std::string kinds;
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i].number, i + 1);
    EXPECT_EQ(log[i].operation, "op1");
    kinds += fmt::format("{}:{} ", log[i].serial, log[i].kind);
  }
  EXPECT_EQ(kinds, "1:operation_started 1:intent 2:outcome 2:row_put 3:row_put 4:operation_finished 4:row_removed ");
  EXPECT_EQ(log[3].when, k_noon + 5s);
  EXPECT_NE(log[0].json.find(R"("approved_by":"paul")"), std::string::npos);
  EXPECT_NE(log[0].json.find(R"("git_commit":"0123abc")"), std::string::npos);
  EXPECT_NE(log[3].json.find(R"("former":null)"), std::string::npos);
  EXPECT_NE(log[4].json.find(R"("former":{"address":"a")"), std::string::npos);
  const auto middle = open()->log(3, 2).value();
  ASSERT_EQ(middle.size(), 2U);
  EXPECT_EQ(middle[0].number, 3U);
  EXPECT_TRUE(open()->log(8, 10).value().empty());
  const auto checked = open()->verify_log();
  ASSERT_TRUE(checked.has_value());
  EXPECT_EQ(checked->entries, log.size());
  EXPECT_EQ(checked->operations, 1U);
  EXPECT_EQ(open()->count_operations().value(), 1U);
  const auto put = open()->newest("row_put").value();
  ASSERT_TRUE(put);
  const auto newest = std::find_if(log.rbegin(), log.rend(), [](const auto& entry) { return entry.kind == "row_put"; });
  EXPECT_EQ(put->number, newest->number);
  EXPECT_FALSE(open()->newest("nothing").value());
  EXPECT_EQ(checked->head, log.back().seal);
}

void rebuilds_any_past(const NewState& new_state) {
  for (const uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const OpenStore open = new_state({});
    std::vector<std::string> after{described(loaded(open))};
    {
      const auto store = open();
      const auto lock = locked(*store);
      for (int i = 0; i < 25; ++i) {
        const auto committed = store->commit(*lock, random_batch(random));
        ASSERT_TRUE(committed.has_value()) << committed.error().summary << committed.error().detail;
        if (const Snapshot now = loaded(open); now.serial == after.size()) after.push_back(described(now));
      }
    }
    const auto store = open();
    for (std::size_t serial = 0; serial < after.size(); ++serial) {
      const auto past = store->at(serial);
      ASSERT_TRUE(past.has_value()) << past.error().detail;
      EXPECT_EQ(described(*past), after[serial]) << "at " << serial;
    }
    EXPECT_TRUE(store->verify_log().has_value());
    const auto future = store->at(after.size());
    ASSERT_FALSE(future.has_value());
    EXPECT_EQ(future.error().code, "CL4013");
  }
}

void seals_by_a_key_of_its_own(const NewState& new_state) {
  const OpenStore open = new_state({});
  const std::string seal = open()->sealed("bytes").value();
  EXPECT_EQ(seal.size(), 64U);
  EXPECT_EQ(open()->sealed("bytes").value(), seal);
  EXPECT_NE(open()->sealed("byte").value(), seal);
  EXPECT_NE(new_state({})()->sealed("bytes").value(), seal);
}

}  // namespace

const std::vector<StoreLaw>& store_laws() {
  static const std::vector<StoreLaw> laws{
      {"StartsEmpty", starts_empty},
      {"GivesBackWhatWasPut", gives_back_what_was_put},
      {"SurvivesTextThatIsNotUtf8", survives_text_that_is_not_utf8},
      {"CountsCommitsAndRevisions", counts_commits_and_revisions},
      {"ARevisionNeverComesBack", a_revision_never_comes_back},
      {"KeepsGenerationsApart", keeps_generations_apart},
      {"ReplacesFactsAndAllocations", replaces_facts_and_allocations},
      {"RefusesWhatCouldNotBeReadBack", refuses_what_could_not_be_read_back},
      {"TellsWhatIsInDoubt", tells_what_is_in_doubt},
      {"HasOneLock", has_one_lock},
      {"WaitsForTheLock", waits_for_the_lock},
      {"RefusesAnotherStatesLock", refuses_another_states_lock},
      {"ACommitIsAllOrNothing", a_commit_is_all_or_nothing},
      {"KeepsALog", keeps_a_log},
      {"RebuildsAnyPast", rebuilds_any_past},
      {"SealsByAKeyOfItsOwn", seals_by_a_key_of_its_own},
  };
  return laws;
}

std::vector<std::pair<StoreLaw, NewState>> laws_for(const NewState& new_state) {
  std::vector<std::pair<StoreLaw, NewState>> laws;
  for (const StoreLaw& law : store_laws()) laws.emplace_back(law, new_state);
  return laws;
}

state::LockInfo somebody() {
  return {.holder = "marie", .host = "ops-1", .pid = 4711, .command = "apply -t inventories/lab", .since = k_noon};
}

std::unique_ptr<state::StateLock> locked(state::StateStore& store) {
  auto lock = store.lock(somebody(), {}, 0ms);
  EXPECT_TRUE(lock.has_value()) << lock.error().summary << ' ' << lock.error().detail;
  return lock ? *std::move(lock) : nullptr;
}

void commit(state::StateStore& store, const Batch& batch) {
  const auto lock = locked(store);
  ASSERT_NE(lock, nullptr);
  const auto committed = store.commit(*lock, batch);
  ASSERT_TRUE(committed.has_value()) << committed.error().summary << ' ' << committed.error().detail;
}

ResourceState sample_row(const std::string& address, uint32_t generation) {
  const Value digest = Value::secret("5f2d");
  ResourceState row{.key = {address, generation},
                    .provider = "ovh",
                    .kind = "subnet",
                    .remote_id = "id-of-" + address,
                    .applied = Value::slots({Value::text("name"), Value::prefix(*IpPrefix::parse("10.2.0.0/24")),
                                             Value::texts({"a", "b"}), Value::boolean(true), digest}),
                    .observed = {},
                    .depends_on = {"cloud.a", "cloud.b"},
                    .origins = {{"flow F-002", "labs.csv", 17, 3}, {"segment data", "topology.yaml", 4, 1}}};
  row.observed = Value::slots({Value::text("NAME"), Value::null(), row.applied.as_slots()->at(2)});
  return row;
}

state::OperationStarted sample_operation(const std::string& id, Instant when) {
  return {.id = id,
          .command = "apply",
          .user = "marie",
          .host = "ops-1",
          .when = when,
          .plan_digest = "aa11",
          .topology_name = "lab",
          .topology_digest = "bb22",
          .git_commit = "0123abc",
          .ticket = "CHG-17",
          .approved_by = "paul",
          .override_reason = {},
          .cloison_version = "0.1.0",
          .steps = 9};
}

state::StepIntent sample_intent(const std::string& operation, uint32_t step, const std::string& address) {
  const ResourceState row = sample_row(address);
  return {.operation = operation,
          .step = step,
          .verb = Step::Verb::update,
          .key = row.key,
          .provider = row.provider,
          .kind = row.kind,
          .remote_id = row.remote_id,
          .desired = row.applied,
          .provider_config = {},
          .depends_on = row.depends_on,
          .origins = row.origins,
          .when = k_noon + 1s};
}

Batch random_batch(std::mt19937_64& random) {
  const auto up_to = [&](uint64_t limit) { return random() % (limit + 1); };
  Batch batch;
  const std::string operation = fmt::format("op{}", up_to(2));
  if (up_to(1) == 0) batch.entries.emplace_back(sample_operation(operation, k_noon));
  for (uint64_t i = up_to(3); i > 0; --i) {
    const auto step = static_cast<uint32_t>(up_to(4));
    if (up_to(1) == 0)
      batch.entries.emplace_back(sample_intent(operation, step, fmt::format("address{}", step)));
    else
      batch.entries.emplace_back(state::StepOutcome{.operation = operation, .step = step, .when = k_noon});
  }
  if (up_to(3) == 0) batch.entries.emplace_back(state::OperationFinished{.id = operation, .status = "done"});
  const std::string config = fmt::format("config{}", up_to(3));
  if (up_to(2) == 0)
    batch.provider_configs[config] = {.name = "p", .kind = "openstack", .settings = fact("for", config)};
  for (uint64_t i = up_to(4); i > 0; --i) {
    ResourceState row = sample_row(fmt::format("address{}", up_to(6)), static_cast<uint32_t>(1 + up_to(1)));
    row.deposed = up_to(3) == 0;
    row.schema_version = static_cast<uint32_t>(1 + up_to(2));
    if (up_to(1) == 0) row.observed = row.applied;
    if (up_to(1) == 0) row.applied = Value::slots({Value::integer(static_cast<int64_t>(random())), Value::null()});
    if (!batch.provider_configs.empty()) row.provider_config = config;
    batch.put.push_back(std::move(row));
  }
  for (uint64_t i = up_to(2); i > 0; --i)
    batch.remove.push_back({fmt::format("address{}", up_to(6)), static_cast<uint32_t>(1 + up_to(1))});
  if (up_to(2) == 0) batch.facts[fmt::format("p{}", up_to(1))] = fact("fact", fmt::to_string(up_to(3)));
  if (up_to(2) == 0) {
    batch.allocations.emplace();
    for (uint64_t i = up_to(3); i > 0; --i)
      batch.allocations->emplace(fmt::format("site{}", up_to(4)), fmt::to_string(up_to(2)));
  }
  return batch;
}

std::string described(const Snapshot& snapshot) {
  std::string text = fmt::format("{} {} {}\n", snapshot.lineage, snapshot.serial, snapshot.sandbox);
  for (const auto& [key, row] : snapshot.rows) {
    text += fmt::format("row {} {} {} {} {} {} {} {} {}\n", key.address, key.generation, row.provider, row.kind,
                        row.remote_id, row.schema_version, row.revision, row.deposed, row.provider_config);
    text += fmt::format("  {}\n  {}\n", to_json(row.applied), to_json(row.observed));
    for (const auto& address : row.depends_on) text += "  after " + address + '\n';
    for (const auto& origin : row.origins)
      text += fmt::format("  from {} {}:{}:{}\n", origin.declared_by, origin.file, origin.line, origin.column);
    EXPECT_EQ(key, row.key);
  }
  for (const auto& [digest, provider] : snapshot.provider_configs) {
    text += fmt::format("config {} {} {}\n", digest, provider.name, provider.kind);
    for (const auto& [key, value] : provider.settings) text += fmt::format("  {}={}\n", key, value);
  }
  for (const auto& [provider, facts] : snapshot.facts) {
    text += "facts " + provider + '\n';
    for (const auto& [key, value] : facts) text += fmt::format("  {}={}\n", key, value);
  }
  for (const auto& [key, value] : snapshot.allocations) text += fmt::format("allocation {}={}\n", key, value);
  return text;
}

}  // namespace cloison::test
