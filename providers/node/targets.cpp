#include "providers/node/targets.h"

#include <algorithm>
#include <array>

namespace cloison::node {

namespace {

/// Systems with apt, systemd 247 or later, and packages of the names that `packages_for` gives. Proxmox VE 8 calls
/// itself Debian 12.
constexpr std::array<Target, 5> k_targets{{{"debian", "12", "Debian 12", true},
                                           {"debian", "13", "Debian 13"},
                                           {"debian", "11", "Debian 11"},
                                           {"ubuntu", "22.04", "Ubuntu 22.04"},
                                           {"ubuntu", "24.04", "Ubuntu 24.04"}}};

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

const Target* target_for(std::string_view id, std::string_view version) {
  const auto* const found = std::find_if(k_targets.begin(), k_targets.end(), [&](const Target& one) {
    return one.id == unquoted(id) && one.version == unquoted(version);
  });
  return found == k_targets.end() ? nullptr : found;
}

}  // namespace cloison::node
