// Help as people meet it: one screen, one page a command, all of it on 80 columns; and what completion offers.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void expect_narrow(const std::string& page, const std::string& what) {
  for (const auto& line : lines_of(page)) EXPECT_LE(line.size(), 80U) << what << ": " << line;
}

/// Whether these stand in the page one after the other, each at the start of a line.
void expect_order(const std::string& page, const std::vector<std::string>& headings, const std::string& what) {
  std::size_t at = 0;
  for (const auto& heading : headings) {
    const auto found = page.find("\n" + heading + "\n", at);
    EXPECT_NE(found, std::string::npos) << what << " lacks " << heading << " in its place";
    if (found != std::string::npos) at = found;
  }
}

TEST(HelpPages, AloneIsOneScreenInTheOrderOfWork) {
  const auto screen = run({}).out;
  EXPECT_LE(lines_of(screen).size(), 40U);
  expect_narrow(screen, "cloison");
  expect_order(screen, {"USAGE", "Start", "Change", "Prove", "Report", "More", "EXAMPLES"}, "cloison");
  for (const auto& command : cli::commands())
    EXPECT_THAT(screen, HasSubstr(std::string(command.name.substr(0, command.name.find(' ')))));
  for (const auto later : cli::later_commands()) EXPECT_THAT(screen, Not(HasSubstr("\n  " + std::string(later) + " ")));
  EXPECT_THAT(screen, HasSubstr("cloison help {addresses|environment|exit-status|json|language}"));
  EXPECT_EQ(run({"--help"}).status, 0);
}

TEST(HelpPages, EachCommandHasItsSectionsInOneOrder) {
  for (const auto& command : cli::commands()) {
    const std::string name(command.name);
    const auto page = run({"help", name}).out;
    expect_narrow(page, name);
    std::vector<std::string> order{"USAGE", "EXAMPLES"};
    if (!command.usage.empty()) order.emplace_back("ARGUMENTS");
    order.insert(order.end(), {"GLOBAL FLAGS", "EXIT STATUS", "SEE ALSO"});
    expect_order(page, order, name);
    EXPECT_GE(std::count(command.examples.begin(), command.examples.end(), '\n'), command.name == "schema" ? 0 : 1);
    EXPECT_THAT(page, Not(HasSubstr("\n  $")));
    EXPECT_EQ(lines_of(page).front(), command.summary);
  }
  const auto plan = run({"help", "plan"}).out;
  EXPECT_LT(plan.find("--detailed-exitcode"), plan.find("GLOBAL FLAGS"));
  EXPECT_GT(plan.find("--topology"), plan.find("GLOBAL FLAGS"));
  EXPECT_THAT(plan, HasSubstr("    2   with --detailed-exitcode: there are changes\n"));
}

TEST(HelpPages, WhatAPageNamesIsThere) {
  for (const auto& command : cli::commands()) {
    const auto page = run({"help", std::string(command.name)}).out;
    auto also = page.substr(page.find("SEE ALSO\n") + 9);
    std::replace(also.begin(), also.end(), '\n', ' ');
    std::istringstream stream(also);
    for (std::string one; std::getline(stream, one, ',');) {
      std::istringstream words_of(one);
      std::vector<std::string> words{std::istream_iterator<std::string>(words_of), {}};
      ASSERT_GE(words.size(), 2U) << one;
      EXPECT_EQ(words[0], "cloison");
      words.erase(words.begin());
      if (words[0] != "help") words.insert(words.begin(), "help");
      EXPECT_EQ(run(words).status, 0) << command.name << ": " << one;
    }
  }
}

TEST(HelpPages, EveryTopicIsAPage) {
  for (const auto* const topic : {"addresses", "environment", "exit-status", "json", "language"}) {
    const auto page = run({"help", topic});
    EXPECT_EQ(page.status, 0) << topic;
    expect_narrow(page.out, topic);
    EXPECT_GT(lines_of(page.out).size(), 5U);
  }
  const auto language = run({"help", "language"}).out;
  for (const auto* const block : {"environments", "sites", "flows", "guarantees", "backups"})
    EXPECT_THAT(language, HasSubstr("\n  " + std::string(block) + " "));
}

