#include "core/verify/same.h"

#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace cloison::verify {

namespace {

template <class Item>
bool as_sets(std::vector<Item> a, std::vector<Item> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

bool jumps(const FilterRule& rule) {
  return rule.action != FilterRule::Action::accept;
}

}  // namespace

bool same(const RuleMatch& a, const RuleMatch& b) {
  return a.in == b.in && a.out == b.out && a.packets == b.packets && a.fresh == b.fresh &&
         a.established == b.established && a.implicit == b.implicit;
}

bool same(const FilterRule& a, const FilterRule& b) {
  return a.action == b.action && a.target == b.target && a.match.presence == b.match.presence && same(a.match, b.match);
}

bool same(const TranslationRule& a, const TranslationRule& b) {
  return a.action == b.action && a.to == b.to && a.by_offset == b.by_offset && same(a.match, b.match);
}

bool same(const SwitchedNetwork& a, const SwitchedNetwork& b) {
  return a.name == b.name && a.unseen == b.unseen && a.apart == b.apart && as_sets(a.prefixes, b.prefixes) &&
         as_sets(a.answered, b.answered);
}

bool same(const DeviceInterface& a, const DeviceInterface& b) {
  return a.name == b.name && a.network == b.network && a.outer == b.outer && a.published == b.published &&
         as_sets(a.addresses, b.addresses) && as_sets(a.shared, b.shared);
}

bool same(const ForwardingRoute& a, const ForwardingRoute& b) {
  return a.to == b.to && a.interface == b.interface && a.via == b.via && a.only_from == b.only_from &&
         a.not_from == b.not_from;
}

bool same(const RoutingSession& a, const RoutingSession& b) {
  return a.interface == b.interface && a.neighbour == b.neighbour && a.preference == b.preference &&
         a.distance == b.distance && as_sets(a.offers, b.offers) && as_sets(a.accepts, b.accepts);
}

bool same(const TunnelEnd& a, const TunnelEnd& b) {
  return a.interface == b.interface && a.own == b.own && a.other == b.other && a.routed == b.routed &&
         a.link == b.link && as_sets(a.behind, b.behind) && as_sets(a.near, b.near) && as_sets(a.by, b.by);
}

bool rule_before(const FilterRule& a, const FilterRule& b) {
  const auto key = [](const FilterRule& rule) {
    return std::tie(rule.match.packets, rule.match.fresh, rule.match.established, rule.match.in.names,
                    rule.match.out.names, rule.match.in.inverted, rule.match.out.inverted, rule.match.implicit,
                    rule.match.presence, rule.action, rule.target);
  };
  return key(a) < key(b);
}

bool only_accepts(const FilterChain& chain) {
  return std::none_of(chain.rules.begin(), chain.rules.end(), jumps);
}

bool same_rules(const FilterChain& a, const FilterChain& b) {
  if (a.accepts_rest != b.accepts_rest || a.rules.size() != b.rules.size()) return false;
  if (same_in_order(a.rules, b.rules)) return true;
  if (!only_accepts(a) || !only_accepts(b)) return false;
  auto mine = a.rules, theirs = b.rules;
  std::sort(mine.begin(), mine.end(), rule_before);
  std::sort(theirs.begin(), theirs.end(), rule_before);
  return same_in_order(mine, theirs);
}

bool same_rules(const SharedChain& a, const SharedChain& b) {
  if (!a || !b) return !a && !b;
  return a.get() == b.get() || same_rules(*a, *b);
}

namespace {

bool identical(const FilterRule& a, const FilterRule& b) {
  return a.match.text == b.match.text && a.match.label == b.match.label && same(a, b);
}

void share(SharedChain& mine, const SharedChain& theirs) {
  if (!mine || !theirs || mine.get() == theirs.get()) return;
  const FilterChain &a = *mine, &b = *theirs;
  if (a.name == b.name && a.accepts_rest == b.accepts_rest && a.instead.empty() && b.instead.empty() &&
      std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(), identical))
    mine = theirs;
}

template <class Item, class Key, class Use>
void for_each_in_both(std::vector<Item>& mine, const std::vector<Item>& theirs, const Key& key, const Use& use) {
  std::map<decltype(key(theirs.front())), const Item*> known;
  for (const auto& one : theirs) known.emplace(key(one), &one);
  for (auto& one : mine)
    if (const auto other = known.find(key(one)); other != known.end()) use(one, *other->second);
}

}  // namespace

void share_chains(Forwarding& state, const Forwarding& with) {
  for_each_in_both(
      state.devices, with.devices, [](const ForwardingDevice& one) { return std::string_view(one.name); },
      [](ForwardingDevice& mine, const ForwardingDevice& theirs) {
        share(mine.input, theirs.input), share(mine.forward, theirs.forward), share(mine.output, theirs.output);
      });
  for_each_in_both(
      state.ports, with.ports,
      [](const MachinePort& one) { return std::pair<std::string_view, std::string_view>(one.name, one.network); },
      [](MachinePort& mine, const MachinePort& theirs) { share(mine.in, theirs.in), share(mine.out, theirs.out); });
}

bool same_device_ways(const ForwardingDevice& a, const ForwardingDevice& b) {
  return a.forwards_ipv4 == b.forwards_ipv4 && a.forwards_ipv6 == b.forwards_ipv6 &&
         as_sets(a.announces, b.announces) && same_as_sets(a.interfaces, b.interfaces) &&
         same_as_sets(a.routes, b.routes) && same_as_sets(a.sessions, b.sessions) &&
         same_as_sets(a.tunnels, b.tunnels) && same_in_order(a.arriving.rules, b.arriving.rules) &&
         same_in_order(a.sending.rules, b.sending.rules) && same_in_order(a.leaving.rules, b.leaving.rules);
}

bool same_port_ways(const MachinePort& a, const MachinePort& b) {
  return a.name == b.name && a.network == b.network && a.any_source == b.any_source &&
         as_sets(a.addresses, b.addresses) && as_sets(a.also_from, b.also_from);
}

}  // namespace cloison::verify
