#pragma once
// The topology as written, after files are joined, overlays laid, templates filled in and for_each expanded: typed,
// with a span on everything that a message may point at. Nothing is resolved yet: names are names, selectors are text.
// The meaning of each block is in docs/language.md.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ip.h"
#include "core/base/source_map.h"

namespace cloison::topology {

template <class T>
struct Spanned {
  T value{};
  SpanId span = 0;
};
/// A name or reference as written.
using Name = Spanned<std::string>;
using Names = std::vector<Name>;
using Labels = std::map<std::string, Name>;

/// One term of a selector: a path ("lab/lyon-03.lan", "same-site.lan", "internet", a group's name), or a map whose
/// entries must all match.
struct SelectorTerm {
  std::string path{};
  std::map<std::string, Names> match{};  // keys: site vpc environment segment zone host label (label: "key=value")
  SpanId span = 0;
};
/// A union of terms. Empty terms: not written.
struct Selector {
  std::vector<SelectorTerm> terms{};
  SpanId span = 0;
  [[nodiscard]] bool written() const { return !terms.empty(); }
};

/// Where an entry that for_each made comes from.
struct Instance {
  std::string family{};  // "lab"; "" when it was written once
  std::string key{};     // "lyon-03"
  SpanId row = 0;        // the CSV row, list item or environment
};

/// `env:NAME`, `file:PATH` or `command:…`: never the secret itself.
struct SecretReference {
  enum class Source : uint8_t { environment, file, command };
  Source source = Source::environment;
  std::string text{};  // after the colon
  SpanId span = 0;
  /// "env:NAME", "file:PATH", "command:LINE".
  [[nodiscard]] std::string written() const {
    return (source == Source::environment ? "env:" : source == Source::file ? "file:" : "command:") + text;
  }
};

struct Environment {
  std::string name{}, title{};
  std::vector<Spanned<IpPrefix>> spaces{};
  std::map<std::string, Name> vars{};
  SpanId span = 0;
};

struct ProviderEntry {
  std::string name{};
  Name kind{};                             // openstack node external azure aws scaleway …
  std::map<std::string, Name> settings{};  // scalars by key; nested maps flattened with '.': "availability_zones.a"
  std::map<std::string, SecretReference> secrets{};
  SpanId span = 0;
};

struct Zone {
  std::string name{}, title{};
  Name trust{};                // exposed internal restricted management external
  std::optional<Name> data{};  // "health", …
  SpanId span = 0;
};

struct AddressPool {
  std::string name{};
  std::vector<Spanned<IpPrefix>> prefixes{};
  SpanId span = 0;
};

struct PortName {
  std::string name{};
  std::vector<TransportMatch> matches{};
  SpanId span = 0;
};

/// A date as written, with the instant that it means in the topology's time zone (a date alone ends with that day).
struct Date {
  Instant at{};
  std::string text{};
  SpanId span = 0;
};

struct Certification {
  std::string name{}, holder{};
  std::optional<Date> until{};
  SpanId span = 0;
};
struct Location {
  std::string country{}, region{};
  std::optional<int64_t> tier{};
  Names availability_zones{};
  std::vector<Certification> certifications{};
  SpanId span = 0;
};

/// What was asked for one family.
struct CidrRequest {
  enum class How : uint8_t { unset, automatic, prefix, none };
  How how = How::unset;
  uint8_t length = 0;  // automatic
  IpPrefix prefix{};   // prefix
  SpanId span = 0;
};
struct CidrRequests {
  CidrRequest ipv4{}, ipv6{};
  SpanId span = 0;
};

struct VirtualMachine {
  Name image{};
  std::optional<Spanned<int64_t>> cpu{}, memory{}, disk{};  // count, bytes, bytes
  std::optional<Name> flavor{};
  SpanId span = 0;
};

/// An address inside the segment: its number, or written out.
struct AddressRequest {
  std::variant<int64_t, IpAddress> value{int64_t{0}};
  SpanId span = 0;
};

struct Host {
  std::string name{}, title{};
  std::vector<AddressRequest> addresses{};  // `address:` exists already unless `vm` is there too; at most one a family
  std::optional<VirtualMachine> vm{};
  int64_t replicas = 1;
  SpanId replicas_span = 0;
  std::optional<Name> spread{};  // "availability_zones" or "nodes"
  std::optional<Spanned<bool>> is_public{};
  std::optional<Name> redundancy{};  // vrrp
  std::optional<Name> data{};
  std::optional<Name> zone{};
  Labels labels{};
  SpanId span = 0;
};

struct Peer {
  std::string name{}, public_key{}, owner{};
  std::optional<Date> expires{};
  SpanId span = 0;
};

struct DhcpRange {
  int64_t first = 0, last = 0;
  SpanId span = 0;
};

struct Segment {
  std::string name{}, title{};
  Name zone{};  // defaults to the name
  CidrRequests cidr{};
  std::optional<Spanned<int64_t>> vlan{};
  SpanId empty_vlan = 0;  // the cell that should have held it
  std::optional<DhcpRange> dhcp{};
  enum class Intra : uint8_t { unset, allow, deny };
  Intra intra = Intra::unset;
  SpanId intra_span = 0;
  std::vector<Host> hosts{};
  std::vector<Peer> peers{};
  bool has_peers = false;  // `peers:` was written, also with no row for this instance
  std::optional<Name> egress{}, pool{}, provider_name{}, data{};
  std::optional<Spanned<IpPrefix>> real{};
  Labels labels{};
  SpanId span = 0;
};

struct Vpc {
  std::string name{}, title{};
  Instance instance{};
  Name environment{};  // the for_each key over `environments`, or `environment:`, or the only one
  std::optional<Name> provider{};
  CidrRequests cidr{};
  std::vector<Segment> segments{};
  Labels labels{};
  SpanId span = 0;
};

struct Node {
  std::string name{};
  Name address{};  // SSH: address or host name
  std::optional<Name> fingerprint{}, trunk{}, bastion{};
  Names underlays{};
  std::map<std::string, Name> outer{};  // `public:` by underlay, where the node has others than its site says
  std::map<std::string, Name> ports{};  // interface -> segment whose untagged frames it carries
  Labels labels{};
  std::map<std::string, Name> settings{};  // port, arch, mirror … scalars that only the node provider reads
  SpanId span = 0;
};

struct Underlay {
  std::string name{};
  Name interface{};
  int64_t metric = 100;
  enum class Public : uint8_t { dynamic, address, none };
  Public how = Public::dynamic;
  IpAddress public_address{};
  SpanId public_span = 0;
  std::optional<Spanned<int64_t>> mtu{};
  SpanId span = 0;
};

struct Gateway {
  std::string name{};
  std::optional<Name> vpc{}, segment{}, kind{};
  int64_t replicas = 1;
  SpanId replicas_span = 0;
  std::optional<VirtualMachine> vm{};  // image/cpu/memory may be written directly on the gateway
  std::optional<Spanned<bool>> is_public{};
  std::optional<Name> spread{};
  /// How its machines are configured: by a provider entry of kind node, each reached at an address of its own.
  std::optional<Name> provider{};
  std::optional<Name> interface{}, uplink{};  // towards its segment; outwards
  struct Reached {
    Name address{};
    std::optional<Name> fingerprint{}, outer{};  // `public:`: where far ends dial it
    bool spare = false;                          // of a service: it runs only while others change
    SpanId span = 0;
  };
  std::vector<Reached> nodes{};  // one for each replica, in order
  SpanId span = 0;
};

struct Site {
  std::string name{}, title{};  // `name` is the family's: "lab"
  Instance instance{};
  std::string path{};  // "lab/lyon-03", "cloud"
  Name provider{};
  std::optional<Name> environment{};
  Location location{};
  std::optional<Name> redundancy{}, pool{}, bastion{};
  std::vector<Node> nodes{};
  std::vector<Underlay> underlays{};
  std::vector<Gateway> gateways{};
  std::vector<Vpc> vpcs{};
  std::vector<Segment> segments{};  // on premises: without VPC
  std::vector<std::pair<Name, Name>> transit{};
  Labels labels{};
  SpanId span = 0;
};

/// "lab/lyon-03.node/lyon-03-1"
[[nodiscard]] std::string node_path(const Site& site, const Node& node);
/// Of the machine of a gateway's replica, from 0: "cloud.gateways.hub-1.node".
[[nodiscard]] std::string gateway_node_path(const Site& site, const Gateway& gateway, std::size_t replica);
/// Whether the end of a link as written, "SITE", "SITE/KEY" or one of these with ".VPC", means that VPC of the site (""
/// = whatever VPC).
[[nodiscard]] bool names_place(std::string_view written, const Site& site, std::string_view vpc);

struct Cluster {
  std::string name{}, title{};
  Name in{};
  std::optional<Name> provider{}, api{};
  std::optional<Spanned<IpPrefix>> pods{};
  struct Namespace {
    std::string name{};
    Name zone{};
    SpanId span = 0;
  };
  std::vector<Namespace> namespaces{};
  SpanId span = 0;
};

struct Link {
  std::string name{}, title{};
  Name kind{};  // sdwan vpn remote-access internet peering
  std::optional<Name> hub{}, transport{}, role{}, to{}, at{}, tunnel{}, spoke_to_spoke{}, network{};
  std::optional<Selector> users{};
  Names spokes{}, between{}, underlays{};
  std::optional<Name> peer{};  // address or host name of a far end that is not ours
  std::optional<SecretReference> psk{};
  std::map<std::string, Name> settings{};  // other scalars that the schema admits
  SpanId span = 0;
};

struct Group {
  std::string name{}, title{};
  std::vector<Spanned<IpPrefix>> cidrs{};
  Names fqdns{};
  Selector hosts{};
  SpanId span = 0;
};

/// A list of port words as written: "tcp/443", "https", "any".
using Ports = Names;

struct InfrastructureEntry {
  std::string name{};   // dns ntp packages logs monitoring
  Selector servers{};   // dns ntp packages (plain addresses allowed); logs: `to`; monitoring: `from`
  Selector for_whom{};  // `for:`; not written: nodes and VMs
  Ports ports{};
  bool denied = false;  // logs: also refusals
  SpanId span = 0;
};

struct Management {
  Selector from{};
  Names reach{};  // tunnel direct
  SpanId span = 0;
};

/// What an auditor needs of a flow; free text.
struct Governance {
  std::optional<Name> owner{}, application{}, protocol{}, purpose{}, ticket{}, requester{}, approver{}, data{},
      encryption{}, tier{}, control{};
  std::optional<Date> review{};
};

struct Flow {
  std::string id{};
  SpanId id_span = 0;
  Selector from{}, to{};
  Ports ports{};
  SpanId ports_span = 0;
  std::optional<Name> via{}, when{}, across{}, within{};
  std::optional<Date> starts{}, expires{};
  bool disabled = false;
  Governance governance{};
  std::string flow_class = "application";
  SpanId span = 0;
};

struct Exception {
  std::string what{};  // flow site host
  Selector which{};
  std::string reason{};
  SpanId span = 0;
};
struct Guarantee {
  std::string id{};
  SpanId id_span = 0;
  std::string kind{};  // isolated unreachable reachable only through located encrypted
  Selector among{}, from{}, to{}, via{};
  Ports ports{};
  std::map<std::string, Names> located{};  // data country certification tier
  std::vector<Exception> except{};
  SpanId span = 0;
};

struct Scenario {
  std::string name{}, title{};
  Selector down{};
  bool each = false;  // down_each
  Names requires_{};  // flow ids, infrastructure names
  std::optional<std::chrono::seconds> within{};
  SpanId span = 0;
};

struct Service {
  std::string name{}, title{};
  Name kind{};  // binary haproxy cloud-lb postgresql external
  struct Placement {
    Selector on{};                      // paths, or one map without replicas
    std::optional<int64_t> replicas{};  // a map with replicas makes hosts
    std::optional<VirtualMachine> vm{};
    SpanId span = 0;
    /// Where the map names {{env.…}}: what it is in each environment (the members above are the first's). Empty: the
    /// same in all.
    std::map<std::string, Placement> by_environment{};
  };
  Placement runs_on{};
  Ports listen{};
  std::optional<Spanned<bool>> is_public{};
  std::optional<Name> behind{}, redundancy{}, schedule{};
  std::optional<Name> provider{};                    // entry of kind node that deploys
  std::vector<Gateway::Reached> nodes{};             // how each of its machines is reached, in order
  std::map<std::string, Name> settings{};            // all other scalars, nested maps flattened with '.'
  std::map<std::string, SecretReference> secrets{};  // tls.certificate, …
  SpanId span = 0;
};

struct Backup {
  std::string name{};
  Selector of{};
  Selector to{};  // or the word `provider`
  Name schedule{};
  std::map<std::string, Name> settings{};  // keep, rto, rpo, encryption, kind, medium (checked durations)
  SpanId span = 0;
};

/// What one more row or name of `for_each` would make: entries that nobody wrote yet (LoadOptions::further).
struct Further {
  struct Entry {
    std::string key{};   // "next"
    std::string like{};  // the key of the row that it was made after: "lyon-03"
  };
  std::vector<std::string> makes{};  // "lab", "clinic.segments"
  std::string rows{};                // where they come from: "labs.csv", "[brest, dijon]", "environments"
  std::size_t count = 0;             // that are there
  std::vector<Entry> added{};
  std::size_t left_out = 0;  // rows unlike all of those, beyond what is asked about
  std::string none{};        // why nothing can be added
  SpanId span = 0;           // of the first for_each that takes them
};

/// A file that the topology was read from; its text is in the source map, with secrets blanked.
struct ReadFile {
  enum class Role : uint8_t { topology, overlay, table } role = Role::topology;
  std::filesystem::path path{};  // empty in memory
  FileId file = 0;
};

struct Topology {
  std::string name{};
  std::string timezone = "UTC";
  SpanId name_span = 0;
  std::vector<Environment> environments{};
  std::vector<ProviderEntry> providers{};
  std::vector<Zone> zones{};
  std::vector<AddressPool> address_pools{};
  std::vector<PortName> ports{};
  std::vector<Site> sites{};  // instances, in order of path
  std::vector<Cluster> clusters{};
  std::vector<Link> links{};
  std::vector<Group> groups{};
  std::vector<InfrastructureEntry> infrastructure{};
  std::optional<Management> management{};
  std::vector<Flow> flows{};
  std::vector<Guarantee> guarantees{};
  std::vector<Scenario> scenarios{};
  std::vector<Service> services{};
  std::vector<Backup> backups{};
  std::vector<Further> further{};
  /// SHA-256 over the names and contents of all files read.
  std::string digest{};
  std::vector<ReadFile> files{};  // in the order in which they were read
};

}  // namespace cloison::topology
