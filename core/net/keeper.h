#pragma once
// Keeps SSH connections from one run of cloison to the next: a process of the same user, reached by a socket that is
// its own alone (0600). Opt-in; it ends by itself when nobody has asked it for a while.

#include <chrono>
#include <filesystem>
#include <memory>

#include "core/net/ssh.h"

namespace cloison::net {

struct Keeping {
  std::filesystem::path socket{};   // in a folder of this user's alone
  std::filesystem::path program{};  // started as `PROGRAM __keep SOCKET SECONDS` where no keeper listens yet
  std::chrono::seconds idle{600};   // without a request
};

/// Serves until it is idle, or `stop`. False where it could not begin: another one serves, or the socket cannot be
/// made.
[[nodiscard]] bool keep_connections(const std::filesystem::path& socket, std::chrono::seconds idle,
                                    const std::stop_token& stop);

/// A shell whose connection the keeper has; its own where there is none.
[[nodiscard]] std::shared_ptr<Shell> make_kept_ssh(SshTarget target, Keeping keeping);

/// The folder for the socket, made if need be: mode 0700, this user's, no link. Empty where it cannot be such.
[[nodiscard]] std::filesystem::path private_folder(const std::filesystem::path& folder);

}  // namespace cloison::net
