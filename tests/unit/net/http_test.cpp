#include "core/net/http.h"

#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/net/json.h"
#include "core/net/url.h"

namespace cloison::net {

namespace {

/// Accepts connections on loopback, reads one request of each and answers these bytes, then closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes, std::chrono::milliseconds pause = {})
      : bytes_(std::move(bytes)), pause_(pause) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (listener_ < 0) throw std::runtime_error("no socket");
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
    port_ = ntohs(name.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/x"; }
  std::atomic<int> requests = 0;

 private:
  void serve() {
    while (true) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      std::array<char, 65536> buffer{};
      if (::recv(peer, buffer.data(), buffer.size(), 0) > 0) ++requests;
      std::this_thread::sleep_for(pause_);
      (void)::send(peer, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
      ::close(peer);
    }
  }
  std::string bytes_;
  std::chrono::milliseconds pause_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_{};
};

Request write_to(const std::string& url) {
  return {.method = "POST",
          .url = url,
          .body = "{}",
          .writes = true,
          .once = true,
          .timeout = std::chrono::milliseconds(400)};
}

ErrorKind kind_of(const Result<Answer>& answer) {
  return answer ? ErrorKind::internal : answer.error().kind;
}

}  // namespace

TEST(Http, answers_of_any_status_are_answers_and_redirects_are_not_followed) {
  OneAnswer server(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
  const auto answer = make_http({})->send({.url = server.url()}, {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->body, "no");
  EXPECT_EQ(retry_after(*answer), std::chrono::seconds(7));
}

TEST(Http, a_write_without_complete_answer_is_in_doubt_and_sent_once) {
  for (const char* bytes : {"", "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"cut", "garbage"}) {
    OneAnswer server(bytes);
    EXPECT_EQ(kind_of(make_http({})->send(write_to(server.url()), {})), ErrorKind::in_doubt) << bytes;
    EXPECT_EQ(server.requests, 1) << bytes;
  }
}

TEST(Http, silence_is_in_doubt_for_writes_and_a_timeout_for_reads) {
  OneAnswer server("", std::chrono::milliseconds(900));
  EXPECT_EQ(kind_of(make_http({})->send(write_to(server.url()), {})), ErrorKind::in_doubt);
  EXPECT_EQ(kind_of(make_http({})->send({.url = server.url(), .timeout = std::chrono::milliseconds(100)}, {})),
            ErrorKind::timeout);
}

TEST(Http, what_was_certainly_not_sent_is_transient) {
  EXPECT_EQ(kind_of(make_http({})->send(write_to("http://127.0.0.1:1/"), {})), ErrorKind::transient);
  EXPECT_EQ(
      kind_of(make_http({})->send(write_to("http://127.0.0.1:1/"), {.deadline = std::chrono::steady_clock::now()})),
      ErrorKind::transient);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(kind_of(make_http({})->send(write_to("http://127.0.0.1:1/"), {.stop = stop.get_token()})),
            ErrorKind::cancelled);
}

TEST(Http, answers_are_limited_and_other_schemes_refused) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  const auto answer = make_http({})->send({.url = server.url(), .answer_limit = 100}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, "CL5009");
  for (const char* url : {"file:///etc/passwd", "https://user:word@host/", "http://", "gopher://x/"})
    EXPECT_EQ(kind_of(make_http({})->send({.url = url}, {})), ErrorKind::usage) << url;
}

TEST(Json, reads_what_it_writes_and_refuses_the_rest) {
  const char* text = R"({"a":[1,-2,true,null,"x\"\u00e9\n"],"b":{}})";
  const auto json = parse_json(text);
  ASSERT_TRUE(json.has_value());
  const auto again = parse_json(to_text(*json));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(*again == *json);
  for (const std::string& bad : {std::string(), std::string("{"), std::string("[1,]"), std::string("1 2"),
                                 std::string(100, '['), std::string("\"\x01\"")})
    EXPECT_FALSE(parse_json(bad).has_value()) << bad;
}

TEST(Url, origins_compare_hosts_and_nothing_else) {
  EXPECT_EQ(origin("HTTPS://Cloud.Test:443/v3?x"), "https://cloud.test");
  EXPECT_EQ(origin("http://[::1]:80"), "http://[::1]");
  EXPECT_EQ(origin("https://evil@cloud.test/"), "");
  EXPECT_EQ(query({{"a b", "1&2"}, {"c", "é"}}), "a%20b=1%262&c=%C3%A9");
}

}  // namespace cloison::net
