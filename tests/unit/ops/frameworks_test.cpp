#include "core/ops/frameworks.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "core/ops/compliance.h"

namespace cloison::ops {
namespace {

/// A framework of one control with this evidence, as a file.
class Frameworks : public testing::Test {
 protected:
  std::string file(const std::string& evidence) {
    const auto path = std::filesystem::path(folder_) / "own.yaml";
    std::ofstream(path) << "framework: 1\nid: own\nversion: \"1\"\ntitle: {en: Ours, fr: Le nôtre}\ncontrols:\n"
                        << "  - {id: R-1, title: One, evidence: [" << evidence << "]}\n";
    return path.string();
  }
  Checked<std::vector<Framework>> read(const std::string& evidence) {
    SourceMap sources;
    return read_frameworks({file(evidence)}, sources);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

 private:
  std::string folder_ = [] {
    auto name = (std::filesystem::temp_directory_path() / "cloison-frameworks-XXXXXX").string();
    return std::string(mkdtemp(name.data()));
  }();
};

std::string code_of(const Checked<std::vector<Framework>>& read) {
  return read.notes.empty() ? std::string() : read.notes.front().code;
}

TEST_F(Frameworks, ThoseOfTheProgramAreGoodAndSayAllInBothLanguages) {
  SourceMap sources;
  const auto all = read_frameworks({}, sources);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all.value->size(), frameworks_known().size());
  EXPECT_GE(all.value->size(), 5U);
  for (const auto& framework : *all.value)
    for (const auto& control : framework.controls) {
      EXPECT_FALSE(control.lookups.empty() && control.by_hand.empty()) << framework.id << ' ' << control.id;
      EXPECT_NE(control.asks.english, control.asks.french) << framework.id << ' ' << control.id;
      EXPECT_NE(control.title.english, control.title.french) << framework.id << ' ' << control.id;
    }
}

TEST_F(Frameworks, EveryLookupIsGoneByInSomeFramework) {
  SourceMap sources;
  const auto all = read_frameworks({}, sources);
  ASSERT_TRUE(all.ok());
  std::set<std::string> used;
  for (const auto& framework : *all.value)
    for (const auto& control : framework.controls)
      for (const auto& lookup : control.lookups) used.insert(lookup.name);
  for (const auto name : lookup_names()) EXPECT_TRUE(used.contains(std::string(name))) << name;
}

TEST_F(Frameworks, ReadsALookupByItsNameOrWithSettings) {
  const auto read_one = read("log, {check: reviewed, months: 6}, {check: governance, fields: [owner, purpose]}");
  ASSERT_TRUE(read_one.ok());
  const auto& framework = read_one.value->front();
  EXPECT_EQ(framework.title.french, "Le nôtre");
  const auto& control = framework.controls.front();
  EXPECT_EQ(control.title.french, "One");
  ASSERT_EQ(control.lookups.size(), 3U);
  EXPECT_EQ(control.lookups[0].id(), "log");
  EXPECT_EQ(control.lookups[1].id(), "reviewed, months: 6");
  EXPECT_EQ(control.lookups[2].id(), "governance, fields: [owner, purpose]");
}

TEST_F(Frameworks, RefusesWhatCannotBeLookedAt) {
  EXPECT_EQ(code_of(read("nothing")), "CL7402");
  EXPECT_EQ(code_of(read("{check: reviewed, months: often}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: reviewed, months: 0}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: reviewed, months: 121}")), "CL7402");
  EXPECT_EQ(code_of(read("reviewed")), "CL7402");
  EXPECT_EQ(code_of(read("{check: log, months: 6}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: governance, fields: [hat]}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: operations, fields: [owner]}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: guarantees, kinds: [good]}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: located, country: FR}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: findings}")), "CL7402");
  EXPECT_EQ(code_of(read("{check: log, hat: 6}")), "CL1101");
}

TEST_F(Frameworks, RefusesTheSameTwice) {
  SourceMap sources;
  const auto path = file("log");
  EXPECT_EQ(code_of(read_frameworks({path, path}, sources)), "CL7403");
}

TEST_F(Frameworks, RefusesANameThatNobodyKnows) {
  SourceMap sources;
  EXPECT_EQ(code_of(read_frameworks({"hsd"}, sources)), "CL7401");
}

report::LookedAt outcome(report::Evidence status) {
  return {.id = "x", .looked = {.status = status}};
}

TEST(Compliance, TheWeightiestCounts) {
  using report::Evidence;
  const std::vector<report::LookedAt> all{outcome(Evidence::not_applicable), outcome(Evidence::found),
                                          outcome(Evidence::not_checked), outcome(Evidence::contradicted)};
  const auto of = [&](std::vector<std::size_t> numbers) {
    return report::status_of({.looked_at = std::move(numbers)}, all);
  };
  EXPECT_EQ(of({}), Evidence::not_checked);
  EXPECT_EQ(of({0}), Evidence::not_applicable);
  EXPECT_EQ(of({0, 1}), Evidence::found);
  EXPECT_EQ(of({1, 2}), Evidence::not_checked);
  EXPECT_EQ(of({2, 3, 1}), Evidence::contradicted);
}

}  // namespace
}  // namespace cloison::ops
