#pragma once
// What is said between cloison and the keeper of its SSH connections. Pure, but for the two that read and write
// sockets.

#include <string>
#include <string_view>

#include "core/net/json.h"
#include "core/net/ssh.h"

namespace cloison::net {

/// One command on a host, or the end of the connection to it.
struct KeeperRequest {
  SshTarget target{};
  bool disconnect = false;
  Command command{};
  std::chrono::milliseconds patience{0};  // until the answer is too late
};

/// What makes two connections the same: all that leads to it.
[[nodiscard]] std::string key_of(const SshTarget& target);

[[nodiscard]] bool send_request(int socket, const KeeperRequest& request, const Limits& limits);
[[nodiscard]] std::optional<KeeperRequest> receive_request(int socket, const Limits& limits);
[[nodiscard]] bool send_answer(int socket, const Result<CommandOutput>& answer, const Limits& limits);
/// nullopt: none came.
[[nodiscard]] std::optional<Result<CommandOutput>> receive_answer(int socket, const Limits& limits);

}  // namespace cloison::net
