#pragma once
// A real sshd on loopback with keys of its own, and small servers that misbehave.

#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "core/net/ssh.h"

namespace cloison::ssh_test {

/// Runs a program and waits; its standard output. Fails the test when its status is not 0.
std::string output_of(const std::vector<std::string>& argv);

class Sshd {
 public:
  Sshd();
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  /// "SHA256:…" of a public key in the folder.
  [[nodiscard]] std::string fingerprint(const std::string& name) const;
  /// This user at the server, its key pinned, with the key that it admits.
  [[nodiscard]] net::SshTarget target() const;
  /// Ends every connection that stands, as a host does that restarts.
  void end_connections() const;

 private:
  void make_keys() const;
  void start();
  std::filesystem::path folder_;
  uint16_t port_ = 0;
  pid_t server_ = -1;
};

/// Listens on loopback and hands each connection to `serve` (a connected socket), one at a time.
class RawServer {
 public:
  explicit RawServer(std::function<void(int socket)> serve);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  uint16_t port_ = 0;
  int listening_ = -1;  // after the port, which it sets
  std::jthread thread_{};
};

[[nodiscard]] std::string user_name();

}  // namespace cloison::ssh_test
