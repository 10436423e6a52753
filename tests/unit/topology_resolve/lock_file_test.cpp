#include "core/topology/lock_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace cloison::topology {
namespace {

TEST(LockFile, WhatIsWrittenIsReadBack) {
  LockFile lock{.lineage = "3f2a"};
  lock.entries = {{"cidr ipv4 lab/lyon-03.lan", "10.16.3.0/24"},
                  {"cidr ipv6 cloud.production", "fd12:0:0:100::/56"},
                  {"address ipv6 cloud.production.data.postgres-2", "fd12:0:0:100::b"},
                  {"pin api.esante.fr", "203.0.113.7 203.0.113.8"}};
  SourceMap sources;
  const auto read = parse_lock("cloison.lock", to_text(lock), sources);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value->lineage, lock.lineage);
  EXPECT_EQ(read.value->entries, lock.entries);
  EXPECT_EQ(sources.location(read.value->spans.at("pin api.esante.fr")), "cloison.lock:6:1");
}

TEST(LockFile, OneSortedLineAKey) {
  LockFile lock;
  lock.entries = {{"cidr ipv4 b", "10.0.1.0/24"}, {"cidr ipv4 a", "10.0.0.0/24"}};
  const std::string text = to_text(lock);
  EXPECT_LT(text.find("cidr ipv4 a: 10.0.0.0/24\n"), text.find("cidr ipv4 b: 10.0.1.0/24\n"));
}

TEST(LockFile, TwoBranchesThatEachAddALineMergeToTheUnion) {
  SourceMap sources;
  const auto read = parse_lock(
      "cloison.lock", "cidr ipv4 a: 10.0.0.0/24\ncidr ipv4 b: 10.0.1.0/24\ncidr ipv4 a: 10.0.0.0/24\n", sources);
  EXPECT_TRUE(read.ok());  // a line that both sides have is one line
  EXPECT_EQ(read.value->entries.size(), 2U);
}

TEST(LockFile, AKeyWithTwoValuesAndMarkersAreErrors) {
  SourceMap sources;
  const auto read = parse_lock(
      "cloison.lock", "<<<<<<< ours\ncidr ipv4 a: 10.0.0.0/24\n=======\ncidr ipv4 a: 10.0.1.0/24\n>>>>>>> theirs\n",
      sources);
  ASSERT_EQ(read.notes.size(), 2U);
  EXPECT_EQ(read.notes[0].code, "CL1321");
  EXPECT_EQ(read.notes[1].code, "CL1323");
}

TEST(LockFile, LinesThatAreNoneAreErrorsAndTheRestIsRead) {
  for (const std::string_view line :
       {"cidr ipv4 a: 10.0.0.1/24", "cidr ipv6 a: 10.0.0.0/24", "address ipv4 a: 10.0.0.0/24", "pin a:", "pin a: b",
        "cidr ipv4: 10.0.0.0/24", "garbage", "a: b"}) {
    SourceMap sources;
    const auto read = parse_lock("cloison.lock", std::string(line) + "\r\ncidr ipv4 b: 10.0.1.0/24\r\n", sources);
    ASSERT_EQ(read.notes.size(), 1U) << line;
    EXPECT_EQ(read.notes.front().code, "CL1320") << line;
    EXPECT_EQ(read.value->entries.size(), 1U) << line;
  }
}

TEST(LockFile, AMissingFileIsEmptyAndAFolderIsAnError) {
  SourceMap sources;
  const auto folder = std::filesystem::temp_directory_path() / "cloison-lock-file-test";
  std::filesystem::create_directories(folder);
  const auto missing = read_lock(folder / "none.lock", sources);
  EXPECT_TRUE(missing.ok());
  EXPECT_TRUE(missing.value->entries.empty());
  const auto unreadable = read_lock(folder, sources);
  ASSERT_EQ(unreadable.notes.size(), 1U);
  EXPECT_EQ(unreadable.notes.front().code, "CL1324");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cloison::topology
