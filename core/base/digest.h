#pragma once
// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and random bytes, all from OpenSSL.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cloison {

using Digest = std::array<uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);
[[nodiscard]] inline std::string sha256_hex(std::string_view bytes) {
  return hex(sha256(bytes));
}
/// Lower-case hexadecimal of `bytes` random bytes from the operating system's generator.
[[nodiscard]] std::string random_hex(std::size_t bytes);
/// Comparison in constant time.
[[nodiscard]] bool same(const Digest& a, const Digest& b);

}  // namespace cloison
