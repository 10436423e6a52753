#pragma once
// Key pairs of WireGuard: X25519 (RFC 7748), each half as 44 digits of base64.

#include <optional>
#include <string>

#include "core/base/secret.h"

namespace cloison {

struct WireguardKeys {
  Secret private_key{};
  std::string public_key{};
};

/// From the operating system's generator; nullopt when that has nothing to give.
[[nodiscard]] std::optional<WireguardKeys> make_wireguard_keys();
/// The public half; nullopt when the text is no private key.
[[nodiscard]] std::optional<std::string> wireguard_public_key(const Secret& private_key);

}  // namespace cloison
