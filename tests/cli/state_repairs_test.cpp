// Repairs of the state: what is renamed keeps objects and addresses, what is forgotten goes with all that is below it.

#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StateRepairs : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("topology.yaml", clinic(proxy_flow()));
    ASSERT_EQ(cloison({"apply", "--sandbox", "--yes"}).status, 0);
  }
  [[nodiscard]] Finished cloison(const std::vector<std::string>& words) const {
    return run(words, {folder_.path(), {}});
  }
  [[nodiscard]] std::string lock_file() const {
    std::ifstream in(folder_.path() / "cloison.lock");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// "dmz" is called "front" from now on; nothing else changes.
  void rename_segment() const {
    auto text = clinic(proxy_flow());
    for (std::size_t at = 0; (at = text.find("dmz", at)) != std::string::npos;) text.replace(at, 3, "front");
    folder_.write("topology.yaml", text);
  }
  Folder folder_;
};

TEST_F(StateRepairs, ARenamedSegmentKeepsItsObjectsAndAddresses) {
  rename_segment();
  const auto moved = cloison({"state", "mv", "--sandbox", "cloud.main.dmz", "cloud.main.front"});
  ASSERT_EQ(moved.status, 0) << moved.err;
  EXPECT_THAT(lock_file(), HasSubstr("cloud.main.front"));
  EXPECT_THAT(lock_file(), Not(HasSubstr("cloud.main.dmz")));
  const auto planned = cloison({"plan", "--sandbox"});
  ASSERT_EQ(planned.status, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("Plan: 0 to add, 5 to change, 0 to remove, 1 to adopt.")) << planned.out;
  EXPECT_THAT(planned.out, Not(HasSubstr("cidr"))) << planned.out;
}

TEST_F(StateRepairs, APlanBetweenRenamingAndMovingGivesNothingAway) {
  const auto before = lock_file();
  rename_segment();
  ASSERT_EQ(cloison({"plan", "--sandbox"}).status, 0);
  ASSERT_EQ(cloison({"state", "mv", "--sandbox", "cloud.main.dmz", "cloud.main.front"}).status, 0);
  auto expected = before;
  for (std::size_t at = 0; (at = expected.find("main.dmz", at)) != std::string::npos;)
    expected.replace(at, 8, "main.front");
  EXPECT_EQ(std::multiset<char>(expected.begin(), expected.end()),
            [](const std::string& text) { return std::multiset<char>(text.begin(), text.end()); }(lock_file()))
      << lock_file();
}

TEST_F(StateRepairs, APathForgetsAllThatIsBelowIt) {
  const auto forgotten = cloison({"state", "rm", "--sandbox", "--yes", "cloud.main"});
  EXPECT_EQ(forgotten.status, 0) << forgotten.err;
  EXPECT_THAT(cloison({"state", "list", "--sandbox"}).out, Not(HasSubstr("cloud.main.")));
  EXPECT_EQ(cloison({"state", "rm", "--sandbox", "--yes", "cloud.mai"}).status, 1);  // no path, only its beginning
}

TEST_F(StateRepairs, TheQuestionCountsWhatIsForgotten) {
  const auto shown = run_on_terminal({"state", "rm", "--sandbox", "cloud.main"}, {"YES\n"}, {folder_.path(), {}});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("Forget cloud.main ("));
  EXPECT_THAT(shown.out, HasSubstr("forgotten; the objects stay"));
}

}  // namespace

}  // namespace cloison::cli_test
