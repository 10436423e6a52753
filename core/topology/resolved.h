#pragma once
// The topology with every name resolved, every address given and every flow expanded into pairs. Input of the compiler
// and of reports. Indices point into the vectors of `Resolved`; `Topology` lives beside it and outlives it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/topology/lock_file.h"
#include "core/topology/topology.h"

namespace cloison::topology {

constexpr uint32_t k_none = UINT32_MAX;

/// Within which packets are routed without a link: a site without VPC (its index), or a VPC (the number of sites plus
/// its index).
using Domain = uint32_t;

/// One machine: a host's replica, a gateway's replica. On premises nodes are apart (ResolvedNode).
struct Machine {
  std::string path{};  // "cloud.production.data.postgres-2"; without replicas the host's own path
  std::string name{};  // "postgres-2"
  uint32_t replica = 1;
  std::string zone{};  // declared availability zone, when spread
  std::optional<IpAddress> ipv4{}, ipv6{};
};

/// A device of a remote-access link, at the address that it has in its tunnel.
struct ResolvedPeer {
  Machine machine{};           // path "lab/lyon-03.tablets.peers.tablet-1"
  const Peer* peer = nullptr;  // as written
  bool expired = false;
};

struct ResolvedSegment {
  std::string path{};                // "cloud.production.data", "lab/lyon-03.lan"
  uint32_t site = k_none;            // into Topology::sites
  const Vpc* vpc = nullptr;          // nullptr on premises and for external sites
  const Segment* segment = nullptr;  // nullptr for a cluster's namespace
  std::string vpc_path{};            // "cloud.production", or "" without VPC
  std::string environment{};         // "" for external sites (in all)
  std::string provider{};            // provider entry; "external" for external sites
  std::string provider_kind{};
  std::string zone{};
  std::optional<IpPrefix> ipv4{}, ipv6{};
  std::optional<IpAddress> gateway4{}, gateway6{};
  bool physical_ports = false;    // other machines than ours may stand in it
  std::vector<uint32_t> hosts{};  // into Resolved::hosts
  std::vector<ResolvedPeer> peers{};
  SpanId span = 0;
};

struct ResolvedHost {
  std::string path{};  // "cloud.production.data.postgres"
  std::string name{};
  uint32_t segment = k_none;
  enum class Kind : uint8_t { host, gateway, service };  // service: made by runs_on {…, replicas}
  Kind kind = Kind::host;
  bool made = false;  // `vm:` or a gateway of our own: we make it. false: exists already, or is the platform's
  std::optional<VirtualMachine> vm{};
  bool is_public = false;  // public: true, or a service with public: true runs on it
  bool vrrp = false;  // one virtual address (then `virtual_address`); a host's replicas are then public by it alone
  std::optional<Machine> virtual_address{};
  std::vector<Machine> machines{};
  Labels labels{};
  std::vector<uint32_t> services{};  // into Topology::services
  const Host* host = nullptr;        // as written; nullptr for gateways and services
  const Gateway* gateway = nullptr;
  SpanId span = 0;
};

struct ResolvedNode {
  std::string path{};  // "lab/lyon-03.node/lyon-03-1"
  uint32_t site = k_none;
  const Node* node = nullptr;
  std::string environment{};
  /// Its gateway addresses in the site's segments. Nodes that stand in for each other share these, and have their own.
  std::vector<IpAddress> inner{};
  uint32_t segment = k_none;     // where it has `own`
  std::optional<Machine> own{};  // of a site with `redundancy: vrrp` and several nodes
};

struct ResolvedVpc {
  std::string path{};
  uint32_t site = k_none;
  const Vpc* vpc = nullptr;
  std::string environment{}, provider{}, provider_kind{};
  std::optional<IpPrefix> ipv4{}, ipv6{};
  std::vector<uint32_t> segments{};
};

/// One end of a pair.
struct FlowEnd {
  enum class Kind : uint8_t { host, segment, node, prefixes, internet };
  Kind kind = Kind::segment;
  uint32_t index = k_none;  // host, segment or node
  /// Kind prefixes: cidrs, plain addresses, pins of a group. Kind node: reached at these, outer addresses, not inside.
  std::vector<IpPrefix> prefixes{};
  /// The named group or for_each selector by which it was chosen ("mssante", "lab.lan"), "" for a single path: with it
  /// rules name an address set.
  std::string set{};
  auto operator<=>(const FlowEnd&) const = default;
};

struct FlowPair {
  std::string id{};        // "F-010/lyon-03"
  uint32_t flow = k_none;  // into Resolved::flows
  FlowEnd from{}, to{};
  std::string environment{};
  std::vector<std::string> path{};  // links crossed, in order; empty inside one VPC or site
  /// Routed domains crossed, in order; k_none stands for the outside. Tunnels and peerings of `path` join those between
  /// which they stand.
  std::vector<Domain> domains{};
};

/// Where a link ends: a routed domain, and of a remote-access link also the users' segments.
struct LinkEnd {
  enum class Role : uint8_t { hub, spoke, side, users };
  Role role = Role::side;
  uint32_t side = 0;  // which end of `between`
  Domain domain = k_none;
  uint32_t segment = k_none;  // of users
};

/// A flow as it is enforced: written ones, and those of infrastructure, management, backups and the system.
struct ResolvedFlow {
  std::string id{};          // "F-010", "I-dns"
  std::string flow_class{};  // application infrastructure system
  std::vector<TransportMatch> matches{};
  std::vector<std::string> port_words{};             // as written
  const Flow* flow = nullptr;                        // nullptr when generated
  bool in_force = true;                              // false: disabled, not yet begun, expired
  std::string why_not{};                             // "disabled", "starts 2026-12-01", "expired 2026-11-01"
  bool conditional = false;                          // when: closed in the normal state
  std::vector<uint32_t> down_sites{}, down_links{};  // when: what its scenario takes down, into Topology
  bool down_otherwise = false;                       // when: it takes down something else too
  SpanId span = 0;
};

/// A pair that has no path, with why; listed by `plan -v`.
struct DroppedPair {
  std::string flow{}, from{}, to{}, why{};
  SpanId span = 0;
};

struct Resolved {
  std::shared_ptr<const Topology> topology{};
  std::vector<ResolvedVpc> vpcs{};  // all vectors in order of path
  std::vector<ResolvedSegment> segments{};
  std::vector<ResolvedHost> hosts{};
  std::vector<ResolvedNode> nodes{};
  std::vector<ResolvedFlow> flows{};  // in order of id
  std::vector<FlowPair> pairs{};      // in order of flow, then id
  std::vector<DroppedPair> dropped{};
  std::vector<std::vector<LinkEnd>> link_ends{};               // beside Topology::links
  std::vector<std::vector<TransportMatch>> service_listens{};  // beside Topology::services
  /// Members of each named group and for_each selector used by a flow, per environment: "production lab.lan" ->
  /// prefixes.
  std::map<std::string, std::vector<IpPrefix>> sets{};
  std::map<std::string, std::string> allocations{};  // lock entries it rests on (all of them)
  std::vector<std::string> new_allocations{};        // keys that the lock file did not have
  std::vector<std::string> unused_allocations{};     // keys that nothing asks for any more
};

struct ResolveOptions {
  Instant now{};
  /// Where the topology's places stand: findings of one place, one an instance of a for_each, are then told as one.
  const SourceMap* sources = nullptr;
  /// FQDN pins found by `plan` (name -> addresses); a name in neither here nor the lock is an error.
  std::map<std::string, std::vector<IpAddress>> answers{};
  /// Names missing a pin are not an error (validate, and the first pass of plan).
  bool pins_may_be_missing = false;
};

/// Pure. Every finding at once: names, references, overlaps, VLANs, addresses, cycles, paths, dates, guarantees'
/// selectors.
[[nodiscard]] Checked<Resolved> resolve(std::shared_ptr<const Topology> topology, const LockFile& lock,
                                        const ResolveOptions& options);
/// FQDNs that the topology's groups name, sorted.
[[nodiscard]] std::vector<std::string> names_to_pin(const Topology& topology);

/// Resources chosen by `--target SELECTOR`: declared paths of VPCs, segments and hosts that it matches. Error when it
/// matches nothing.
[[nodiscard]] Checked<std::vector<std::string>> selected_paths(const Resolved& resolved, std::string_view selector);

}  // namespace cloison::topology
