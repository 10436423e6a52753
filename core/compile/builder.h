#pragma once
// Shared ground of the compiler's passes: what is applied by whom, the addresses of flow ends, names of groups and
// sets.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/compile/compile.h"
#include "core/compile/public_space.h"
#include "core/compile/service_files.h"

namespace cloison::compile {

struct Families {
  bool ipv4 = false, ipv6 = false;
  [[nodiscard]] bool has(Family family) const { return family == Family::ipv4 ? ipv4 : ipv6; }
  void add(Family family) { (family == Family::ipv4 ? ipv4 : ipv6) = true; }
  auto operator<=>(const Families&) const = default;
};

struct Router;

/// At most one a family.
[[nodiscard]] std::vector<IpAddress> addresses_of(const topology::Machine& machine);

/// One compilation under way. Passes run in the order of `compile()`; each fills its own part of the intents.
class Builder {
 public:
  Builder(const topology::Resolved& resolved, const CompileOptions& options);

  /// Routed domains, segments, gateways' routes.
  void add_domains();
  /// Hosts' and gateways' replicas, and the groups they are in.
  void add_endpoints();
  /// Rules of every pair in force, at both ends and at the gateways between.
  void add_permits();
  /// What nodes do for the segments of their sites, and the rules of every pair that crosses one.
  void add_nodes();
  /// Services, on the machines that say how they are reached.
  void add_services();
  /// What leaves for the outside by another site (`egress:`): from segments on premises through a tunnel to there.
  void add_egress(const std::unordered_map<topology::Domain, std::vector<Router*>>& routers);
  /// What no provider applies yet.
  void add_not_applied();
  [[nodiscard]] Checked<Compiled> finish();

 private:
  using FlowEnd = topology::FlowEnd;
  using Domain = topology::Domain;

  /// A rule before its remotes are chosen: all far ends of one flow seen from one group.
  struct Side {
    std::string provider, group;
    Direction direction;
    uint32_t flow;
    std::string environment;
    std::string far_set;  // FlowEnd::set
    auto operator<=>(const Side&) const = default;
  };
  /// A far end, in the families in which both ends of the pair are.
  struct FarEnd {
    const FlowEnd* end = nullptr;
    Families families{};
    bool operator<(const FarEnd& other) const {
      return std::tie(*end, families) < std::tie(*other.end, other.families);
    }
    bool operator==(const FarEnd& other) const { return *end == *other.end && families == other.families; }
  };
  struct PermitKey {
    std::string group;
    Direction direction;
    Family family;
    TransportMatch match;
    std::variant<IpPrefix, std::string> remote;
    auto operator<=>(const PermitKey&) const = default;
  };

  [[nodiscard]] TemplateValues service_places() const;
  [[nodiscard]] TemplateValues template_values(uint32_t service, const topology::ResolvedHost& host,
                                               const topology::Machine& machine) const;
  /// Name -> content of a service's files on one machine.
  [[nodiscard]] std::map<std::string, std::string> service_files(uint32_t index, const topology::ResolvedHost& host,
                                                                 const topology::Machine& machine,
                                                                 const TemplateValues& places,
                                                                 Diagnostics& notes) const;
  [[nodiscard]] bool applied(const std::string& provider_kind) const;
  /// Applied, and by a platform that makes networks, machines and rules by itself: on nodes, the node is all of these.
  [[nodiscard]] bool made_by_cloud(const std::string& provider_kind) const;
  [[nodiscard]] Intent& intent_of(const std::string& provider);
  /// The provider's own, else the one that stands for all, else nullptr.
  [[nodiscard]] const FirstAccount* first_account(const std::string& provider) const;
  [[nodiscard]] std::vector<IpPrefix> prefixes_of(const FlowEnd& end) const;
  [[nodiscard]] std::vector<IpPrefix> host_prefixes(const topology::ResolvedHost& host) const;
  [[nodiscard]] bool in_force(const topology::FlowPair& pair) const;
  [[nodiscard]] Families families_of(const FlowEnd& end) const;
  [[nodiscard]] Families families_of(const topology::FlowPair& pair) const;
  /// Its index into Resolved::vpcs, or k_none for a site without VPC and the outside.
  [[nodiscard]] uint32_t vpc_of(Domain domain) const;
  /// Hosts (gateways) that stand in the VPC.
  [[nodiscard]] const std::vector<uint32_t>& gateways_of(const std::string& vpc) const;
  [[nodiscard]] const std::vector<IpPrefix>& transit_prefixes(const std::string& vpc) const;
  /// Remote users' segment of a VPC: its addresses are at the gateway that ends their tunnels, on no network.
  [[nodiscard]] bool is_behind_gateway(uint32_t segment) const;
  [[nodiscard]] std::vector<AddressRange> platform_ranges(const topology::ResolvedSegment& segment,
                                                          const IpPrefix& prefix, const IpAddress& gateway) const;
  [[nodiscard]] std::string external_network_of(const topology::ResolvedVpc& vpc) const;
  [[nodiscard]] Origin origin_of(const topology::ResolvedFlow& flow) const;

