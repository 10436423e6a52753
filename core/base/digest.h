#pragma once
// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and random bytes, all from OpenSSL.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cloison {

using Digest = std::array<uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);
/// Of a file, piece by piece; nullopt: it cannot be read to its end.
[[nodiscard]] std::optional<Digest> sha256_of_file(const std::filesystem::path& path);
[[nodiscard]] inline std::string sha256_hex(std::string_view bytes) {
  return hex(sha256(bytes));
}
/// The first eight bytes of the SHA-256 as a number: for what must follow from a name alone.
[[nodiscard]] uint64_t digest_number(std::string_view bytes);
/// `text`, or where it has more than `longest` letters its beginning, a dash and `digits` digits of its SHA-256.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t longest, std::size_t digits);
/// Lower-case hexadecimal of `bytes` random bytes from the operating system's generator.
[[nodiscard]] std::string random_hex(std::size_t bytes);
/// Comparison in constant time.
[[nodiscard]] bool same(const Digest& a, const Digest& b);

}  // namespace cloison
