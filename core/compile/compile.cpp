#include "core/compile/compile.h"

#include <algorithm>

#include "core/compile/builder.h"
#include "core/topology/paths.h"

namespace cloison::compile {

Builder::Builder(const topology::Resolved& resolved, const CompileOptions& options)
    : resolved_(resolved), topology_(*resolved.topology), options_(options) {
  applied_kinds_.insert(options.applied_kinds.begin(), options.applied_kinds.end());
  for (const auto& entry : topology_.providers) providers_.emplace(entry.name, &entry);
  std::vector<IpPrefix> taken;
  for (const auto& environment : topology_.environments)
    for (const auto& space : environment.spaces) taken.push_back(space.value);
  for (const auto& segment : resolved.segments) {
    if (segment.provider_kind != "external") continue;
    if (segment.ipv4) taken.push_back(*segment.ipv4);
    if (segment.ipv6) taken.push_back(*segment.ipv6);
  }
  internet_ = public_space(minimised(std::move(taken)));
  for (const auto& link : topology_.links) link_kinds_.emplace(link.name, link.kind.value);
  index_hosts();
  index_ways_out();
  withhold_bypasses();
  index_pairs();
  index_transit();
}

void Builder::index_hosts() {
  for (uint32_t index = 0; index < resolved_.hosts.size(); ++index) {
    const auto& host = resolved_.hosts[index];
    if (host.kind != topology::ResolvedHost::Kind::gateway) continue;
    const auto& segment = resolved_.segments[host.segment];
    if (!segment.vpc_path.empty() && host.made && !host.machines.empty()) gateways_[segment.vpc_path].push_back(index);
  }
  for (uint32_t index = 0; index < resolved_.segments.size(); ++index)
    segments_of_site_[resolved_.segments[index].site].push_back(index);
  for (uint32_t index = 0; index < resolved_.segments.size(); ++index) {
    const auto& space = resolved_.segments[index];
    if (space.segment) continue;
    for (const auto other : segments_of_site_[space.site]) {
      const auto& place = resolved_.segments[other];
      if (!place.segment || place.vpc_path != space.vpc_path || place.ipv4 != space.ipv4 || place.ipv6 != space.ipv6)
        continue;
      std::copy_if(
          place.hosts.begin(), place.hosts.end(), std::back_inserter(cluster_nodes_[index]),
          [this](uint32_t host) { return resolved_.hosts[host].kind != topology::ResolvedHost::Kind::gateway; });
    }
  }
}

/// DHCP announces to a segment's machines the resolvers that the flows of class infrastructure let them reach.
void Builder::index_resolver(const FlowEnd& client, const FlowEnd& server) {
  if (client.kind != FlowEnd::Kind::host && client.kind != FlowEnd::Kind::segment) return;
  auto& servers = resolvers_[client.kind == FlowEnd::Kind::host ? resolved_.hosts[client.index].segment : client.index];
  for (const auto& prefix : prefixes_of(server))
    if (prefix.length == address_bits(prefix.family()) &&
        std::find(servers.begin(), servers.end(), prefix.address) == servers.end())
      servers.push_back(prefix.address);
}

void Builder::index_pairs() {
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index) {
    const auto& pair = resolved_.pairs[index];
    if (!in_force(pair) || withheld_[index]) continue;
    if (resolved_.flows[pair.flow].id == "I-dns") index_resolver(pair.from, pair.to);
  }
}

bool Builder::applied(const std::string& provider_kind) const {
  return applied_kinds_.contains(provider_kind);
}

bool Builder::made_by_cloud(const std::string& provider_kind) const {
  return provider_kind != "node" && applied(provider_kind);
}

Intent& Builder::intent_of(const std::string& provider) {
  auto [found, added] = compiled_.intents.try_emplace(provider);
  if (added) {
    found->second.provider = provider;
    if (const auto entry = providers_.find(entry_of(provider)); entry != providers_.end())
      for (const auto& [key, value] : entry->second->settings) found->second.settings.emplace(key, value.value);
  }
  return found->second;
}

std::vector<IpPrefix> Builder::host_prefixes(const topology::ResolvedHost& host) const {
  std::vector<IpPrefix> prefixes;
  const auto add = [&prefixes](const topology::Machine& machine) {
    if (machine.ipv4) prefixes.push_back(IpPrefix::of(*machine.ipv4));
    if (machine.ipv6) prefixes.push_back(IpPrefix::of(*machine.ipv6));
  };
  for (const auto& machine : host.machines) add(machine);
  if (host.virtual_address) add(*host.virtual_address);
  return prefixes;
}

std::vector<IpPrefix> Builder::prefixes_of(const FlowEnd& end) const {
  switch (end.kind) {
    case FlowEnd::Kind::host:
      return host_prefixes(resolved_.hosts[end.index]);
    case FlowEnd::Kind::prefixes:
      return end.prefixes;
    case FlowEnd::Kind::internet:
      return internet_;
    case FlowEnd::Kind::segment: {
      const auto& segment = resolved_.segments[end.index];
      std::vector<IpPrefix> prefixes;
      if (segment.ipv4) prefixes.push_back(*segment.ipv4);
      if (segment.ipv6) prefixes.push_back(*segment.ipv6);
      return prefixes;
    }
    case FlowEnd::Kind::node: {
      std::vector<IpPrefix> prefixes = end.prefixes;
      if (!prefixes.empty()) return prefixes;
      for (const auto& address : resolved_.nodes[end.index].inner) prefixes.push_back(IpPrefix::of(address));
      return prefixes;
    }
  }
  return {};
}

bool Builder::in_force(const topology::FlowPair& pair) const {
  const auto& flow = resolved_.flows[pair.flow];
  // A `when:` flow is closed in the normal state; the node opens it (a later issue's work).
  return flow.in_force && !flow.conditional;
}

Families Builder::families_of(const FlowEnd& end) const {
  if (end.kind == FlowEnd::Kind::internet) return {true, true};
  Families families;
  for (const auto& prefix : prefixes_of(end)) families.add(prefix.family());
  return families;
}

Families Builder::families_of(const topology::FlowPair& pair) const {
  const auto from = families_of(pair.from);
  const auto to = families_of(pair.to);
  Families both{from.ipv4 && to.ipv4, from.ipv6 && to.ipv6};
  const bool leaves = !pair.domains.empty() && pair.domains.back() == topology::k_none;
  const bool enters = !pair.domains.empty() && pair.domains.front() == topology::k_none;
  if (both.ipv6 && (leaves || enters)) {
    // IPv6 is routed to and from the outside when it is global, and never translated.
    const auto inside = prefixes_of(leaves ? pair.from : pair.to);
    both.ipv6 = std::any_of(inside.begin(), inside.end(), [](const IpPrefix& prefix) {
      return prefix.family() == Family::ipv6 && topology::is_public_prefix(prefix);
    });
  }
  return both;
}

Origin Builder::origin_of(const topology::ResolvedFlow& flow) const {
  return {"flow " + flow.id, flow.span};
}

Checked<Compiled> Builder::finish() {
  for (auto& [key, permit] : permits_) intent_of(key.first).permits.push_back(std::move(permit));
  for (auto& [key, set] : sets_) intent_of(key.first).address_sets.push_back(std::move(set));
  return {std::move(compiled_), std::move(notes_)};
}

Checked<Compiled> compile(const topology::Resolved& resolved, const CompileOptions& options) {
  Builder builder(resolved, options);
  builder.add_domains();
  builder.add_endpoints();
  builder.add_permits();
  builder.add_nodes();
  builder.add_services();
  builder.add_not_applied();
  return builder.finish();
}

}  // namespace cloison::compile
