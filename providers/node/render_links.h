#pragma once
// Keys, tunnels, peers, underlays and routing as files of a node. Pure. Part of `files_of`.

#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

[[nodiscard]] std::vector<NodeFile> link_files(std::string_view kind, const Settings& settings);

/// A Curve25519 key as WireGuard writes it: 32 bytes in base64.
[[nodiscard]] bool is_wireguard_key(std::string_view text);

}  // namespace cloison::node
