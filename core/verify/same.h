#pragma once
// Whether elements of two networks forward alike: names of rules, labels and texts do not matter, nor, of ways and
// translations, whether they are there for certain.

#include <algorithm>
#include <optional>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::verify {

[[nodiscard]] bool same(const RuleMatch& a, const RuleMatch& b);
[[nodiscard]] bool same(const FilterRule& a, const FilterRule& b);
[[nodiscard]] bool same(const TranslationRule& a, const TranslationRule& b);
[[nodiscard]] bool same(const SwitchedNetwork& a, const SwitchedNetwork& b);
[[nodiscard]] bool same(const DeviceInterface& a, const DeviceInterface& b);
[[nodiscard]] bool same(const ForwardingRoute& a, const ForwardingRoute& b);
[[nodiscard]] bool same(const RoutingSession& a, const RoutingSession& b);
[[nodiscard]] bool same(const TunnelEnd& a, const TunnelEnd& b);

/// In their order, or in any where the order does not matter to what they mean.
template <class Item>
[[nodiscard]] bool same_in_order(const std::vector<Item>& a, const std::vector<Item>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Item& x, const Item& y) { return same(x, y); });
}
template <class Item>
[[nodiscard]] bool same_as_sets(const std::vector<Item>& a, const std::vector<Item>& b) {
  return a.size() == b.size() &&
         (same_in_order(a, b) ||
          std::is_permutation(a.begin(), a.end(), b.begin(), [](const Item& x, const Item& y) { return same(x, y); }));
}

/// An order of rules in which those that are the same are equal.
[[nodiscard]] bool rule_before(const FilterRule& a, const FilterRule& b);
/// A chain of which no rule refuses or jumps means the same in any order.
[[nodiscard]] bool only_accepts(const FilterChain& chain);
[[nodiscard]] bool same_rules(const FilterChain& a, const FilterChain& b);
[[nodiscard]] bool same_rules(const SharedChain& a, const SharedChain& b);
/// Chains that are the very same in a state of the same network, texts and labels too, become one for both.
void share_chains(Forwarding& state, const Forwarding& with);
/// All but the filters.
[[nodiscard]] bool same_device_ways(const ForwardingDevice& a, const ForwardingDevice& b);
[[nodiscard]] bool same_port_ways(const MachinePort& a, const MachinePort& b);

}  // namespace cloison::verify
