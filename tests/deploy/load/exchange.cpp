#include "tests/deploy/load/exchange.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "tests/deploy/common/numbers.h"

namespace cloison::deploy_test {

namespace {

constexpr std::size_t k_longest_head = 16U << 10U, k_longest_body = 1U << 20U, k_echoed = 1024;

struct Head {
  int status = 0;
  std::optional<std::size_t> length{};
  bool closes = false;
};

[[noreturn]] void malformed(const std::string& what) {
  throw Failure("malformed answer", what);
}

std::size_t number(std::string_view text) {
  const auto found = number_of<std::size_t>(text);
  if (!found) malformed(fmt::format("'{}' is no number", text));
  return *found;
}

Head read_head(std::string text) {
  Head head;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  std::string_view rest(text);
  if (!rest.starts_with("http/1.") || rest.size() < 12) malformed("no status line");
  head.status = static_cast<int>(number(rest.substr(9, 3)));
  head.closes = rest.starts_with("http/1.0");
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    auto value = line.substr(std::min(line.size(), colon + 1));
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
    if (name == "content-length") head.length = number(value);
    if (name == "connection" && value == "close") head.closes = true;
    if (name == "transfer-encoding") malformed("chunked, which nothing here sends");
  }
  return head;
}

/// Appends until `complete` says so; a close in between is a failure that says how far the answer had come.
template <typename Complete>
void receive_until(Connection& connection, std::string& text, Time deadline, std::size_t most, Complete complete) {
  while (!complete()) {
    if (text.size() > most) malformed("too long");
    if (!connection.receive(text, deadline))
      throw Failure(text.empty() ? "closed before the answer" : "closed within the answer", connection.ending());
  }
}

std::string received_body(Connection& connection, std::string text, const Head& head, Time deadline) {
  if (head.length) {
    receive_until(connection, text, deadline, k_longest_body, [&] { return text.size() >= *head.length; });
    if (text.size() > *head.length) malformed("more bytes than announced");
  } else if (head.closes) {
    while (text.size() <= k_longest_body && connection.receive(text, deadline)) {
    }
  } else {
    malformed("no length");
  }
  return text;
}

}  // namespace

Request Requests::get(std::string_view path, std::string_view expected, bool closes) const {
  return {
      .name = fmt::format("GET {}", path.substr(0, path.find('?'))),
      .text = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", path, host_, closes ? "Connection: close\r\n" : ""),
      .expected = std::string(expected)};
}

Request Requests::slow(bool closes) const {
  auto request = get(fmt::format("/slow?ms={}", slow_.count()), "slow", closes);
  request.slow = true;
  return request;
}

Request Requests::echo(std::string_view words, bool closes) const {
  Request request{.name = "POST /echo", .text = {}};
  while (request.expected.size() < k_echoed) request.expected += words;
  request.expected.resize(k_echoed);
  request.text = fmt::format("POST /echo HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{}\r\n{}", host_,
                             request.expected.size(), closes ? "Connection: close\r\n" : "", request.expected);
  return request;
}

Answer exchange(Connection& connection, const Request& request, Time deadline) {
  connection.send(request.text, deadline);
  std::string text;
  std::size_t end = 0;
  receive_until(connection, text, deadline, k_longest_head,
                [&] { return (end = text.find("\r\n\r\n")) != std::string::npos; });
  const auto head = read_head(text.substr(0, end));
  auto body = received_body(connection, text.substr(end + 4), head, deadline);
  if (head.status != 200) throw Failure(fmt::format("status {}", head.status), body.substr(0, 80));
  constexpr std::size_t k_longest_version = 64;
  if (request.expected.empty() ? body.empty() || body.size() > k_longest_version : body != request.expected)
    throw Failure("wrong body", fmt::format("{} bytes: {}", body.size(), body.substr(0, 80)));
  return {std::move(body), head.closes};
}

}  // namespace cloison::deploy_test
