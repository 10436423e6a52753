// Nodes: gateways of their site's segments or of a VPC, and the rules of every pair that comes from, goes to or crosses
// one (docs/language.md, Enforcement).

#include <algorithm>
#include <set>

#include "core/compile/routers.h"
#include "core/topology/underlays.h"

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

/// What an outside packet's public address stands for: the one that the replicas share, or the only one's.
std::optional<IpPrefix> behind_public_address(const topology::Resolved& resolved, const topology::FlowEnd& end) {
  if (end.kind != topology::FlowEnd::Kind::host) return std::nullopt;
  const auto& host = resolved.hosts[end.index];
  if (!host.is_public || host.machines.empty()) return std::nullopt;
  const auto& address = (host.virtual_address ? *host.virtual_address : host.machines.front()).ipv4;
  return address ? std::optional(IpPrefix::of(*address)) : std::nullopt;
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
    all.back().at_public_address = all.back().at_public_address || rule.at_public_address;
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
    if (segment.ipv4 && segment.gateway4) mine.prefixes.push_back({*segment.ipv4, *segment.gateway4, {}, {}});
    if (segment.ipv6 && segment.gateway6) mine.prefixes.push_back({*segment.ipv6, *segment.gateway6, {}, {}});
    if (const auto& real = segment.segment->real)
      for (auto& one : mine.prefixes)
        if (one.prefix.family() == real->value.family()) one.real = real->value;
    if (segment.segment->dhcp) mine.dhcp = {segment.segment->dhcp->first, segment.segment->dhcp->last};
    if (const auto servers = resolvers_.find(index); servers != resolvers_.end()) mine.dns = servers->second;
    mine.origins = {{"segment " + segment.path, segment.span}};
    node.segments.push_back(std::move(mine));
  }
}

