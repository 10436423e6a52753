// --target, --environment and --replace choose, in every command that takes them; and what the plan says of the rest.

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace cloison::cli_test {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Two VPCs of two environments, so that one can go and the other stay.
constexpr const char* k_two_environments =
    "cloison: 1\n"
    "name: clinic\n"
    "environments: {production: {address_space: 10.0.0.0/12}, test: {address_space: 10.16.0.0/12}}\n"
    "providers: {ovh: {kind: openstack, cloud: ovh-gra}}\n"
    "zones: {app: {trust: internal}}\n"
    "sites:\n"
    "  cloud:\n"
    "    provider: ovh\n"
    "    vpcs: {for_each: environments, cidr: auto/16, segments: {app: {cidr: auto/24, hosts: {\n"
    "      web: {vm: {image: debian-12, cpu: 1, memory: 2G}}, db: {vm: {image: debian-12, cpu: 1, memory: 2G}}}}}}\n"
    "flows:\n"
    "  - {id: F-1, from: cloud.app.web, to: cloud.app.db, ports: [tcp/5432]}\n";

class PartOfIt : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("topology.yaml", k_two_environments);
    ASSERT_EQ(cloison({"apply", "--sandbox", "--yes"}).status, 0);
  }
  [[nodiscard]] Finished cloison(const std::vector<std::string>& words) const {
    return run(words, {folder_.path(), {}});
  }
  [[nodiscard]] std::string lock_file() const {
    std::ifstream file(folder_.path() / "cloison.lock");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string left() const { return cloison({"state", "list", "--sandbox", "-q"}).out; }
  Folder folder_;
};

TEST_F(PartOfIt, DestroyTakesOnlyWhatWasChosen) {
  const auto lock = lock_file();
  const auto done = cloison({"destroy", "--environment", "test", "--sandbox", "--yes"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("Partial plan: "));
  EXPECT_THAT(left(), HasSubstr("cloud.production.app.web.server"));
  EXPECT_THAT(left(), Not(HasSubstr("cloud.test")));
  EXPECT_EQ(lock_file(), lock);
  const auto again = cloison({"destroy", "--environment", "test", "--sandbox", "--yes"});
  EXPECT_THAT(again.out, HasSubstr("The state holds nothing of what was chosen."));
  EXPECT_EQ(cloison({"destroy", "--target", "cloud.production.app.web", "--sandbox", "--yes"}).status, 0);
  EXPECT_THAT(left(), HasSubstr("cloud.production.app.db.server"));
  EXPECT_THAT(left(), Not(HasSubstr("app.web.server")));
  EXPECT_EQ(cloison({"apply", "--sandbox", "--yes"}).status, 0);
  EXPECT_EQ(cloison({"plan", "--detailed-exitcode", "--sandbox"}).status, 0);
}

TEST_F(PartOfIt, WhatIsNotThereIsRefusedAndNothingIsDestroyed) {
  const auto all = left();
  for (const auto& [option, name] :
       {std::pair("--environment", "tst"), std::pair("--environment", "nonsense"), std::pair("--target", "nonsense"),
        std::pair("--target", "cloud.production.dta")}) {
    const auto wrong = cloison({"destroy", option, name, "--sandbox", "--yes"});
    EXPECT_NE(wrong.status, 0) << option << ' ' << name << wrong.out;
    EXPECT_THAT(wrong.err, HasSubstr("Nothing was changed"));
    EXPECT_EQ(left(), all) << option << ' ' << name;
  }
}

TEST_F(PartOfIt, ATopologyThatDoesNotValidateLeavesAddresses) {
  folder_.write("topology.yaml", "cloison: 1\nname: clinic\nsites: {cloud: {}\n");
  const auto all = left();
  const auto environment = cloison({"destroy", "--environment", "test", "--sandbox", "--yes"});
  EXPECT_THAT(environment.err, HasSubstr("CL6010"));
  EXPECT_THAT(cloison({"destroy", "--target", "cloud.tst", "--sandbox", "--yes"}).err, HasSubstr("CL4060"));
  EXPECT_EQ(left(), all);
  EXPECT_EQ(cloison({"destroy", "--target", "cloud.test", "--sandbox", "--yes"}).status, 0);
  EXPECT_THAT(left(), Not(HasSubstr("cloud.test")));
  EXPECT_THAT(left(), HasSubstr("cloud.production"));
}

TEST_F(PartOfIt, ReplaceTakesAddressesOfTheState) {
  for (const std::string name : {"nonsense", "cloud.test.app.web.srver", "cloud.test.app.web"}) {
    const auto wrong = cloison({"plan", "--replace", name, "--sandbox"});
    EXPECT_THAT(wrong.err, HasSubstr("error[CL4060]: --replace: there is no resource '" + name)) << wrong.out;
  }
  EXPECT_THAT(cloison({"plan", "--replace", "cloud.test.app.web.server", "--sandbox"}).out, HasSubstr("1 to replace"));
}

TEST_F(PartOfIt, DriftThatIsLeftOutIsNotSaidToBeMended) {
  ASSERT_EQ(cloison({"sandbox", "rm", "cloud.production.app.web.server"}).status, 0);
  const auto part = cloison({"plan", "--target", "cloud.test.app", "--sandbox"});
  EXPECT_THAT(part.out,
              HasSubstr("cloud.production.app.web.server server is gone; left as it is by this partial plan"));
  EXPECT_THAT(cloison({"drift", "--sandbox"}).out, HasSubstr("server is gone; the next apply mends it"));
  EXPECT_THAT(cloison({"plan", "--sandbox"}).out, HasSubstr("server is gone; mended by this plan"));
}

TEST_F(PartOfIt, WhatNobodyDeclaredIsDescribedAndRemovedOnce) {
  ASSERT_EQ(cloison({"sandbox", "add", "security_group_rule", "group=cloud.test.app.db.group", "direction=in",
                     "family=ipv4", "protocol=tcp", "port_min=22", "port_max=22", "remote_prefix=0.0.0.0/0"})
                .status,
            0);
  EXPECT_THAT(cloison({"plan", "--target", "cloud.production", "--sandbox"}).out,
              HasSubstr("left as it is by this partial plan"));
  EXPECT_THAT(cloison({"plan", "--target", "cloud.test.app.db", "--sandbox"}).out, HasSubstr("mended by this plan"));
  const auto plan = cloison({"plan", "-o", "one.plan", "--sandbox"});
  EXPECT_THAT(plan.out, HasSubstr("0.0.0.0/0"));
  EXPECT_EQ(cloison({"apply", "one.plan", "--sandbox"}).status, 0);
  const auto again = cloison({"apply", "one.plan", "--sandbox"});
  EXPECT_EQ(again.status, 1) << again.out;
  EXPECT_THAT(again.err, HasSubstr("CL3113"));
}

TEST_F(PartOfIt, AfterTheSandboxAloneNothingIsCalledLost) {
  const auto real = cloison({"log"});
  EXPECT_EQ(real.status, 1);
  EXPECT_THAT(real.err, HasSubstr("only the sandbox has a state here"));
  EXPECT_THAT(real.err, HasSubstr("add --sandbox"));
}

TEST_F(PartOfIt, WithoutReadingALostStateIsNotTakenForANewOne) {
  std::filesystem::remove_all(folder_.path() / ".cloison");
  const auto unread = cloison({"plan", "--no-refresh", "--sandbox"});
  EXPECT_EQ(unread.status, 1) << unread.out;
  EXPECT_THAT(unread.err, HasSubstr("CL4001"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / ".cloison/sandbox/state.db"));
}

}  // namespace

}  // namespace cloison::cli_test
