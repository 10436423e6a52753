// Nodes: gateways of their site's segments, and the rules of every pair that comes from, goes to or crosses one
// (docs/language.md, Enforcement).

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

using NodeSide = NodeRuleIntent::Side;
using Chain = NodeRuleIntent::Chain;

uint32_t segment_of(const topology::Resolved& resolved, const topology::FlowEnd& end) {
  if (end.kind == topology::FlowEnd::Kind::segment) return end.index;
  return end.kind == topology::FlowEnd::Kind::host ? resolved.hosts[end.index].segment : topology::k_none;
}

bool is_node(const topology::FlowEnd& end) {
  return end.kind == topology::FlowEnd::Kind::node;
}

/// Sorted; rules that are the same are one, with the origins of all.
std::vector<NodeRuleIntent> merged(std::vector<NodeRuleIntent> rules) {
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.key() < b.key(); });
  std::vector<NodeRuleIntent> all;
  for (auto& rule : rules) {
    if (all.empty() || all.back().key() != rule.key()) {
      all.push_back(std::move(rule));
      continue;
    }
    auto& origins = all.back().origins;
    for (auto& origin : rule.origins)
      if (std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(std::move(origin));
  }
  return all;
}

}  // namespace

void Builder::add_node_segments(NodeIntent& node, uint32_t site) const {
  const auto found = segments_of_site_.find(site);
  if (found == segments_of_site_.end()) return;
  for (const auto index : found->second) {
    const auto& segment = resolved_.segments[index];
    // Remote users have no VLAN: their addresses are inside tunnels.
    if (segment.segment == nullptr || !segment.vpc_path.empty() || segment.segment->has_peers) continue;
    NodeSegmentIntent mine{.path = segment.path, .name = segment.segment->name};
    if (segment.segment->vlan) mine.vlan = static_cast<uint16_t>(segment.segment->vlan->value);
    if (segment.ipv4 && segment.gateway4) mine.prefixes.push_back({*segment.ipv4, *segment.gateway4, {}});
    if (segment.ipv6 && segment.gateway6) mine.prefixes.push_back({*segment.ipv6, *segment.gateway6, {}});
    if (segment.segment->dhcp) mine.dhcp = {segment.segment->dhcp->first, segment.segment->dhcp->last};
    if (const auto servers = resolvers_.find(index); servers != resolvers_.end()) mine.dns = servers->second;
    mine.origins = {{"segment " + segment.path, segment.span}};
    node.segments.push_back(std::move(mine));
  }
}