TEST(HelpPages, VersionNamesEveryFormatThatIsWritten) {
  const auto lines = json_lines(run({"version", "--json"}).out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].at("state_format"), "1");
  EXPECT_EQ(lines[1].at("plan_format"), "3");
  const auto kinds = nlohmann::json::parse(lines[1].at("kinds"));
  std::vector<std::string> names;
  for (const auto& one : kinds) {
    EXPECT_GE(one.at("version").get<int>(), 1);
    EXPECT_TRUE(one.at("provider") == "openstack" || one.at("provider") == "node") << one;
    names.push_back(one.at("kind"));
  }
  for (const auto* const kind :
       {"network", "subnet", "security_group_rule", "server", "floating_ip", "vlan", "firewall"})
    EXPECT_THAT(names, Contains(kind));
}

class Completion : public ::testing::Test {
 protected:
  void SetUp() override { folder_.write("topology.yaml", clinic(proxy_flow())); }
  [[nodiscard]] std::vector<std::string> offered(std::vector<std::string> words) const {
    words.insert(words.begin(), "__complete");
    const auto asked = run(words, {folder_.path(), {}});
    EXPECT_EQ(asked.status, 0);
    EXPECT_EQ(asked.err, "");
    return lines_of(asked.out);
  }
  Folder folder_;
};

TEST_F(Completion, OffersAddressesSitesAndServices) {
  folder_.write("services.yaml", "services: {portal: {runs_on: cloud.app.web, listen: [tcp/8080]}}\n");
  EXPECT_THAT(offered({"plan", "--target", "cl"}), Contains("cloud.main.app"));
  EXPECT_THAT(offered({"plan", "--target", "cl"}), Contains("cloud"));
  EXPECT_THAT(offered({"plan", "--target", "por"}), ElementsAre("portal"));
  EXPECT_THAT(offered({"plan", "--target=cloud.main.app.n"}), ElementsAre("cloud.main.app.network"));
  EXPECT_THAT(offered({"plan", "--environment", ""}), ElementsAre("production"));
  EXPECT_THAT(offered({"plan", "--sandbox", "=", "o"}), ElementsAre("ovh"));
  EXPECT_THAT(offered({"help", "CL600"}), Contains("CL6001"));
  EXPECT_THAT(offered({"completion", "f"}), ElementsAre("fish"));
  EXPECT_THAT(offered({"state", "show", "cloud"}), IsEmpty()) << "there is no state yet";
  ASSERT_EQ(run({"apply", "--sandbox", "--yes"}, {folder_.path(), {}}).status, 0);
  EXPECT_THAT(offered({"state", "show", "cloud.main.app.n"}), ElementsAre("cloud.main.app.network"));
  EXPECT_THAT(offered({"state", "rm", "--sandbox", "cloud.main.app.n"}), ElementsAre("cloud.main.app.network"));
}

/// Every file below, with its content and its last change. (Whoever reads the state makes and removes the files by
/// which SQLite's readers find each other, so the time of the folder says nothing.)
std::map<std::string, std::string> content_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::ostringstream text;
    if (!entry.is_regular_file()) continue;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    text << std::filesystem::last_write_time(entry.path()).time_since_epoch().count();
    all[entry.path().string()] = text.str();
  }
  return all;
}

