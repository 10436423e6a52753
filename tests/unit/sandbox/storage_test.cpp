#include <csignal>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/sandbox/platform.h"

namespace cloison::sandbox::trial {
namespace {

using SandboxStorage = SandboxTest;

TEST_F(SandboxStorage, AnswersWithMarkerContainerAndComputedValues) {
  const auto group = made("group", "g", {{"name", Value::text("g")}});
  made("rule", "g.r", {{"group", Value::text(group)}, {"direction", Value::text("in")}});
  const auto rules = seen("rule");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].container_id, group);
  ASSERT_TRUE(rules[0].marker);
  EXPECT_TRUE(rules[0].marker->names("l1", "g.r"));
  const auto network = made("network", "n", {{"name", Value::text("n")}});
  const auto port = create("port", "p", {{"network", Value::text(network)}});
  ASSERT_TRUE(port);
  EXPECT_EQ(get("port", port->observed, "status").text_or_empty(), "ACTIVE");
  EXPECT_TRUE(get("port", port->observed, "mac").text_or_empty().starts_with("fa:16:3e:"));
  const auto ports = seen("port");
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports[0].attributes, port->observed) << "observed later as answered at once";
}

TEST_F(SandboxStorage, PublicAddressesAreDistinctAndComeBack) {
  std::set<std::string> addresses;
  std::string first;
  for (int i = 0; i < 5; ++i) {
    const auto made_one = create("public_ip", "f" + std::to_string(i), {});
    ASSERT_TRUE(made_one);
    if (i == 0) first = made_one->remote_id;
    addresses.insert(get("public_ip", made_one->observed, "address").text_or_empty());
  }
  EXPECT_EQ(addresses.size(), 5U);
  ASSERT_TRUE(remove("public_ip", first));
  const auto again = create("public_ip", "f9", {});
  ASSERT_TRUE(again);
  EXPECT_TRUE(addresses.contains(get("public_ip", again->observed, "address").text_or_empty()));
}

