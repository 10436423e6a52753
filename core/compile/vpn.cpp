// Links of kind vpn by IPsec: one connection for each two ends, and for each external site (docs/links.md).

#include <algorithm>

#include "core/compile/routers.h"

namespace cloison::compile {

namespace {

using topology::LinkEnd;

/// A reference as a topology writes it.
std::string reference_text(const topology::SecretReference& reference) {
  using Source = topology::SecretReference::Source;
  const auto* const scheme = reference.source == Source::environment ? "env:"
                             : reference.source == Source::file      ? "file:"
                                                                     : "command:";
  return scheme + reference.text;
}

/// Those of its underlays that the link may use, the lowest metric first.
std::vector<const NodeUnderlayIntent*> underlays_for(const topology::Link& link, const Router& router) {
  std::vector<const NodeUnderlayIntent*> used;
  for (const auto& underlay : router.node.underlays)
    if (link.underlays.empty() || underlay.name.empty() ||
        std::any_of(link.underlays.begin(), link.underlays.end(),
                    [&](const topology::Name& name) { return name.value == underlay.name; }))
      used.push_back(&underlay);
  return used;
}

bool is_dialled(const topology::Link& link, const Router& router) {
  const auto used = underlays_for(link, router);
  return std::any_of(used.begin(), used.end(), [](const auto* underlay) { return underlay->outer.has_value(); });
}

/// A selector of a family that the far end has nothing of would only be refused there.
void keep_common_families(ConnectionIntent& one) {
  const auto has = [](const std::vector<IpPrefix>& prefixes, Family family) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [family](const IpPrefix& prefix) { return prefix.family() == family; });
  };
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    if (has(one.here, family) && has(one.beyond, family)) continue;
    for (auto* prefixes : {&one.here, &one.beyond})
      std::erase_if(*prefixes, [family](const IpPrefix& prefix) { return prefix.family() == family; });
  }
}

ConnectionIntent connection(const topology::Link& link, const Router& own, const Router& far) {
  ConnectionIntent one{.link = link.name,
                       .name = far.node.path,
                       .node = far.node.path,
                       .here = minimised(own.node.announced),
                       .beyond = minimised(far.node.announced),
                       .standby = link.role && link.role->value == "standby",
                       .origins = {{"link " + link.name, link.span}}};
  if (link.psk) one.secret = reference_text(*link.psk);
  keep_common_families(one);
  return one;
}

/// False where neither can be dialled, or nothing lies behind one of them.
bool join(const topology::Link& link, Router& first, Router& second) {
  // Who is written first dials, where both could be.
  Router& called = is_dialled(link, second) ? second : first;
  Router& caller = &called == &second ? first : second;
  auto dials = connection(link, caller, called);
  for (const auto* underlay : underlays_for(link, caller))
    if (const auto outer = dialled_at(called, underlay->name)) dials.ways.push_back({underlay->name, *outer});
  if (dials.ways.empty() || dials.here.empty()) return false;
  called.node.connections.push_back(connection(link, called, caller));
  caller.node.connections.push_back(std::move(dials));
  return true;
}

}  // namespace

std::string Builder::environment_of(Domain domain) const {
  if (domain >= topology_.sites.size()) return resolved_.vpcs[domain - topology_.sites.size()].environment;
  for (const auto& segment : resolved_.segments)
    if (segment.site == domain && segment.vpc_path.empty()) return segment.environment;
  return {};
}

bool Builder::connect_external(const topology::Link& link, const std::vector<topology::LinkEnd>& ends, Router& own) {
  const auto peer = link.peer ? IpAddress::parse(link.peer->value) : std::nullopt;
  if (!peer || !link.psk) {
    unmade_.emplace(link.name, !peer ? "its peer is not written as an address, by which IPsec knows it"
                                     : "an external site needs a shared key: 'psk:'");
    return false;
  }
  ConnectionIntent one{.link = link.name,
                       .secret = reference_text(*link.psk),
                       .peer = peer,
                       .here = minimised(own.node.announced),
                       .standby = link.role && link.role->value == "standby",
                       .origins = {{"link " + link.name, link.span}}};
  for (const auto& end : ends) {
    if (end.domain >= topology_.sites.size() || end.domain == own.domain) continue;
    one.name = topology_.sites[end.domain].path;
    for (const auto& segment : resolved_.segments)
      for (const auto& prefix : {segment.ipv4, segment.ipv6})
        if (segment.site == end.domain && prefix) one.beyond.push_back(*prefix);
  }
  one.beyond = minimised(std::move(one.beyond));
  if (std::any_of(one.beyond.begin(), one.beyond.end(),
                  [&](const IpPrefix& prefix) { return prefix.contains(*peer); })) {
    unmade_.emplace(link.name, "its peer's outer address is one of those behind it");
    return false;
  }
  keep_common_families(one);
  for (const auto* underlay : underlays_for(link, own)) {
    one.ways.push_back({underlay->name, *peer});
    if (!one.outer && underlay->outer && underlay->outer->family == peer->family) one.outer = underlay->outer;
  }
  if (one.ways.empty() || one.here.empty()) return false;
  own.node.connections.push_back(std::move(one));
  return true;
}

void Builder::connect(const topology::Link& link, std::size_t index, std::vector<Router>& routers) {
  const auto& ends = resolved_.link_ends[index];
  std::vector<std::pair<uint32_t, Router*>> sides;
  // Of several nodes of a place the first, since the others would announce the same prefixes to the same far end; all
  // of those that stand in for each other, of which only the one that serves has its connections up.
  for (auto& router : routers)
    for (const auto& end : ends)
      if (end.domain == router.domain && (router.ordinal == 0 || router.node.redundancy) &&
          end.role == LinkEnd::Role::side)
        sides.emplace_back(end.side, &router);
  const bool external = std::any_of(ends.begin(), ends.end(), [this](const LinkEnd& end) {
    if (end.domain >= topology_.sites.size()) return false;
    const auto provider = providers_.find(topology_.sites[end.domain].provider.value);
    return (provider == providers_.end() ? topology_.sites[end.domain].provider.value : provider->second->kind.value) ==
           "external";
  });
  bool made = false;
  for (std::size_t a = 0; a < sides.size(); ++a) {
    if (external) made = connect_external(link, ends, *sides[a].second) || made;
    for (std::size_t b = a + 1; b < sides.size(); ++b) {
      if (sides[a].first == sides[b].first && link.between.size() != 1) continue;
      if (sides[a].second->domain == sides[b].second->domain) continue;
      if (environment_of(sides[a].second->domain) != environment_of(sides[b].second->domain)) continue;
      const bool in_order = sides[a].first <= sides[b].first;
      made = join(link, *sides[in_order ? a : b].second, *sides[in_order ? b : a].second) || made;
    }
  }
  if (made) made_links_.insert(link.name);
}

void Builder::add_connections(std::vector<Router>& routers) {
  for (std::size_t index = 0; index < topology_.links.size(); ++index) {
    const auto& link = topology_.links[index];
    if (link.kind.value == "vpn" && link.transport && link.transport->value == "ipsec") connect(link, index, routers);
  }
}

}  // namespace cloison::compile
