// Every finding of resolve(), as people see it: tests/golden/resolve/CODE-NAME/{topology.yaml, expected.txt,
// fixed.yaml} with cloison.lock, fixed.lock and *.csv where the case needs them. fixed.yaml is the topology after its
// hint was followed, so it must be free of the code. CLOISON_ACCEPT=1 writes expected.txt anew.
#include <filesystem>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "core/topology/load.h"
#include "core/topology/resolved.h"
#include "tests/support/diagnostics_text.h"
#include "tests/support/golden_cases.h"

namespace cloison::topology {
namespace {

namespace fs = std::filesystem;

struct Found {
  Diagnostics notes{};
  std::string text{};
};

Found findings(const fs::path& folder, const std::string& topology_file, const std::string& lock_file) {
  SourceMap sources;
  std::vector<std::pair<std::string, std::string>> files{
      {"topology.yaml", test_support::content_of(folder / topology_file)}};
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") {
      files.emplace_back(entry.path().filename().string(), test_support::content_of(entry.path()));
    }
  }
  auto loaded = load_texts(files, {}, sources);
  Found found{.notes = std::move(loaded.notes)};
  LockFile lock;
  if (fs::exists(folder / lock_file)) {
    auto read = parse_lock("cloison.lock", test_support::content_of(folder / lock_file), sources);
    append(found.notes, std::move(read.notes));
    lock = std::move(*read.value);
  }
  if (loaded.value) {
    append(found.notes, resolve(std::make_shared<const Topology>(std::move(*loaded.value)), lock,
                                {.now = *parse_rfc3339("2026-11-22T12:00:00Z"), .sources = &sources})
                            .notes);
  }
  found.text = test_support::diagnostics_text(found.notes, sources);
  return found;
}

class ResolveGolden : public testing::TestWithParam<fs::path> {};

TEST_P(ResolveGolden, SaysWhatItIsAndHowToMendIt) {
  const fs::path& folder = GetParam();
  const std::string code = folder.filename().string().substr(0, 6);
  const Found found = findings(folder, "topology.yaml", "cloison.lock");
  EXPECT_EQ(found.text, test_support::expected_of(folder, found.text));
  if (code.starts_with("CL")) {
    EXPECT_NE(found.text.find("[" + code + "]"), std::string::npos) << "the case does not show its code";
  }
  for (const Diagnostic& note : found.notes) {
    EXPECT_FALSE(note.hint.empty()) << note.code << " has no hint";
    EXPECT_NE(note.where, 0U) << note.code << " has no place";
  }
}

TEST_P(ResolveGolden, HintMendsIt) {
  const fs::path& folder = GetParam();
  const std::string code = folder.filename().string().substr(0, 6);
  const Found found = findings(folder, "fixed.yaml", "fixed.lock");
  EXPECT_EQ(found.text.find("[" + code + "]"), std::string::npos) << found.text;
  EXPECT_FALSE(has_errors(found.notes)) << found.text;
}

INSTANTIATE_TEST_SUITE_P(Cases, ResolveGolden, testing::ValuesIn(test_support::golden_cases("resolve")),
                         [](const auto& one) { return test_support::case_name(one.param); });

// Every code of these areas that has a page has a case too.
TEST(ResolveGoldenCoverage, EveryCodeHasACase) {
  std::map<std::string, bool> shown;
  for (const auto& entry : fs::directory_iterator(fs::path(CLOISON_SOURCE_DIR) / "docs/errors")) {
    const std::string code = entry.path().stem().string();
    // CL135x and above are of the operations that write the lock file
    if (code >= "CL1200" && code < "CL1600" && !code.starts_with("CL135")) {
      shown[code] = false;
    }
  }
  for (const fs::path& folder : test_support::golden_cases("resolve")) {
    shown[folder.filename().string().substr(0, 6)] = true;
  }
  EXPECT_GT(shown.size(), 50U);
  shown["CL1324"] = true;  // a lock file that cannot be read needs a file: topology_resolve/lock_file_test.cpp
  for (const auto& [code, there] : shown) {
    EXPECT_TRUE(there) << code << " has no case in tests/golden/resolve";
  }
}

}  // namespace
}  // namespace cloison::topology
