#include "core/ops/proving_wants.h"

#include <algorithm>
#include <set>

#include "core/compile/public_space.h"

namespace cloison::ops {

namespace {

using topology::FlowEnd;

using Ranges = verify::AddressIntervals;

/// In few parts: a pair of the Internet has as many boxes.
Ranges ranges(const std::vector<IpPrefix>& prefixes) {
  Ranges all;
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    std::vector<Interval<uint128>> mine;
    for (const auto& prefix : prefixes)
      if (prefix.family() == family) mine.push_back(interval_of(prefix));
    for (const auto& one : merged(std::move(mine))) all.emplace_back(family, one);
  }
  return all;
}

/// What is ours, or that of somebody whom the topology knows.
std::vector<IpPrefix> taken_by(const topology::Resolved& resolved) {
  std::vector<IpPrefix> taken;
  for (const auto& environment : resolved.topology->environments)
    for (const auto& space : environment.spaces) taken.push_back(space.value);
  for (const auto& segment : resolved.segments)
    if (segment.provider_kind == "external")
      for (const auto& prefix : {segment.ipv4, segment.ipv6})
        if (prefix) taken.push_back(*prefix);
  return taken;
}

class Wants {
 public:
  Wants(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied)
      : resolved_(resolved), machines_(resolved), others_(outside_of(resolved)) {
    for (const auto& one : not_applied)
      if (one.block == "links") not_applied_.insert(one.entry);
    internet_ = ranges(compile::public_space(taken_by(resolved)));
  }

  std::vector<verify::Wanted> all() {
    std::vector<verify::Wanted> wanted;
    for (const auto& pair : resolved_.pairs) {
      const auto& flow = resolved_.flows[pair.flow];
      if (!flow.in_force) continue;
      verify::Wanted one{.id = pair.id,
                         .flow = flow.id,
                         .environment = pair.environment,
                         .must = !flow.conditional,
                         .applied = std::none_of(pair.path.begin(), pair.path.end(),
                                                 [&](const std::string& link) { return not_applied_.contains(link); }),
                         .system = flow.flow_class == "system",
                         .span = flow.span};
      for (const auto family : {Family::ipv4, Family::ipv6}) {
        std::vector<PacketBox> services;
        for (const auto& match : flow.matches) add_services(match, family, services);
        for (const bool all : {false, true})
          for (const auto& source : all ? end(pair.from, family, true) : asking(pair.from, family))
            for (const auto& destination :
                 all || !from_outside(pair) ? end(pair.to, family, all) : faced(pair.to, family))
              for (auto box : services) {
                box.source = source, box.destination = destination;
                if (!all && outside(pair) && !routed_outside(box)) continue;
                (all ? one.permitted : one.packets).push_back(box);
              }
      }
      wanted.push_back(std::move(one));
    }
    return wanted;
  }

 private:
  static void add(Ranges& into, const topology::Machine& machine) {
    for (const auto& address : {machine.ipv4, machine.ipv6})
      if (address) into.emplace_back(address->family, Interval<uint128>{address->bits, address->bits});
  }

  /// `all`: of a segment its whole prefix, as rules have it.
  [[nodiscard]] std::vector<Interval<uint128>> end(const FlowEnd& end, Family family, bool all) {
    std::vector<Interval<uint128>> mine;
    for (const auto& [of, range] : all ? permitted(end) : whole(end))
      if (of == family) mine.push_back(range);
    return mine;
  }

  [[nodiscard]] Ranges whole(const FlowEnd& end) {
    Ranges all;
    switch (end.kind) {
      case FlowEnd::Kind::internet:
        return others_;
      case FlowEnd::Kind::prefixes:
        return ranges(end.prefixes);
      case FlowEnd::Kind::host:
        for (const auto& machine : resolved_.hosts[end.index].machines) add(all, machine);
        if (const auto& shared = resolved_.hosts[end.index].virtual_address) add(all, *shared);
        return all;
      case FlowEnd::Kind::node: {
        if (!end.prefixes.empty()) return ranges(end.prefixes);
        const auto& node = resolved_.nodes[end.index];
        if (node.own) add(all, *node.own);
        for (const auto& address : node.inner)
          all.emplace_back(address.family, Interval<uint128>{address.bits, address.bits});
        return all;
      }
      case FlowEnd::Kind::segment:
        return machines_.of(end.index);
    }
    return all;
  }

