// A damaged state is an error with a way out: never another snapshot, never "everything to create" (engine decision 8).

#include <random>

#include <gtest/gtest.h>

#include "core/state/witness.h"
#include "tests/support/store_conformance.h"
#include "tests/unit/state/state_folder.h"

namespace cloison::test {

namespace {

using state::Batch;

/// A state with some history, closed; its content and what loading it gives.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    std::mt19937_64 random(11);
    {
      const auto store = folder_.made();
      const auto lock = locked(*store);
      for (int i = 0; i < 12; ++i) ASSERT_TRUE(store->commit(*lock, random_batch(random)).has_value());
      snapshot_ = described(store->load().value());
      lineage_ = store->load()->lineage;
    }
    content_ = content_of(folder_.file());
    ASSERT_FALSE(std::filesystem::exists(folder_.beside("-wal"))) << "a closed state is one file";
  }

  /// Opens and loads; the code of the error, or "" for the right snapshot. Anything else fails the test.
  [[nodiscard]] std::string outcome(const state::SqliteOptions& options) const {
    const auto store = state::open_sqlite(options);
    if (!store) return checked(store.error());
    const auto snapshot = (*store)->load();
    if (!snapshot) return checked(snapshot.error());
    EXPECT_EQ(described(*snapshot), snapshot_);
    const auto log = (*store)->verify_log();
    return log ? std::string() : checked(log.error());
  }
  [[nodiscard]] std::string outcome() const { return outcome(folder_.options()); }

  static std::string checked(const Diagnostic& why) {
    EXPECT_EQ(why.kind, ErrorKind::state) << why.code << why.summary;
    EXPECT_FALSE(why.hint.empty() || why.summary.empty() || why.detail.empty()) << why.code;
    return why.code;
  }

  /// Puts these bytes in the place of the file, as if nothing had ever been open.
  void replace(const std::string& content) const {
    std::filesystem::remove(folder_.beside("-wal"));
    std::filesystem::remove(folder_.beside("-shm"));
    write_content(folder_.file(), content);
  }

  StateFolder folder_;
  std::string snapshot_, content_, lineage_;
};

TEST_F(Damage, NoFlippedByteGoesUnnoticed) {
  // SQLite's own header byte by byte, the rest sampled with a step that meets every offset within a page.
  constexpr std::size_t k_header = 100;
  constexpr std::size_t k_step = 61;
  std::mt19937_64 random(3);
  std::size_t noticed = 0;
  std::size_t harmless = 0;
  for (std::size_t at = 0; at < content_.size(); at += at < k_header ? 1 : k_step) {
    SCOPED_TRACE(at);
    std::string flipped = content_;
    flipped[at] = static_cast<char>(static_cast<uint8_t>(flipped[at]) ^ (1U << random() % 8));
    replace(flipped);
    (outcome().empty() ? harmless : noticed) += 1;
    if (HasFailure()) return;
  }
  EXPECT_GT(noticed, harmless) << "most bytes of the file mean something";
}

TEST_F(Damage, NoCutGoesUnnoticed) {
  for (std::size_t size = 0; size < content_.size(); size += 512) {
    SCOPED_TRACE(size);
    replace(content_.substr(0, size));
    EXPECT_EQ(outcome(), "CL4002");
    auto creating = folder_.options();
    creating.create = true;
    EXPECT_EQ(outcome(creating), "CL4002") << "never made anew";
  }
}

TEST_F(Damage, ZeroesInThePlaceOfAPage) {
  for (std::size_t page = 0; page * 1024 < content_.size(); ++page) {
    SCOPED_TRACE(page);
    std::string zeroed = content_;
    zeroed.replace(page * 1024, 1024, 1024, '\0');
    replace(zeroed);
    (void)outcome();
  }
}

TEST_F(Damage, AForeignFileIsNamed) {
  replace("this is some text, longer than a page: " + std::string(4096, 'x'));
  EXPECT_EQ(outcome(), "CL4003");
  std::string other = content_;
  other[68] = 'X';  // the application id
  replace(other);
  EXPECT_EQ(outcome(), "CL4007");
}