/// Where a pair's packets come in and go out at one of the places that it crosses.
std::vector<NodeRuleIntent> Builder::rules_at(const topology::FlowPair& pair, std::size_t at,
                                              const std::vector<std::string>& links, const Router& router) const {
  const auto from_segment = segment_of(resolved_, pair.from);
  const auto to_segment = segment_of(resolved_, pair.to);
  const bool first = at == 0, last = at + 1 == pair.domains.size();
  const bool cloud = router.node_index == topology::k_none;
  if ((first && is_of_users(pair.from)) || (last && is_of_users(pair.to))) return {};
  const auto is_router = [&](const FlowEnd& end) {
    if (cloud) return end.kind == FlowEnd::Kind::host && end.index == router.host_index;
    return is_node(end) && end.index == router.node_index;
  };
  const bool starts = first && is_router(pair.from), ends = last && is_router(pair.to);
  if (starts && ends) return {};  // among the replicas of one gateway: what they need of each other is the node's own
  // Another node of the site speaks for itself, and this one passes on what is for it, or of it.
  const auto another = [&](const FlowEnd& end, bool itself) {
    return is_node(end) && !itself && !cloud && pair.domains.size() == 1 && resolved_.nodes[end.index].own;
  };
  const bool from_another = first && another(pair.from, starts), to_another = last && another(pair.to, ends);
  if ((first && is_node(pair.from) && !starts && !from_another) || (last && is_node(pair.to) && !ends && !to_another))
    return {};
  const auto own_side = [&](const FlowEnd& end, uint32_t segment, bool itself) {
    if (itself) return NodeSide{};
    if (cloud && (segment != topology::k_none)) return NodeSide{NodeSide::Kind::inside, ""};
    if (another(end, itself)) segment = resolved_.nodes[end.index].segment;
    if (segment != topology::k_none) return NodeSide{NodeSide::Kind::segment, resolved_.segments[segment].path};
    return is_node(end) ? NodeSide{} : NodeSide{NodeSide::Kind::underlays, ""};
  };
  const auto way = [&](Domain neighbour, const std::string& link) {
    if (neighbour == topology::k_none) return NodeSide{NodeSide::Kind::underlays, ""};
    return link.empty() && cloud ? NodeSide{NodeSide::Kind::inside, ""} : NodeSide{NodeSide::Kind::link, link};
  };
  NodeRuleIntent rule{.flow_class = resolved_.flows[pair.flow].flow_class,
                      .origins = {origin_of(resolved_.flows[pair.flow])}};
  rule.in = first ? own_side(pair.from, from_segment, starts) : way(pair.domains[at - 1], links[at - 1]);
  rule.out = last ? own_side(pair.to, to_segment, ends) : way(pair.domains[at + 1], links[at]);
  rule.chain = starts ? Chain::output : ends ? Chain::input : Chain::forward;
  // A VPC's own router forwards what needs no gateway.
  const bool through = starts || ends || rule.in.kind == NodeSide::Kind::link || rule.out.kind == NodeSide::Kind::link;
  if (cloud && !through) return {};
  const bool switched = rule.in.kind == NodeSide::Kind::segment && rule.in == rule.out;
  if (switched && (from_another || to_another)) return {};
  std::vector<NodeRuleIntent> rules{rule};
  // One that stands by is in its own segment alone: the others lie behind the node that serves.
  if (!cloud && resolved_.nodes[router.node_index].own && pair.domains.size() == 1 && (starts || ends)) {
    auto& side = starts ? rule.out : rule.in;
    const NodeSide by{NodeSide::Kind::segment, resolved_.segments[resolved_.nodes[router.node_index].segment].path};
    if (side.kind == NodeSide::Kind::segment && side != by) side = by, rules.push_back(rule);
    return rules;
  }
  // Which replica of a gateway packets come by is routing's choice: each passes on what is for, or of, another.
  const bool replicated = cloud && resolved_.hosts[router.host_index].machines.size() > 1;
  if (replicated && ends && rule.in.kind == NodeSide::Kind::link) {
    rule.chain = Chain::forward, rule.out = {NodeSide::Kind::inside, ""}, rules.push_back(rule);
    rule = rules.front(), rule.in = {NodeSide::Kind::inside, ""}, rules.push_back(rule);
  }
  if (replicated && starts && rule.out.kind == NodeSide::Kind::link)
    rule.chain = Chain::forward, rule.in = {NodeSide::Kind::inside, ""}, rules.push_back(rule);
  return rules;
}

