#pragma once
// Flows -> pairs of ends (docs/language.md, Flows).

#include <set>
#include <string>
#include <vector>

#include "core/topology/paths.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

/// One end with what deciding about pairs needs.
struct End {
  FlowEnd end{};
  std::string environment{};  // "" = in all
  uint32_t site = k_none;
  uint32_t segment = k_none;
  bool is_public = false;
  std::string tag{};      // the site's for_each key, where the selector left it open
  std::string vpc_tag{};  // the VPC's for_each key or environment, where the selector left it open
  std::string name{};     // host, segment, node, group or "internet"
  std::string path{};
  std::string family{}, key{};          // of its site's for_each
  std::string vpc_family{}, vpc_key{};  // of its VPC's for_each
};

/// One side of a flow: ends, and terms relative to the other side.
struct Side {
  std::vector<End> ends{};
  std::vector<std::string> same_site{};  // "lan.analyser", "" for the whole site
  SpanId span = 0;
};

struct FlowSpec {
  ResolvedFlow flow{};
  Side from{}, to{};
  bool across = false;
  std::string within{};  // "", "site", "vpc"
  RouteOptions route{};
  bool written = true;  // a written flow without any pair is an error
  bool silent = false;  // no error without any pair: another flow serves instead
  /// Infrastructure: the side of which every end needs a partner.
  Side FlowSpec::* clients = nullptr;
  bool not_self = false;  // no pair of a host with itself
  SpanId via_span = 0;
};

class Flows {
 public:
  explicit Flows(Work& work);

  /// Ends that a selector names; what cannot be an end is reported.
  [[nodiscard]] Side side(const Selector& selector, Selectors::Allowed allowed);
  [[nodiscard]] Side side(const Selector& selector) { return side(selector, Selectors::Allowed{}); }
  [[nodiscard]] End host_end(uint32_t host) const;
  [[nodiscard]] End segment_end(uint32_t segment) const;
  [[nodiscard]] End node_end(uint32_t node) const;
  [[nodiscard]] static End prefix_end(std::string name, std::vector<IpPrefix> prefixes);
  /// Nodes and machines that cloison makes: whom infrastructure serves where nothing is said.
  [[nodiscard]] Side nodes_and_machines() const;

  void expand(FlowSpec spec);
  /// Sorts flows and pairs, and fills `Resolved::sets`.
  void finish();

  [[nodiscard]] std::vector<TransportMatch> matches(const Ports& ports);
  [[nodiscard]] const Paths& paths() const { return paths_; }
  [[nodiscard]] Selectors& selectors() { return selectors_; }

 private:
  struct Draft {
    End from{}, to{};
    std::string environment{};
    std::vector<std::string> links{};
    std::vector<Domain> domains{};
  };
  struct Tried {
    std::vector<Draft> kept{};
    std::size_t no_path = 0, not_public = 0;
    bool other_environment = false;
    bool may_repeat = false;
    Route why{};
    std::string why_from{}, why_to{};
  };

  void add_chosen(const Chosen& chosen, Side& side, std::vector<uint32_t>& groups);
  void add_segment(const Chosen& chosen, uint32_t segment, Side& side, std::string_view set);
  void add_group(uint32_t group, Side& side, std::vector<uint32_t>& groups);
  void add_address(const Chosen& chosen, Side& side);
  void nobodys_address(const Spanned<IpPrefix>& prefix, const std::string& owner, const std::string& host);
  [[nodiscard]] std::vector<uint32_t> owners_of(const IpAddress& address) const;
  void no_end(const Chosen& chosen);
  void remember(const std::string& environment, const End& end);
  [[nodiscard]] static bool matches_instance(const End& from, const End& to, const FlowSpec& spec);
  /// A cluster's namespace, seen from outside: the machines of its nodes.
  [[nodiscard]] std::vector<End> nodes_behind(const End& space) const;
  [[nodiscard]] bool in_one_cluster(const End& from, const End& to) const;
  /// `to_nodes`: one end stands for a namespace, of which the pods may be on any node.
  void pair(const End& from, const End& to, const FlowSpec& spec, Tried& tried, bool to_nodes = false);
  void pair_buckets(const FlowSpec& spec, Tried& tried);
  void pair_same_site(const FlowSpec& spec, Tried& tried);
  void report_none(const FlowSpec& spec, const Tried& tried);
  [[nodiscard]] std::vector<const End*> unserved(const FlowSpec& spec, const Tried& tried) const;
  void report_unserved(const FlowSpec& spec, const std::vector<const End*>& alone);
  static void once(std::vector<Draft>& drafts);
  void name_pairs(const FlowSpec& spec, std::vector<Draft>& drafts);
  [[nodiscard]] std::vector<IpPrefix> prefixes_of(const FlowEnd& end) const;
  [[nodiscard]] static RouteEnd place_of(const End& end);

  Work& work_;
  Paths paths_;
  Selectors selectors_;
  std::map<std::string, std::set<IpPrefix>> sets_{};
  std::set<std::tuple<std::string, FlowEnd::Kind, uint32_t>> in_sets_{};
};

/// Bends of the dates: in_force and why_not.
void date_flow(Work& work, const Flow& flow, ResolvedFlow& resolved);

void expand_written(Work& work, Flows& flows);
void expand_generated(Work& work, Flows& flows);

}  // namespace cloison::topology
