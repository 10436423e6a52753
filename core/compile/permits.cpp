// Flows as rules: the source's egress, each gateway of a cloud between, the destination's ingress (docs/language.md,
// Enforcement).

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

std::vector<IpPrefix> of_family(const std::vector<IpPrefix>& prefixes, Family family) {
  std::vector<IpPrefix> chosen;
  std::copy_if(prefixes.begin(), prefixes.end(), std::back_inserter(chosen),
               [family](const IpPrefix& prefix) { return prefix.family() == family; });
  return chosen;
}

/// The set by which rules may name this far end.
std::string set_name(const topology::FlowEnd& end) {
  return end.kind == topology::FlowEnd::Kind::internet ? std::string(k_internet_set) : end.set;
}

std::string side_name(uint32_t flow, Direction direction, const std::string& far_set) {
  return std::to_string(flow) + (direction == Direction::in ? " in " : " out ") + far_set;
}

}  // namespace

void Builder::note_families(const std::string& group, const topology::ResolvedHost& host) {
  for (const auto& prefix : host_prefixes(host)) families_[group].insert(prefix.family());
}

void Builder::add_side(const FlowEnd& near, const FlowEnd& far, Direction direction, const topology::FlowPair& pair) {
  if (near.kind == FlowEnd::Kind::host) add_host_side(near.index, far, direction, pair);
  if (near.kind != FlowEnd::Kind::segment) return;
  // Outside of its cluster a namespace's packets are its nodes'.
  if (const auto nodes = cluster_nodes_.find(near.index); nodes != cluster_nodes_.end())
    for (const auto node : nodes->second) add_host_side(node, far, direction, pair);
}

void Builder::add_host_side(uint32_t index, const FlowEnd& far, Direction direction, const topology::FlowPair& pair) {
  const auto& host = resolved_.hosts[index];
  const auto& segment = resolved_.segments[host.segment];
  if (!host.made || !made_by_cloud(segment.provider_kind)) return;
  sides_[{segment.provider, host.path + ".group", direction, pair.flow, pair.environment, set_name(far)}].push_back(
      {&far, families_of(pair)});
}

void Builder::add_gateway_side(uint32_t vpc, const FlowEnd& inner, Direction direction,
                               const topology::FlowPair& pair) {
  const auto inner_host = inner.kind == FlowEnd::Kind::host ? &resolved_.hosts[inner.index] : nullptr;
  for (const auto index : gateways_of(resolved_.vpcs[vpc].path)) {
    const auto& gateway = resolved_.hosts[index];
    const auto& segment = resolved_.segments[gateway.segment];
    if (!gateway.made || !made_by_cloud(segment.provider_kind) ||
        (inner_host == &gateway && gateway.machines.size() < 2))
      continue;
    sides_[{segment.provider, gateway.path + ".group", direction, pair.flow, pair.environment, set_name(inner)}]
        .push_back({&inner, families_of(pair)});
  }
}

/// What comes out of a tunnel leaves the gateway's port towards the destination; what goes into one enters it from the
/// source. From tunnel to tunnel nothing but outer packets is on the port.
void Builder::add_transit(const topology::FlowPair& pair) {
  const auto tunnels = tunnels_of(pair);
  for (std::size_t at = 0; at < pair.domains.size(); ++at) {
    const auto vpc = vpc_of(pair.domains[at]);
    if (vpc == topology::k_none) continue;
    const bool comes_out = at > 0 && tunnels[at - 1];
    const bool goes_in = at < tunnels.size() && tunnels[at];
    if (comes_out && !goes_in) add_gateway_side(vpc, pair.to, Direction::out, pair);
    if (goes_in && !comes_out) add_gateway_side(vpc, pair.from, Direction::in, pair);
  }
}

void Builder::collect_sides() {
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index) {
    const auto& pair = resolved_.pairs[index];
    if (!in_force(pair) || withheld_[index]) continue;
    add_side(pair.from, pair.to, Direction::out, pair);
    add_side(pair.to, pair.from, Direction::in, pair);
    if (pair.domains.size() > 1) add_transit(pair);
  }
}

