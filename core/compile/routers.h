#pragma once
// Nodes under way: those of sites, and the machines of clouds' gateways that are reached over SSH.

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

}  // namespace cloison::compile
