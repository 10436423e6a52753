// What the program says and how it leaves, seen from outside.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "cli/commands.h"
#include "cli/error_pages.h"
#include "tests/cli/run.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CommandLine, AloneSaysWhatToTypeFirst) {
  const auto result = run({});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("cloison init"));
  EXPECT_EQ(result.err, "");
  EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 40);
}

TEST(CommandLine, EveryCommandHasAPageOfItsOwnAndIsListed) {
  const auto overview = run({"help"});
  for (const auto& command : cli::commands()) {
    const std::string name(command.name);
    EXPECT_THAT(overview.out, HasSubstr(name));
    const auto page = run({"help", name});
    EXPECT_EQ(page.status, 0) << name;
    EXPECT_THAT(page.out, HasSubstr("USAGE\n  cloison " + name));
    EXPECT_THAT(page.out, HasSubstr("--json"));
  }
}

TEST(CommandLine, CommandsOfLaterVersionsSaySoAndAreNotListed) {
  const auto overview = run({"help"});
  for (const auto later : cli::later_commands()) {
    const auto result = run({std::string(later)});
    EXPECT_EQ(result.status, 64) << later;
    EXPECT_THAT(result.err, HasSubstr("comes with a later version"));
    EXPECT_THAT(overview.out, Not(HasSubstr("\n  " + std::string(later) + " ")));
  }
}

TEST(CommandLine, EveryCodeIsExplained) {
  ASSERT_GT(cli::error_pages().size(), 20U);
  for (const auto code : {"CL6001", "cl1001"}) {
    const auto result = run({"help", code});
    EXPECT_EQ(result.status, 0) << code;
    EXPECT_THAT(result.out, HasSubstr("How to mend"));
  }
  const auto unknown = run({"help", "CL0000"});
  EXPECT_EQ(unknown.status, 64);
  EXPECT_THAT(unknown.err, HasSubstr("no help on 'CL0000'"));
}

struct Wrong {
  std::vector<std::string> words;
  std::string said;
};
class WrongLine : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongLine, LeavesWith64AndOneHint) {
  const auto result = run(GetParam().words);
  EXPECT_EQ(result.status, 64);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("error[CL6001]"));
  EXPECT_THAT(result.err, HasSubstr(GetParam().said));
  EXPECT_LE(std::count(result.err.begin(), result.err.end(), '\n'), 5);
}

INSTANTIATE_TEST_SUITE_P(All, WrongLine,
                         ::testing::Values(Wrong{{"plam"}, "did you mean 'plan'?"},
                                           Wrong{{"plan", "--sandbx"}, "did you mean '--sandbox'?"},
                                           Wrong{{"plan", "extra"}, "usage: `cloison plan`"},
                                           Wrong{{"state", "lst"}, "did you mean 'state list'?"},
                                           Wrong{{"--json", "plan"}, "options come after the command"},
                                           Wrong{{"apply", "--parallelism", "0"}, "0"},
                                           Wrong{{"apply", "--lock-timeout", "soon"}, "duration"},
                                           Wrong{{"state", "show"}, "usage: `cloison state show <ADDRESS>`"},
                                           Wrong{{"completion", "tcsh"}, "no completion for 'tcsh'"},
                                           Wrong{{"init", "--template", "none"}, "there is no starter 'none'"},
                                           Wrong{{"sandbox", "set", "x", "y"}, "is not ATTRIBUTE=VALUE"},
                                           Wrong{{"plan", "--\x1b[31m"}, "no option '--\\u001b[31m'"}));

TEST(CommandLine, AWrongDateIsRefused) {
  const auto result = run({"version"}, {.environment = {{"CLOISON_NOW", "friday"}}});
  EXPECT_EQ(result.status, 64);
  EXPECT_THAT(result.err, HasSubstr("CLOISON_NOW"));
}

TEST(CommandLine, VersionIsOneLineOrJson) {
  EXPECT_THAT(run({"version"}).out, ::testing::MatchesRegex("cloison [0-9.]+ \\(.+\\)\n"));
  const auto lines = json_lines(run({"version", "--json"}).out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("type"), "start");
  EXPECT_EQ(lines[1].at("type"), "version");
  EXPECT_EQ(lines[2].at("exit_status"), "0");
}

TEST(CommandLine, CompletionNamesEveryCommandAndOption) {
  for (const auto* const shell : {"bash", "zsh", "fish"}) {
    const auto result = run({"completion", shell});
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.out, HasSubstr("detailed-exitcode"));
    EXPECT_THAT(result.out, HasSubstr("destroy"));
  }
}

TEST(CommandLine, BashAcceptsItsCompletion) {
  const Folder folder;
  folder.write("completion.bash", run({"completion", "bash"}).out);
  const auto line = "bash -c 'source " + (folder.path() / "completion.bash").string() +
                    " && COMP_WORDS=(cloison pl) COMP_CWORD=1 && _cloison && test \"${COMPREPLY[*]}\" = plan &&"
                    " COMP_WORDS=(cloison state s) COMP_CWORD=2 && _cloison && test \"${COMPREPLY[*]}\" = show &&"
                    " COMP_WORDS=(cloison plan --det) COMP_CWORD=2 && _cloison &&"
                    " test \"${COMPREPLY[*]}\" = --detailed-exitcode'";
  EXPECT_EQ(std::system(line.c_str()), 0);
}

TEST(CommandLine, AFullDiskIsNoSuccess) {
  const auto line = "'" + program() + "' version > /dev/full 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 1);
}

}  // namespace

}  // namespace cloison::cli_test
