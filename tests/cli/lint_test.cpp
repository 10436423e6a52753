// What lint says of the reference networks: each finding was judged by a person, and is true.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace cloison::cli_test {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "warning control logs dr.production.data.archive".
std::vector<std::string> lint_findings(const std::string& inventory) {
  std::vector<std::string> all;
  const auto folder = std::string(CLOISON_SOURCE_DIR) + "/inventories/" + inventory;
  for (const auto& line : json_lines(run({"lint", "--json", "-t", folder}).out))
    if (line.at("type") == "\"lint\"" || line.at("type") == "lint")
      all.push_back(line.at("severity") + ' ' + line.at("kind") + ' ' + line.at("what") + ' ' + line.at("address"));
  for (auto& one : all) std::erase(one, '"');
  return all;
}

TEST(LintOfInventories, OnlyWhatIsTrueIsFound) {
  EXPECT_THAT(lint_findings("labanalyse"), IsEmpty());
  EXPECT_THAT(lint_findings("audioprothese"), IsEmpty());
  // Its logs are said `for: paris`: the recovery site is reached for backups alone (docs/inventories.md).
  EXPECT_THAT(lint_findings("pfi"), ElementsAre("warning control logs dr.production.data.archive"));
}

}  // namespace

}  // namespace cloison::cli_test
