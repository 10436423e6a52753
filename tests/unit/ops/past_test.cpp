// What the log tells of the past, on a log made by hand.

#include "core/ops/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/state/memory_store.h"

namespace cloison::ops {

namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

Instant day(int64_t number) {
  return Instant(std::chrono::days(20'000 + number));
}

/// Operations of a store in memory, a commit each.
struct Lived {
  std::unique_ptr<state::StateStore> store = state::make_memory_store();
  std::unique_ptr<state::StateLock> lock = *store->lock({}, {}, std::chrono::milliseconds(0));

  void operation(const std::string& id, int64_t when, std::optional<state::RecordedTopology> recorded,
                 std::vector<ResourceState> rows = {}) {
    state::Batch batch{.put = std::move(rows)};
    batch.entries.emplace_back(
        state::OperationStarted{.id = id, .command = "apply", .when = day(when), .recorded = std::move(recorded)});
    ASSERT_TRUE(store->commit(*lock, batch));
    state::Batch end;
    end.entries.emplace_back(state::OperationFinished{.id = id, .status = "done", .when = day(when)});
    ASSERT_TRUE(store->commit(*lock, end));
  }
  [[nodiscard]] PastView seen(const std::optional<PointInTime>& until = std::nullopt) const {
    auto view = read_past(*store, until);
    EXPECT_TRUE(view);
    return view ? *std::move(view) : PastView{};
  }
};

state::RecordedFile file(const std::string& role, const std::string& path, const std::string& text) {
  return {.role = role, .path = path, .digest = sha256_hex(text), .text = text};
}

state::RecordedTopology recorded(const std::string& flows) {
  return {.digest = "d", .files = {file("topology", "topology.yaml", "cloison: 1"), file("flows", "", flows)}};
}

ResourceState table(const std::vector<std::string>& rules) {
  ResourceState row{.key = {"node.firewall"}, .provider = "nodes", .kind = "firewall", .remote_id = "r"};
  row.applied = row.observed = Value::slots({Value::texts(rules), Value::text("no rule")});
  return row;
}

TEST(Past, APointInTimeIsADateAnInstantOrACommit) {
  EXPECT_EQ(point_in_time("42")->serial, 42U);
  EXPECT_EQ(rfc3339(point_in_time("2026-03-31")->instant), "2026-03-31T23:59:59Z");
  EXPECT_EQ(rfc3339(point_in_time("2026-03-31T12:00:00Z")->instant), "2026-03-31T12:00:00Z");
  for (const auto* wrong : {"", "yesterday", "-1", "2026-13-01", "42x"}) EXPECT_FALSE(point_in_time(wrong)) << wrong;
}

TEST(Past, ARuleIsInPlaceSinceItWasPutThereWithoutABreak) {
  Lived lived;
  lived.operation("one", 1, recorded("{}"), {table({"a", "b"})});
  lived.operation("two", 2, std::nullopt, {table({"a", "c"})});
  lived.operation("three", 3, std::nullopt, {table({"a", "b", "c"})});
  const auto now = lived.seen();
  const auto& since = now.past.since.at("node.firewall");
  EXPECT_EQ(since.at("a"), 0U);
  EXPECT_EQ(since.at("b"), 2U);  // it was away in between
  EXPECT_EQ(since.at("c"), 1U);
  EXPECT_EQ(since.at(""), 2U);                        // the table as it is
  EXPECT_THAT(since, Not(Contains(Key("no rule"))));  // stands in no list
  const auto then = lived.seen(point_in_time(rfc3339(day(2))));
  EXPECT_EQ(then.past.operations.size(), 2U);
  EXPECT_EQ(then.past.since.at("node.firewall").at("a"), 0U);
  EXPECT_EQ(then.past.since.at("node.firewall").at("c"), 1U);
  EXPECT_EQ(then.snapshot.rows.at({"node.firewall"}).applied, table({"a", "c"}).applied);
}

TEST(Past, AFlowHasAVersionForEachThingThatWasSaidOfIt) {
  Lived lived;
  lived.operation("one", 1, recorded(R"({"F-1":{"to":"a"},"F-2":{"to":"b"}})"));
  lived.operation("two", 2, recorded(R"({"F-1":{"to":"a"}})"));
  lived.operation("three", 3, recorded(R"({"F-1":{"to":"c"},"F-2":{"to":"b"}})"));
  const auto now = lived.seen();
  const auto& first = now.past.flows.at("F-1");
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].operation, 0U);
  EXPECT_EQ(first[1].operation, 2U);
  const auto& second = now.past.flows.at("F-2");
  ASSERT_EQ(second.size(), 3U);
  EXPECT_TRUE(second[1].said.empty());
  EXPECT_EQ(second[2].said, (Said{{"to", "b"}}));
  EXPECT_EQ(now.past.operations.back().status, "done");
}

TEST(Past, ItsTopologyIsLaidOutAsItWas) {
  Lived lived;
  lived.operation("one", 1,
                  state::RecordedTopology{.digest = "d",
                                          .files = {file("topology", "topology.yaml", "cloison: 1"),
                                                    file("overlay", "../common/lab.override.yaml", "name: x"),
                                                    file("table", "labs.csv", "name")}});
  const auto now = lived.seen();
  const auto laid = restore_topology({}, *lived.store, now.past);
  ASSERT_TRUE(laid);
  const auto& topology = laid->context.topology;
  EXPECT_EQ(topology.path.filename(), "topology.yaml");
  ASSERT_EQ(topology.overlays.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(topology.overlays.front()));
  EXPECT_TRUE(std::filesystem::exists(topology.path.parent_path() / "labs.csv"));
  EXPECT_EQ(laid->context.clock.now(), day(1));
}

/// CL7203: a text that its entry does not hold, and a place outside the folder.
TEST(Past, WhatTheLogDoesNotHoldIsSaid) {
  for (auto wrong : {state::RecordedFile{.role = "topology", .path = "a.yaml", .digest = "d", .entry = 1},
                     state::RecordedFile{.role = "topology", .path = "a.yaml", .digest = "d", .entry = 900},
                     file("topology", "/etc/x", "x"), file("topology", "a/../../../../../../../x", "x"),
                     file("cellar", "a.yaml", "x")}) {
    Lived lived;
    lived.operation("one", 1, state::RecordedTopology{.digest = "d", .files = {wrong}});
    const auto now = lived.seen();
    const auto laid = restore_topology({}, *lived.store, now.past);
    ASSERT_FALSE(laid) << wrong.path;
    EXPECT_EQ(laid.error().code, "CL7203") << wrong.path;
  }
}

}  // namespace

}  // namespace cloison::ops
