#include "core/net/tcp.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/strings.h"

namespace cloison::net {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds k_connect_slice{200};
constexpr milliseconds k_longest_attempt{10'000};

Diagnostic no_answer(const std::string& host, uint16_t port, const std::string& why) {
  return {
      .kind = ErrorKind::transient,
      .code = "CL5401",
      .summary = fmt::format("{} does not answer", printable(host)),
      .detail = fmt::format("No connection to port {}: {}.", port, why),
      .hint = fmt::format("check that the host is up and reachable from here: ssh -p {} {}", port, printable(host))};
}

Diagnostic stopped(const std::string& host) {
  return {.kind = ErrorKind::cancelled,
          .code = "CL5409",
          .summary = fmt::format("stopped while connecting to {}", printable(host)),
          .detail = "A signal asked to stop waiting.",
          .hint = "run it again"};
}

/// Whether the socket is connected in time; what is wrong with it otherwise, as a value of errno.
int finish_connecting(int socket, const Limits& limits) {
  const auto end = std::min(limits.deadline, steady_clock::now() + k_longest_attempt);
  while (!limits.stop.stop_requested()) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left <= milliseconds(0)) return ETIMEDOUT;
    pollfd waiting{.fd = socket, .events = POLLOUT, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(std::min(left, k_connect_slice).count())) <= 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }
  return ECANCELED;
}

/// 0 with the socket in `connected`, or a value of errno.
int attempt(const addrinfo& address, const Limits& limits, int& connected) {
  const int socket = ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  int error = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) error = finish_connecting(socket, limits);
  if (error != 0) {
    ::close(socket);
    return error;
  }
  const int on = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  connected = socket;
  return 0;
}

}  // namespace

Result<int> connect_tcp(const std::string& host, uint16_t port, const Limits& limits) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return fail(no_answer(host, port, ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    int socket = -1;
    error = attempt(*one, limits, socket);
    if (error == 0) return socket;
    if (error == ECANCELED) return fail(stopped(host));
  }
  return fail(no_answer(host, port, std::generic_category().message(error)));
}

}  // namespace cloison::net
