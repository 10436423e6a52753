// The way through a bastion: a channel of its session, joined to a socket on which the inner session runs.

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/net/ssh_session.h"

namespace cloison::net {

namespace {

constexpr int k_pump_slice = 200;  // milliseconds
constexpr std::size_t k_chunk = 16384;

class Pump {
 public:
  Pump(ssh_session session, SshChannel channel, int socket)
      : session_(session), channel_(std::move(channel)), socket_(socket) {}
  Pump(Pump&& other) noexcept
      : session_(other.session_), channel_(std::move(other.channel_)), socket_(std::exchange(other.socket_, -1)) {}
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;
  Pump& operator=(Pump&&) = delete;
  ~Pump() {
    if (socket_ >= 0) ::close(socket_);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested() && out_of_channel() && into_channel()) {
    }
    ::shutdown(socket_, SHUT_RDWR);
  }

 private:
  /// libssh may hold data that the socket no longer shows, so all of it is taken before waiting.
  bool out_of_channel() {
    for (;;) {
      std::array<char, k_chunk> bytes{};
      const int got = ssh_channel_read_nonblocking(channel_.get(), bytes.data(), bytes.size(), 0);
      if (got == SSH_ERROR || got == SSH_EOF) return false;
      if (got <= 0) return ssh_channel_is_eof(channel_.get()) == 0 && ssh_channel_is_open(channel_.get()) != 0;
      if (!send_all({bytes.data(), static_cast<std::size_t>(got)})) return false;
    }
  }

  bool into_channel() {
    const bool room = ssh_channel_window_size(channel_.get()) > 0;
    std::array<pollfd, 2> waiting{pollfd{socket_, static_cast<short>(room ? POLLIN : 0), 0},
                                  pollfd{ssh_get_fd(session_), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), k_pump_slice) < 0) return errno == EINTR;
    if ((waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || !room) return true;
    std::array<char, k_chunk> bytes{};
    const auto most = std::min<std::size_t>(bytes.size(), ssh_channel_window_size(channel_.get()));
    const auto got = ::recv(socket_, bytes.data(), most, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    std::size_t sent = 0;
    while (sent < static_cast<std::size_t>(got)) {
      const int now = ssh_channel_write(channel_.get(), bytes.data() + sent,
                                        static_cast<uint32_t>(static_cast<std::size_t>(got) - sent));
      if (now < 0 && now != SSH_AGAIN) return false;
      if (now > 0)
        sent += static_cast<std::size_t>(now);
      else if (!out_of_channel())
        return false;  // takes in what widens the window
    }
    return true;
  }

  bool send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  ssh_session session_;
  SshChannel channel_;
  int socket_;
};

}  // namespace

Result<int> SshSession::forward(const SshHost& to, const Limits& limits) {
  SshChannel channel(ssh_channel_new(session_));
  const auto opened = !channel ? std::optional<int>(SSH_ERROR) : until_done(session_, limits, SSH_AGAIN, [&] {
    return ssh_channel_open_forward(channel.get(), to.address.c_str(), to.port, "127.0.0.1", 0);
  });
  if (!opened) return fail(gave_up(host_.text(), "opening a way through", limits));
  if (*opened != SSH_OK)
    return fail({.kind = ErrorKind::transient,
                 .code = "CL5401",
                 .summary = fmt::format("{} does not answer", printable(to.address)),
                 .detail = fmt::format("The bastion says: {}.", printable(ssh_get_error(session_))),
                 .hint = fmt::format("check that the bastion reaches it, and forwards (AllowTcpForwarding yes): ssh -J "
                                     "{} -p {} {}@{}",
                                     printable(host_.text()), to.port, printable(to.user), printable(to.address))});
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(gave_up(host_.text(), "opening a way through", limits));
  pump_ = std::jthread(
      [pump = Pump(session_, std::move(channel), ends[1])](const std::stop_token& stop) mutable { pump.run(stop); });
  return ends[0];
}

}  // namespace cloison::net
