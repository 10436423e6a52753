// Machines that nodes run: hosts with `vm:` in a site's own segments, where its provider entry names a hypervisor.

#include <map>

#include "core/compile/routers.h"

namespace cloison::compile {

std::string Builder::why_not_run(const topology::ResolvedHost& host) const {
  const auto& segment = resolved_.segments[host.segment];
  const auto entry = providers_.find(segment.provider);
  if (entry == providers_.end() || !entry->second->settings.contains("hypervisor"))
    return "no 'hypervisor: libvirt' at the provider entry: machines are not made; their addresses and rules are";
  if (entry->second->settings.at("hypervisor").value != "libvirt")
    return "'hypervisor: none': machines are not made; their addresses and rules are";
  if (const auto bridge = entry->second->settings.find("switch");
      bridge != entry->second->settings.end() && bridge->second.value == "linux-bridge")
    return "libvirt puts no machine into a VLAN of a Linux bridge: that takes 'switch: open-vswitch'";
  if (topology_.sites[segment.site].nodes.empty()) return "its site has no nodes that could run it";
  if (host.vm && host.vm->flavor) return "a flavor is a cloud's: on nodes, 'cpu:' and 'memory:' say the size";
  return {};
}

/// Replica after replica onto node after node, so that a node that comes takes none away from where its disk is, unless
/// there are more replicas than nodes.
void Builder::add_guests(std::vector<Router>& routers) const {
  std::map<uint32_t, std::vector<NodeIntent*>> nodes;
  for (auto& router : routers)
    if (router.node_index != topology::k_none) nodes[resolved_.nodes[router.node_index].site].push_back(&router.node);
  for (const auto& host : resolved_.hosts) {
    const auto& segment = resolved_.segments[host.segment];
    if (segment.provider_kind != "node" || !host.made || !host.vm || !why_not_run(host).empty()) continue;
    const auto here = nodes.find(segment.site);
    if (here == nodes.end()) continue;
    for (std::size_t replica = 0; replica < host.machines.size(); ++replica) {
      const auto& machine = host.machines[replica];
      EndpointIntent guest{.path = machine.path,
                           .name = machine.name,
                           .segment = segment.path,
                           .machine = virtual_machine(host, machine),
                           .origins = {{"host " + host.path, host.span}}};
      for (const auto& address : {machine.ipv4, machine.ipv6})
        if (address) guest.addresses.push_back(*address);
      here->second[replica % here->second.size()]->guests.push_back(std::move(guest));
    }
  }
}

}  // namespace cloison::compile
