// The SSH client against a real sshd: commands, host keys, logins, and whatever goes wrong on the way.

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/ssh/server.h"

namespace cloison::ssh_test {

namespace {

using net::Limits;
using net::make_ssh;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class Ssh : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Sshd>(); }
  static void TearDownTestSuite() { server_.reset(); }
  [[nodiscard]] static const Sshd& server() { return *server_; }
  [[nodiscard]] static Limits within(milliseconds time) { return {.deadline = steady_clock::now() + time}; }
  [[nodiscard]] static Limits enough() { return within(seconds(20)); }
  /// What a target without more says to a plain command: "" or the code of its error.
  [[nodiscard]] static std::string code_of(const net::SshTarget& target) {
    const auto result = make_ssh(target)->run({.argv = {"true"}}, enough());
    return result ? "" : result.error().code;
  }
  static std::unique_ptr<Sshd> server_;
};
std::unique_ptr<Sshd> Ssh::server_;

TEST_F(Ssh, ACommandsOutputsAndStatusComeBackApart) {
  const auto shell = make_ssh(server().target());
  const auto done = shell->run({.argv = {"sh", "-c", "echo to out; echo to err >&2; exit 3"}}, enough());
  ASSERT_TRUE(done) << done.error().summary << done.error().detail;
  EXPECT_EQ(done->status, 3);
  EXPECT_EQ(done->out, "to out\n");
  EXPECT_EQ(done->err, "to err\n");
}

TEST_F(Ssh, WordsArriveAsTheyAre) {
  const std::vector<std::string> words{"$(touch /tmp/x)", "it's", "a\nb", "*", "", "\\", "`id`", "é", "--", "\"q\""};
  std::vector<std::string> argv{"printf", "[%s]"};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto done = make_ssh(server().target())->run({.argv = argv}, enough());
  ASSERT_TRUE(done);
  std::string expected;
  for (const auto& word : words) expected += "[" + word + "]";
  EXPECT_EQ(done->out, expected);
}

TEST_F(Ssh, MegabytesGoBothWaysAtOnce) {
  std::string bytes;
  for (uint32_t i = 0; i < 6'000'000; ++i) bytes += static_cast<char>((i * 7919) >> 3);
  const auto done = make_ssh(server().target())->run({.argv = {"cat"}, .input = bytes}, enough());
  ASSERT_TRUE(done) << done.error().summary;
  EXPECT_TRUE(done->out == bytes);
}

TEST_F(Ssh, ACommandThatReadsNothingStillEnds) {
  const auto done =
      make_ssh(server().target())->run({.argv = {"true"}, .input = std::string(3'000'000, 'x')}, enough());
  ASSERT_TRUE(done) << done.error().summary;
  EXPECT_EQ(done->status, 0);
}

TEST_F(Ssh, ASignalThatEndsTheCommandIsNamed) {
  const auto done = make_ssh(server().target())->run({.argv = {"sh", "-c", "kill -KILL $$"}}, enough());
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, -1);
  EXPECT_EQ(done->signal, "KILL");
}

TEST_F(Ssh, CommandsShareAConnectionUntilItIsEnded) {
  const auto shell = make_ssh(server().target());
  const auto port = [&] { return shell->run({.argv = {"sh", "-c", "echo $SSH_CONNECTION"}}, enough())->out; };
  const auto first = port();
  EXPECT_EQ(port(), first);
  shell->disconnect();
  EXPECT_NE(port(), first);
}

TEST_F(Ssh, AConnectionLostBetweenTwoCommandsIsReplaced) {
  const auto shell = make_ssh(server().target());
  ASSERT_TRUE(shell->run({.argv = {"true"}}, enough()));
  server().end_connections();
  std::this_thread::sleep_for(milliseconds(100));
  const auto again = shell->run({.argv = {"echo", "there"}, .writes = true}, enough());
  ASSERT_TRUE(again) << again.error().summary;
  EXPECT_EQ(again->out, "there\n");
}

TEST_F(Ssh, APinnedFingerprintDecides) {
  auto target = server().target();
  EXPECT_EQ(code_of(target), "");
  target.host.fingerprint = server().fingerprint("other.pub");
  EXPECT_EQ(code_of(target), "CL5403");
}

