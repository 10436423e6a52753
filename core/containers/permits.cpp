// What the flows in force permit to each workload. An end that is a host of workloads is their pods, and the machine
// itself too where something else runs on it; every other end is addresses.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/compile/public_space.h"
#include "core/containers/workload.h"

namespace cloison::containers {

namespace {

using topology::FlowEnd;

/// Of the machine at its first boot. A pod has none, and its node's own metadata holds keys.
constexpr std::string_view k_metadata = "S-metadata";

bool is_ported(const TransportMatch& match) {
  return !match.ip_protocol || match.ip_protocol == protocol::k_tcp || match.ip_protocol == protocol::k_udp ||
         match.ip_protocol == protocol::k_sctp;
}

class Permitting {
 public:
  Permitting(const topology::Resolved& resolved, Workloads& workloads)
      : resolved_(resolved), workloads_(workloads), drafts_(workloads.all.size()) {
    std::vector<std::size_t> exported(resolved.hosts.size());
    for (std::size_t i = 0; i < workloads.all.size(); ++i) {
      on_host_[workloads.all[i].host].push_back(i);
      in_segment_[workloads.all[i].segment].push_back(i);
      ++exported[workloads.all[i].host];
    }
    for (uint32_t host = 0; host < resolved.hosts.size(); ++host)
      if (exported[host] < resolved.hosts[host].services.size()) machine_stays_.insert(host);
    index_internet();
  }

  void run() {
    for (const auto& pair : resolved_.pairs) {
      const auto& flow = resolved_.flows[pair.flow];
      if (!flow.in_force) continue;
      const auto senders = workloads_at(pair.from), receivers = workloads_at(pair.to);
      if (senders.empty() && receivers.empty()) continue;
      if (!may(flow, senders, receivers)) continue;
      for (const auto one : senders) {
        add(one, pair.flow, &Draft::to, pair.to);
        if (flow.id == "I-dns") ask_for_names(one, pair.to);
      }
      for (const auto one : receivers) add(one, pair.flow, &Draft::from, pair.from);
    }
    finish();
  }

 private:
  struct Draft {
    std::set<Peer> from{}, to{};
  };

  void index_internet() {
    std::vector<IpPrefix> taken;
    for (const auto& environment : resolved_.topology->environments)
      for (const auto& space : environment.spaces) taken.push_back(space.value);
    for (const auto& segment : resolved_.segments)
      if (segment.provider_kind == "external")
        for (const auto& prefix : {segment.ipv4, segment.ipv6})
          if (prefix) taken.push_back(*prefix);
    const auto open = compile::public_space(minimised(std::move(taken)));
    for (const auto& whole : {IpPrefix::any(Family::ipv4), IpPrefix::parse("2000::/3").value()})
      internet_.push_back({.block = whole, .except = compile::without({whole}, open)});
  }

  /// Workloads of which an end means the machines.
  [[nodiscard]] std::vector<std::size_t> workloads_at(const FlowEnd& end) const {
    const auto& index = end.kind == FlowEnd::Kind::segment ? in_segment_ : on_host_;
    const bool place = end.kind == FlowEnd::Kind::segment || end.kind == FlowEnd::Kind::host;
    const auto found = place ? index.find(end.index) : index.end();
    return found == index.end() ? std::vector<std::size_t>{} : found->second;
  }

  /// Whether the flow's packets are to be permitted to containers; why not is said of each service once.
  bool may(const topology::ResolvedFlow& flow, const std::vector<std::size_t>& senders,
           const std::vector<std::size_t>& receivers) {
    if (flow.conditional)
      return leave(flow, senders, receivers, "'when:' opens it in a failure only, of which a cluster does not know");
    if (flow.id == k_metadata)
      return leave(flow, senders, receivers,
                   "it is for a machine's first boot; the metadata of a pod's node is not for pods");
    std::vector<std::string> other;
    for (const auto& match : flow.matches)
      if (!is_ported(match)) other.push_back(match.text());
    if (!other.empty())
      leave(flow, senders, receivers,
            fmt::format("{}: policies speak of TCP, UDP and SCTP only", fmt::join(other, ", ")));
    return other.size() < flow.matches.size();
  }
  bool leave(const topology::ResolvedFlow& flow, const std::vector<std::size_t>& senders,
             const std::vector<std::size_t>& receivers, const std::string& reason) {
    for (const auto* side : {&senders, &receivers})
      for (const auto one : *side) {
        const auto& service = workloads_.all[one].service_name;
        if (told_.emplace(service, flow.id).second)
          workloads_.left_out.push_back({service, {}, fmt::format("flow {}", flow.id), reason, flow.span});
      }
    return false;
  }