TEST_F(SandboxStorage, SurvivesReopeningAndIsPrivate) {
  ASSERT_TRUE(tampering().set_quota("network", 2));
  const auto network = made("network", "n", {{"name", Value::text("n")}});
  open(options());
  const auto networks = seen("network");
  ASSERT_EQ(networks.size(), 1U);
  EXPECT_EQ(networks[0].remote_id, network);
  EXPECT_TRUE(networks[0].marker->names("l1", "n"));
  made("subnet", "n.s", {{"network", Value::text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  expect_refused(create("subnet", "n.t", {{"network", Value::text(network)}, {"cidr", cidr("10.0.0.0/24")}}),
                 ErrorKind::conflict, "CL5501");
  made("network", "m", {{"name", Value::text("m")}});
  expect_refused(create("network", "o", {{"name", Value::text("o")}}), ErrorKind::quota, "CL5506");
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat about{};
    ASSERT_EQ(::stat(entry.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(SandboxStorage, SurvivesKill9) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto own = make_sandbox(std::make_shared<Platform>(), options());
    for (int i = 0; own; ++i) {
      const auto one = request("network", "n" + std::to_string(i), {{"name", Value::text("n")}});
      if (!(*own)->create_many(std::span(&one, 1), {}).front()) break;
      const char answered = 'x';
      if (::write(pipe[1], &answered, 1) != 1) break;
    }
    ::_exit(1);
  }
  ::close(pipe[1]);
  std::size_t answered = 0;
  char buffer = 0;
  while (answered < 50 && ::read(pipe[0], &buffer, 1) == 1) ++answered;
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  while (::read(pipe[0], &buffer, 1) == 1) ++answered;
  ::close(pipe[0]);
  ASSERT_GE(answered, 50U);
  const auto networks = seen("network").size();
  EXPECT_GE(networks, answered) << "what was answered is kept";
  EXPECT_LE(networks, answered + 1);
}

TEST_F(SandboxStorage, IdsFollowFromTheSeedAndNameAlone) {
  const auto a = made("network", "a", {{"name", Value::text("n")}});
  const auto b = made("network", "b", {{"name", Value::text("n")}});
  EXPECT_NE(a, b);
  ASSERT_TRUE(remove("network", a));
  const auto second_a = made("network", "a", {{"name", Value::text("n")}});
  EXPECT_NE(second_a, a) << "an id is never used twice";
  auto other = options();
  other.database = folder_ / "other.db";
  open(other);
  EXPECT_EQ(made("network", "b", {{"name", Value::text("n")}}), b) << "in whatever order";
  EXPECT_EQ(made("network", "a", {{"name", Value::text("n")}}), a);
  other.database = folder_ / "third.db";
  other.seed = 2;
  open(other);
  EXPECT_NE(made("network", "a", {{"name", Value::text("n")}}), a);
}

TEST_F(SandboxStorage, SeesWhatAnotherProcessChanged) {
  const auto network = made("network", "n", {{"name", Value::text("n")}});
  auto second = make_sandbox(std::make_shared<Platform>(), options());
  ASSERT_TRUE(second);
  const auto one = request("subnet", "n.s", {{"network", Value::text(network)}, {"cidr", cidr("10.0.0.0/24")}});
  ASSERT_TRUE((*second)->create_many(std::span(&one, 1), {}).front());
  EXPECT_EQ(seen("subnet").size(), 1U);
  expect_refused(create("subnet", "n.t", {{"network", Value::text(network)}, {"cidr", cidr("10.0.0.0/25")}}),
                 ErrorKind::conflict, "CL5503");
}

TEST_F(SandboxStorage, OneCreateSentTwiceIsOneObjectWithAToken) {
  const auto once = made("machine", "m", {{"name", Value::text("m")}, {"image", Value::text("Debian 13")}});
  EXPECT_EQ(made("machine", "m", {{"name", Value::text("m")}, {"image", Value::text("Debian 13")}}), once);
  EXPECT_EQ(seen("machine").size(), 1U);
}

TEST_F(SandboxStorage, KeepsNoSecret) {
  made("machine", "m",
       {{"name", Value::text("m")}, {"image", Value::text("Debian 13")}, {"secret", Value::text("canary-7f3a")}});
  EXPECT_TRUE(get("machine", seen("machine").front().attributes, "secret").is_secret());
  sandbox_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(bytes.find("canary-7f3a"), std::string::npos) << entry.path();
  }
}

TEST_F(SandboxStorage, RefusesFilesThatAreNotItsOwn) {
  const auto file = folder_ / "notes.txt";
  std::ofstream(file) << "this is no database, and must stay as it is\n" << std::string(4096, '.');
  const auto before = std::filesystem::file_size(file);
  expect_refused(make_sandbox(std::make_shared<Platform>(), {.database = file}), ErrorKind::state, "CL5521");
  EXPECT_EQ(std::filesystem::file_size(file), before);
  expect_refused(make_sandbox(std::make_shared<Platform>(), {.database = folder_}), ErrorKind::state, "CL5520");
  const auto link = folder_ / "link.db";
  std::filesystem::create_symlink(folder_ / "elsewhere.db", link);
  expect_refused(make_sandbox(std::make_shared<Platform>(), {.database = link}), ErrorKind::state, "CL5520");
}

TEST_F(SandboxStorage, SaysThatItIsOneAndWhatItKnows) {
  EXPECT_NE(sandbox().account().find("sandbox"), std::string::npos);
  EXPECT_EQ(sandbox().configuration().name, "cloud");
  const auto facts = sandbox().probe({});
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->contains("image/Debian 12"));
  EXPECT_TRUE(facts->contains("zone/paris-1")) << "zones that the settings name exist";
}

}  // namespace
}  // namespace cloison::sandbox::trial
