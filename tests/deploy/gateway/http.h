#pragma once
// The part of HTTP/1.1 that the gateway speaks (RFC 9112): bodies with a Content-Length, kept connections, pipelining.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cloison::deploy_test {

class Connection;

struct Request {
  std::string method, path, query, body;
  bool keep_alive = true;
};

struct Answer {
  int status = 200;
  std::string body{};
};

/// What reading came to: a request, or the answer to one that is not understood, or neither when the connection ended.
struct Incoming {
  std::optional<Request> request{};
  std::optional<Answer> refusal{};
};

/// Waits for the next request and takes it out of the connection's input; what follows it stays there.
[[nodiscard]] Incoming next_request(Connection& connection);

/// `closes` announces that no further request is answered on this connection. No body goes to the method HEAD.
[[nodiscard]] std::string answer_text(const Answer& answer, bool closes, std::string_view method);

}  // namespace cloison::deploy_test
