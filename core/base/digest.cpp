#include "core/base/digest.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace cloison {

namespace {

std::string hex_of(const uint8_t* bytes, std::size_t count) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += k_digits[bytes[i] >> 4U];
    text += k_digits[bytes[i] & 15U];
  }
  return text;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  // Looking the algorithm up costs more than hashing a row does, so it is done once.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                         &EVP_MD_free);
  Digest digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm.get(), nullptr) != 1) {
    std::abort();  // without digests nothing that is read could be believed
  }
  return digest;
}

std::optional<Digest> sha256_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::ifstream file(path, std::ios::binary);
  if (!context || !file || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return std::nullopt;
  constexpr std::size_t k_piece = std::size_t{64} << 10U;
  std::array<char, k_piece> piece{};
  while (file) {
    file.read(piece.data(), piece.size());
    if (EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(file.gcount())) != 1)
      return std::nullopt;
  }
  Digest digest{};
  unsigned length = 0;
  if (file.bad() || EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) return std::nullopt;
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8_t*>(bytes.data()),
       bytes.size(), digest.data(), &length);
  return digest;
}

std::string hex(const Digest& digest) {
  return hex_of(digest.data(), digest.size());
}

uint64_t digest_number(std::string_view bytes) {
  const auto digest = sha256(bytes);
  uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8U | digest[i];
  return number;
}

std::string shortened(std::string_view text, std::size_t longest, std::size_t digits) {
  if (text.size() <= longest) return std::string(text);
  auto result = std::string(text.substr(0, longest - 1 - digits));
  result += '-';
  return result += sha256_hex(text).substr(0, digits);
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<uint8_t*>(raw.data()), static_cast<int>(bytes)) != 1) {
    std::abort();  // no randomness: nothing that follows would be safe
  }
  return hex_of(reinterpret_cast<const uint8_t*>(raw.data()), raw.size());
}

bool same(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cloison
