#include "core/net/unix_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace cloison::net {

namespace {

constexpr std::chrono::milliseconds k_wait_slice{100};

/// An address that holds the path, or false.
bool fill(sockaddr_un& address, const std::filesystem::path& path) {
  const auto& text = path.native();
  address.sun_family = AF_UNIX;
  if (text.empty() || text.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return true;
}

/// Until the socket can be read or written; false once stopped or late.
bool wait_for(int socket, short events, const Limits& limits) {
  while (!limits.stop.stop_requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limits.deadline - std::chrono::steady_clock::now());
    if (left <= std::chrono::milliseconds(0)) return false;
    pollfd waiting{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, k_wait_slice).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace

Descriptor listen_locally(const std::filesystem::path& path) {
  constexpr int k_backlog = 128;
  constexpr mode_t k_others = 0177;
  sockaddr_un address{};
  if (!fill(address, path)) return Descriptor();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Descriptor();
  // Between making it and changing its mode, others could already connect.
  const auto before = ::umask(k_others);
  const bool bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::umask(before);
  if (!bound || ::listen(socket.get(), k_backlog) != 0) return Descriptor();
  return socket;
}

Descriptor connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  if (!fill(address, path)) return Descriptor();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Descriptor();
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Descriptor();
  return socket;
}

Descriptor connect_locally(const std::filesystem::path& path) {
  auto socket = connect_to(path);
  return socket && is_ours(socket.get()) ? std::move(socket) : Descriptor();
}

bool is_ours(int socket) {
  ucred other{};
  socklen_t size = sizeof other;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == ::geteuid();
}

bool send_all(int socket, std::string_view bytes, const Limits& limits) {
  while (!bytes.empty()) {
    if (!wait_for(socket, POLLOUT, limits)) return false;
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, std::string& bytes, std::size_t count, const Limits& limits) {
  std::array<char, 65536> part{};
  bytes.clear();
  while (bytes.size() < count) {
    if (!wait_for(socket, POLLIN, limits)) return false;
    const auto got = ::recv(socket, part.data(), std::min(part.size(), count - bytes.size()), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) bytes.append(part.data(), static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace cloison::net
