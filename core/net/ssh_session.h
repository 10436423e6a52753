#pragma once
// One libssh session: connecting, the host's key, the login. Not thread-safe.

#include <chrono>
#include <memory>
#include <thread>

#include <libssh/libssh.h>

#include "core/net/ssh.h"

namespace cloison::net {

struct FreeSshChannel {
  void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
};
using SshChannel = std::unique_ptr<std::remove_pointer_t<ssh_channel>, FreeSshChannel>;
struct FreeSshKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using SshKey = std::unique_ptr<std::remove_pointer_t<ssh_key>, FreeSshKey>;

/// Waits at most a slice for the session's socket; false once stopped or late.
[[nodiscard]] bool wait_for_socket(ssh_session session, const Limits& limits);
/// Stopped by a signal, or the deadline is over.
[[nodiscard]] Diagnostic gave_up(const std::string& host, const std::string& doing, const Limits& limits);

/// Calls `step` until it answers something other than `again`; nullopt once stopped or late.
template <class Step>
std::optional<int> until_done(ssh_session session, const Limits& limits, int again, Step step) {
  for (;;) {
    const int answer = step();
    if (answer != again) return answer;
    if (!wait_for_socket(session, limits)) return std::nullopt;
  }
}

class SshSession;
/// The whole of `upload` over an open session; tells after each piece whether to go on.
[[nodiscard]] Result<void> send_file(SshSession& session, const Upload& upload, const Limits& limits);

class SshSession {
 public:
  SshSession() = default;
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;
  ~SshSession();

  /// Connects, checks the host's key and logs in; through the bastion where there is one.
  [[nodiscard]] static Result<std::unique_ptr<SshSession>> open(const SshTarget& target, const Limits& limits);
  [[nodiscard]] bool alive() const;
  [[nodiscard]] ssh_session get() const { return session_; }
  [[nodiscard]] const SshHost& host() const { return host_; }

 private:
  [[nodiscard]] Result<void> configure(const SshTarget& target, const SshHost& host, int socket);
  [[nodiscard]] Result<void> handshake(const Limits& limits);
  [[nodiscard]] Result<void> check_host_key();
  [[nodiscard]] Result<void> log_in(const SshTarget& target, const Limits& limits);
  [[nodiscard]] static Result<std::unique_ptr<SshSession>> over(const SshTarget& target, const SshHost& host,
                                                                int socket, const Limits& limits);
  /// A socket whose other end is the bastion's channel to `to`.
  [[nodiscard]] Result<int> forward(const SshHost& to, const Limits& limits);

  SshHost host_{};
  ssh_session session_ = nullptr;
  std::unique_ptr<SshSession> bastion_{};  // goes after the session that is carried through it
  std::jthread pump_{};  // of a bastion: carries bytes between a socket and its channel to the host behind
};

}  // namespace cloison::net