TEST_F(Ssh, KnownHostsDecideWithoutAFingerprint) {
  auto target = server().target();
  target.host.fingerprint.clear();
  const auto unknown = make_ssh(target)->run({.argv = {"true"}}, enough());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "CL5402");
  EXPECT_EQ(unknown.error().kind, ErrorKind::auth);
  EXPECT_THAT(unknown.error().hint, HasSubstr("fingerprint: " + server().fingerprint("host.pub")));

  const auto known_as = [&](const std::string& file, const std::string& key) {
    std::ifstream in(server().file(key));
    std::string type, text;
    in >> type >> text;
    std::ofstream(server().file(file)) << "[127.0.0.1]:" << server().port() << ' ' << type << ' ' << text << '\n';
  };
  known_as("known", "host.pub");
  known_as("changed", "other.pub");
  std::ofstream(server().file("empty")) << "";
  target.known_hosts = {server().file("known")};
  EXPECT_EQ(code_of(target), "");
  target.known_hosts = {server().file("empty"), server().file("known")};
  EXPECT_EQ(code_of(target), "");
  target.known_hosts = {server().file("missing")};
  EXPECT_EQ(code_of(target), "CL5402");
  target.known_hosts = {server().file("changed")};
  EXPECT_EQ(code_of(target), "CL5403");
}

TEST_F(Ssh, ARefusedLoginTellsWhatWasTried) {
  auto target = server().target();
  target.keys = {server().file("other"), server().file("locked"), server().file("nowhere")};
  const auto refused = make_ssh(target)->run({.argv = {"true"}}, enough());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "CL5404");
  EXPECT_EQ(refused.error().kind, ErrorKind::auth);
  EXPECT_THAT(refused.error().detail, HasSubstr("other: refused"));
  EXPECT_THAT(refused.error().detail, HasSubstr("has a passphrase (then: ssh-add)"));
  EXPECT_THAT(refused.error().detail, HasSubstr("nowhere: it cannot be read"));
  target.keys.clear();
  EXPECT_EQ(code_of(target), "CL5404");
}

TEST_F(Ssh, ACertificateBesideTheKeyLogsIn) {
  auto target = server().target();
  target.keys = {server().file("certified")};
  EXPECT_EQ(code_of(target), "");
  std::filesystem::remove(server().file("certified-cert.pub"));
  EXPECT_EQ(code_of(target), "CL5404");
}

TEST_F(Ssh, AnAgentIsAskedAfterTheKeys) {
  auto target = server().target();
  target.keys = {server().file("other")};
  target.agent = server().file("agent");
  const auto started = output_of({"ssh-agent", "-s", "-a", target.agent});
  const auto begin = started.find("SSH_AGENT_PID=") + 14;
  const auto agent = std::stoi(started.substr(begin));
  output_of({"env", "SSH_AUTH_SOCK=" + target.agent, "ssh-add", "-q", server().file("held")});
  EXPECT_EQ(code_of(target), "");
  ::kill(agent, SIGTERM);
}

TEST_F(Ssh, AHostThatDoesNotListenIsNotThere) {
  uint16_t port = 0;
  {
    port = RawServer([](int) {}).port();
  }
  auto target = server().target();
  target.host.port = port;
  const auto result = make_ssh(target)->run({.argv = {"true"}, .writes = true}, enough());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "CL5401");
  EXPECT_EQ(result.error().kind, ErrorKind::transient);
}

