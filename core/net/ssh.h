#pragma once
// Commands on a host over SSH (RFC 4252 to 4254), by libssh: one connection, reused; the host's key pinned before
// anything is sent; every wait ends with a signal or at the deadline.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/http.h"

namespace cloison::net {

struct SshHost {
  std::string address{};  // or a name
  uint16_t port = 22;
  std::string user{};
  std::string fingerprint{};  // "SHA256:…" as ssh-keygen -l prints it; "": the key must stand in a known_hosts file
  [[nodiscard]] std::string text() const;  // "cloison@10.16.3.1", with the port where it is not 22
};

struct SshTarget {
  SshHost host{};
  std::optional<SshHost> bastion{};  // the way there
  /// Looked into in this order, at most two.
  std::vector<std::filesystem::path> known_hosts{};
  /// Private keys; a certificate stands beside its key as KEY-cert.pub.
  std::vector<std::filesystem::path> keys{};
  std::string agent{};  // socket of an agent, asked after the keys; "": none
};

struct Command {
  std::vector<std::string> argv{};
  std::string input{};
  /// Whether the answer's loss leaves the host's state unknown. Reads: false.
  bool writes = false;
  std::size_t output_limit = std::size_t{64} << 20U;  // bytes of standard output
};

/// A file that goes to a host by SFTP (draft-ietf-secsh-filexfer-02), from where an interrupted one stopped.
struct Upload {
  std::filesystem::path from{};
  std::string to{};           // in a folder that the account can write
  std::uintmax_t offset = 0;  // bytes that are there already
};

struct CommandOutput {
  int status = -1;       // -1: ended by a signal
  std::string signal{};  // its name, "KILL"
  std::string out{}, err{};
};

/// The seam under the node provider; tests put scripted answers here. Thread-safe: one command at a time.
class Shell {
 public:
  virtual ~Shell() = default;
  /// Whatever the command's exit status. Errors: transient (certainly not begun), auth (host key, login), timeout (a
  /// read), in_doubt (a command that writes and may have run), cancelled.
  [[nodiscard]] virtual Result<CommandOutput> run(const Command& command, const Limits& limits) = 0;
  /// What is there from `offset` on is written over. Errors: as of `run`; whatever came stays there to go on from.
  [[nodiscard]] virtual Result<void> upload(const Upload& upload, const Limits& limits) = 0;
  /// Ends the connection; the next command opens a new one. What was armed is confirmed over such a one.
  virtual void disconnect() = 0;

 protected:
  Shell() = default;
  Shell(const Shell&) = default;
  Shell& operator=(const Shell&) = default;
};

/// Connects at the first command, and again when the connection was lost between two.
[[nodiscard]] std::shared_ptr<Shell> make_ssh(SshTarget target);

/// The words as one line that a POSIX shell splits into just these.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& argv);

}  // namespace cloison::net
