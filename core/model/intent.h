#pragma once
// What one provider entry is asked to hold, in words that no platform owns. The compiler writes it, each provider's
// lower.cpp reads it. Paths are declared paths ("cloud.production.data"); a resource's address is its path and its
// kind.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/ip.h"
#include "core/model/resource.h"
#include "core/model/service_intent.h"

namespace cloison {

enum class Direction : uint8_t { in, out };

struct RouteIntent {
  IpPrefix to{};
  IpAddress via{};
  std::vector<Origin> origins{};
};

/// A VPC: a routed domain of its own per environment.
struct RoutedDomainIntent {
  std::string path{};  // "cloud.production"
  std::string name{};  // the VPC's own name
  std::string environment{};
  bool outward = false;  // some flow leaves to public addresses or enters from them: needs an external gateway
  std::string external_network{};     // as the `internet` link names it; "" = the only one there is
  std::vector<RouteIntent> routes{};  // to prefixes behind gateways of links
  std::vector<Origin> origins{};
};

struct AddressRange {
  IpAddress first{}, last{};
  auto operator<=>(const AddressRange&) const = default;
};

/// One prefix of a segment.
struct SegmentPrefix {
  IpPrefix prefix{};
  IpAddress gateway{};
  /// Addresses that the platform may hand out by itself: none of them is given to a declared host.
  std::vector<AddressRange> dynamic{};
  /// On nodes: what it is on the wire, translated one to one; as long as `prefix`.
  std::optional<IpPrefix> real{};
};

struct SegmentIntent {
  std::string path{};    // "cloud.production.data"
  std::string name{};    // "data"
  std::string domain{};  // path of its routed domain
  std::string zone{};
  std::vector<SegmentPrefix> prefixes{};  // at most one a family, IPv4 first
  std::optional<uint16_t> vlan{};
  std::vector<IpAddress> dns{};  // resolvers that DHCP announces
  std::vector<Origin> origins{};
};

struct VirtualMachineIntent {
  std::string image{};    // as requested: id, name or folded name
  uint32_t cpu = 0;       // 0 = not said
  uint64_t memory = 0;    // bytes
  uint64_t disk = 0;      // bytes; 0 = not said
  std::string flavor{};   // set when the topology names one
  std::string zone{};     // declared availability zone ("a"), or ""
  std::string account{};  // the node account and the public key references (file:, env:) cloud-init installs
  std::vector<std::string> authorized_keys{};
};

/// One port of one machine on one segment: a host's replica, a gateway's replica, or a virtual address.
struct EndpointIntent {
  std::string path{};                             // "cloud.production.data.postgres-2"
  std::string name{};                             // "postgres-2"
  std::string segment{};                          // path
  std::vector<std::string> groups{};              // paths of GroupIntent
  std::vector<IpAddress> addresses{};             // at most one a family
  std::optional<VirtualMachineIntent> machine{};  // absent: only the port, or the address exists already
  bool exists = false;                            // `address:` host: nothing is made for it, its address is kept free
  bool is_public = false;                         // a public address of its own
  bool virtual_address = false;                   // no machine: an address that the replicas may hold
  std::vector<IpPrefix> also_from{};  // other addresses it may send from and receive for (transit, virtual address)
  std::vector<Origin> origins{};
};

/// A set of ports that share their rules: one per host (all its replicas), one per segment for what every port of it
/// has.
struct GroupIntent {
  std::string path{};  // "cloud.production.data.postgres.group"
  std::string title{};
  std::vector<Origin> origins{};
};

/// Far addresses under one name, so that a new member changes no rule: a named group, or a for_each selector.
struct AddressSetIntent {
  std::string path{};  // "production.lab.lan.addresses"
  std::string title{};
  std::vector<IpPrefix> prefixes{};
  std::vector<Origin> origins{};
};

struct PermitIntent {
  std::string group{};  // path of GroupIntent
  Direction direction = Direction::in;
  Family family = Family::ipv4;
  TransportMatch match{};                        // exists in that family
  std::variant<IpPrefix, std::string> remote{};  // prefix, or path of an AddressSetIntent
  std::string flow_class{};                      // "application", "infrastructure", "system"
  std::vector<Origin> origins{};
};

/// What a node does for one segment of its site: it is its gateway, and hands out its addresses.
struct NodeSegmentIntent {
  std::string path{};  // "lab/lyon-03.lan"
  std::string name{};  // "lan"
  uint16_t vlan = 0;   // 0: not tagged
  std::vector<SegmentPrefix> prefixes{};
  std::optional<std::pair<int64_t, int64_t>> dhcp{};  // first and last number
  std::vector<IpAddress> dns{};                       // resolvers that DHCP announces
  /// Towards which inner addresses what leaves for the outside goes first, at most one a family; none: by the node's
  /// own underlays.
  std::vector<IpAddress> leaves_towards{};
  /// What is on it reaches the rest of it by the node's rules alone, where it is the node's to say.
  bool apart = false;
  bool whole = false;                       // all machines that it has are run by nodes of its site
  std::vector<std::string> other_nodes{};   // paths: the other nodes of its site, which are on it as well
  std::vector<std::string> other_guests{};  // paths: machines on it that those run
  std::vector<Origin> origins{};
};

/// Packets that a node lets pass. It lies between two places: segments of its own site, links, or the outside.
struct NodeRuleIntent {
  enum class Chain : uint8_t { input, forward, output };
  /// By what packets come, or go: a segment's path, a link's name, the VPC behind a cloud's gateway, the underlays;
  /// none where the node itself is.
  struct Side {
    enum class Kind : uint8_t { none, segment, link, inside, underlays };
    Kind kind = Kind::none;
    std::string name{};
    auto operator<=>(const Side&) const = default;
  };
  Chain chain = Chain::forward;
  Side in{}, out{};
  Family family = Family::ipv4;
  TransportMatch match{};
  std::variant<IpPrefix, std::string> from{}, to{};  // prefix, or path of an AddressSetIntent
  std::string condition{};                           // name of the ConditionIntent that opens it; "": always open
  std::string flow_class{};
  bool at_public_address = false;  // from outside it is asked for at the node's own address: translated to `to`
  std::vector<Origin> origins{};
  /// What makes two rules the same.
  [[nodiscard]] auto key() const { return std::tie(chain, in, out, family, match, from, to, condition); }
};

/// A way out of a node.
struct NodeUnderlayIntent {
  std::string name{}, interface{};
  int64_t metric = 100;
  std::optional<IpAddress> outer{};  // where it can be dialled
  int64_t mtu = 1500;                // bytes
};

/// The far end of one tunnel. Its key is a resource of its own, of the far node (engine decision 13).
struct TunnelPeerIntent {
  std::string node{};                // path of the far node
  std::optional<IpAddress> outer{};  // where it is dialled; none: it dials
  uint16_t port = 0;                 // there
  IpAddress inner{};                 // its own, in the tunnel
  std::vector<IpPrefix> beyond{};    // what lies behind it
  std::vector<IpPrefix> offered{};   // what it is told to reach through us
  std::vector<IpPrefix> outside{};   // what comes from outside through it, without being told by BGP
  uint32_t autonomous_system = 0;    // RFC 6996
  int64_t preference = 0;            // higher is preferred
  std::vector<Origin> origins{};
};

/// A device of remote users, which dials. Its private key is its own.
struct TunnelDeviceIntent {
  std::string path{};        // "lab/lyon-03.tablets.peers.tablet-1"
  std::string public_key{};  // base64
  std::vector<IpAddress> addresses{};
  std::vector<Origin> origins{};
};

/// One WireGuard interface. At the end that is dialled many peers share one; who dials has one for each far node and
/// underlay.
struct TunnelIntent {
  std::string link{}, underlay{};  // names; underlay "": the only way out
  std::string name{};              // "fibre-1": unique in its link on this node
  uint16_t port = 0;               // 0: not dialled
  IpAddress inner{};               // its own; all ends of what is dialled are in one /64
  int64_t mtu = 1420;
  std::vector<TunnelPeerIntent> peers{};
  std::vector<SegmentPrefix> users{};         // of remote users' segments, whose gateway it is; none: between nodes
  std::vector<TunnelDeviceIntent> devices{};  // of these users
  std::vector<Origin> origins{};
};

/// Of several nodes of one place, one at a time has its gateway addresses and is told the ways to it (VRRP, RFC 9568).
struct RedundancyIntent {
  std::string place{};              // path of the site, or of the gateway
  std::string segment{};            // by which they speak with each other; "": by the interface towards the VPC
  std::vector<IpAddress> own{};     // at most one a family
  std::vector<IpAddress> others{};  // those of the others
  bool preferred = false;           // it serves whenever it can: users dial it and no other
  std::vector<IpAddress> shared{};  // of a gateway: what the VPC's router sends to. Of a site: its segments' gateways
  std::vector<std::string> services{};  // of a machine that forwards nothing: one of which these fail serves no more
  std::vector<Origin> origins{};
};

/// One IPsec connection (IKEv2, RFC 7296) with one far end.
struct ConnectionIntent {
  struct Way {
    std::string underlay{};  // name; "": the only way out
    IpAddress outer{};       // of the far end, dialled by it
  };
  std::string link{};                // name
  std::string name{};                // of the far end: unique in its link on this node
  std::string node{};                // path of the far node; "": an external site
  std::vector<Way> ways{};           // by which it dials, the preferred first; none: it is dialled
  std::string secret{};              // reference to a shared key; "": each end proves a key of its own
  std::optional<IpAddress> peer{};   // an external site's outer address, which is its name as well
  std::optional<IpAddress> outer{};  // its own, by which an external site knows it
  std::vector<IpPrefix> here{};      // traffic selectors: behind this end
  std::vector<IpPrefix> beyond{};    // behind the far one
  bool standby = false;              // carries only what no other way does
  std::vector<Origin> origins{};
};

/// A scenario that a node itself tells: some of its rules hold only while every tunnel to these far ends is down.
struct ConditionIntent {
  std::string name{};             // of the scenario
  std::set<std::string> nodes{};  // paths of far nodes
  std::set<std::string> links{};  // names: whatever tunnel of theirs
  std::chrono::seconds within{};  // from the last tunnel's end to the opening
  std::vector<Origin> origins{};
};

/// One Linux host that routes for its site, or a machine on which services run.
struct NodeIntent {
  std::string path{};                           // "lab/lyon-03.node/lyon-03-1"
  std::string name{};                           // "lyon-03-1"
  std::string site{};                           // path
  std::string trunk{};                          // interface that carries the VLANs, or ""
  std::string inside{};                         // a cloud's gateway: interface towards its VPC
  std::vector<IpAddress> own{};                 // inner addresses: what it sends to far sites comes from these
  std::map<std::string, std::string> ports{};   // interface -> path of the segment that it carries untagged
  std::vector<NodeUnderlayIntent> underlays{};  // lowest metric first
  std::vector<NodeSegmentIntent> segments{};
  std::vector<EndpointIntent> guests{};  // machines that it runs
  std::vector<TunnelIntent> tunnels{};
  std::vector<ConnectionIntent> connections{};
  std::vector<ConditionIntent> conditions{};
  std::optional<RedundancyIntent> redundancy{};
  std::vector<RouteIntent> routes{};    // to what lies behind its VPC's router
  std::vector<IpPrefix> announced{};    // what it routes for, told to its peers
  uint32_t autonomous_system = 0;       // 0: no tunnels
  bool logs_refusals = false;           // what its filter refuses is told in its log
  std::vector<NodeRuleIntent> rules{};  // in order of key
  bool forwards = true;                 // false: a machine that forwards nothing, whose network is not cloison's
  std::vector<ServiceIntent> services{};
  std::vector<Origin> origins{};
};

/// Something declared that is not applied now, counted by block and declared entry.
struct NotApplied {
  enum class Reason : uint8_t { no_provider, no_permission, comes_later, unsupported };
  std::string block{};  // "sites", "links", "guarantees", "segments"…
  std::string entry{};  // "lab/lyon-03", "G-1"
  Reason reason = Reason::comes_later;
  std::string text{};  // for people: why
  SpanId where = 0;
  std::string group{};  // what it is counted with: "lab" for lab/lyon-03; "" = the block alone
};

struct Intent {
  std::string provider{};  // provider entry
  std::map<std::string, std::string>
      settings{};  // the entry's settings: region, physical_network, "availability_zones.a" …
  std::vector<RoutedDomainIntent> domains{};
  std::vector<SegmentIntent> segments{};
  std::vector<GroupIntent> groups{};
  std::vector<AddressSetIntent> address_sets{};
  std::vector<EndpointIntent> endpoints{};
  std::vector<PermitIntent> permits{};
  std::vector<NodeIntent> nodes{};
};

struct Lowered {
  std::vector<Resource> resources{};
  std::vector<NotApplied> not_applied{};
  Facts choices{};  // sticky decisions to be kept in state ("choice/remotes" -> "address_group")
};

}  // namespace cloison