TEST_F(Ssh, AHostThatSaysNothingIsGivenUp) {
  const RawServer silent([](int socket) {
    char byte = 0;
    while (::recv(socket, &byte, 1, 0) > 0) {
    }
  });
  auto target = server().target();
  target.host.port = silent.port();
  const auto begun = steady_clock::now();
  const auto result = make_ssh(target)->run({.argv = {"true"}}, within(milliseconds(400)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "CL5407");
  EXPECT_LT(steady_clock::now() - begun, seconds(5));
}

TEST_F(Ssh, GarbageInsteadOfAGreetingIsNoHost) {
  const RawServer garbage([](int socket) {
    const std::string noise(100'000, '\x01');
    (void)::send(socket, noise.data(), noise.size(), MSG_NOSIGNAL);
  });
  auto target = server().target();
  target.host.port = garbage.port();
  EXPECT_EQ(code_of(target), "CL5406");
}

TEST_F(Ssh, EndlessOutputIsCutOff) {
  const auto shell = make_ssh(server().target());
  const auto result = shell->run({.argv = {"yes"}, .output_limit = 100'000}, enough());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "CL5408");
  EXPECT_EQ(result.error().kind, ErrorKind::timeout);
  EXPECT_EQ(shell->run({.argv = {"echo", "well"}}, enough())->out, "well\n");
}

TEST_F(Ssh, ALateAnswerIsATimeoutForReadsAndADoubtForWrites) {
  for (const bool writes : {false, true}) {
    const auto result =
        make_ssh(server().target())->run({.argv = {"sleep", "30"}, .writes = writes}, within(milliseconds(700)));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "CL5407");
    EXPECT_EQ(result.error().kind, writes ? ErrorKind::in_doubt : ErrorKind::timeout);
  }
}

TEST_F(Ssh, ASignalEndsTheWaitAtOnce) {
  std::stop_source source;
  const std::jthread signal([&] {
    std::this_thread::sleep_for(milliseconds(500));
    source.request_stop();
  });
  const auto begun = steady_clock::now();
  const auto result = make_ssh(server().target())->run({.argv = {"sleep", "30"}}, {.stop = source.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "CL5409");
  EXPECT_EQ(result.error().kind, ErrorKind::cancelled);
  EXPECT_LT(steady_clock::now() - begun, seconds(5));
}

TEST_F(Ssh, AConnectionThatBreaksOffLeavesAWriteInDoubt) {
  for (const bool writes : {false, true}) {
    const auto shell = make_ssh(server().target());
    ASSERT_TRUE(shell->run({.argv = {"true"}}, enough()));
    const std::jthread cut([] {
      std::this_thread::sleep_for(milliseconds(500));
      server().end_connections();
    });
    const auto result = shell->run({.argv = {"sleep", "30"}, .writes = writes}, enough());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "CL5406");
    EXPECT_EQ(result.error().kind, writes ? ErrorKind::in_doubt : ErrorKind::timeout);
  }
}

TEST_F(Ssh, ABastionLeadsToTheHostBehind) {
  auto target = server().target();
  target.bastion = target.host;
  const auto shell = make_ssh(target);
  const std::string bytes(2'000'000, 'b');
  const auto done = shell->run({.argv = {"cat"}, .input = bytes}, enough());
  ASSERT_TRUE(done) << done.error().summary << done.error().detail;
  EXPECT_TRUE(done->out == bytes);

  target.host.fingerprint = server().fingerprint("other.pub");
  EXPECT_EQ(code_of(target), "CL5403");
  target.host = target.bastion.value();
  target.bastion->fingerprint = server().fingerprint("other.pub");
  const auto refused = make_ssh(target)->run({.argv = {"true"}}, enough());
  ASSERT_FALSE(refused);
  ASSERT_FALSE(refused.error().context.empty());
  EXPECT_THAT(refused.error().context.front(), HasSubstr("through the bastion"));
}

TEST_F(Ssh, ABastionThatDoesNotReachTheHostSaysSo) {
  auto target = server().target();
  target.bastion = target.host;
  target.host.port = 1;
  EXPECT_EQ(code_of(target), "CL5401");
}

TEST_F(Ssh, ConnectionsLeaveNoDescriptorBehind) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  auto through = server().target();
  through.bastion = through.host;
  auto wrong = server().target();
  wrong.host.fingerprint = "SHA256:no";
  ASSERT_EQ(code_of(server().target()), "");
  const auto before = open_files();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(code_of(server().target()), "");
    EXPECT_EQ(code_of(through), "");
    EXPECT_EQ(code_of(wrong), "CL5403");
  }
  EXPECT_EQ(open_files(), before);
}

}  // namespace

}  // namespace cloison::ssh_test
