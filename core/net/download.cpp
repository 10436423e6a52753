#include "core/net/download.h"

#include <cstdio>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "core/base/strings.h"
#include "core/net/url.h"

namespace cloison::net {

namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

constexpr long k_connect_seconds = 20, k_slow_bytes = 1024, k_slow_seconds = 30, k_redirects = 5;

struct Incoming {
  const Download& download;
  const Limits& limits;
  std::FILE* file;
  std::uintmax_t bytes = 0;
  bool too_large = false, stopped = false, late = false;
};

std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& incoming = *static_cast<Incoming*>(context);
  incoming.bytes += size * count;
  incoming.too_large = incoming.bytes > incoming.download.limit;
  return incoming.too_large ? 0 : std::fwrite(bytes, 1, size * count, incoming.file);
}

int on_download(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& incoming = *static_cast<Incoming*>(context);
  incoming.stopped = incoming.limits.stop.stop_requested();
  incoming.late = std::chrono::steady_clock::now() > incoming.limits.deadline;
  return incoming.stopped || incoming.late ? 1 : 0;
}

Diagnostic not_come(const Download& download, ErrorKind kind, std::string why) {
  return {.kind = kind,
          .code = "CL5432",
          .summary = fmt::format("'{}' cannot be fetched", printable(download.url)),
          .detail = std::move(why),
          .hint = kind == ErrorKind::auth ? "`username:` and `password:`, or `token:`, of the artifact say who asks"
                                          : "does it open in a browser from here?"};
}

void set_login(CURL* curl, const Download& download) {
  if (!download.username.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, download.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, std::string(download.password.reveal()).c_str());
  } else if (!download.token.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, std::string(download.token.reveal()).c_str());
  }
}

Result<void> outcome(const Download& download, const Incoming& incoming, CURLcode code, long status, const char* said) {
  if (incoming.stopped) return fail(not_come(download, ErrorKind::cancelled, "The run was stopped."));
  if (incoming.late) return fail(not_come(download, ErrorKind::transient, "It took too long."));
  if (incoming.too_large)
    return fail(
        not_come(download, ErrorKind::not_found, fmt::format("It is larger than {} MiB.", download.limit >> 20U)));
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    const auto kind = status == 401 || status == 403   ? ErrorKind::auth
                      : status == 404 || status == 410 ? ErrorKind::not_found
                                                       : ErrorKind::transient;
    return fail(not_come(download, kind, fmt::format("The server answers {}.", status)));
  }
  const bool trust = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  const auto* text = *said != 0 ? said : curl_easy_strerror(code);
  return fail(not_come(download, trust ? ErrorKind::auth : ErrorKind::transient, printable(text) + "."));
}

}  // namespace

Result<void> download(const Download& download, const Limits& limits) {
  if (!download.url.starts_with("https://"))
    return fail(not_come(download, ErrorKind::usage, "It is no address of https."));
  File file(std::fopen(download.to.c_str(), "wbe"), &std::fclose);
  if (!file) return fail(not_come(download, ErrorKind::permission, "Nothing can be written here."));
  (void)::fchmod(::fileno(file.get()), S_IRUSR | S_IWUSR);
  const Handle curl(curl_easy_init(), &curl_easy_cleanup);
  Incoming incoming{download, limits, file.get()};
  std::string said(CURL_ERROR_SIZE, '\0');
  auto* const easy = curl.get();
  curl_easy_setopt(easy, CURLOPT_URL, download.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, k_redirects);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, k_connect_seconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, k_slow_bytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, k_slow_seconds);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &on_download);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &incoming);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &incoming);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said.data());
  if (!download.trusts.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, download.trusts.c_str());
  set_login(easy, download);
  const auto code = curl_easy_perform(easy);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && std::fflush(file.get()) == 0) return {};
  std::error_code ignored;
  std::filesystem::remove(download.to, ignored);
  return outcome(download, incoming, code, status, said.c_str());
}

}  // namespace cloison::net
