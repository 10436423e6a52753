#include "core/net/keeper.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/keeper_messages.h"
#include "core/net/unix_socket.h"

namespace cloison::net {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t k_most_at_once = 512;

/// One request of one client.
class Keeper {
 public:
  explicit Keeper(std::stop_token stop) : stop_(std::move(stop)) {}

  void serve(Descriptor client) {
    constexpr std::chrono::seconds k_to_ask{10}, k_to_tell{60};
    const auto request = receive_request(client.get(), {stop_, steady_clock::now() + k_to_ask});
    if (!request) return;
    const auto shell = shell_of(request->target);
    if (request->disconnect) {
      shell->disconnect();
      (void)send_answer(client.get(), CommandOutput{.status = 0}, {stop_, steady_clock::now() + k_to_tell});
      return;
    }
    std::stop_source gone;
    const std::stop_callback ended(stop_, [&gone] { gone.request_stop(); });
    std::jthread watcher([&client, &gone](const std::stop_token& done) { watch(client.get(), gone, done); });
    const auto answer = shell->run(request->command, {gone.get_token(), steady_clock::now() + request->patience});
    watcher.request_stop();
    watcher.join();
    (void)send_answer(client.get(), answer, {stop_, steady_clock::now() + k_to_tell});
  }

 private:
  /// Who asked and goes away wants no answer any more.
  static void watch(int client, std::stop_source& gone, const std::stop_token& done) {
    constexpr int k_slice = 50;
    while (!done.stop_requested()) {
      pollfd waiting{.fd = client, .events = POLLRDHUP, .revents = 0};
      if (::poll(&waiting, 1, k_slice) > 0 && (waiting.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
        gone.request_stop();
        return;
      }
    }
  }

  std::shared_ptr<Shell> shell_of(const SshTarget& target) {
    const std::lock_guard guard(mutex_);
    auto& shell = shells_[key_of(target)];
    if (!shell) shell = make_ssh(target);
    return shell;
  }

  std::stop_token stop_;
  std::mutex mutex_{};
  std::map<std::string, std::shared_ptr<Shell>> shells_{};
};

/// Held as long as this process keeps connections; none where another one does.
Descriptor lock_of(const std::filesystem::path& socket) {
  constexpr mode_t k_own = 0600;
  auto name = socket;
  name += ".lock";
  Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, k_own));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return Descriptor();
  return lock;
}

}  // namespace

bool keep_connections(const std::filesystem::path& socket, std::chrono::seconds idle, const std::stop_token& stop) {
  const auto lock = lock_of(socket);
  if (!lock) return false;
  ::unlink(socket.c_str());  // left by one that was killed
  const auto listening = listen_locally(socket);
  if (!listening) return false;
  Keeper keeper(stop);
  std::atomic<std::size_t> busy{0};
  std::atomic<steady_clock::rep> last{steady_clock::now().time_since_epoch().count()};
  while (!stop.stop_requested()) {
    constexpr int k_slice = 200;
    pollfd waiting{.fd = listening.get(), .events = POLLIN, .revents = 0};
    const bool asked = ::poll(&waiting, 1, k_slice) > 0;
    const auto now = steady_clock::now();
    if (!asked && busy == 0 && now - steady_clock::time_point(steady_clock::duration(last)) > idle) break;
    if (!asked || busy >= k_most_at_once) continue;
    Descriptor client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client || !is_ours(client.get())) continue;
    ++busy;
    std::thread([&keeper, &busy, &last, client = std::move(client)]() mutable {
      keeper.serve(std::move(client));
      last = steady_clock::now().time_since_epoch().count();
      --busy;
    }).detach();
  }
  ::unlink(socket.c_str());
  while (busy != 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return true;
}

std::filesystem::path private_folder(const std::filesystem::path& folder) {
  constexpr mode_t k_own = 0700, k_others = 0077;
  std::error_code ignored;
  std::filesystem::create_directories(folder.parent_path(), ignored);
  ::mkdir(folder.c_str(), k_own);
  struct stat there{};
  if (::lstat(folder.c_str(), &there) != 0 || !S_ISDIR(there.st_mode) || there.st_uid != ::geteuid() ||
      (there.st_mode & k_others) != 0)
    return {};
  return folder;
}

}  // namespace cloison::net
