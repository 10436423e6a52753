#pragma once
// Ed25519 keys (RFC 8032) in PEM files (RFC 8410), and what of one a person can compare on paper.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace cloison::report {

constexpr std::size_t k_signature_bytes = 64;

/// SHA-256 of the key's SubjectPublicKeyInfo in DER, as
/// `openssl pkey -pubin -in public.pem -outform DER | sha256sum` computes it.
struct Fingerprint {
  std::string hex{};     // 64 digits
  std::string base64{};  // "SHA256:…", without padding, as OpenSSH writes such
  /// "3f2a 91bc …": 16 groups of four.
  [[nodiscard]] std::string grouped() const;
};

class PublicKey {
 public:
  using Raw = std::array<uint8_t, 32>;
  explicit PublicKey(const Raw& raw) : raw_(raw) {}

  /// `signature`: 64 bytes.
  [[nodiscard]] bool verifies(std::string_view bytes, std::string_view signature) const;
  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Fingerprint fingerprint() const;
  bool operator==(const PublicKey&) const = default;

 private:
  Raw raw_;
};

/// A private key in memory; OpenSSL wipes it when the last copy goes.
class PrivateKey {
 public:
  /// `name`: of its file, for what is said. Errors (CL7101): it is none, is encrypted, or not Ed25519.
  [[nodiscard]] static Result<PrivateKey> of_pem(const Secret& pem, std::string_view name);
  [[nodiscard]] const PublicKey& public_key() const { return public_; }
  /// 64 bytes; "": OpenSSL refuses.
  [[nodiscard]] std::string sign(std::string_view bytes) const;

 private:
  PrivateKey(std::shared_ptr<void> key, const PublicKey& half) : key_(std::move(key)), public_(half) {}
  std::shared_ptr<void> key_;
  PublicKey public_;
};

/// What the file of a key holds. Errors: CL7101 it cannot be read or is too long; CL7102 it holds a private key and
/// others than its owner may read it.
[[nodiscard]] Result<Secret> read_key_file(const std::filesystem::path& file);
/// Of a PEM text with a public key, or with a private one. Errors (CL7101).
[[nodiscard]] Result<PublicKey> public_key_of(const Secret& pem, std::string_view name);

}  // namespace cloison::report
