#pragma once
// IPsec connections and conditions as files: swanctl.conf(5) of strongSwan 5.9, and lines for the agent. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

/// Of an IPsec key pair: what Suite B, and CNSA after it, sign with (RFC 6379, RFC 9206).
constexpr std::string_view k_ecdsa = "ecdsa-p384";

/// In the place of a shared key, wherever it is not needed: in plans, states and reports.
constexpr std::string_view k_hidden = "hidden";

/// One way by which a connection is dialled.
struct DialledWay {
  std::string name{};
  std::string interface = "-";  // whose address it has; "-": whichever the kernel takes
  int64_t mark = 0;             // of the underlay; 0: none
  std::string address{};        // of the far end
};
/// "fibre wan0 3238002688 192.0.2.10"
[[nodiscard]] std::string text_of(const DialledWay& way);
[[nodiscard]] std::optional<DialledWay> parse_way(std::string_view text);

/// What strongSwan calls the connection: one for each way where it dials.
[[nodiscard]] std::vector<std::string> loaded_names(const std::string& name, const std::vector<DialledWay>& ways);

[[nodiscard]] std::vector<NodeFile> vpn_files(std::string_view kind, const Settings& settings);

/// Base64 of a SubjectPublicKeyInfo (RFC 5480) of P-384: always 160 letters.
[[nodiscard]] bool is_ecdsa_key(std::string_view text);
/// From a PEM file (RFC 7468); "" where it holds no such key.
[[nodiscard]] std::string key_of_pem(std::string_view text);

/// A shared key as swanctl reads it without quotes.
[[nodiscard]] std::string secret_text(std::string_view secret);

}  // namespace cloison::node