  void add_hosts_not_applied();
  void add_services_not_applied();
  /// What a service's part on each of its machines is, but for its turn.
  [[nodiscard]] ServiceIntent service_intent(uint32_t service) const;
  [[nodiscard]] std::vector<BalancedIntent> balanced_by(uint32_t balancer) const;
  /// Where a service's machines are taken out while they change; `settings` learns how these are reached.
  [[nodiscard]] std::vector<DrainedIntent> drained_at(uint32_t index,
                                                      std::map<std::string, std::string>& settings) const;
  void check_balancer(const topology::Service& service, const ServiceIntent& intent);
  void check_spare(const topology::Service& service);
  void check_instances(const topology::Service& service, const ServiceIntent& intent);
  /// Those whose `nodes:` says how they are reached, with their hosts.
  [[nodiscard]] std::vector<std::pair<const topology::ResolvedHost*, const topology::Machine*>> reached_machines(
      uint32_t index) const;
  /// "": it is deployed.
  [[nodiscard]] std::string why_not_deployed(const topology::Service& service) const;
  void add_node_segments(NodeIntent& node, uint32_t site) const;
  void note_internet(const NodeIntent& node, const std::string& provider);
  [[nodiscard]] std::vector<Router> routers() const;
  [[nodiscard]] Router router_of_node(uint32_t index) const;
  [[nodiscard]] Router router_of_gateway(uint32_t index, std::size_t replica) const;
  void add_redundancy(std::vector<Router>& routers) const;
  void add_guests(std::vector<Router>& routers) const;
  /// Whether the machines of a segment reach each other by its nodes' rules alone (docs/language.md, Enforcement).
  [[nodiscard]] bool is_kept_apart(uint32_t segment) const;
  void keep_apart(std::vector<Router>& routers) const;
  void add_refusal_logs(std::vector<Router>& routers) const;
  /// Of a host with `vm:` at a site of nodes; "": one of them runs it.
  [[nodiscard]] std::string why_not_run(const topology::ResolvedHost& host) const;
  [[nodiscard]] VirtualMachineIntent virtual_machine(const topology::ResolvedHost& host,
                                                     const topology::Machine& machine) const;
  void add_tunnels(std::vector<Router>& routers);
  /// Links of kind vpn by IPsec.
  void add_connections(std::vector<Router>& routers);
  void connect(const topology::Link& link, std::size_t index, std::vector<Router>& routers);
  bool connect_external(const topology::Link& link, const std::vector<topology::LinkEnd>& ends, Router& own);
  /// Of a site without VPC, or of a VPC; "" for an external site.
  [[nodiscard]] std::string environment_of(Domain domain) const;
  /// For a `when:` flow that nodes alone enforce: what its source's nodes look at. Of each of these some tunnel leads
  /// to what the scenario takes down; else nullopt.
  [[nodiscard]] std::optional<ConditionIntent> condition_of(
      const topology::FlowPair& pair, const std::unordered_map<Domain, std::vector<Router*>>& routers) const;
  /// `condition`: of the scenario in which the flow opens, or "".
  void add_node_rules(const topology::FlowPair& pair, const std::unordered_map<Domain, std::vector<Router*>>& routers,
                      const std::string& condition) const;
  void add_conditional_rules(const topology::FlowPair& pair,
                             const std::unordered_map<Domain, std::vector<Router*>>& routers);
  void add_remote_access(std::vector<Router>& routers);
  /// The users of one segment; false where no node ends their tunnels. `chosen`: paths that `to:` of the link selects.
  bool add_users(const topology::Link& link, const std::vector<std::string>& chosen, const topology::LinkEnd& end,
                 uint16_t port, std::vector<Router>& routers);
  [[nodiscard]] std::vector<IpPrefix> reached_by_users(const topology::Link& link,
                                                       const std::vector<std::string>& chosen,
                                                       const topology::ResolvedSegment& users) const;
  /// Whether the pair begins, or ends, at a device: the node at the end of its tunnel speaks for it, not its own site.
  [[nodiscard]] bool is_of_users(const FlowEnd& end) const;
  [[nodiscard]] std::vector<NodeRuleIntent> rules_at(const topology::FlowPair& pair, std::size_t at,
                                                     const std::vector<std::string>& links, const Router& router) const;
  /// Links crossed between each two neighbours of the pair's domains; "" where none is.
  [[nodiscard]] std::vector<std::string> links_between(const topology::FlowPair& pair) const;
  void index_hosts();
  void index_pairs();
  void index_ways_out();
  void withhold_bypasses();
  void index_transit();
  void add_linked(std::size_t link);
  void add_place(std::set<IpPrefix>& behind, Domain place, const std::string& environment) const;
  void add_crossing(const topology::FlowPair& pair);
  /// Beside the steps between two of the pair's domains: whether a tunnel joins these.
  [[nodiscard]] std::vector<bool> tunnels_of(const topology::FlowPair& pair) const;
  void index_resolver(const FlowEnd& client, const FlowEnd& server);
  void add_endpoint(const topology::ResolvedHost& host, const topology::Machine& machine, bool virtual_address);
  void collect_sides();
  void add_side(const FlowEnd& near, const FlowEnd& far, Direction direction, const topology::FlowPair& pair);
  void add_host_side(uint32_t host, const FlowEnd& far, Direction direction, const topology::FlowPair& pair);
  void add_transit(const topology::FlowPair& pair);
  void add_gateway_side(uint32_t vpc, const FlowEnd& inner, Direction direction, const topology::FlowPair& pair);
  void note_families(const std::string& group, const topology::ResolvedHost& host);
  void choose_segment_groups();
  void emit_side(const Side& side, const std::vector<FarEnd>& far_ends);
  void emit(const Side& side, Family family, const TransportMatch& match, std::variant<IpPrefix, std::string> remote,
            const Origin& origin);
  /// Path of the address set when the far ends are exactly its members; "" otherwise.
  [[nodiscard]] const std::vector<IpPrefix>& members_of(const std::string& key);
  [[nodiscard]] std::string set_for(const Side& side, const std::vector<IpPrefix>& prefixes, Family family);

