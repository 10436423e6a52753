#pragma once
// A TCP connection of the load generator, in TLS 1.3 or in plain, where everything has a deadline.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "tests/deploy/common/address.h"
#include "tests/deploy/common/clock.h"
#include "tests/deploy/common/descriptor.h"
#include "tests/deploy/load/failure.h"

namespace cloison::deploy_test {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// Verifies servers against the authorities of that PEM file; throws BadUsage when it holds none.
[[nodiscard]] TlsContext tls_context(const std::string& authorities);

struct Target {
  SocketAddress address{};
  std::optional<SocketAddress> source{};
  TlsContext tls{};           // nullptr: plain
  std::string server_name{};  // what the certificate must be for: a name or an address
};

enum class Idle { quiet, closed, bytes };

class Connection {
 public:
  /// Connected and, in TLS, with the server verified; throws Failure.
  Connection(const Target& target, Time deadline);

  void send(std::string_view bytes, Time deadline);
  /// Appends what arrives; false when the far end closed, in order or by a reset (`ending()` says which).
  [[nodiscard]] bool receive(std::string& into, Time deadline);
  [[nodiscard]] const std::string& ending() const { return ending_; }
  /// How a connection stands on which nothing was asked.
  [[nodiscard]] Idle idle_state();
  /// Waits until something happens on an idle connection, or until then.
  void idle(Time until) const { (void)ready(socket_.get(), POLLIN, until); }

 private:
  struct SslFree {
    void operator()(SSL* ssl) const;
  };
  void connect(const Target& target, Time deadline);
  void start_tls(const Target& target, Time deadline);
  [[nodiscard]] bool wait(int tls_error, Time deadline) const;
  Descriptor socket_;
  std::unique_ptr<SSL, SslFree> tls_;
  std::string ending_;
};

}  // namespace cloison::deploy_test
