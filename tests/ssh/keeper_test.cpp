// Connections that outlive a run: the keeper against a real sshd, and clients without one.

#include "core/net/keeper.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/net/keeper_messages.h"
#include "core/net/unix_socket.h"
#include "tests/ssh/server.h"

namespace cloison::ssh_test {

namespace {

using net::Keeping;
using net::Limits;
using net::make_kept_ssh;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* k_nobody = "/bin/false";  // starts no keeper

class Kept : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Sshd>(); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    char name[] = "/tmp/cloison-keeper-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    keeper_ = {};
    std::filesystem::remove_all(folder_);
  }
  void start(seconds idle = seconds(60)) {
    keeper_ = std::jthread(
        [this, idle](const std::stop_token& stop) { served_ = net::keep_connections(socket(), idle, stop); });
    const auto end = steady_clock::now() + seconds(5);
    while (!net::connect_locally(socket()) && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
  }
  [[nodiscard]] std::filesystem::path socket() const { return folder_ / "keeper.sock"; }
  [[nodiscard]] Keeping keeping() const { return {.socket = socket(), .program = k_nobody}; }
  [[nodiscard]] static Limits within(milliseconds time) { return {.deadline = steady_clock::now() + time}; }
  /// The client's port of the connection that a new run of the program has.
  [[nodiscard]] std::string connection(const net::SshTarget& target) const {
    const auto done =
        make_kept_ssh(target, keeping())->run({.argv = {"sh", "-c", "echo $SSH_CONNECTION"}}, within(seconds(20)));
    return done ? done->out : done.error().code;
  }

  static std::unique_ptr<Sshd> server_;
  std::filesystem::path folder_{};
  bool served_ = false;
  std::jthread keeper_{};
};
std::unique_ptr<Sshd> Kept::server_;

TEST_F(Kept, TheNextRunHasTheConnectionOfTheOneBefore) {
  start();
  const auto first = connection(server_->target());
  EXPECT_EQ(std::count(first.begin(), first.end(), ' '), 3) << first;
  EXPECT_EQ(connection(server_->target()), first);
}

TEST_F(Kept, WhoeverAsksForAnotherConnectionGetsOne) {
  start();
  const auto shell = make_kept_ssh(server_->target(), keeping());
  const auto ask = [&] { return shell->run({.argv = {"sh", "-c", "echo $SSH_CONNECTION"}}, within(seconds(20)))->out; };
  const auto first = ask();
  shell->disconnect();
  EXPECT_NE(ask(), first);
}

TEST_F(Kept, AnotherPinIsAnotherConnection) {
  start();
  const auto right = connection(server_->target());
  EXPECT_EQ(std::count(right.begin(), right.end(), ' '), 3) << right;
  auto wrong = server_->target();
  wrong.host.fingerprint = server_->fingerprint("other");
  const auto said = connection(wrong);
  EXPECT_EQ(said.substr(0, 4), "CL54") << said;  // as without a keeper: the key is not the one that was pinned
}

TEST_F(Kept, OutputsStatusAndInputPassAsTheyAre) {
  start();
  const std::string bytes("\0\xff\n'\"", 5);
  const auto done =
      make_kept_ssh(server_->target(), keeping())
          ->run({.argv = {"sh", "-c", "cat; echo to err >&2; exit 3"}, .input = bytes + std::string(3'000'000, 'x')},
                within(seconds(20)));
  ASSERT_TRUE(done) << done.error().summary;
  EXPECT_EQ(done->status, 3);
  EXPECT_EQ(done->err, "to err\n");
  EXPECT_EQ(done->out, bytes + std::string(3'000'000, 'x'));
}

TEST_F(Kept, WithoutAKeeperARunHasItsOwnConnection) {
  const auto first = connection(server_->target());
  EXPECT_EQ(std::count(first.begin(), first.end(), ' '), 3) << first;
  EXPECT_NE(connection(server_->target()), first);
}

TEST_F(Kept, WhoGivesUpHoldsNobodyElseUp) {
  start();
  const auto shell = make_kept_ssh(server_->target(), keeping());
  const auto begun = steady_clock::now();
  const auto late = shell->run({.argv = {"sleep", "30"}, .writes = true}, within(milliseconds(300)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::in_doubt);
  std::stop_source stop;
  std::jthread soon([&stop] { std::this_thread::sleep_for(milliseconds(200)), stop.request_stop(); });
  const auto stopped = shell->run({.argv = {"sleep", "30"}}, {stop.get_token(), steady_clock::now() + seconds(20)});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(shell->run({.argv = {"echo", "here"}}, within(seconds(20)))->out, "here\n");
  EXPECT_LT(steady_clock::now() - begun, seconds(10));
}

TEST_F(Kept, AKeeperThatDiesLeavesAWriteInDoubt) {
  const auto listening = net::listen_locally(socket());
  std::jthread dies([&listening](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Descriptor client(::accept(listening.get(), nullptr, nullptr));
      if (client) (void)net::receive_request(client.get(), {.deadline = steady_clock::now() + seconds(5)});
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  const auto shell = make_kept_ssh(server_->target(), keeping());
  EXPECT_EQ(shell->run({.argv = {"true"}, .writes = true}, within(seconds(20))).error().kind, ErrorKind::in_doubt);
  EXPECT_EQ(shell->run({.argv = {"true"}}, within(seconds(20))).error().kind, ErrorKind::timeout);
}

TEST_F(Kept, OnlyThisUserGetsToIt) {
  start();
  struct stat there{};
  ASSERT_EQ(::stat(socket().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0600U);
  EXPECT_EQ(net::private_folder(folder_ / "own"), folder_ / "own");
  ::chmod((folder_ / "own").c_str(), 0755);
  EXPECT_EQ(net::private_folder(folder_ / "own"), "");
  std::filesystem::create_directory_symlink(folder_, folder_ / "link");
  EXPECT_EQ(net::private_folder(folder_ / "link"), "");
}

TEST_F(Kept, ThereIsOneAndItEndsByItselfWhenNobodyAsks) {
  start(seconds(1));
  EXPECT_FALSE(net::keep_connections(socket(), seconds(1), {}));
  const auto end = steady_clock::now() + seconds(10);
  while (std::filesystem::exists(socket()) && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(std::filesystem::exists(socket()));
  keeper_.join();
  EXPECT_TRUE(served_);
}

}  // namespace

}  // namespace cloison::ssh_test
