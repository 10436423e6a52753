// What only a file has: modes, processes, and other processes at work.

#include "core/state/sqlite_store.h"

#include <atomic>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/store_conformance.h"
#include "tests/unit/state/state_folder.h"

namespace cloison::test {

namespace {

using namespace std::chrono_literals;
using state::Batch;

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

Batch one_row(const std::string& address) {
  Batch batch;
  batch.put = {sample_row(address)};
  return batch;
}

TEST(SqliteStore, IsItsOwnersAloneWhateverTheUmask) {
  for (const mode_t umask_now : {mode_t{0}, mode_t{0777}}) {
    const StateFolder folder;
    const mode_t before = ::umask(umask_now);
    const auto store = folder.made();
    commit(*store, one_row("a"));
    ::umask(before);
    EXPECT_EQ(mode_of(folder.file().parent_path()), 0700U);
    for (const char* suffix : {"", "-wal", "-shm", ".lock", ".serial"})
      EXPECT_EQ(mode_of(folder.beside(suffix)), 0600U) << suffix << " under umask " << umask_now;
  }
}

TEST(SqliteStore, TightensACopyThatOthersMayRead) {
  const StateFolder folder;
  (void)folder.made();
  std::filesystem::permissions(folder.file(), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  (void)folder.opened();
  EXPECT_EQ(mode_of(folder.file()), 0600U);
}

TEST(SqliteStore, IsMadeOnlyOnRequestAndOnlyOnce) {
  const StateFolder folder;
  EXPECT_FALSE(state::open_sqlite(folder.options()).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder.file().parent_path()));
  auto options = folder.options();
  options.create = true;
  options.expected_lineage = "0123456789abcdef";
  EXPECT_EQ(folder.opened(options)->load()->lineage, "0123456789abcdef");
  commit(*folder.opened(options), one_row("a"));
  EXPECT_EQ(folder.opened(options)->load()->rows.size(), 1U);
}

TEST(SqliteStore, ReadingLeavesTheFolderAsItWas) {
  const StateFolder folder;
  commit(*folder.made(), one_row("a"));
  const std::string before = content_of(folder.file());
  {
    const auto store = folder.opened();
    EXPECT_TRUE(store->load().has_value());
    EXPECT_TRUE(store->log(0, 10).has_value());
    EXPECT_TRUE(store->verify_log().has_value());
    EXPECT_TRUE(store->at(0).has_value());
    EXPECT_TRUE(store->open_intents().has_value());
    EXPECT_TRUE(store->sealed("x").has_value());
  }
  EXPECT_EQ(content_of(folder.file()), before);
  EXPECT_FALSE(std::filesystem::exists(folder.beside("-wal")));
}

TEST(SqliteStore, ReadersSeeWholeCommitsWhileAnotherWrites) {
  const StateFolder folder;
  const auto writer = folder.made();
  std::atomic<bool> done = false;
  std::thread writes([&] {
    const auto lock = locked(*writer);
    for (int i = 0; i < 60; ++i) {
      Batch batch;
      for (int row = 0; row < 20; ++row) batch.put.push_back(sample_row("row" + std::to_string(row)));
      EXPECT_TRUE(writer->commit(*lock, batch).has_value());
    }
    done = true;
  });
  const auto reader = folder.opened();
  uint64_t last = 0;
  while (!done) {
    const auto snapshot = reader->load();
    EXPECT_TRUE(snapshot.has_value()) << snapshot.error().summary << snapshot.error().detail;
    if (!snapshot) break;
    EXPECT_GE(snapshot->serial, last);
    last = snapshot->serial;
    for (const auto& [key, row] : snapshot->rows) EXPECT_EQ(row.revision, snapshot->serial) << "half a commit";
  }
  writes.join();
  EXPECT_EQ(reader->load()->serial, 60U);
}

TEST(SqliteStore, AKilledHolderLeavesItsCommitsAndNoLock) {
  const StateFolder folder;
  (void)folder.made();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = folder.opened();
    const auto lock = store->lock(somebody(), {}, 0ms);
    if (lock) (void)store->commit(**lock, one_row("committed"));
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto store = folder.opened();
  EXPECT_NE(locked(*store), nullptr);
  EXPECT_TRUE(store->load()->rows.contains({"committed", 1}));
}

TEST(SqliteStore, ALockWhoseFileWasRemovedIsLost) {
  const StateFolder folder;
  const auto first = folder.made();
  const auto lost = locked(*first);
  std::filesystem::remove(folder.beside(".lock"));
  const auto second = folder.opened();
  const auto taken = locked(*second);
  const auto refused = first->commit(*lost, one_row("a"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL4017");
  EXPECT_TRUE(second->commit(*taken, one_row("b")).has_value());
  EXPECT_EQ(second->load()->rows.size(), 1U);
}

TEST(SqliteStore, AFileTakenAwayMeanwhileIsNotWrittenTo) {
  const StateFolder folder;
  const auto store = folder.made();
  const auto lock = locked(*store);
  std::filesystem::remove(folder.file());
  const auto refused = store->commit(*lock, one_row("a"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL4001");
}

TEST(SqliteStore, AHostileLockFileIsHarmless) {
  const StateFolder folder;
  const auto first = folder.made();
  const auto lock = locked(*first);
  for (const std::string& text :
       {std::string(), std::string("{"), std::string(100'000, '['),
        std::string(R"({"holder":"\u001b[2J","host":"h","pid":1,"command":"c","since":"2026-11-22"})")}) {
    write_content(folder.beside(".lock"), text);
    const auto refused = folder.opened()->lock(somebody(), {}, 0ms);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, "CL4009");
    EXPECT_EQ(refused.error().summary.find('\x1b'), std::string::npos);
  }
}

}  // namespace

}  // namespace cloison::test