  static bool outside(const topology::FlowPair& pair) {
    return std::find(pair.domains.begin(), pair.domains.end(), topology::k_none) != pair.domains.end();
  }
  /// Addresses of IPv6 that are not global stay inside.
  static bool routed_outside(const PacketBox& box) {
    const auto global = interval_of(*IpPrefix::parse("2000::/3"));
    return box.family == Family::ipv4 || (global.contains(box.source) && global.contains(box.destination));
  }
  static bool from_outside(const topology::FlowPair& pair) {
    return !pair.domains.empty() && pair.domains.front() == topology::k_none;
  }
  /// A node asks by whichever of its addresses is on the way, and is known by the first.
  [[nodiscard]] std::vector<Interval<uint128>> asking(const FlowEnd& from, Family family) {
    auto mine = end(from, family, false);
    if (from.kind == FlowEnd::Kind::node && from.prefixes.empty() && !mine.empty()) mine.resize(1);
    return mine;
  }
  /// Replicas behind one virtual address are known by that alone to the outside.
  [[nodiscard]] std::vector<Interval<uint128>> faced(const FlowEnd& to, Family family) {
    if (to.kind != FlowEnd::Kind::host || !resolved_.hosts[to.index].virtual_address) return end(to, family, false);
    Ranges all;
    add(all, *resolved_.hosts[to.index].virtual_address);
    std::vector<Interval<uint128>> mine;
    for (const auto& [of, range] : all)
      if (of == family) mine.push_back(range);
    return mine;
  }

  [[nodiscard]] Ranges permitted(const FlowEnd& end) {
    if (end.kind == FlowEnd::Kind::internet) return internet_;
    return end.kind == FlowEnd::Kind::segment ? prefixes_of(end.index) : whole(end);
  }
  [[nodiscard]] Ranges prefixes_of(uint32_t index) const {
    Ranges all;
    for (const auto& prefix : {resolved_.segments[index].ipv4, resolved_.segments[index].ipv6})
      if (prefix) all.emplace_back(prefix->family(), interval_of(*prefix));
    return all;
  }

  const topology::Resolved& resolved_;
  SegmentMachines machines_;
  std::set<std::string> not_applied_{};
  Ranges internet_{}, others_{};
};

}  // namespace

SegmentMachines::SegmentMachines(const topology::Resolved& resolved) : resolved_(resolved) {
  for (const auto& node : resolved.nodes) {
    auto& mine = of_nodes_[node.site];
    mine.insert(node.inner.begin(), node.inner.end());
    if (!node.own) continue;
    for (const auto& address : {node.own->ipv4, node.own->ipv6})
      if (address) mine.insert(*address);
  }
}

const Ranges& SegmentMachines::of(uint32_t index) {
  auto [known, fresh] = segments_.try_emplace(index);
  if (!fresh) return known->second;
  const auto& segment = resolved_.segments[index];
  const auto nodes = of_nodes_.find(segment.site);
  auto others = nodes == of_nodes_.end() ? std::set<IpAddress>{} : nodes->second;
  for (const auto& gateway : {segment.gateway4, segment.gateway6})
    if (gateway) others.insert(*gateway);
  for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
    if (!prefix) continue;
    auto range = interval_of(*prefix);
    constexpr uint8_t k_no_broadcast = 31;  // RFC 3021
    const bool keeps = prefix->family() == Family::ipv4 && prefix->length < k_no_broadcast;
    if (keeps) ++range.first, --range.last;
    for (const auto& address : others) {
      if (address.family != prefix->family() || !range.contains(address.bits)) continue;
      if (address.bits > range.first)
        known->second.emplace_back(prefix->family(), Interval<uint128>{range.first, address.bits - 1});
      range.first = address.bits + 1;
    }
    if (range.first <= range.last) known->second.emplace_back(prefix->family(), range);
  }
  return known->second;
}

void add_services(const TransportMatch& match, Family family, std::vector<PacketBox>& into) {
  if (!match.exists_in(family)) return;
  auto box = PacketBox::all(family);
  if (match.ip_protocol) {
    auto number = *match.ip_protocol;
    if (number == protocol::k_icmp) {
      if (family == Family::ipv6) number = protocol::k_icmpv6;
      const auto& message = family == Family::ipv4 ? match.icmp4 : match.icmp6;
      if (message)
        box.service = {static_cast<uint16_t>(message->type * 256 + message->code.value_or(0)),
                       static_cast<uint16_t>(message->type * 256 + message->code.value_or(255))};
    } else if (number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp) {
      box.service = {match.ports.first, match.ports.last};
    }
    box.protocol = {number, number};
  }
  into.push_back(box);
}

verify::AddressIntervals outside_of(const topology::Resolved& resolved) {
  auto taken = taken_by(resolved);
  // Who asks one of our own outer addresses asks the node, not somebody out there.
  for (const auto& [interface, address] : outer_addresses(resolved)) taken.push_back(IpPrefix::of(address));
  return ranges(compile::public_space(taken));
}

std::vector<verify::Wanted> wants_of(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied) {
  return Wants(resolved, not_applied).all();
}

}  // namespace cloison::ops
