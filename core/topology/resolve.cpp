#include <algorithm>
#include <set>

#include "core/topology/allocate.h"
#include "core/topology/resolve_work.h"
#include "core/topology/selector_text.h"

namespace cloison::topology {

Checked<Resolved> resolve(std::shared_ptr<const Topology> topology, const LockFile& lock,
                          const ResolveOptions& options) {
  Work work{.topology = *topology, .lock = lock, .options = options};
  work.out.topology = std::move(topology);
  if (options.sources != nullptr) {
    work.findings.group_by_place(*options.sources, work.topology);
  }
  index_names(work);
  check_references(work);
  build_structure(work);
  allocate_blocks(work);
  allocate_addresses(work);
  check_addresses(work);
  resolve_groups(work);
  check_links(work);
  expand_flows(work);
  check_public_ports(work);
  check_policies(work);
  list_unused(work);
  Checked<Resolved> result{std::nullopt, work.findings.take()};
  if (!has_errors(result.notes)) {
    result.value = std::move(work.out);
  }
  return result;
}

std::vector<std::string> names_to_pin(const Topology& topology) {
  std::set<std::string> names;
  for (const Group& group : topology.groups) {
    for (const Name& name : group.fqdns) {
      names.insert(name.value);
    }
  }
  return {names.begin(), names.end()};
}

Checked<std::vector<std::string>> selected_paths(const Resolved& resolved, std::string_view selector) {
  const Topology& topology = *resolved.topology;
  NameIndex index;
  index.add_words(topology);
  index.add_segments(topology, resolved);
  index.add_hosts(topology, resolved);
  std::unordered_map<uint32_t, std::vector<uint32_t>> service_hosts;
  for (uint32_t i = 0; i < resolved.hosts.size(); ++i) {
    for (const uint32_t service : resolved.hosts[i].services) {
      service_hosts[service].push_back(i);
    }
  }
  Findings findings;
  Selectors selectors(topology, resolved, index, service_hosts, findings);
  std::set<std::string> paths;
  const auto add_host = [&](uint32_t host) {
    paths.insert(resolved.hosts[host].path);
    for (const Machine& machine : resolved.hosts[host].machines) {
      paths.insert(machine.path);
    }
  };
  const auto add_segment = [&](uint32_t segment) {
    paths.insert(resolved.segments[segment].path);
    for (const uint32_t host : resolved.segments[segment].hosts) {
      add_host(host);
    }
  };
  const auto written = selector_of_text(selector);
  if (!written.value) {
    return {std::nullopt, written.notes};
  }
  for (const Chosen& chosen : selectors.choose(*written.value)) {
    switch (chosen.kind) {
      case Chosen::Kind::host:
        add_host(chosen.index);
        break;
      case Chosen::Kind::machine:
        for (const Machine& machine : resolved.hosts[chosen.index].machines) {
          if (machine.name == chosen.name) {
            paths.insert(machine.path);
          }
        }
        break;
      case Chosen::Kind::node:
        paths.insert(resolved.nodes[chosen.index].path);
        break;
      case Chosen::Kind::vpc:
        paths.insert(resolved.vpcs[chosen.index].path);
        break;
      case Chosen::Kind::site:
        paths.insert(topology.sites[chosen.index].path);
        for (const uint32_t vpc : index.site_vpcs[chosen.index]) {
          paths.insert(resolved.vpcs[vpc].path);
        }
        for (const uint32_t node : index.site_nodes[chosen.index]) {
          paths.insert(resolved.nodes[node].path);
        }
        break;
      default:
        break;
    }
    for (const uint32_t segment : selectors.segments_of(chosen)) {
      add_segment(segment);
    }
  }
  if (paths.empty() && findings.errors() == 0) {
    findings.error({.code = "CL1212",
                    .summary = "'" + std::string(selector) + "' chooses nothing that is made",
                    .hint = "name a site, VPC, segment, host, node or service"});
  }
  Checked<std::vector<std::string>> result{std::nullopt, findings.take()};
  if (!has_errors(result.notes)) {
    result.value.emplace(paths.begin(), paths.end());
  }
  return result;
}

}  // namespace cloison::topology
