#pragma once
// Nodes under way: those of sites, and the machines of clouds' gateways that are reached over SSH.

#include <optional>
#include <string>

#include "core/compile/builder.h"

namespace cloison::compile {

struct Router {
  std::string provider{};  // of this node alone
  std::string place{};     // path of its site, or of its gateway: what its replicas share
  topology::Domain domain = topology::k_none;
  int64_t ordinal = 0;                                                    // among those of its place, from 0
  uint32_t node_index = topology::k_none, host_index = topology::k_none;  // into Resolved: a site's node, or a gateway
  NodeIntent node{};
};

/// nullptr: it has none of that name.
[[nodiscard]] const NodeUnderlayIntent* underlay_named(const Router& router, const std::string& name);
/// Where `router` is dialled by who leaves by the underlay `name`: at its own of that name, else at any.
[[nodiscard]] std::optional<IpAddress> dialled_at(const Router& router, const std::string& name);

}  // namespace cloison::compile