void Builder::add_node_rules(const topology::FlowPair& pair,
                             const std::unordered_map<Domain, std::vector<Router*>>& routers,
                             const std::string& condition) const {
  const auto from_segment = segment_of(resolved_, pair.from);
  const bool gateway = (pair.from.kind == FlowEnd::Kind::host && resolved_.hosts[pair.from.index].gateway != nullptr) ||
                       (pair.to.kind == FlowEnd::Kind::host && resolved_.hosts[pair.to.index].gateway != nullptr);
  if (from_segment != topology::k_none && from_segment == segment_of(resolved_, pair.to) && !gateway &&
      !is_of_users(pair.from) && !is_kept_apart(from_segment))
    return;  // switched, not routed
  const auto& flow = resolved_.flows[pair.flow];
  const auto families = families_of(pair);
  const auto links = links_between(pair);
  const auto ends_of = [this](const FlowEnd& end, Family family) {
    std::vector<std::variant<IpPrefix, std::string>> ends;
    if (end.kind == FlowEnd::Kind::internet) return ends.emplace_back(std::string(k_internet_set)), ends;
    for (const auto& prefix : prefixes_of(end))
      if (prefix.family() == family) ends.emplace_back(prefix);
    return ends;
  };
  // Management reaches machines inside; at its outer address, SSH is the node's own.
  const auto translated = flow.flow == nullptr ? std::nullopt : behind_public_address(resolved_, pair.to);
  for (std::size_t at = 0; at < pair.domains.size(); ++at) {
    const auto here = routers.find(pair.domains[at]);
    if (here == routers.end()) continue;
    for (Router* router : here->second)
      for (auto& rule : rules_at(pair, at, links, *router)) {
        // Outside, a gateway has the address that its cloud translates; its own are few.
        if (at == 0) rule.condition = condition;
        const bool outside = router->node_index == topology::k_none &&
                             (rule.in.kind == NodeSide::Kind::underlays || rule.out.kind == NodeSide::Kind::underlays);
        for (const auto family : {Family::ipv4, Family::ipv6}) {
          if (!families.has(family)) continue;
          rule.family = family;
          for (const auto& from : ends_of(pair.from, family))
            for (const auto& to : ends_of(pair.to, family))
              for (const auto& match : flow.matches) {
                if (!match.exists_in(family)) continue;
                rule.match = match, rule.from = from, rule.to = to;
                rule.at_public_address = rule.in.kind == NodeSide::Kind::underlays &&
                                         rule.out.kind == NodeSide::Kind::segment && translated &&
                                         to == std::variant<IpPrefix, std::string>(*translated);
                if (outside && rule.chain == Chain::input) rule.to = IpPrefix::any(family);
                if (outside && rule.chain == Chain::output) rule.from = IpPrefix::any(family);
                router->node.rules.push_back(rule);
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

Router Builder::router_of_node(uint32_t index) const {
  const auto& resolved = resolved_.nodes[index];
  const auto& site = topology_.sites[resolved.site];
  Router router{.provider = node_provider(site.provider.value, resolved.path),
                .place = site.path,
                .domain = static_cast<Domain>(resolved.site),
                .node_index = index};
  auto& node = router.node;
  node = {.path = resolved.path, .name = resolved.node->name, .site = site.path};
  if (resolved.node->trunk) node.trunk = resolved.node->trunk->value;
  for (const auto& underlay : topology::underlays_of(site, *resolved.node)) {
    node.underlays.push_back({.name = underlay.name, .interface = underlay.interface.value, .metric = underlay.metric});
    if (underlay.how == topology::Underlay::Public::address) node.underlays.back().outer = underlay.public_address;
    if (underlay.mtu) node.underlays.back().mtu = underlay.mtu->value;
  }
  for (const auto& [interface, segment] : resolved.node->ports)
    node.ports.emplace(interface, site.path + "." + segment.value);
  add_node_segments(node, resolved.site);
  node.own = resolved.inner;
  for (const auto index_of_segment :
       segments_of_site_.contains(resolved.site) ? segments_of_site_.at(resolved.site) : std::vector<uint32_t>{}) {
    const auto& segment = resolved_.segments[index_of_segment];
    if (!segment.vpc_path.empty()) continue;
    const bool users = segment.segment != nullptr && segment.segment->has_peers;
    for (const auto& prefix : {segment.ipv4, segment.ipv6})
      if (prefix && !users) node.announced.push_back(*prefix);
    // Those of remote users are where their tunnels end.
    for (const auto& gateway : {segment.gateway4, segment.gateway6})
      if (gateway && users) std::erase(node.own, *gateway);
  }
  node.announced = minimised(std::move(node.announced));
  node.origins = {{"node " + resolved.path, resolved.node->span}};
  return router;
}

/// The machine of a cloud's gateway: it has one leg in its VPC, and perhaps another outwards.
Router Builder::router_of_gateway(uint32_t index, std::size_t replica) const {
  const auto& host = resolved_.hosts[index];
  const auto& gateway = *host.gateway;
  const auto& reached = gateway.nodes[replica];
  const auto& segment = resolved_.segments[host.segment];
  const auto path = topology::gateway_node_path(topology_.sites[segment.site], gateway, replica);
  Router router{.place = host.path, .ordinal = static_cast<int64_t>(replica), .host_index = index};
  for (uint32_t vpc = 0; vpc < resolved_.vpcs.size(); ++vpc)
    if (resolved_.vpcs[vpc].path == segment.vpc_path) router.domain = static_cast<Domain>(topology_.sites.size() + vpc);
  std::string entry = gateway.provider ? gateway.provider->value : std::string();
  for (const auto& one : topology_.providers)
    if (entry.empty() && one.kind.value == "node") entry = one.name;
  router.provider = node_provider(entry, path);
  auto& node = router.node;
  node = {.path = path, .name = host.machines[replica].name, .site = topology_.sites[segment.site].path};
  for (const auto& own : {host.machines[replica].ipv4, host.machines[replica].ipv6})
    if (own) node.own.push_back(*own);
  node.inside = gateway.interface ? gateway.interface->value : "eth0";
  node.underlays = {{.interface = gateway.uplink ? gateway.uplink->value : node.inside}};
  node.underlays.front().outer = IpAddress::parse((reached.outer ? *reached.outer : reached.address).value);
  const auto& vpc = resolved_.vpcs[vpc_of(router.domain)];
  for (const auto& [prefix, via] : {std::pair(vpc.ipv4, segment.gateway4), std::pair(vpc.ipv6, segment.gateway6)}) {
    if (!prefix || !via) continue;
    node.routes.push_back({*prefix, *via, {{"vpc " + vpc.path, vpc.vpc->span}}});
    node.announced.push_back(*prefix);
  }
  node.origins = {{"gateway " + host.path, reached.span}};
  return router;
}

std::vector<Router> Builder::routers() const {
  std::vector<Router> all;
  std::map<std::string, int64_t> of_place;
  for (uint32_t index = 0; index < resolved_.nodes.size(); ++index) {
    all.push_back(router_of_node(index));
    all.back().ordinal = of_place[all.back().place]++;
  }
  for (uint32_t index = 0; index < resolved_.hosts.size(); ++index) {
    const auto& host = resolved_.hosts[index];
    if (host.gateway == nullptr || resolved_.segments[host.segment].vpc_path.empty()) continue;
    for (std::size_t replica = 0; replica < std::min(host.gateway->nodes.size(), host.machines.size()); ++replica)
      all.push_back(router_of_gateway(index, replica));
  }
  return all;
}

/// A node logs what it refuses where its place has clients of a `logs:` entry that wants that.
void Builder::add_refusal_logs(std::vector<Router>& routers) const {
  std::set<std::string> ids;
  for (const auto& entry : topology_.infrastructure)
    if (entry.denied) ids.insert("I-" + entry.name);
  if (ids.empty()) return;
  std::vector<bool> of_logs;  // by flow
  for (const auto& flow : resolved_.flows) of_logs.push_back(ids.contains(flow.id));
  std::set<Domain> places;
  for (const auto& pair : resolved_.pairs)
    if (of_logs[pair.flow] && !pair.domains.empty()) places.insert(pair.domains.front());
  for (auto& router : routers) router.node.logs_refusals = places.contains(router.domain);
}

void Builder::add_nodes() {
  if (!applied("node")) return;
  auto all = routers();
  add_redundancy(all);
  add_guests(all);
  keep_apart(all);
  add_refusal_logs(all);
  add_remote_access(all);
  add_tunnels(all);
  add_connections(all);
  std::unordered_map<Domain, std::vector<Router*>> by_domain;
  for (auto& router : all) by_domain[router.domain].push_back(&router);
  add_egress(by_domain);
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index)
    if (const auto& pair = resolved_.pairs[index]; !withheld_[index]) {
      if (in_force(pair)) add_node_rules(pair, by_domain, {});
      if (resolved_.flows[pair.flow].conditional) add_conditional_rules(pair, by_domain);
    }
  for (auto& router : all) {
    router.node.rules = merged(std::move(router.node.rules));
    note_internet(router.node, router.provider);
    intent_of(router.provider).nodes.push_back(std::move(router.node));
  }
}

}  // namespace cloison::compile
