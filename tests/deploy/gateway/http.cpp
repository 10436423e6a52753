#include "tests/deploy/gateway/http.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "tests/deploy/common/numbers.h"
#include "tests/deploy/gateway/connection.h"

namespace cloison::deploy_test {

namespace {

constexpr std::size_t k_longest_head = 16U << 10U, k_longest_body = 1U << 20U;
// Of one begun request. Between requests there is no limit: whoever ends a kept connection takes the risk that a
// request is on its way, and that is left to the load balancer.
constexpr std::chrono::seconds k_patience{60};

struct Head {
  Request request{};
  std::size_t length = 0;
  int refused = 0;  // the status, when it is not understood
};

bool same_letters(std::string_view one, std::string_view other) {
  const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Cuts off what stands before the first `separator`, and the separator.
std::string_view cut(std::string_view& text, std::string_view separator) {
  const auto found = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), found.size() + separator.size()));
  return found;
}

/// One of the names in a list such as "keep-alive, upgrade".
bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty())
    if (same_letters(trimmed(cut(list, ",")), wanted)) return true;
  return false;
}

void read_request_line(std::string_view line, Head& head) {
  head.request.method = cut(line, " ");
  auto target = cut(line, " ");
  head.request.path = cut(target, "?");
  head.request.query = target;
  if (head.request.method.empty() || !head.request.path.starts_with('/')) head.refused = 400;
  if (line == "HTTP/1.0") head.request.keep_alive = false;
  if (!line.starts_with("HTTP/1.")) head.refused = line.starts_with("HTTP/") ? 505 : 400;
}

void read_header(std::string_view line, Head& head, bool& has_length) {
  const auto name = line.substr(0, line.find(':'));
  // A space in a name or before it is what requests are smuggled with.
  if (name.size() == line.size() || name.empty() || name.find_first_of(" \t") != std::string_view::npos) {
    head.refused = 400;
    return;
  }
  const auto value = trimmed(line.substr(name.size() + 1));
  if (same_letters(name, "Connection")) {
    if (lists(value, "close")) head.request.keep_alive = false;
  } else if (same_letters(name, "Transfer-Encoding")) {
    head.refused = 501;
  } else if (same_letters(name, "Content-Length")) {
    const auto length = number_of<std::size_t>(value);
    if (has_length || !length) head.refused = 400;
    head.length = length.value_or(0);
    has_length = true;
  }
}

Head read_head(std::string_view text) {
  Head head;
  bool has_length = false;
  read_request_line(cut(text, "\r\n"), head);
  while (!text.empty() && head.refused == 0) read_header(cut(text, "\r\n"), head, has_length);
  if (head.refused == 0 && head.length > k_longest_body) head.refused = 413;
  return head;
}

Incoming refused(int status) {
  return {.refusal = Answer{status, "the request is not understood"}};
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

Incoming next_request(Connection& connection) {
  auto& input = connection.input;
  auto deadline = Time::max();
  std::size_t end = 0;
  for (;;) {
    input.erase(0,
                std::min(input.size(), input.find_first_not_of("\r\n")));  // empty lines before a request are allowed
    end = input.find("\r\n\r\n");
    if (end != std::string::npos) break;
    if (input.size() > k_longest_head) return refused(431);
    if (!input.empty() && deadline == Time::max()) deadline = Clock::now() + k_patience;
    if (!connection.receive(input.empty() ? Waiting::for_request : Waiting::underway, deadline)) return {};
  }
  auto head = read_head(std::string_view(input).substr(0, end));
  if (head.refused != 0) return refused(head.refused);
  input.erase(0, end + 4);
  deadline = Clock::now() + k_patience;
  while (input.size() < head.length)
    if (!connection.receive(Waiting::underway, deadline)) return {};
  head.request.body = input.substr(0, head.length);
  input.erase(0, head.length);
  return {.request = std::move(head.request)};
}

std::string answer_text(const Answer& answer, bool closes, std::string_view method) {
  auto text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{}\r\n", answer.status,
                          reason(answer.status), answer.body.size(), closes ? "Connection: close\r\n" : "");
  if (method != "HEAD") text += answer.body;
  return text;
}

}  // namespace cloison::deploy_test
