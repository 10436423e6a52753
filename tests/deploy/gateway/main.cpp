// A gateway as laboratories have them: HTTP/1.1 for people and programs, MLLP for HL7 v2 messages of devices. Tests
// deploy it in several versions, and with faults. See tests/deploy/README.md.

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "tests/deploy/common/address.h"
#include "tests/deploy/gateway/sessions.h"

namespace {

using namespace cloison::deploy_test;

constexpr int k_queue = 1024;  // connections that the kernel may hold for a listener

struct Listener {
  Descriptor socket{};
  Protocol protocol{};
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool set(int socket, int level, int option, int value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

Listener listener(const std::string& host, std::uint16_t port, Protocol protocol) {
  const auto address = resolved(host, port);
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) fail("socket");
  // `::` stands for both families.
  if (!set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1) ||
      (address.family() == AF_INET6 && !set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0)))
    fail("setsockopt");
  if (::bind(socket.get(), address.get(), address.size) != 0 || ::listen(socket.get(), k_queue) != 0)
    fail(fmt::format("{} port {}", host, port));
  return {std::move(socket), protocol};
}

std::vector<Listener> listeners(const Settings& settings) {
  std::vector<Listener> all;
  for (const auto& host : settings.listen) {
    if (settings.http != 0) all.push_back(listener(host, settings.http, Protocol::http));
    if (settings.mllp != 0) all.push_back(listener(host, settings.mllp, Protocol::mllp));
  }
  return all;
}

/// SIGTERM and SIGINT as a descriptor: they are blocked in every thread, and no handler is needed.
Descriptor end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  errno = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (errno != 0) fail("pthread_sigmask");
  Descriptor descriptor(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!descriptor) fail("signalfd");
  return descriptor;
}

/// What the kernel holds for this listener, but not more: where connections come faster than threads can be had, a loop
/// to the end of the queue would see neither the other listener nor a signal.
void accept_some(const Listener& from, Sessions& sessions, int most) {
  while (most-- > 0) {
    Descriptor socket(::accept4(from.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!socket) {
      // Out of descriptors or memory: the connection stays in the queue, and asking again at once would only spin.
      if (errno != EAGAIN) ::usleep(10'000);
      return;
    }
    // Where the far end has already gone this fails, and reading will tell.
    (void)set(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    (void)set(socket.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    sessions.begin(std::move(socket), from.protocol);
  }
}

/// Until a signal; at `crash` the process ends in the midst of everything.
void serve(const std::vector<Listener>& all, const Descriptor& signals, Sessions& sessions, Time crash) {
  std::vector<pollfd> waited{{signals.get(), POLLIN, 0}};
  for (const auto& one : all) waited.push_back({one.socket.get(), POLLIN, 0});
  while (waited.front().revents == 0) {
    (void)::poll(waited.data(), waited.size(), poll_time(crash));
    if (Clock::now() >= crash) std::_Exit(3);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (waited[i + 1].revents != 0) accept_some(all[i], sessions, 16);
    sessions.tidy();
  }
}

int run(Settings settings) {
  const auto begun = Clock::now();
  const auto faults = settings.faults;
  if (faults.crash) return 3;
  const auto signals = end_signals();
  if (faults.slow_start && ready(signals.get(), POLLIN, begun + *faults.slow_start)) return 0;

  auto all = listeners(settings);
  Site site(std::move(settings));
  Stopping stopping(site.settings().grace, site.settings().idle_grace);
  Sessions sessions(site, stopping);
  fmt::print(stderr, "gateway {}: listens, http {}, mllp {}\n", site.settings().version, site.settings().http,
             site.settings().mllp);
  serve(all, signals, sessions, faults.crash_after ? begun + *faults.crash_after : Time::max());

  fmt::print(stderr, "gateway: stops\n");
  stopping.begin();
  // Closing a listener resets what is still in its queue, and those connections may hold requests.
  for (auto& one : all) {
    accept_some(one, sessions, k_queue);
    one.socket = Descriptor();
  }
  sessions.finish();
  fmt::print(stderr, "gateway: stopped; {} requests and {} messages answered, {} cut off\n", site.requests.load(),
             site.messages.load(), site.cut.load());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(read_settings(argc, argv));
  } catch (const BadUsage& error) {
    fmt::print(stderr, "gateway: {}\n", error.what());
    return 64;
  } catch (const std::exception& error) {
    fmt::print(stderr, "gateway: {}\n", error.what());
    return 1;
  }
}
