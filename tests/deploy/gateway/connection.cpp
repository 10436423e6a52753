#include "tests/deploy/gateway/connection.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace cloison::deploy_test {

namespace {

constexpr std::chrono::seconds k_send_patience{30}, k_finish_patience{1};

}  // namespace

bool Connection::receive(Waiting waiting, Time deadline) {
  std::array<char, 16384> bytes{};
  while (stopping_.ready(socket_.get(), POLLIN, waiting, deadline)) {
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      input.append(bytes.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
  }
  return false;
}

bool Connection::send(std::string_view bytes) {
  const auto deadline = Clock::now() + k_send_patience;
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!stopping_.ready(socket_.get(), POLLOUT, Waiting::underway, deadline)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Connection::finish() {
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return;
  const auto deadline = Clock::now() + k_finish_patience;
  do input.clear();
  while (receive(Waiting::underway, deadline));
}

}  // namespace cloison::deploy_test
