// Segments on nodes inside which only flows open: who is on them, as far as their nodes have to know.

#include <algorithm>
#include <map>

#include "core/compile/routers.h"

namespace cloison::compile {

bool Builder::is_kept_apart(uint32_t index) const {
  const auto& segment = resolved_.segments[index];
  return segment.provider_kind == "node" && segment.segment != nullptr && segment.vpc_path.empty() &&
         !segment.segment->has_peers && segment.segment->intra != topology::Segment::Intra::allow;
}

/// After the machines have their nodes.
void Builder::keep_apart(std::vector<Router>& routers) const {
  std::map<std::string_view, std::size_t> machines;  // of segments that have no others, by path
  std::map<std::string_view, bool> apart;
  for (uint32_t index = 0; index < resolved_.segments.size(); ++index) {
    if (!is_kept_apart(index)) continue;
    const auto& segment = resolved_.segments[index];
    apart[segment.path] = !segment.physical_ports;
    for (const auto host : segment.hosts) machines[segment.path] += resolved_.hosts[host].machines.size();
  }
  std::map<uint32_t, std::vector<const Router*>> of_site;
  for (const auto& router : routers)
    if (router.node_index != topology::k_none) of_site[resolved_.nodes[router.node_index].site].push_back(&router);
  for (auto& router : routers) {
    if (router.node_index == topology::k_none) continue;
    const auto& nodes = of_site.at(resolved_.nodes[router.node_index].site);
    for (auto& mine : router.node.segments) {
      const auto found = apart.find(mine.path);
      if (found == apart.end()) continue;
      mine.apart = true;
      std::size_t run = 0;
      bool at_ports = false;  // who is at one of a node's ports is no guest
      for (const auto* one : nodes) {
        at_ports = at_ports || std::any_of(one->node.ports.begin(), one->node.ports.end(),
                                           [&](const auto& port) { return port.second == mine.path; });
        if (one != &router) mine.other_nodes.push_back(one->node.path);
        for (const auto& guest : one->node.guests) {
          if (guest.segment != mine.path) continue;
          ++run;
          if (one != &router) mine.other_guests.push_back(guest.path);
        }
      }
      mine.whole = found->second && !at_ports && run != 0 && run == machines[mine.path];
    }
  }
}

}  // namespace cloison::compile
