#include "core/report/timestamp.h"

#include <array>
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/net/url.h"

namespace cloison::report {

namespace {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};
using StampRequest = std::unique_ptr<TS_REQ, FreeBy<TS_REQ_free>>;
using StampAnswer = std::unique_ptr<TS_RESP, FreeBy<TS_RESP_free>>;
using StampCheck = std::unique_ptr<TS_VERIFY_CTX, FreeBy<TS_VERIFY_CTX_free>>;
using Imprint = std::unique_ptr<TS_MSG_IMPRINT, FreeBy<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, FreeBy<X509_ALGOR_free>>;
using Nonce = std::unique_ptr<ASN1_INTEGER, FreeBy<ASN1_INTEGER_free>>;
using StampBio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using CaCertificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using CaStore = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;

constexpr std::size_t k_nonce_bytes = 16;
constexpr std::size_t k_longest_answer = std::size_t{1} << 20U;
constexpr std::string_view k_query_type = "application/timestamp-query", k_reply_type = "application/timestamp-reply";

/// The newest of OpenSSL's complaints, and none of them is left for others.
std::string complaint_of_openssl() {
  const auto code = ERR_peek_last_error();
  const auto* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "it is malformed" : printable(text);
}

Nonce new_nonce() {
  std::array<unsigned char, k_nonce_bytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return nullptr;
  const std::unique_ptr<BIGNUM, FreeBy<BN_free>> number(
      BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr));
  return Nonce(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
}

/// A request about these bytes: to be sent, or as the measure of an answer.
StampRequest request_about(std::string_view bytes, const ASN1_INTEGER* nonce) {
  StampRequest request(TS_REQ_new());
  const Imprint imprint(TS_MSG_IMPRINT_new());
  const Algorithm algorithm(X509_ALGOR_new());
  if (!request || !imprint || !algorithm) return nullptr;
  auto digest = sha256(bytes);
  const bool made =
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size())) == 1 &&
      TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
      TS_REQ_set_cert_req(request.get(), 1) == 1 && (nonce == nullptr || TS_REQ_set_nonce(request.get(), nonce) == 1);
  return made ? std::move(request) : nullptr;
}

std::string der_of(const TS_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_TS_REQ(request, &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

/// All of `bytes` and nothing behind it.
StampAnswer answer_in(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  StampAnswer answer(d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  return answer && at == end ? std::move(answer) : nullptr;
}

std::optional<Instant> instant_in(TS_RESP* answer) {
  auto* const info = TS_RESP_get_tst_info(answer);
  const auto* const time = info == nullptr ? nullptr : TS_TST_INFO_get_time(info);
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Instant(std::chrono::seconds(::timegm(&parts)));
}

/// The subject of the certificate that signed the token; nullopt: the token's signature is wrong, whoever made it.
std::optional<std::string> signer_of_token(PKCS7* token) {
  if (token == nullptr || PKCS7_verify(token, nullptr, nullptr, nullptr, nullptr, PKCS7_NOVERIFY) != 1)
    return std::nullopt;
  const std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_free(all); })> signers(
      PKCS7_get0_signers(token, nullptr, 0));
  if (!signers || sk_X509_num(signers.get()) != 1) return std::nullopt;
  const StampBio out(BIO_new(BIO_s_mem()));
  if (!out ||
      X509_NAME_print_ex(out.get(), X509_get_subject_name(sk_X509_value(signers.get(), 0)), 0, XN_FLAG_RFC2253) < 0)
    return std::nullopt;
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

/// Each certificate of a PEM text.
template <class Take>
void for_each_certificate(std::string_view pem, Take take) {
  const StampBio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (in) {
    const CaCertificate one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    take(one.get());
  }
  ERR_clear_error();
}

/// Whom to trust, at the instant of the stamp: its certificate may have ended since.
CaStore store_of(std::string_view authorities, Instant when) {
  CaStore store(X509_STORE_new());
  if (!store) return nullptr;
  for_each_certificate(authorities, [&](X509* one) { X509_STORE_add_cert(store.get(), one); });
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), when.time_since_epoch().count());
  return store;
}

