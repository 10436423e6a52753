// `when:` flows: the node that they come from sees for itself whether their scenario happens (docs/language.md).

#include <algorithm>

#include "core/compile/routers.h"

namespace cloison::compile {

namespace {

bool leads_to(const NodeIntent& node, const ConditionIntent& condition) {
  const auto tunnel = [&](const TunnelIntent& one) {
    return condition.links.contains(one.link) ||
           std::any_of(one.peers.begin(), one.peers.end(),
                       [&](const TunnelPeerIntent& peer) { return condition.nodes.contains(peer.node); });
  };
  const auto connection = [&](const ConnectionIntent& one) {
    return condition.links.contains(one.link) || condition.nodes.contains(one.name);
  };
  return std::any_of(node.tunnels.begin(), node.tunnels.end(), tunnel) ||
         std::any_of(node.connections.begin(), node.connections.end(), connection);
}

}  // namespace

std::optional<ConditionIntent> Builder::condition_of(
    const topology::FlowPair& pair, const std::unordered_map<Domain, std::vector<Router*>>& routers) const {
  const auto& flow = resolved_.flows[pair.flow];
  if (flow.flow == nullptr || !flow.flow->when || flow.down_otherwise || pair.domains.empty()) return std::nullopt;
  if (!std::all_of(pair.domains.begin(), pair.domains.end(), [&](Domain one) {
        return one < topology_.sites.size() && routers.contains(one);  // a cloud's own filters stay closed
      }))
    return std::nullopt;
  ConditionIntent condition{.name = flow.flow->when->value};
  for (const auto& scenario : topology_.scenarios) {
    if (scenario.name != condition.name) continue;
    constexpr std::chrono::seconds k_unsaid{30};
    condition.within = scenario.within.value_or(k_unsaid);
    condition.origins = {{"scenario " + scenario.name, scenario.span}};
  }
  for (const auto site : flow.down_sites) {
    condition.nodes.insert(topology_.sites[site].path);
    for (const auto& [domain, here] : routers)
      for (const Router* router : here)
        if (router->node.site == topology_.sites[site].path) condition.nodes.insert(router->node.path);
  }
  for (const auto link : flow.down_links) condition.links.insert(topology_.links[link].name);
  const auto& sources = routers.at(pair.domains.front());
  const bool told = std::all_of(sources.begin(), sources.end(),
                                [&](const Router* router) { return leads_to(router->node, condition); });
  return told ? std::optional(std::move(condition)) : std::nullopt;
}

void Builder::add_conditional_rules(const topology::FlowPair& pair,
                                    const std::unordered_map<Domain, std::vector<Router*>>& routers) {
  if (!resolved_.flows[pair.flow].in_force) return;
  const auto condition = condition_of(pair, routers);
  if (!condition) return;
  opened_.insert(pair.flow);
  for (Router* source : routers.at(pair.domains.front())) {
    auto& all = source->node.conditions;
    if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.name == condition->name; }))
      all.push_back(*condition);
  }
  add_node_rules(pair, routers, condition->name);
}

}  // namespace cloison::compile
