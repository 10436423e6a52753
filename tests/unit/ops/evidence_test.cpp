// What goes into an evidence pack of the log, which pack may follow which, and what stands for people's names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ops/evidence_chain.h"
#include "core/state/memory_store.h"
#include "core/state/stored_json.h"

namespace cloison::ops {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Pseudonyms& pseudonyms() {
  static const Pseudonyms all(std::map<std::string, std::string>{{"tablet-1", "p-1"},
                                                                 {"Zo\u00e9", "p-2"},
                                                                 {"Zo\u00e9 \"Zaza\" M\u00fcller", "p-3"},
                                                                 {"anne@example.org", "p-4"},
                                                                 {"kind", "p-5"}});
  return all;
}

TEST(Pseudonyms, StandForWordsOfTheirOwn) {
  const auto text = [](std::string_view one) { return pseudonyms().in_text(one); };
  EXPECT_EQ(text("tablet-1"), "p-1");
  EXPECT_EQ(text("lab.tablets.peers.tablet-1; tablet-10 tablet-1x xtablet-1"),
            "lab.tablets.peers.p-1; tablet-10 tablet-1x xtablet-1");
  EXPECT_EQ(text("old-tablet-1,tablet-1-b"), "old-p-1,p-1-b");
  EXPECT_EQ(text("owner: anne@example.org."), "owner: p-4.");
  EXPECT_EQ(text("Zo\u00e9s Zo\u00e9"), "Zo\u00e9s p-2");
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(Pseudonyms().in_text("tablet-1"), "tablet-1");
}

TEST(Pseudonyms, TakeTheLongestAndKnowQuotes) {
  EXPECT_EQ(pseudonyms().in_text("Zo\u00e9 \"Zaza\" M\u00fcller"), "p-3");
  EXPECT_EQ(pseudonyms().in_text("1;\"Zo\u00e9 \"\"Zaza\"\" M\u00fcller\""), "1;\"p-3\"");
  EXPECT_EQ(pseudonyms().in_text("\"Zo\u00e9 \\\"Zaza\\\" M\u00fcller\""), "\"p-3\"");
}

TEST(Pseudonyms, LeaveMembersOfJsonAndWhatNamesNobody) {
  const std::string nobody = R"({ "kind": 7,  "a b": [1.50, "x"] })";
  EXPECT_EQ(pseudonyms().in_json(nobody), nobody);
  EXPECT_EQ(pseudonyms().in_json(R"({"kind":"kind","address ipv4 tablet-1":"Zo\u00e9"})"),
            R"({"kind":"p-5","address ipv4 p-1":"p-2"})");
  EXPECT_EQ(pseudonyms().in_json_lines("[\"tablet-1\"]\n[]\n"), "[\"p-1\"]\n[]\n");
  EXPECT_EQ(pseudonyms().in_json("no JSON: tablet-1"), "no JSON: p-1");
}

TEST(Pseudonyms, AreKeyedByTheState) {
  const auto one = state::make_memory_store(), other = state::make_memory_store();
  const std::set<std::string> people{"anne@example.org"};
  const auto told = Pseudonyms::keyed(*one, people)->in_text("anne@example.org");
  EXPECT_EQ(told, Pseudonyms::keyed(*one, people)->in_text("anne@example.org"));
  EXPECT_NE(told, Pseudonyms::keyed(*other, people)->in_text("anne@example.org"));
  EXPECT_THAT(told, ::testing::MatchesRegex("p-[0-9a-f]+"));
}

/// Operations of a store in memory: what begins and what ends is an entry each.
struct Lived {
  std::unique_ptr<state::StateStore> store = state::make_memory_store({.lineage = "0123456789abcdef"});
  std::unique_ptr<state::StateLock> lock = *store->lock({}, {}, std::chrono::milliseconds(0));
  int64_t day = 20'000;

  void operation(const std::string& id, std::optional<state::RecordedPack> pack = {}) {
    const Instant when(std::chrono::days(++day));
    state::Batch batch;
    batch.entries.emplace_back(
        state::OperationStarted{.id = id, .command = pack ? "report evidence" : "apply", .when = when, .pack = pack});
    batch.entries.emplace_back(state::OperationFinished{.id = id, .status = "done", .when = when});
    ASSERT_TRUE(store->commit(*lock, batch));
  }
  [[nodiscard]] Result<LogPart> part(const LogRequest& request) const {
    return log_part(*store, "0123456789abcdef", request);
  }
};

state::RecordedPack pack(uint64_t number, const std::string& manifest) {
  return {.number = number,
          .manifest_sha256 = manifest,
          .as_of = "2026-01-01T00:00:00Z",
          .signed_by = "SHA256:x",
          .last_entry = 2};
}

TEST(LogPart, OfAnEmptyLogIsEmpty) {
  const auto part = Lived().part({});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->first, 1U);
  EXPECT_EQ(part->end.last, 0U);
  EXPECT_EQ(part->before, part->end.seal);
  EXPECT_TRUE(part->entries.empty());
}