/// "": `answer` is one to `request`, granted, about the same digest, with its nonce where it has one.
std::string misfit(TS_RESP* answer, TS_REQ* request, CaStore store) {
  const StampCheck check(TS_REQ_to_TS_VERIFY_CTX(request, nullptr));
  if (!check) return complaint_of_openssl();
  unsigned flags = TS_VFY_VERSION | TS_VFY_IMPRINT;
  if (TS_REQ_get_nonce(request) != nullptr) flags |= TS_VFY_NONCE;
  if (store) {
    flags |= TS_VFY_SIGNATURE;
    TS_VERIFY_CTX_set_store(check.get(), store.release());
  }
  TS_VERIFY_CTX_set_flags(check.get(), static_cast<int>(flags));
  return TS_RESP_verify_response(check.get(), answer) == 1 ? std::string() : complaint_of_openssl();
}

tl::expected<Timestamp, std::string> checked(std::string_view bytes, TS_REQ* request, std::string_view authorities) {
  ERR_clear_error();
  const auto answer = answer_in(bytes);
  if (!answer) {
    ERR_clear_error();
    return tl::unexpected(std::string("it is no answer of a time-stamping authority"));
  }
  if (auto wrong = misfit(answer.get(), request, nullptr); !wrong.empty()) return tl::unexpected(std::move(wrong));
  const auto when = instant_in(answer.get());
  if (!when) return tl::unexpected(std::string("it names no time"));
  const auto signer = signer_of_token(TS_RESP_get_token(answer.get()));
  if (!signer) return tl::unexpected("its signature is wrong: " + complaint_of_openssl());
  if (!authorities.empty())
    if (auto wrong = misfit(answer.get(), request, store_of(authorities, *when)); !wrong.empty())
      return tl::unexpected("the authority is not the one that is trusted: " + wrong);
  return Timestamp{.when = *when, .authority = *signer, .trusted = !authorities.empty()};
}

tl::unexpected<Diagnostic> not_stamped(ErrorKind kind, const std::string& url, std::string why) {
  return fail({.kind = kind,
               .code = "CL7105",
               .summary = fmt::format("no timestamp from {}", printable(net::without_user(url))),
               .detail = std::move(why),
               .hint = "check the address and its certificate (SSL_CERT_FILE names an authority of your own), or make "
                       "the pack without a timestamp"});
}

}  // namespace

Result<std::string> request_timestamp(net::Transport& transport, const std::string& url, std::string_view bytes,
                                      const net::Limits& limits) {
  const auto nonce = new_nonce();
  const auto request = nonce ? request_about(bytes, nonce.get()) : nullptr;
  auto query = request ? der_of(request.get()) : std::string();
  if (query.empty()) return not_stamped(ErrorKind::internal, url, "The request could not be made.");
  if (!url.starts_with("https://"))
    return not_stamped(ErrorKind::usage, url, "Its address does not begin with https://.");
  const net::Request post{
      .method = "POST",
      .url = url,
      .headers = {{"Content-Type", std::string(k_query_type)}, {"Accept", std::string(k_reply_type)}},
      .body = std::move(query),
      .answer_limit = k_longest_answer};
  auto answer = transport.send(post, limits);
  if (!answer) {
    if (answer.error().kind == ErrorKind::cancelled) return fail(answer.error());
    return not_stamped(answer.error().kind, url, answer.error().summary + ". " + answer.error().detail);
  }
  if (answer->status != 200)
    return not_stamped(ErrorKind::conflict, url, fmt::format("It answered with HTTP status {}.", answer->status));
  if (!lowered(answer->header("Content-Type")).starts_with(k_reply_type))
    return not_stamped(ErrorKind::conflict, url, fmt::format("What it answered is no {}.", k_reply_type));
  if (const auto right = checked(answer->body, request.get(), {}); !right)
    return not_stamped(ErrorKind::conflict, url, fmt::format("Its answer cannot be used: {}.", right.error()));
  return std::move(answer->body);
}

tl::expected<Timestamp, std::string> check_timestamp(std::string_view answer, std::string_view bytes,
                                                     std::string_view authorities) {
  const auto request = request_about(bytes, nullptr);
  if (!request) return tl::unexpected(std::string("there is no memory to check it"));
  return checked(answer, request.get(), authorities);
}

std::size_t certificates_in(std::string_view pem) {
  std::size_t count = 0;
  for_each_certificate(pem, [&](X509* /*one*/) { ++count; });
  return count;
}

}  // namespace cloison::report
