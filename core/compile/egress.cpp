// Segments on premises whose way to the outside leads through another site (docs/language.md, Paths).

#include <algorithm>
#include <set>

#include "core/compile/routers.h"

namespace cloison::compile {

namespace {

/// The tunnels of a link from this node to that site pass what comes from outside.
bool open_tunnels(NodeIntent& node, const std::string& link, const std::vector<Router*>& far, Family family) {
  bool any = false;
  for (auto& tunnel : node.tunnels) {
    if (tunnel.link != link) continue;
    for (auto& peer : tunnel.peers) {
      const bool there =
          std::any_of(far.begin(), far.end(), [&](const Router* router) { return router->node.path == peer.node; });
      if (!there) continue;
      any = true;
      const auto outside = IpPrefix::any(family);
      if (std::find(peer.outside.begin(), peer.outside.end(), outside) == peer.outside.end())
        peer.outside.push_back(outside);
    }
  }
  return any;
}

/// An inner address of that site, to which routing knows the way.
std::optional<IpAddress> inner_address(const std::vector<Router*>& routers, Family family) {
  for (const Router* router : routers)
    for (const auto& own : router->node.own)
      if (own.family == family) return own;
  return std::nullopt;
}

void add_once(std::vector<IpAddress>& towards, const IpAddress& via) {
  const bool known =
      std::any_of(towards.begin(), towards.end(), [&](const IpAddress& one) { return one.family == via.family; });
  if (!known) towards.push_back(via);
}

}  // namespace

void Builder::add_egress(const std::unordered_map<Domain, std::vector<Router*>>& routers) {
  std::set<uint32_t> led_segments, not_led, split;
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index) {
    const auto& pair = resolved_.pairs[index];
    const auto here = pair.domains.empty() ? routers.end() : routers.find(pair.domains.front());
    if (!in_force(pair) || withheld_[index] || pair.domains.size() < 3 || pair.domains.back() != topology::k_none ||
        here == routers.end() || vpc_of(pair.domains.front()) != topology::k_none)
      continue;
    const auto segment = pair.from.kind == FlowEnd::Kind::segment ? pair.from.index
                         : pair.from.kind == FlowEnd::Kind::host  ? resolved_.hosts[pair.from.index].segment
                                                                  : topology::k_none;
    if (segment == topology::k_none) continue;
    const auto far = routers.find(pair.domains[1]);
    const auto families = families_of(pair);
    bool led = false;
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      if (!families.has(family) || far == routers.end() || pair.domains.size() > 3) continue;
      const auto via = inner_address(far->second, family);
      if (!via) continue;
      for (Router* router : here->second)
        for (auto& mine : router->node.segments)
          if (mine.path == resolved_.segments[segment].path &&
              open_tunnels(router->node, pair.path.front(), far->second, family))
            led = true, add_once(mine.leaves_towards, *via);
    }
    led ? led_segments.insert(segment) : not_led.insert(pair.flow);
  }
  for (std::size_t index = 0; index < resolved_.pairs.size(); ++index) {
    const auto& pair = resolved_.pairs[index];
    const bool enters = in_force(pair) && !pair.domains.empty() && pair.domains.front() == topology::k_none;
    if (enters && pair.to.kind == FlowEnd::Kind::host && led_segments.contains(resolved_.hosts[pair.to.index].segment))
      split.insert(pair.flow);
  }
  for (const auto flow : not_led)
    compiled_.not_applied.push_back({"flows", resolved_.flows[flow].id, NotApplied::Reason::comes_later,
                                     "kept closed: it is to leave at another site, to which no tunnel is made from "
                                     "there",
                                     resolved_.flows[flow].span, "egress"});
  for (const auto flow : split)
    compiled_.not_applied.push_back({"flows", resolved_.flows[flow].id, NotApplied::Reason::unsupported,
                                     "it enters at the site itself, and answers from its segment leave through another "
                                     "one (`egress:`), so no connection comes about",
                                     resolved_.flows[flow].span, "egress"});
}

}  // namespace cloison::compile
