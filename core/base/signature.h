#pragma once
// Ed25519 (RFC 8032) over whole files, as `openssl pkeyutl -sign -rawin` makes it.

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace cloison {

enum class SignatureCheck : uint8_t { good, wrong, no_key, no_signature, unreadable };

/// `signature`: its 64 bytes, or base64 of them. `public_key`: PEM of an Ed25519 key, or base64 of its 32 bytes.
/// no_key, no_signature: what was given is none. unreadable: the file cannot be read.
[[nodiscard]] SignatureCheck check_ed25519(const std::filesystem::path& file, std::string_view signature,
                                           std::string_view public_key);

}  // namespace cloison