  void add(std::size_t workload, uint32_t flow, std::set<Peer> Draft::* side, const FlowEnd& far) {
    auto& peers = drafts_[workload][flow].*side;
    for (const auto one : workloads_at(far)) peers.insert({.workload = one});
    if (far.kind == FlowEnd::Kind::internet) {
      for (const auto& block : internet_) add_block(workload, block, peers);
      return;
    }
    for (const auto& prefix : addresses_of(far)) add_block(workload, {.block = prefix}, peers);
  }
  /// Only of families that the machine has.
  void add_block(std::size_t workload, const Peer& block, std::set<Peer>& peers) const {
    const auto& machines = resolved_.hosts[workloads_.all[workload].host].machines;
    if (std::any_of(machines.begin(), machines.end(), [&](const topology::Machine& machine) {
          return (block.block.family() == Family::ipv4 ? machine.ipv4 : machine.ipv6).has_value();
        }))
      peers.insert(block);
  }

  static void add(const topology::Machine& machine, std::vector<IpPrefix>& into) {
    for (const auto& address : {machine.ipv4, machine.ipv6})
      if (address) into.push_back(IpPrefix::of(*address));
  }
  /// Of a host only while something else than workloads runs on it: else its pods are all that there is.
  [[nodiscard]] std::vector<IpPrefix> addresses_of(const FlowEnd& end) const {
    std::vector<IpPrefix> all;
    switch (end.kind) {
      case FlowEnd::Kind::internet:
        break;
      case FlowEnd::Kind::prefixes:
        return minimised(end.prefixes);
      case FlowEnd::Kind::segment:
        for (const auto& prefix : {resolved_.segments[end.index].ipv4, resolved_.segments[end.index].ipv6})
          if (prefix) all.push_back(*prefix);
        break;
      case FlowEnd::Kind::host:
        if (on_host_.contains(end.index) && !machine_stays_.contains(end.index)) break;
        for (const auto& machine : resolved_.hosts[end.index].machines) add(machine, all);
        if (resolved_.hosts[end.index].virtual_address) add(*resolved_.hosts[end.index].virtual_address, all);
        break;
      case FlowEnd::Kind::node:
        if (!end.prefixes.empty()) return minimised(end.prefixes);
        if (resolved_.nodes[end.index].own) add(*resolved_.nodes[end.index].own, all);
        for (const auto& address : resolved_.nodes[end.index].inner) all.push_back(IpPrefix::of(address));
        break;
    }
    return minimised(std::move(all));
  }

  void ask_for_names(std::size_t workload, const FlowEnd& server) {
    if (!workloads_at(server).empty()) {
      asks_pods_.insert(workload);
      return;
    }
    auto& servers = workloads_.all[workload].nameservers;
    for (const auto& prefix : addresses_of(server))
      if (prefix.length == address_bits(prefix.family()) &&
          std::find(servers.begin(), servers.end(), prefix.address) == servers.end())
        servers.push_back(prefix.address);
  }

  void finish() {
    constexpr std::size_t k_most_servers = 3;  // that a resolver's configuration holds
    for (std::size_t i = 0; i < workloads_.all.size(); ++i) {
      auto& workload = workloads_.all[i];
      if (asks_pods_.contains(i)) workload.nameservers.clear();
      std::sort(workload.nameservers.begin(), workload.nameservers.end());
      if (workload.nameservers.size() > k_most_servers) workload.nameservers.resize(k_most_servers);
      for (auto& [flow, draft] : drafts_[i]) {
        Permit permit{
            .flow = flow, .from = {draft.from.begin(), draft.from.end()}, .to = {draft.to.begin(), draft.to.end()}};
        std::copy_if(resolved_.flows[flow].matches.begin(), resolved_.flows[flow].matches.end(),
                     std::back_inserter(permit.matches), is_ported);
        if (!permit.from.empty() || !permit.to.empty()) workload.permits.push_back(std::move(permit));
      }
    }
  }

  const topology::Resolved& resolved_;
  Workloads& workloads_;
  std::vector<std::map<uint32_t, Draft>> drafts_;
  std::map<uint32_t, std::vector<std::size_t>> on_host_{}, in_segment_{};
  std::set<uint32_t> machine_stays_{};  // hosts on which something runs that is not exported
  std::set<std::size_t> asks_pods_{};
  std::set<std::pair<std::string, std::string>> told_{};  // service and flow
  std::vector<Peer> internet_{};
};

}  // namespace

void add_permits(const topology::Resolved& resolved, Workloads& workloads) {
  Permitting(resolved, workloads).run();
}

}  // namespace cloison::containers
