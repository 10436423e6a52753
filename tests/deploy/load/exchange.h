#pragma once
// Requests of each kind, and whether an answer is the right one.

#include <string>
#include <string_view>

#include "tests/deploy/load/transport.h"

namespace cloison::deploy_test {

struct Request {
  std::string name;        // "GET /health": what results are counted by
  std::string text;        // as it is sent
  std::string expected{};  // the body; "" where any short one will do
  bool slow = false;
};

struct Answer {
  std::string body;
  bool closes = false;  // the far end announced that it closes the connection
};

/// Makes requests for one far end.
class Requests {
 public:
  Requests(std::string host, milliseconds slow) : host_(std::move(host)), slow_(slow) {}

  // `closes`: asks the far end to close the connection after its answer.
  [[nodiscard]] Request health(bool closes) const { return get("/health", "ok", closes); }
  [[nodiscard]] Request version(bool closes) const { return get("/version", "", closes); }
  [[nodiscard]] Request slow(bool closes) const;
  /// `words` must be of this request alone, so that somebody else's answer shows.
  [[nodiscard]] Request echo(std::string_view words, bool closes) const;

 private:
  [[nodiscard]] Request get(std::string_view path, std::string_view expected, bool closes) const;
  std::string host_;
  milliseconds slow_;
};

/// One request and its answer; throws Failure for everything that is not the one expected. Never tries twice.
[[nodiscard]] Answer exchange(Connection& connection, const Request& request, Time deadline);

}  // namespace cloison::deploy_test
