#include "core/net/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <condition_variable>
#include <mutex>

#include <curl/curl.h>
#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/url.h"

namespace cloison::net {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t k_header_limit = std::size_t{256} << 10U;
constexpr const char* k_url_hint = "write it in full, without user name and password: https://HOST:PORT/PATH";
constexpr const char* k_more_time = "try again, or allow more time: `cloison COMMAND --call-timeout 10m`";
constexpr const char* k_again = "run it again: the next run looks before it does anything";

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// What the callbacks of one exchange see.
struct Exchange {
  const Request& request;
  const Limits& limits;
  Answer answer{};
  std::size_t header_bytes = 0;
  std::size_t too_large = 0;  // the limit that it went beyond
  bool stopped = false;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::size_t total = size * count;
  if (exchange.answer.body.size() + total > exchange.request.answer_limit) {
    exchange.too_large = exchange.request.answer_limit;
    return 0;
  }
  exchange.answer.body.append(bytes, total);
  return total;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::size_t total = size * count;
  const std::string_view line(bytes, total);
  exchange.header_bytes += total;
  if (exchange.header_bytes > k_header_limit) {
    exchange.too_large = k_header_limit;
    return 0;
  }
  if (line.starts_with("HTTP/")) exchange.answer.headers.clear();  // a proxy's or an interim answer came first
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    exchange.answer.headers.push_back(
        {std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
  return total;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(context);
  exchange.stopped = exchange.limits.stop.stop_requested();
  return exchange.stopped ? 1 : 0;
}

milliseconds time_left(const Request& request, const Limits& limits) {
  const auto now = steady_clock::now();
  if (limits.deadline <= now) return milliseconds(0);
  const auto left = limits.deadline - now;
  return left < request.timeout ? std::chrono::ceil<milliseconds>(left) : request.timeout;
}

Diagnostic failure(ErrorKind kind, std::string code, std::string summary, std::string detail, std::string hint = {}) {
  return {.kind = kind,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

Diagnostic stopped_before_sending(const Request& request) {
  return failure(ErrorKind::cancelled, "CL5010", "stopped before the request was sent",
                 fmt::format("{} {}", request.method, request.url), "run it again");
}

Diagnostic too_late(const Request& request) {
  return failure(ErrorKind::transient, "CL5007", "no time was left to ask",
                 fmt::format("{} {}", request.method, request.url), k_more_time);
}

bool is_tls(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
         code == CURLE_SSL_ISSUER_ERROR;
}

/// libcurl's words without " after 12 ms": the same failure is told in the same words.
std::string timeless(std::string words) {
  constexpr std::string_view k_after = " after ";
  const auto begin = words.find(k_after);
  if (begin == std::string::npos) return words;
  const auto end = words.find_first_not_of("0123456789", begin + k_after.size());
  if (end == std::string::npos || end == begin + k_after.size()) return words;
  for (const std::string_view unit : {" milliseconds", " ms"}) {
    if (words.compare(end, unit.size(), unit) != 0) continue;
    words.erase(begin, end + unit.size() - begin);
    break;
  }
  return words;
}

/// From libcurl's verdict to what the engine must do. `sent`: the connection stood and bytes of the request may have
/// left.
Diagnostic classified(const Exchange& exchange, CURLcode code, bool sent, const char* words) {
  const Request& request = exchange.request;
  const std::string where = fmt::format("{} {}", request.method, without_user(request.url));
  const std::string cause = *words != '\0' ? timeless(words) : std::string(curl_easy_strerror(code));
  const std::string detail = where + ": " + printable(cause);
  // once sent, the first of these means an answer that is no HTTP/1
  if (!sent && (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT))
    return failure(ErrorKind::usage, "CL5018", "the URL cannot be used", detail, k_url_hint);
  if (!sent && is_tls(code)) {
    return failure(ErrorKind::auth, "CL5002", fmt::format("the certificate of {} is not accepted", origin(request.url)),
                   detail, "if an authority of your own signed it, name its PEM file as cacert: in clouds.yaml");
  }
  if (!sent && exchange.stopped) return stopped_before_sending(request);
  if (!sent) {
    return failure(ErrorKind::transient, "CL5001", fmt::format("cannot reach {}", origin(request.url)), detail,
                   "check the address (auth_url: in clouds.yaml), the network and https_proxy");
  }
  if (request.writes) {
    return failure(ErrorKind::in_doubt, "CL5008", "the answer was lost: the change may or may not have been made",
                   detail, k_again);
  }
  if (exchange.stopped)
    return failure(ErrorKind::cancelled, "CL5010", "stopped while waiting for the answer", where, "run it again");
  if (exchange.too_large > 0) {
    return failure(ErrorKind::unsupported, "CL5009", "the answer is too large",
                   fmt::format("{}: more than {} bytes", where, exchange.too_large),
                   "does the address lead to the service itself? name it in clouds.yaml: network_endpoint_override: "
                   "(compute_, image_)");
  }
  return failure(ErrorKind::timeout, "CL5007", "no complete answer in time", detail, k_more_time);
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(HttpSettings settings) : settings_(std::move(settings)) {
    static const CURLcode ready =
        curl_global_init(CURL_GLOBAL_DEFAULT);  // once a process; thread-safe by C++'s rules for statics
    (void)ready;
  }

  Result<Answer> send(const Request& request, const Limits& limits) override {
    if (origin(request.url).empty()) {
      return fail(failure(ErrorKind::usage, "CL5018", "the URL cannot be used", printable(without_user(request.url)),
                          k_url_hint));
    }
    if (limits.stop.stop_requested()) return fail(stopped_before_sending(request));
    const milliseconds left = time_left(request, limits);
    if (left.count() == 0) return fail(too_late(request));
    Easy handle = borrowed();
    if (!handle)
      return fail(failure(ErrorKind::transient, "CL5001", "no memory for a connection", request.url,
                          "run it again with fewer calls at once, or more memory"));
    auto answer = exchanged(handle.get(), request, limits, left);
    given_back(std::move(handle));
    return answer;
  }

 private:
  Easy borrowed() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Easy(curl_easy_init());
    Easy handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void given_back(Easy handle) {
    constexpr std::size_t k_idle = 32;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < k_idle) idle_.push_back(std::move(handle));
  }

  Result<Answer> exchanged(CURL* handle, const Request& request, const Limits& limits, milliseconds left) {
    Exchange exchange{request, limits};
    std::array<char, CURL_ERROR_SIZE> words{};
    HeaderList headers = header_list(request);
    prepare(handle, exchange, headers.get(), left, words.data());
    const auto begun = steady_clock::now();
    const CURLcode code = curl_easy_perform(handle);
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
    curl_off_t pretransfer = 0;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    // Not a word of this exchange stays in the handle: it points into this frame. Connections are kept.
    curl_easy_reset(handle);
    exchange.answer.status = static_cast<int>(status);
    trace(request, exchange.answer, code, took);
    if (code != CURLE_OK) return fail(classified(exchange, code, pretransfer > 0, words.data()));
    return std::move(exchange.answer);
  }

  static HeaderList header_list(const Request& request) {
    HeaderList list(curl_slist_append(nullptr, "Expect:"));  // no 100-continue: it costs a round trip
    for (const Header& header : request.headers) {
      const std::string line = header.name + ": " + header.value;
      // appending never moves the head once there is one
      (void)curl_slist_append(list.get(), line.c_str());
    }
    return list;
  }

  void prepare(CURL* handle, Exchange& exchange, curl_slist* headers, milliseconds left, char* words) const {
    const Request& request = exchange.request;
    const auto set = [handle](CURLoption option, auto value) { (void)curl_easy_setopt(handle, option, value); };
    set(CURLOPT_ERRORBUFFER, words);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_USERAGENT, settings_.user_agent.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(left, settings_.connect_timeout).count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    set(CURLOPT_FRESH_CONNECT, request.once ? 1L : 0L);
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, &exchange);
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, on_progress);
    set(CURLOPT_XFERINFODATA, &exchange);
    if (request.method == "POST" || !request.body.empty()) {
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else {
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  void trace(const Request& request, const Answer& answer, CURLcode code, milliseconds took) const {
    if (!settings_.trace) return;
    const std::string outcome = code == CURLE_OK ? fmt::format("{}, {} bytes", answer.status, answer.body.size())
                                                 : std::string(curl_easy_strerror(code));
    settings_.trace(fmt::format("{} {} -> {}, {} ms", request.method, printable(request.url), outcome, took.count()));
  }

  HttpSettings settings_;
  std::mutex mutex_;
  std::vector<Easy> idle_;
};

}  // namespace

std::string_view Answer::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& one) { return same_name(one.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

std::shared_ptr<Transport> make_http(HttpSettings settings) {
  return std::make_shared<CurlTransport>(std::move(settings));
}

std::optional<std::chrono::seconds> retry_after(const Answer& answer) {
  const std::string_view text = answer.header("Retry-After");
  uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool wait(milliseconds time, const Limits& limits) {
  const auto end = steady_clock::now() + time;
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  condition.wait_until(lock, limits.stop, std::min(end, limits.deadline), [] { return false; });
  return !limits.stop.stop_requested() && end <= limits.deadline;
}

}  // namespace cloison::net