TEST_F(Completion, NeverFailsAndNeverWrites) {
  const auto ask = [&](const std::vector<std::string>& words) { (void)offered(words); };
  const std::vector<std::vector<std::string>> all{{},
                                                  {""},
                                                  {"plan", "--target", ""},
                                                  {"state", "show", ""},
                                                  {"state"},
                                                  {"-"},
                                                  {"="},
                                                  {"--sandbox", "="},
                                                  {"plan", "-t", "nowhere", "--target", "x"},
                                                  {"plan", "--state"},
                                                  {"plan", "--target", "\x1b[31m"}};
  auto before = content_of(folder_.path());
  for (const auto& words : all) ask(words);
  EXPECT_TRUE(content_of(folder_.path()) == before);
  ASSERT_EQ(run({"apply", "--sandbox", "--yes"}, {folder_.path(), {}}).status, 0);
  before = content_of(folder_.path());
  for (const auto& words : all) ask(words);
  EXPECT_TRUE(content_of(folder_.path()) == before);
  folder_.write("topology.yaml", "cloison: [\n");
  for (const auto& words : all) ask(words);
  folder_.write(".cloison/sandbox/state.db", "no state");
  for (const auto& words : all) ask(words);
}

TEST_F(Completion, BashAsksTheProgram) {
  folder_.write("completion.bash", run({"completion", "bash"}).out);
  const auto line = "cd '" + folder_.path().string() + "' && bash -c 'source completion.bash && COMP_WORDS=(\"" +
                    program() +
                    "\" plan --target cloud.main.app.net) COMP_CWORD=3 && _cloison &&"
                    " test \"${COMPREPLY[*]}\" = cloud.main.app.network &&"
                    " COMP_WORDS=(\"" +
                    program() + "\" apply topo) COMP_CWORD=2 && _cloison && test \"${COMPREPLY[*]}\" = topology.yaml'";
  EXPECT_EQ(std::system(line.c_str()), 0);
}

TEST(Asking, ForgettingAsksOnATerminalAndNeedsYesElsewhere) {
  const Folder folder;
  folder.write("topology.yaml", clinic(proxy_flow()));
  const Where where{folder.path(), {}};
  ASSERT_EQ(run({"apply", "--sandbox", "--yes"}, where).status, 0);
  const std::vector<std::string> forget{"state", "rm", "cloud.main.app.web-1.server", "--sandbox"};
  const auto refused = run(forget, where);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("CL6002"));
  const auto declined = run_on_terminal(forget, {"n"}, where);
  EXPECT_EQ(declined.status, 0) << declined.out;
  EXPECT_THAT(declined.out, HasSubstr("Declined. Nothing was changed."));
  const auto unknown = run_on_terminal({"state", "rm", "cloud.main.app.web-9.server", "--sandbox"}, {}, where);
  EXPECT_EQ(unknown.status, 1) << "asked about what is not there";
  EXPECT_THAT(unknown.out, HasSubstr("CL4060"));
  auto silent = forget;
  silent.emplace_back("--no-input");
  EXPECT_EQ(run_on_terminal(silent, {}, where).status, 1);
  EXPECT_EQ(run_on_terminal(forget, {"y"}, where).status, 0);
  const auto done = run({"state", "rm", "cloud.main.app.web-2.server", "--sandbox", "-y"}, where);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("Next: cloison plan --sandbox\n"));
}

TEST(Asking, EveryChangeEndsWithWhatToTypeNext) {
  const Folder folder;
  folder.write("topology.yaml", clinic(proxy_flow()));
  const Where where{folder.path(), {}};
  EXPECT_THAT(run({"apply", "--sandbox", "--yes"}, where).out, HasSubstr("Next: cloison drift --sandbox\n"));
  EXPECT_THAT(run({"apply", "--sandbox", "--yes"}, where).out, Not(HasSubstr("Next:"))) << "nothing was done";
  EXPECT_THAT(run({"destroy", "--sandbox", "--yes"}, where).out, HasSubstr("Next: cloison plan --sandbox\n"));
  const auto broken =
      run({"apply", "--sandbox", "--yes"},
          {folder.path(), {{"CLOISON_SANDBOX_FAULTS", "seed=3,fail=1"}, {"CLOISON_TEST_PACE", "10ms"}}});
  EXPECT_THAT(broken.out, HasSubstr("Next: cloison apply --sandbox\n"));
}

}  // namespace

}  // namespace cloison::cli_test
