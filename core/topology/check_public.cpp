// Public hosts on premises: they share the public addresses of their site's nodes, so each port leads to one of them.
#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

bool overlap(const TransportMatch& one, const TransportMatch& other) {
  if (!one.exists_in(Family::ipv4) || !other.exists_in(Family::ipv4)) return false;
  if (!one.ip_protocol || !other.ip_protocol) return true;
  if (*one.ip_protocol != *other.ip_protocol) return false;
  if (*one.ip_protocol == protocol::k_icmp)
    return one.icmp_any || other.icmp_any || !one.icmp4 || !other.icmp4 || one.icmp4->type == other.icmp4->type;
  return one.ports.first <= other.ports.last && other.ports.first <= one.ports.last;
}

/// One flow into one public host, seen from the site.
struct Entry {
  const ResolvedHost* host = nullptr;
  const ResolvedFlow* flow = nullptr;
  auto operator<=>(const Entry&) const = default;
};

class PublicPorts {
 public:
  explicit PublicPorts(Work& work) : work_(work) {}

  void run() {
    for (const FlowPair& pair : work_.out.pairs) {
      if (pair.domains.empty() || pair.domains.front() != k_none || pair.to.kind != FlowEnd::Kind::host) continue;
      const ResolvedHost& host = work_.out.hosts[pair.to.index];
      const ResolvedFlow& flow = work_.out.flows[pair.flow];
      const uint32_t site = work_.out.segments[host.segment].site;
      const bool later = flow.why_not.starts_with("starts");
      if (!work_.sites[site].premises || host.machines.empty() || !host.machines.front().ipv4 || flow.flow == nullptr ||
          (!flow.in_force && !later))
        continue;
      auto& entries = of_site_[site];
      const Entry entry{&host, &flow};
      if (std::find(entries.begin(), entries.end(), entry) != entries.end()) continue;
      replicas(entry);
      for (const Entry& other : entries) twice(other, entry);
      entries.push_back(entry);
    }
  }

 private:
  void replicas(const Entry& entry) {
    if (entry.host->machines.size() < 2 || entry.host->virtual_address) return;
    work_.findings.error(
        {.code = "CL1431",
         .where = entry.host->span,
         .summary = fmt::format("the replicas of '{}' share one public address", entry.host->path),
         .detail = fmt::format("on premises flow {} enters by the node's address, which leads to one of them",
                               entry.flow->id),
         .hint = "add 'redundancy: vrrp': then it leads to the address that they share",
         .related = {{entry.flow->span, "enters here"}}});
  }
  void twice(const Entry& first, const Entry& second) {
    if (first.host == second.host) return;
    for (const TransportMatch& one : first.flow->matches) {
      const auto same = std::find_if(second.flow->matches.begin(), second.flow->matches.end(),
                                     [&](const TransportMatch& other) { return overlap(one, other); });
      if (same == second.flow->matches.end()) continue;
      work_.findings.error(
          {.code = "CL1431",
           .where = second.flow->span,
           .summary = fmt::format("'{}' and '{}' want the same port of their site's public address", first.host->path,
                                  second.host->path),
           .detail = fmt::format("{} of flow {} and {} of flow {}: a node's public address leads to one of them",
                                 one.text(), first.flow->id, same->text(), second.flow->id),
           .hint = "let one of them listen on another port, or put a service before both",
           .related = {{first.flow->span, fmt::format("leads to '{}'", first.host->path)}}});
      return;
    }
  }

  Work& work_;
  std::map<uint32_t, std::vector<Entry>> of_site_{};
};

}  // namespace

void check_public_ports(Work& work) {
  PublicPorts(work).run();
}

}  // namespace cloison::topology