void Builder::add_node_rules(const topology::FlowPair& pair,
                             std::map<uint32_t, std::vector<NodeRuleIntent>>& rules) const {
  const auto sites = static_cast<Domain>(topology_.sites.size());
  const auto links = links_between(pair);
  const auto from_segment = segment_of(resolved_, pair.from);
  const auto to_segment = segment_of(resolved_, pair.to);
  if (from_segment != topology::k_none && from_segment == to_segment) return;  // switched, not routed
  const auto& flow = resolved_.flows[pair.flow];
  const auto families = families_of(pair);
  const auto own_side = [this](const FlowEnd& end, uint32_t segment) {
    if (segment != topology::k_none) return NodeSide{NodeSide::Kind::segment, resolved_.segments[segment].path};
    return is_node(end) ? NodeSide{} : NodeSide{NodeSide::Kind::underlays, ""};
  };
  const auto way = [](Domain neighbour, const std::string& link) {
    return neighbour == topology::k_none ? NodeSide{NodeSide::Kind::underlays, ""}
                                         : NodeSide{NodeSide::Kind::link, link};
  };
  const auto ends_of = [this](const FlowEnd& end, Family family) {
    std::vector<std::variant<IpPrefix, std::string>> ends;
    if (end.kind == FlowEnd::Kind::internet) return ends.emplace_back(std::string(k_internet_set)), ends;
    for (const auto& prefix : prefixes_of(end))
      if (prefix.family() == family) ends.emplace_back(prefix);
    return ends;
  };
  for (std::size_t at = 0; at < pair.domains.size(); ++at) {
    const auto site = pair.domains[at];
    if (site == topology::k_none || site >= sites) continue;
    NodeRuleIntent rule{.flow_class = flow.flow_class, .origins = {origin_of(flow)}};
    const bool first = at == 0, last = at + 1 == pair.domains.size();
    rule.in = first ? own_side(pair.from, from_segment) : way(pair.domains[at - 1], links[at - 1]);
    rule.out = last ? own_side(pair.to, to_segment) : way(pair.domains[at + 1], links[at]);
    const auto nodes = nodes_of_site_.find(site);
    if (nodes == nodes_of_site_.end()) continue;
    for (const auto index : nodes->second) {
      const bool starts = first && is_node(pair.from);
      const bool ends = last && is_node(pair.to);
      if ((starts && pair.from.index != index) || (ends && pair.to.index != index)) continue;
      rule.chain = starts ? Chain::output : ends ? Chain::input : Chain::forward;
      for (const auto family : {Family::ipv4, Family::ipv6}) {
        if (!families.has(family)) continue;
        rule.family = family;
        for (const auto& from : ends_of(pair.from, family))
          for (const auto& to : ends_of(pair.to, family))
            for (const auto& match : flow.matches) {
              if (!match.exists_in(family)) continue;
              rule.match = match, rule.from = from, rule.to = to;
              rules[index].push_back(rule);
            }
      }
    }
  }
}

/// The set by which rules name all public addresses, once per provider entry.
void Builder::note_internet(const NodeIntent& node, const std::string& provider) {
  const auto names_it = [](const std::variant<IpPrefix, std::string>& end) {
    return std::holds_alternative<std::string>(end);
  };
  if (std::none_of(node.rules.begin(), node.rules.end(),
                   [&](const NodeRuleIntent& rule) { return names_it(rule.from) || names_it(rule.to); }))
    return;
  auto [set, added] = sets_.try_emplace({provider, std::string(k_internet_set)});
  if (added)
    set->second = {.path = std::string(k_internet_set), .title = std::string(k_internet_set), .prefixes = internet_};
}

void Builder::add_nodes() {
  if (!applied("node")) return;
  for (uint32_t index = 0; index < resolved_.nodes.size(); ++index)
    nodes_of_site_[resolved_.nodes[index].site].push_back(index);
  std::map<uint32_t, std::vector<NodeRuleIntent>> rules;
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index)
    if (const auto& pair = resolved_.pairs[index]; in_force(pair) && !withheld_[index]) add_node_rules(pair, rules);
  for (uint32_t index = 0; index < resolved_.nodes.size(); ++index) {
    const auto& resolved = resolved_.nodes[index];
    const auto& site = topology_.sites[resolved.site];
    NodeIntent node{.path = resolved.path, .name = resolved.node->name, .site = site.path};
    if (resolved.node->trunk) node.trunk = resolved.node->trunk->value;
    std::vector<const topology::Underlay*> underlays;
    for (const auto& underlay : site.underlays) {
      const auto& own = resolved.node->underlays;
      if (own.empty() ||
          std::any_of(own.begin(), own.end(), [&](const auto& name) { return name.value == underlay.name; }))
        underlays.push_back(&underlay);
    }
    std::stable_sort(underlays.begin(), underlays.end(),
                     [](const auto* a, const auto* b) { return a->metric < b->metric; });
    for (const auto* underlay : underlays) node.underlays.push_back(underlay->interface.value);
    add_node_segments(node, resolved.site);
    node.rules = merged(std::move(rules[index]));
    const auto provider = node_provider(site.provider.value, resolved.path);
    note_internet(node, provider);
    node.origins = {{"node " + resolved.path, resolved.node->span}};
    intent_of(provider).nodes.push_back(std::move(node));
  }
}

}  // namespace cloison::compile
