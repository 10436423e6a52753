// Which routed domains packets cross: what leaves where, and what lies behind the gateways of a VPC.

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

using topology::k_none;
using topology::LinkEnd;

/// Whether the link carries packets from one of its ends to the other.
bool carries(const topology::Link& link, const LinkEnd& from, const LinkEnd& to) {
  if (link.kind.value == "remote-access") return to.role == LinkEnd::Role::users && to.domain == from.domain;
  if (from.domain == to.domain) return false;
  if (link.kind.value == "vpn") return from.side != to.side || link.between.size() == 1;
  if (link.kind.value != "sdwan") return false;
  if (from.role == LinkEnd::Role::spoke && to.role == LinkEnd::Role::spoke)
    return link.spoke_to_spoke && link.spoke_to_spoke->value == "via-hub";
  return from.role != to.role;
}

}  // namespace

uint32_t Builder::vpc_of(Domain domain) const {
  const auto sites = static_cast<Domain>(topology_.sites.size());
  return domain == k_none || domain < sites ? k_none : domain - sites;
}

std::vector<std::string> Builder::links_between(const topology::FlowPair& pair) const {
  std::vector<std::string> links;
  auto link = pair.path.begin();
  for (std::size_t step = 0; step + 1 < pair.domains.size(); ++step) {
    const bool inside = pair.domains[step] != k_none && pair.domains[step + 1] != k_none;
    while (inside && link != pair.path.end() && link_kinds_.at(*link) == "internet") ++link;
    const bool joined = inside && link != pair.path.end();
    links.push_back(joined ? *link : std::string());
    if (joined) ++link;
  }
  return links;
}

std::vector<bool> Builder::tunnels_of(const topology::FlowPair& pair) const {
  std::vector<bool> tunnels;
  for (const auto& link : links_between(pair)) tunnels.push_back(!link.empty() && link_kinds_.at(link) != "peering");
  return tunnels;
}

void Builder::index_ways_out() {
  for (const auto& host : resolved_.hosts) {
    const auto& vpc = resolved_.segments[host.segment].vpc_path;
    if (!host.is_public || vpc.empty()) continue;
    const auto found = std::find_if(resolved_.vpcs.begin(), resolved_.vpcs.end(),
                                    [&vpc](const topology::ResolvedVpc& one) { return one.path == vpc; });
    outward_.try_emplace(static_cast<uint32_t>(found - resolved_.vpcs.begin()), host.path + ", which is public");
  }
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index) {
    const auto& pair = resolved_.pairs[index];
    if (!in_force(pair) || pair.domains.size() < 2) continue;
    const bool leaves = pair.domains.back() == k_none;
    if (!leaves && pair.domains.front() != k_none) continue;
    const auto border = vpc_of(leaves ? pair.domains[pair.domains.size() - 2] : pair.domains[1]);
    const auto& inside = leaves ? pair.from : pair.to;
    if (border != k_none)
      outward_.try_emplace(border, "flow " + resolved_.flows[pair.flow].id +
                                       (inside.kind == FlowEnd::Kind::host ? " of " + resolved_.hosts[inside.index].path
                                                                           : std::string()));
    const auto start = vpc_of(pair.domains.front());
    if (leaves && pair.domains.size() > 2 && start != k_none) backhauled_[start].insert(static_cast<uint32_t>(index));
  }
}

/// A router has one default route. Where it must be the VPC's own way out, packets that are declared to leave at
/// another site would bypass it: their flows stay closed.
void Builder::withhold_bypasses() {
  withheld_.assign(resolved_.pairs.size(), false);
  for (const auto& [from, pairs] : backhauled_) {
    const auto& vpc = resolved_.vpcs[from];
    const auto own = outward_.find(from);
    // Without a way out of its own it has no gateway that could dial: the flow goes over a peering, which is not made.
    if (own == outward_.end() || !applied(vpc.provider_kind)) continue;
    std::set<uint32_t> flows;
    for (const auto index : pairs) {
      withheld_[index] = true;
      flows.insert(resolved_.pairs[index].flow);
    }
    for (const auto flow : flows)
      compiled_.not_applied.push_back({"flows", resolved_.flows[flow].id, NotApplied::Reason::unsupported,
                                       "kept closed: from " + vpc.path +
                                           " it is to leave at another site, but the one router there has its own way "
                                           "out, for " +
                                           own->second,
                                       resolved_.flows[flow].span, "egress"});
  }
}