void Builder::choose_segment_groups() {
  // A side that every made host of a segment has, and at least two, stands once in the segment's group.
  using Sides = std::vector<decltype(sides_)::iterator>;
  std::map<std::pair<std::string_view, std::string>, Sides> by_segment;
  std::unordered_map<std::string, const topology::ResolvedSegment*> segment_of_group;
  std::unordered_map<std::string_view, std::size_t> made;
  for (const auto& host : resolved_.hosts) {
    const auto& segment = resolved_.segments[host.segment];
    if (!host.made || !made_by_cloud(segment.provider_kind)) continue;
    segment_of_group.emplace(host.path + ".group", &segment);
    ++made[segment.path];
  }
  for (auto side = sides_.begin(); side != sides_.end(); ++side) {
    const auto segment = segment_of_group.find(side->first.group);
    if (segment == segment_of_group.end() || made[segment->second->path] < 2) continue;
    const auto& [provider, group, direction, flow, environment, far_set] = side->first;
    by_segment[{segment->second->path, side_name(flow, direction, far_set)}].push_back(side);
  }
  for (const auto& [key, same] : by_segment) {
    const auto& [segment_path, name] = key;
    if (same.size() != made[segment_path]) continue;
    const auto ends_of = [](const auto& side) {
      auto ends = side->second;
      std::sort(ends.begin(), ends.end());
      ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
      return ends;
    };
    const auto first = ends_of(same.front());
    if (!std::all_of(same.begin() + 1, same.end(), [&](const auto& side) { return ends_of(side) == first; })) continue;
    segment_group_flows_[std::string(segment_path)].insert(name);
    Side moved = same.front()->first;
    moved.group = std::string(segment_path) + ".group";
    auto ends = std::move(same.front()->second);
    for (const auto& side : same) sides_.erase(side);
    sides_.emplace(std::move(moved), std::move(ends));
  }
}

const std::vector<IpPrefix>& Builder::members_of(const std::string& key) {
  const auto known = members_.find(key);
  if (known != members_.end()) return known->second;
  const auto declared = resolved_.sets.find(key);
  return members_.emplace(key, declared == resolved_.sets.end() ? std::vector<IpPrefix>{} : minimised(declared->second))
      .first->second;
}

std::string Builder::set_for(const Side& side, const std::vector<IpPrefix>& prefixes, Family family) {
  if (side.far_set.empty() || prefixes.empty()) return {};
  const bool internet = side.far_set == k_internet_set;
  const auto& wanted = internet ? internet_ : members_of(side.environment + " " + side.far_set);
  const auto first = std::find_if(wanted.begin(), wanted.end(),
                                  [family](const IpPrefix& prefix) { return prefix.family() == family; });
  // Only a rule for the whole set may name it: pairs narrowed to one instance must not open the others. A rule is of
  // one family, so are the members that count. Most are told apart by their first prefix, so that the whole comparison
  // stays rare.
  if (first == wanted.end() || !first->contains(prefixes.front()) || minimised(prefixes) != of_family(wanted, family))
    return {};
  // Each provider holds a set of its own, so its name begins with the provider's.
  const auto path = side.provider + "." + (internet ? "" : side.environment + ".") + side.far_set + ".addresses";
  auto [set, added] = sets_.try_emplace({side.provider, path});
  if (added) {
    set->second.path = path;
    set->second.title = side.far_set;
    set->second.prefixes = wanted;
  }
  const auto origin = origin_of(resolved_.flows[side.flow]);
  if (std::find(set->second.origins.begin(), set->second.origins.end(), origin) == set->second.origins.end())
    set->second.origins.push_back(origin);
  return path;
}

void Builder::emit(const Side& side, Family family, const TransportMatch& match,
                   std::variant<IpPrefix, std::string> remote, const Origin& origin) {
  const PermitKey key{side.group, side.direction, family, match, std::move(remote)};
  auto [permit, added] = permits_.try_emplace({side.provider, key});
  if (added) {
    permit->second = {
        key.group, key.direction, key.family, key.match, key.remote, resolved_.flows[side.flow].flow_class, {}};
  }
  if (std::find(permit->second.origins.begin(), permit->second.origins.end(), origin) == permit->second.origins.end())
    permit->second.origins.push_back(origin);
}

void Builder::emit_side(const Side& side, const std::vector<FarEnd>& far_ends) {
  const auto& flow = resolved_.flows[side.flow];
  const auto origin = origin_of(flow);
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    // A port without an address of that family neither sends nor receives it.
    if (!families_[side.group].contains(family)) continue;
    std::vector<IpPrefix> prefixes;
    for (const auto& far : far_ends) {
      if (!far.families.has(family)) continue;
      const auto more = of_family(prefixes_of(*far.end), family);
      prefixes.insert(prefixes.end(), more.begin(), more.end());
    }
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
    const auto set = set_for(side, prefixes, family);
    for (const auto& match : flow.matches) {
      if (!match.exists_in(family)) continue;
      if (!set.empty()) {
        emit(side, family, match, set, origin);
        continue;
      }
      for (const auto& prefix : prefixes) emit(side, family, match, prefix, origin);
    }
  }
}

void Builder::add_permits() {
  for (const auto& [side, ends] : sides_) emit_side(side, ends);
}

}  // namespace cloison::compile