TEST_F(Damage, ADeletedFileIsNotANewState) {
  std::filesystem::remove(folder_.file());
  auto creating = folder_.options();
  creating.create = true;
  EXPECT_EQ(outcome(creating), "CL4001");
  EXPECT_FALSE(std::filesystem::exists(folder_.file()));
  creating.recovering = true;
  creating.expected_lineage = lineage_;
  const auto recovered = folder_.opened(creating);
  ASSERT_NE(recovered, nullptr);
  EXPECT_EQ(recovered->load()->lineage, lineage_);
  EXPECT_TRUE(recovered->load()->rows.empty());
}

TEST_F(Damage, ALineageThatIsExpectedElsewhere) {
  const StateFolder clone;
  auto options = clone.options();
  options.expected_lineage = lineage_;
  const auto missing = state::open_sqlite(options);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, "CL4001");
  EXPECT_EQ(missing.error().summary, "the state is elsewhere");
  EXPECT_NE(missing.error().hint.find("--state PATH"), std::string::npos);
  EXPECT_NE(missing.error().hint.find("cloison state recover"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(clone.file().parent_path()));
}

TEST_F(Damage, ASwappedFileBelongsToAnotherTopology) {
  const StateFolder other;
  (void)other.made();
  replace(content_of(other.file()));
  auto options = folder_.options();
  options.expected_lineage = lineage_;
  EXPECT_EQ(outcome(options), "CL4004");
}

TEST_F(Damage, ASandboxStateIsNoRealOne) {
  auto options = folder_.options();
  options.sandbox = true;
  EXPECT_EQ(outcome(options), "CL4008");
}

TEST_F(Damage, AnOlderCopyIsNoticed) {
  Batch batch;
  batch.put = {sample_row("later")};
  commit(*folder_.opened(), batch);
  replace(content_);
  EXPECT_EQ(outcome(), "CL4005");
  std::filesystem::remove(state::witness_path(folder_.file()));  // the way that the hint names
  EXPECT_EQ(outcome(), "");
}

TEST_F(Damage, ANewerFormatNamesTheVersionToInstall) {
  std::string newer = content_;
  newer[63] = 2;  // user_version, big-endian at 60
  replace(newer);
  const auto store = state::open_sqlite(folder_.options());
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, "CL4006");
  EXPECT_NE(store.error().hint.find("install cloison 0.1.0"), std::string::npos) << store.error().hint;
}

/// What a kill leaves: the newest commits are only in the write-ahead log.
class KilledState : public Damage {
 protected:
  void SetUp() override {
    Damage::SetUp();
    const auto store = folder_.opened();
    Batch batch;
    batch.put = {sample_row("only in the log ahead")};
    commit(*store, batch);
    snapshot_ = described(store->load().value());
    file_ = content_of(folder_.file());
    ahead_ = content_of(folder_.beside("-wal"));
    ASSERT_FALSE(ahead_.empty());
  }
  void leave(const std::string& ahead) const {
    replace(file_);
    write_content(folder_.beside("-wal"), ahead);
  }
  std::string file_, ahead_;
};

TEST_F(KilledState, IsWhole) {
  leave(ahead_);
  EXPECT_EQ(outcome(), "");
}

TEST_F(KilledState, MissesItsLogAhead) {
  replace(file_);
  EXPECT_EQ(outcome(), "CL4005");
}

TEST_F(KilledState, AFlippedByteInTheLogAheadIsNoticed) {
  std::mt19937_64 random(5);
  for (std::size_t at = 0; at < ahead_.size(); at += at < 32 ? 1 : 97) {
    SCOPED_TRACE(at);
    std::string flipped = ahead_;
    flipped[at] = static_cast<char>(static_cast<uint8_t>(flipped[at]) ^ (1U << random() % 8));
    leave(flipped);
    (void)outcome();
    if (HasFailure()) return;
  }
}

TEST_F(KilledState, ACutLogAheadIsNoticed) {
  for (std::size_t size = 0; size + 1 < ahead_.size(); size += 512) {
    SCOPED_TRACE(size);
    leave(ahead_.substr(0, size));
    EXPECT_NE(outcome(), "");
  }
}

TEST_F(KilledState, ALogAheadWithoutItsFileIsNotANewState) {
  leave(ahead_);
  std::filesystem::remove(folder_.file());
  std::filesystem::remove(state::witness_path(folder_.file()));
  auto creating = folder_.options();
  creating.create = true;
  EXPECT_EQ(outcome(creating), "CL4001");
}

}  // namespace

}  // namespace cloison::test