void Builder::add_place(std::set<IpPrefix>& behind, Domain place, const std::string& environment) const {
  const auto add = [&behind](const std::optional<IpPrefix>& prefix) {
    if (prefix) behind.insert(*prefix);
  };
  const auto vpc = vpc_of(place);
  if (vpc != k_none) {
    // the whole VPC: its next segment changes no route
    add(resolved_.vpcs[vpc].ipv4);
    add(resolved_.vpcs[vpc].ipv6);
    for (const auto index : resolved_.vpcs[vpc].segments) {
      add(resolved_.segments[index].ipv4);
      add(resolved_.segments[index].ipv6);
    }
    return;
  }
  const auto found = segments_of_site_.find(place);
  if (found == segments_of_site_.end()) return;
  for (const auto index : found->second) {
    const auto& segment = resolved_.segments[index];
    if (!segment.environment.empty() && segment.environment != environment) continue;
    add(segment.ipv4);
    add(segment.ipv6);
  }
}

void Builder::add_linked(std::size_t link) {
  for (const auto& here : resolved_.link_ends[link]) {
    const auto vpc = vpc_of(here.domain);
    if (vpc == k_none || here.role == LinkEnd::Role::users) continue;
    auto& behind = behind_[vpc];
    for (const auto& there : resolved_.link_ends[link]) {
      if (!carries(topology_.links[link], here, there)) continue;
      if (there.role != LinkEnd::Role::users) {
        add_place(behind, there.domain, resolved_.vpcs[vpc].environment);
        continue;
      }
      const auto& users = resolved_.segments[there.segment];
      for (const auto& prefix : {users.ipv4, users.ipv6})
        if (prefix) behind.insert(*prefix);
    }
  }
}

/// What a pair meets beyond the gateways that it crosses, be it several links away.
void Builder::add_crossing(const topology::FlowPair& pair) {
  const auto tunnels = tunnels_of(pair);
  const auto add = [this](uint32_t vpc, const FlowEnd& far) {
    auto& behind = behind_[vpc];
    if (far.kind != FlowEnd::Kind::host && far.kind != FlowEnd::Kind::segment) {
      for (const auto& prefix : prefixes_of(far)) behind.insert(prefix);
      return;
    }
    const auto& place =
        resolved_.segments[far.kind == FlowEnd::Kind::host ? resolved_.hosts[far.index].segment : far.index];
    for (const auto& prefix : {place.ipv4, place.ipv6})
      if (prefix) behind.insert(*prefix);
  };
  for (std::size_t at = 0; at < pair.domains.size(); ++at) {
    const auto vpc = vpc_of(pair.domains[at]);
    if (vpc == k_none) continue;
    if (at > 0 && tunnels[at - 1] && pair.domains.front() != k_none) add(vpc, pair.from);
    if (at < tunnels.size() && tunnels[at] && pair.domains.back() != k_none) add(vpc, pair.to);
  }
}

void Builder::index_transit() {
  for (std::size_t link = 0; link < resolved_.link_ends.size(); ++link) add_linked(link);
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index)
    if (in_force(resolved_.pairs[index]) && !withheld_[index] && resolved_.pairs[index].domains.size() > 1)
      add_crossing(resolved_.pairs[index]);
  for (auto& [vpc, behind] : behind_) {
    // A whole pool is routed as soon as one of its blocks lies beyond: the next laboratory then changes no route.
    std::vector<IpPrefix> pools;
    for (const auto& pool : topology_.address_pools)
      for (const auto& block : pool.prefixes)
        if (std::any_of(behind.begin(), behind.end(),
                        [&](const IpPrefix& prefix) { return block.value.contains(prefix); }))
          pools.push_back(block.value);
    behind.insert(pools.begin(), pools.end());
    transit_.emplace(resolved_.vpcs[vpc].path, minimised({behind.begin(), behind.end()}));
  }
}

const std::vector<IpPrefix>& Builder::transit_prefixes(const std::string& vpc) const {
  static const std::vector<IpPrefix> k_nothing;
  const auto found = transit_.find(vpc);
  return found == transit_.end() ? k_nothing : found->second;
}

bool Builder::is_behind_gateway(uint32_t segment) const {
  if (!resolved_.segments[segment].segment->has_peers || !resolved_.segments[segment].hosts.empty()) return false;
  return std::any_of(resolved_.link_ends.begin(), resolved_.link_ends.end(), [&](const auto& ends) {
    return std::any_of(ends.begin(), ends.end(), [&](const LinkEnd& end) {
      return end.role == LinkEnd::Role::users && end.segment == segment && vpc_of(end.domain) != k_none;
    });
  });
}

const std::vector<uint32_t>& Builder::gateways_of(const std::string& vpc) const {
  static const std::vector<uint32_t> k_no_gateways;
  const auto found = gateways_.find(vpc);
  return found == gateways_.end() ? k_no_gateways : found->second;
}

}  // namespace cloison::compile