  const topology::Resolved& resolved_;
  const topology::Topology& topology_;
  const CompileOptions& options_;
  Compiled compiled_;
  Diagnostics notes_;
  std::set<std::string, std::less<>> applied_kinds_;
  std::map<std::string, const topology::ProviderEntry*, std::less<>> providers_;
  std::map<Side, std::vector<FarEnd>> sides_;
  std::map<std::pair<std::string, PermitKey>, PermitIntent> permits_;     // by provider
  std::map<std::pair<std::string, std::string>, AddressSetIntent> sets_;  // by provider and path
  std::map<std::string, std::set<std::string>> segment_group_flows_;      // segment path -> flow sides moved up
  std::vector<bool> withheld_;                         // pairs that would leave by another way than the declared one
  std::map<uint32_t, std::string> outward_;            // VPCs that packets leave or enter by themselves, with why
  std::map<uint32_t, std::set<uint32_t>> backhauled_;  // VPCs whose packets leave at another site: those pairs
  std::map<std::string, std::vector<uint32_t>, std::less<>> gateways_;  // by VPC
  std::map<uint32_t, std::set<IpPrefix>> behind_;                       // by VPC: what lies behind its gateways
  std::map<std::string, std::vector<IpPrefix>, std::less<>> transit_;   // the same, smallest form
  std::map<uint32_t, std::vector<uint32_t>> cluster_nodes_;             // by namespace (a segment): hosts
  std::map<std::string, std::string, std::less<>> link_kinds_;
  std::map<uint32_t, std::vector<uint32_t>> segments_of_site_;
  std::set<std::string, std::less<>> made_links_{};           // those whose tunnels are made
  std::map<std::string, std::string, std::less<>> unmade_{};  // links that are not, with why
  std::set<uint32_t> opened_{};                               // flows that nodes open when their scenario happens
  std::map<std::string, std::vector<std::string>, std::less<>>
      unserved_{};                                        // by link: segments of users without tunnels
  std::map<uint32_t, std::vector<IpAddress>> resolvers_;  // by segment
  std::map<std::string, std::set<Family>> families_;      // by group: those of its ports' addresses
  std::map<std::string, std::vector<IpPrefix>> members_;  // of sets, smallest form, by environment and name
  std::vector<IpPrefix> internet_;
};

constexpr std::string_view k_internet_set = "internet";
constexpr std::string_view k_balancer_kind = "haproxy";

/// What balancers call a machine: names alone are not unique among segments.
[[nodiscard]] std::string server_name(const topology::Machine& machine);
/// The same of one of several on that machine: "gateway-1_2".
[[nodiscard]] std::string server_of_instance(const topology::Machine& machine, const ServiceIntent& service);
/// What runs on each machine: one, or with `instances:` several, each with its share of the ports.
[[nodiscard]] std::vector<ServiceIntent> instances_of(const topology::Service& service, const ServiceIntent& intent);

}  // namespace cloison::compile
