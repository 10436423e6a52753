// The client's side of the keeper: what it is asked, and what happens where it is not there.

#include <array>
#include <mutex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>

#include "core/base/strings.h"
#include "core/net/keeper.h"
#include "core/net/keeper_messages.h"
#include "core/net/unix_socket.h"

namespace cloison::net {

namespace {

using std::chrono::steady_clock;

/// Apart from this process's terminal and group: what ends this run does not end it. Its environment is empty, since
/// all that leads to a host comes with each request.
void start_keeper(const Keeping& keeping) {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t how{};
  if (::posix_spawn_file_actions_init(&files) != 0) return;
  if (::posix_spawnattr_init(&how) == 0) {
    for (const int number : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&files, number, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_addchdir_np(&files, "/");
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
    auto program = keeping.program.native(), socket = keeping.socket.native();
    auto seconds = std::to_string(keeping.idle.count());
    std::string word = "__keep";
    const std::array<char*, 5> words{program.data(), word.data(), socket.data(), seconds.data(), nullptr};
    const std::array<char*, 1> environment{nullptr};
    pid_t child = 0;
    (void)::posix_spawn(&child, program.c_str(), &files, &how, words.data(), environment.data());
    ::posix_spawnattr_destroy(&how);
  }
  ::posix_spawn_file_actions_destroy(&files);
}

class KeptSsh final : public Shell {
 public:
  KeptSsh(SshTarget target, Keeping keeping)
      : target_(std::move(target)), keeping_(std::move(keeping)), own_(make_ssh(target_)) {
    for (auto* paths : {&target_.known_hosts, &target_.keys})
      for (auto& path : *paths) path = std::filesystem::absolute(path);
  }

  Result<CommandOutput> run(const Command& command, const Limits& limits) override {
    const std::lock_guard guard(mutex_);
    const auto socket = keeper();
    if (!socket) return own_->run(command, limits);
    constexpr std::chrono::hours k_longest{24};
    const auto left = std::min<steady_clock::duration>(limits.deadline - steady_clock::now(), k_longest);
    const KeeperRequest request{
        .target = target_, .command = command, .patience = std::chrono::duration_cast<std::chrono::milliseconds>(left)};
    // Only a whole request is begun there.
    if (!send_request(socket.get(), request, limits)) return own_->run(command, limits);
    auto answer = receive_answer(socket.get(), limits);
    if (answer) return *std::move(answer);
    return fail(no_answer(command, limits));
  }

  /// Files go over a connection of this run's own: they are many bytes, and few.
  Result<void> upload(const Upload& upload, const Limits& limits) override { return own_->upload(upload, limits); }

  void disconnect() override {
    const std::lock_guard guard(mutex_);
    own_->disconnect();
    constexpr std::chrono::seconds k_patience{5};
    const Limits limits{.deadline = steady_clock::now() + k_patience};
    const auto socket = connect_locally(keeping_.socket);
    if (socket && send_request(socket.get(), {.target = target_, .disconnect = true}, limits))
      (void)receive_answer(socket.get(), limits);
  }

 private:
  [[nodiscard]] Descriptor keeper() {
    if (given_up_) return Descriptor();
    auto socket = connect_locally(keeping_.socket);
    if (socket) return socket;
    start_keeper(keeping_);
    constexpr int k_tries = 60;
    for (int tries = 0; tries < k_tries; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      socket = connect_locally(keeping_.socket);
      if (socket) return socket;
    }
    given_up_ = true;
    return socket;
  }

  [[nodiscard]] Diagnostic no_answer(const Command& command, const Limits& limits) const {
    const bool stopped = limits.stop.stop_requested();
    return {.kind = command.writes ? ErrorKind::in_doubt
                    : stopped      ? ErrorKind::cancelled
                                   : ErrorKind::timeout,
            .code = stopped ? "CL5409" : "CL5406",
            .summary =
                fmt::format("the connection to {} broke off while running a command", printable(target_.host.text())),
            .detail = "The process that keeps connections between two runs gave no answer.",
            .hint = "run it again; CLOISON_KEEP_CONNECTIONS= keeps none"};
  }

  std::mutex mutex_{};
  SshTarget target_;
  Keeping keeping_;
  std::shared_ptr<Shell> own_;
  bool given_up_ = false;  // no keeper can be started here
};

}  // namespace

std::shared_ptr<Shell> make_kept_ssh(SshTarget target, Keeping keeping) {
  return std::make_shared<KeptSsh>(std::move(target), std::move(keeping));
}

}  // namespace cloison::net
