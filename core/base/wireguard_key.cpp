#include "core/base/wireguard_key.h"

#include <array>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace cloison {

namespace {

constexpr std::size_t k_bytes = 32, k_digits = 44;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// Room for 32 bytes and what base64 pads them with; wiped, since it may hold a private half.
class Bytes {
 public:
  Bytes() = default;
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  [[nodiscard]] unsigned char* data() { return bytes_.data(); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, k_bytes + 1> bytes_{};
};

std::string in_base64(const Bytes& bytes) {
  std::string text(k_digits + 1, '\0');  // OpenSSL ends it with a zero
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(k_bytes));
  text.resize(k_digits);
  return text;
}

std::optional<std::string> public_half(const Key& key) {
  Bytes bytes;
  std::size_t size = k_bytes;
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) != 1 || size != k_bytes) return std::nullopt;
  return in_base64(bytes);
}

}  // namespace

std::optional<WireguardKeys> make_wireguard_keys() {
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_keygen(context.get(), &made) != 1)
    return std::nullopt;
  const Key key(made);
  Bytes bytes;
  std::size_t size = k_bytes;
  if (EVP_PKEY_get_raw_private_key(key.get(), bytes.data(), &size) != 1 || size != k_bytes) return std::nullopt;
  auto own_public = public_half(key);
  if (!own_public) return std::nullopt;
  return WireguardKeys{Secret(in_base64(bytes)), *std::move(own_public)};
}

std::optional<std::string> wireguard_public_key(const Secret& private_key) {
  const auto text = private_key.reveal();
  if (text.size() != k_digits || text.back() != '=' || text[k_digits - 2] == '=') return std::nullopt;
  Bytes bytes;
  const int read =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (read != static_cast<int>(k_bytes + 1)) return std::nullopt;  // the padding counts as a byte
  return public_half(Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), k_bytes)));
}

}  // namespace cloison