TEST(LogPart, LeavesOutTheMakingOfItsOwnPackAlone) {
  Lived lived;
  lived.operation("a");
  const auto before = lived.part({.number = 1});
  lived.operation("b", pack(1, "m"));
  const auto again = lived.part({.number = 1});
  ASSERT_TRUE(before && again);
  EXPECT_EQ(again->end, before->end);
  EXPECT_EQ(again->entries.size(), 2U);
  ASSERT_EQ(again->packs.size(), 1U);
  EXPECT_EQ(again->packs.front().manifest_sha256, "m");
  const auto next = lived.part({.number = 2, .before = before->end});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->first, 3U);
  EXPECT_EQ(next->end.last, 5U);
  EXPECT_EQ(next->before, before->end.seal);
  lived.operation("c");
  EXPECT_EQ(lived.part({.number = 1})->end.last, 7U) << "what came after it is no making of it";
}

TEST(LogPart, ContinuesOnlyWhereTheSealFits) {
  Lived lived;
  lived.operation("a");
  auto mark = lived.part({})->end;
  lived.operation("b");
  EXPECT_TRUE(lived.part({.number = 2, .before = mark})->continues);
  mark.seal.front() = mark.seal.front() == '0' ? '1' : '0';
  const auto other = lived.part({.number = 2, .before = mark});
  EXPECT_FALSE(other->continues);
  EXPECT_EQ(other->first, 1U);
  EXPECT_EQ(other->entries.size(), 4U);
  mark.last = 4000;
  EXPECT_FALSE(lived.part({.number = 2, .before = mark})->continues);
}

TEST(LogPart, EndsAtAPointInTime) {
  Lived lived;
  lived.operation("a");
  lived.operation("b");
  const auto all = lived.part({});
  const auto part = lived.part({.until = PointInTime{.instant = Instant(std::chrono::days(20'001))}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->end.last, 2U);
  const auto refused = lived.part({.number = 2, .before = all->end, .until = PointInTime{.serial = part->end.serial}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "CL7120");
  EXPECT_EQ(lived.part({.until = PointInTime{.written = "2020", .instant = Instant{}}}).error().code, "CL7201");
}

TEST(LogPart, IsFollowedByItsMark) {
  Lived lived;
  lived.operation("a");
  const auto part = *lived.part({});
  EXPECT_EQ(mark_from(chain_json(part)), part.end);
  EXPECT_EQ(mark_from("[]"), std::nullopt);
  EXPECT_EQ(mark_from("{\"last\":-1,\"serial\":0}"), std::nullopt);
  EXPECT_EQ(mark_from("no JSON"), std::nullopt);
  EXPECT_THAT(log_lines(part, {}), HasSubstr("\"kind\":\"operation_started\""));
  EXPECT_THAT(log_lines(part, Pseudonyms(std::map<std::string, std::string>{{"apply", "p-9"}})),
              Not(HasSubstr("apply")));
}

TEST(Chain, TakesTheSamePackAgainAndNoOther) {
  const std::vector<state::RecordedPack> packs{pack(1, "a"), pack(2, "b")};
  const auto code = [&](const Numbering& numbering, const std::string& manifest) {
    const auto why = against_making(numbering, manifest, packs);
    return why ? why->code : std::string();
  };
  EXPECT_EQ(code({.number = 1}, "a"), "");
  EXPECT_EQ(code({.number = 1}, "c"), "CL7120");
  EXPECT_EQ(code({.number = 1, .again = true}, "c"), "");
  EXPECT_EQ(code({.number = 2, .has_previous = true}, "b"), "");
  EXPECT_EQ(code({.number = 2, .has_previous = true}, "c"), "CL7121");
  EXPECT_EQ(code({.number = 3, .has_previous = true}, "c"), "");
  EXPECT_FALSE(against_making({.number = 1}, "a", {}));
}

TEST(Chain, BelievesTheLogBeforeTheKey) {
  const std::vector<state::RecordedPack> packs{pack(1, "a")};
  const auto codes = [&](const PackBefore& before, const std::string& network) {
    std::vector<std::string> all;
    for (const auto& one : against_following(before, network, packs)) all.push_back(one.code);
    return all;
  };
  const Diagnostics unsigned_by_us{{.code = "CL7112"}};
  EXPECT_THAT(codes({.link = {1, "a"}, .network = "n", .findings = unsigned_by_us}, "n"), ElementsAre());
  EXPECT_THAT(codes({.link = {1, "a"}, .network = "n", .findings = {{.code = "CL7113"}}}, "n"), ElementsAre("CL7113"));
  EXPECT_THAT(codes({.link = {1, "b"}, .network = "n"}, "n"), ElementsAre("CL7120"));
  EXPECT_THAT(codes({.link = {7, "x"}, .network = "n", .findings = unsigned_by_us}, "n"), ElementsAre("CL7112"));
  EXPECT_THAT(codes({.link = {1, "a"}, .network = "other"}, "n"), ElementsAre("CL7120"));
}

}  // namespace

}  // namespace cloison::ops
