#pragma once
// HTTP(S) requests of providers: one blocking call each, over pooled connections, with failures classified by what may
// have happened.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cloison::net {

struct Header {
  std::string name, value;
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::vector<Header> headers{};
  std::string body{};
  /// Whether the answer's loss leaves the platform's state unknown. Reads: false.
  bool writes = false;
  /// A second delivery would do harm (a create): sent on a connection of its own, since libcurl repeats by itself what
  /// it sent on a reused connection that turns out to be dead.
  bool once = false;
  std::size_t answer_limit = std::size_t{256} << 20U;  // bytes of body
  std::chrono::milliseconds timeout{60'000};           // of this one exchange, inside the deadline
};

struct Answer {
  int status = 0;
  std::vector<Header> headers{};
  std::string body{};
  /// The first header of that name, without case; "" when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// When to give up.
struct Limits {
  std::stop_token stop{};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// The seam under providers' clients; tests put scripted answers here.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Any complete answer, whatever its status; redirects are answers and never followed. Thread-safe.
  /// Errors: transient (certainly not sent), auth (TLS), timeout (a read), in_doubt (a write that may have arrived),
  /// cancelled.
  [[nodiscard]] virtual Result<Answer> send(const Request& request, const Limits& limits) = 0;

 protected:
  Transport() = default;
  Transport(const Transport&) = default;
  Transport& operator=(const Transport&) = default;
};

struct HttpSettings {
  std::string ca_file{};  // PEM; "" = the system's authorities. Certificates are always verified.
  std::chrono::milliseconds connect_timeout{10'000};
  std::string user_agent = "cloison";
  /// One line an exchange: method, URL, status, bytes, time. Never headers or bodies: they carry tokens and keys.
  std::function<void(std::string_view)> trace{};
};

[[nodiscard]] std::shared_ptr<Transport> make_http(HttpSettings settings);

/// Seconds asked for by Retry-After (RFC 9110, 10.2.3), the delay form only; nullopt when absent or a date.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const Answer& answer);

/// Sleeps unless stopped or past the deadline; false when it ended early.
[[nodiscard]] bool wait(std::chrono::milliseconds time, const Limits& limits);

}  // namespace cloison::net
