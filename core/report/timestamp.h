#pragma once
// When something was there at the latest, by the word of a time-stamping authority (RFC 3161).

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/net/http.h"

namespace cloison::report {

struct Timestamp {
  Instant when{};
  std::string authority{};  // its certificate's subject, "" where the token has none
  bool trusted = false;     // the chain was checked by a certificate that was given
};

/// The authority's whole answer (a TimeStampResp in DER) about the SHA-256 of `bytes`: status, digest, nonce and the
/// token's own signature are right. Errors (CL7105); cancelled.
[[nodiscard]] Result<std::string> request_timestamp(net::Transport& transport, const std::string& url,
                                                    std::string_view bytes, const net::Limits& limits);

/// Whether `answer` is such an answer about `bytes`. `authorities`: PEM of whom is trusted, as of the stamped instant;
/// "": nobody is, and only the token itself is checked. Errors are texts.
[[nodiscard]] tl::expected<Timestamp, std::string> check_timestamp(std::string_view answer, std::string_view bytes,
                                                                   std::string_view authorities);

/// How many certificates a PEM text holds.
[[nodiscard]] std::size_t certificates_in(std::string_view pem);

/// Gives a pack's signature a timestamp; empty: packs have none.
using Timestamper = std::function<Result<std::string>(std::string_view signature)>;

}  // namespace cloison::report
