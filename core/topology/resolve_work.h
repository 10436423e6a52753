#pragma once
// What the stages of resolve() share while they fill a Resolved.

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/topology/resolve_findings.h"
#include "core/topology/resolved.h"
#include "core/topology/selector.h"

namespace cloison::topology {

/// What is known of a site beside what is written.
struct SiteFacts {
  std::string environment{};  // of what stands in no VPC; "" for external sites and where it is unknown
  std::string provider_kind{};
  bool external = false;
  bool premises = false;                // provider kind `node`
  std::vector<uint32_t> public_via{};   // links of kind internet at this site
  std::vector<uint32_t> gateway_vpc{};  // VPCs in which its gateways stand
};

struct Work {
  const Topology& topology;
  const LockFile& lock;
  const ResolveOptions& options;
  Resolved out{};
  Findings findings{};
  NameIndex index{};
  std::vector<SiteFacts> sites{};                            // beside Topology::sites
  std::unordered_map<std::string, std::string> hosted_in{};  // a namespace's path -> its nodes' segment
  std::map<std::string, std::string, std::less<>> given{};   // lock entries in use
  bool links_broken = false;  // a link was reported: paths over it are missing for that reason
  std::unordered_map<uint32_t, std::vector<uint32_t>> service_hosts{};  // service -> hosts

  [[nodiscard]] const Site& site_of(const ResolvedSegment& segment) const { return topology.sites[segment.site]; }
};

// Stages, in the order in which resolve() runs them.
void index_names(Work& work);         // the shared namespace, reserved words, clashes
void check_references(Work& work);    // zones, providers, environments, pools, gateways, underlays, link ends
void build_structure(Work& work);     // VPCs, segments, hosts, nodes; without addresses
void check_addresses(Work& work);     // overlaps, spaces, VLANs, dhcp ranges, `real:`, `intra:`
void resolve_groups(Work& work);      // members, pins
void check_links(Work& work);         // ends, gateways, dialling
void expand_flows(Work& work);        // written and generated flows -> pairs
void check_public_ports(Work& work);  // ports of public hosts on premises
void check_policies(Work& work);      // guarantees, scenarios, services, backups

}  // namespace cloison::topology
