#pragma once
// Files over HTTPS, straight to the disk.

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/http.h"

namespace cloison::net {

struct Download {
  std::string url{};                                // https; so is what it leads to
  std::filesystem::path to{};                       // written over
  std::string username{};                           // "": no login
  Secret password{}, token{};                       // token: as a bearer (RFC 6750), to the first host alone
  std::filesystem::path trusts{};                   // authorities in PEM; empty: the system's
  std::uintmax_t limit = std::uintmax_t{4} << 30U;  // bytes
};

/// Errors: usage (no https), auth (TLS, 401, 403), not_found (404, 410), transient (anything else; what came is
/// removed), cancelled.
[[nodiscard]] Result<void> download(const Download& download, const Limits& limits);

}  // namespace cloison::net
