// The index behind selectors.
#include <algorithm>
#include <array>

#include "core/topology/selector.h"

namespace cloison::topology {

bool is_site_word(std::string_view word) {
  constexpr std::array<std::string_view, 4> k_words{"nodes", "underlays", "gateways", "availability_zones"};
  return std::find(k_words.begin(), k_words.end(), word) != k_words.end();
}

bool is_first_word(std::string_view word) {
  constexpr std::array<std::string_view, 5> k_words{"internet", "same-site", "environments", "provider", "none"};
  return std::find(k_words.begin(), k_words.end(), word) != k_words.end();
}

std::string_view NameIndex::kind_name(Kind kind) {
  constexpr std::array<std::string_view, 6> k_names{"site", "link", "group", "service", "cluster", "scenario"};
  return k_names.at(static_cast<std::size_t>(kind));
}

void NameIndex::add_words(const Topology& topology) {
  const auto add = [&](Kind kind, const auto& entries) {
    for (uint32_t i = 0; i < entries.size(); ++i) {
      words.try_emplace(entries[i].name, Entry{kind, entries[i].span, {i}});
    }
  };
  for (uint32_t i = 0; i < topology.sites.size(); ++i) {
    Entry& entry =
        words.try_emplace(topology.sites[i].name, Entry{Kind::site, topology.sites[i].span, {}}).first->second;
    entry.items.push_back(i);
    sites.try_emplace(topology.sites[i].path, i);
  }
  add(Kind::link, topology.links);
  add(Kind::group, topology.groups);
  add(Kind::service, topology.services);
  add(Kind::cluster, topology.clusters);
  add(Kind::scenario, topology.scenarios);
}

void NameIndex::add_segments(const Topology& topology, const Resolved& resolved) {
  vpcs.clear();
  segments.clear();
  site_vpcs.assign(topology.sites.size(), {});
  site_segments.assign(topology.sites.size(), {});
  for (uint32_t i = 0; i < resolved.vpcs.size(); ++i) {
    vpcs.try_emplace(resolved.vpcs[i].path, i);
    site_vpcs[resolved.vpcs[i].site].push_back(i);
  }
  for (uint32_t i = 0; i < resolved.segments.size(); ++i) {
    const ResolvedSegment& segment = resolved.segments[i];
    segments.try_emplace(segment.path, i);
    site_segments[segment.site].push_back(i);
  }
}

void NameIndex::add_hosts(const Topology& topology, const Resolved& resolved) {
  hosts.clear();
  machines.clear();
  nodes.clear();
  site_nodes.assign(topology.sites.size(), {});
  site_gateways.assign(topology.sites.size(), {});
  for (uint32_t i = 0; i < resolved.hosts.size(); ++i) {
    const ResolvedHost& host = resolved.hosts[i];
    hosts.try_emplace(host.path, i);
    for (const Machine& machine : host.machines) {
      machines.try_emplace(machine.path, i);
    }
    if (host.kind == ResolvedHost::Kind::gateway) {
      site_gateways[resolved.segments[host.segment].site].push_back(i);
    }
  }
  for (uint32_t i = 0; i < resolved.nodes.size(); ++i) {
    nodes.try_emplace(resolved.nodes[i].path, i);
    site_nodes[resolved.nodes[i].site].push_back(i);
  }
}

}  // namespace cloison::topology
