// Nodes that stand in for each other: those of a site with `redundancy: vrrp`, and the replicas of a cloud's gateway
// (docs/links.md, Standing in).

#include <map>

#include "core/compile/routers.h"

namespace cloison::compile {

std::vector<IpAddress> addresses_of(const topology::Machine& machine) {
  std::vector<IpAddress> addresses;
  for (const auto& address : {machine.ipv4, machine.ipv6})
    if (address) addresses.push_back(*address);
  return addresses;
}

void Builder::add_redundancy(std::vector<Router>& routers) const {
  std::map<uint32_t, std::vector<const topology::ResolvedNode*>> of_site;
  for (const auto& node : resolved_.nodes)
    if (node.own) of_site[node.site].push_back(&node);
  for (auto& router : routers) {
    const bool cloud = router.node_index == topology::k_none;
    const auto* host = cloud ? &resolved_.hosts[router.host_index] : nullptr;
    const auto* mine = cloud ? nullptr : &resolved_.nodes[router.node_index];
    if (cloud ? !host->virtual_address : !mine->own) continue;
    RedundancyIntent redundancy{.place = router.place, .own = router.node.own, .origins = router.node.origins};
    if (cloud) {
      redundancy.shared = addresses_of(*host->virtual_address);
      for (const auto& machine : host->machines)
        if (machine.name != router.node.name)
          for (const auto& address : addresses_of(machine)) redundancy.others.push_back(address);
    } else {
      redundancy.segment = resolved_.segments[mine->segment].path;
      for (const auto* other : of_site[mine->site])
        if (other != mine)
          for (const auto& address : addresses_of(*other->own)) redundancy.others.push_back(address);
      // What is told to peers hangs on the ways that the node has now: each must be one of them.
      router.node.announced.clear();
      for (const auto& segment : router.node.segments)
        for (const auto& one : segment.prefixes) router.node.announced.push_back(one.prefix);
    }
    // Each is reached by its own way, whichever of them serves.
    for (const auto& address : redundancy.own) router.node.announced.push_back(IpPrefix::of(address));
    router.node.redundancy = std::move(redundancy);
  }
}

}  // namespace cloison::compile
