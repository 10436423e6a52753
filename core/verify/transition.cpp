#include "core/verify/transition.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "core/verify/packet_set.h"
#include "core/verify/same.h"

namespace cloison::verify {

namespace {

using Chain = SharedChain;

template <class Item>
void add_missing(std::vector<Item>& into, const std::vector<Item>& from) {
  for (const auto& one : from)
    if (std::find(into.begin(), into.end(), one) == into.end()) into.push_back(one);
}

/// As `add_missing`, of what is compared by `same`.
template <class Item>
void add_unlike(std::vector<Item>& into, const std::vector<Item>& from) {
  for (const auto& one : from)
    if (std::none_of(into.begin(), into.end(), [&](const Item& other) { return same(one, other); }))
      into.push_back(one);
}

enum class Bound : uint8_t { most, least };

/// Rules that are there in both chains before and behind those in which they differ.
struct Middles {
  std::vector<FilterRule> before{}, mine{}, theirs{}, behind{};

  Middles(const FilterChain& a, const FilterChain& b) {
    const auto alike = [](const FilterRule& x, const FilterRule& y) { return same(x, y); };
    const auto [first, other_first] =
        std::mismatch(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(), alike);
    const auto [last, other_last] = std::mismatch(a.rules.rbegin(), std::make_reverse_iterator(first), b.rules.rbegin(),
                                                  std::make_reverse_iterator(other_first), alike);
    before.assign(a.rules.begin(), first), behind.assign(last.base(), a.rules.end());
    mine.assign(first, last.base()), theirs.assign(other_first, other_last.base());
    std::sort(mine.begin(), mine.end(), rule_before);
    std::sort(theirs.begin(), theirs.end(), rule_before);
  }
  [[nodiscard]] bool only_accept() const {
    const auto refuses = [](const FilterRule& rule) { return rule.action != FilterRule::Action::accept; };
    return std::none_of(mine.begin(), mine.end(), refuses) && std::none_of(theirs.begin(), theirs.end(), refuses);
  }
};

/// What both rules let pass; no box where they look at other interfaces or states.
FilterRule common(const FilterRule& a, const FilterRule& b) {
  auto both = a;
  both.match.packets.clear();
  if (a.match.in != b.match.in || a.match.out != b.match.out || a.match.fresh != b.match.fresh ||
      a.match.established != b.match.established)
    return both;
  for (const auto& mine : a.match.packets)
    for (const auto& theirs : b.match.packets)
      if (const auto box = intersection(mine, theirs)) both.match.packets.push_back(*box);
  return both;
}

/// One chain that lets pass what either does, or what both do; none where the rules in which they differ refuse.
Chain merged(const FilterChain& a, const FilterChain& b, Bound bound) {
  if (a.accepts_rest != b.accepts_rest || !a.instead.empty() || !b.instead.empty()) return {};
  const Middles middles(a, b);
  if (!middles.only_accept()) return {};
  std::vector<FilterRule> rules, only_mine, only_theirs;
  const auto& [before, mine, theirs, behind] = std::tie(middles.before, middles.mine, middles.theirs, middles.behind);
  if (bound == Bound::most) {
    std::set_union(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(rules), rule_before);
  } else {
    std::set_intersection(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(rules),
                          rule_before);
    std::set_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(only_mine),
                        rule_before);
    std::set_difference(theirs.begin(), theirs.end(), mine.begin(), mine.end(), std::back_inserter(only_theirs),
                        rule_before);
    constexpr std::size_t k_many = 10000;
    if (only_mine.size() * only_theirs.size() > k_many) return {};
    for (const auto& one : only_mine)
      for (const auto& other : only_theirs)
        if (auto both = common(one, other); !both.match.packets.empty()) rules.push_back(std::move(both));
  }
  FilterChain chain{.name = a.name, .rules = before, .accepts_rest = a.accepts_rest};
  chain.rules.insert(chain.rules.end(), rules.begin(), rules.end());
  chain.rules.insert(chain.rules.end(), behind.begin(), behind.end());
  return chain;
}

template <Bound bound>
void add_alternative(Chain& into, const Chain& other) {
  if (same_rules(into, other)) return;
  if (!into || !other) {  // none lets everything pass
    if (bound == Bound::most)
      into.reset();
    else if (!into)
      into = other;
    return;
  }
  if (auto one = merged(*into, *other, bound)) {
    into = std::move(one);
    return;
  }
  if (std::none_of(into->instead.begin(), into->instead.end(),
                   [&](const auto& one) { return same_rules(one, *other); }))
    into.own().instead.push_back(*other);
}

/// Which of the rules that stand only in one of both decides is left open: the packet goes on both ways.
void add_translations(TranslationChain& into, const TranslationChain& other) {
  const auto among = [](const TranslationRule& rule, const std::vector<TranslationRule>& rules) {
    return std::any_of(rules.begin(), rules.end(), [&](const auto& one) { return same(rule, one); });
  };
  std::vector<TranslationRule> rules;
  for (auto& rule : into.rules) {
    if (among(rule, other.rules)) continue;
    rule.match.presence = Presence::maybe;
    rules.push_back(rule);
  }
  for (auto rule : other.rules) {
    if (!among(rule, into.rules)) rule.match.presence = Presence::maybe;
    rules.push_back(std::move(rule));
  }
  into.rules = std::move(rules);
}

void add_interface(DeviceInterface& into, const DeviceInterface& other) {
  into.outer = into.outer || other.outer;
  if (into.published && other.published)
    add_missing(*into.published, *other.published);
  else
    into.published.reset();
  add_missing(into.addresses, other.addresses);
  add_missing(into.shared, other.shared);
}

/// Those that stand only in one of both may be there.
template <class Item>
void add_perhaps(std::vector<Item>& into, const std::vector<Item>& from) {
  const auto among = [](const Item& one, const std::vector<Item>& all) {
    return std::any_of(all.begin(), all.end(), [&](const Item& other) { return same(one, other); });
  };
  const auto before = into.size();
  for (std::size_t i = 0; i < before; ++i)
    if (!among(into[i], from)) into[i].presence = Presence::maybe;
  for (auto one : from) {
    if (std::any_of(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(before),
                    [&](const Item& other) { return same(one, other); }))
      continue;
    one.presence = Presence::maybe;
    into.push_back(std::move(one));
  }
}

/// Two versions of one thing in a single state, where nobody knows which is there: all of both.
enum class Of : uint8_t { two_states, one_state };

template <Of of>
void add_device(ForwardingDevice& into, const ForwardingDevice& other) {
  for (const auto& interface : other.interfaces) {
    const auto mine = std::find_if(into.interfaces.begin(), into.interfaces.end(),
                                   [&](const auto& one) { return one.name == interface.name; });
    if (mine == into.interfaces.end())
      into.interfaces.push_back(interface);
    else
      add_interface(*mine, interface);
  }
  if constexpr (of == Of::two_states) {
    add_perhaps(into.routes, other.routes);
    add_perhaps(into.tunnels, other.tunnels);
  } else {
    add_unlike(into.routes, other.routes);
    add_unlike(into.tunnels, other.tunnels);
  }
  add_unlike(into.sessions, other.sessions);
  add_missing(into.announces, other.announces);
  into.forwards_ipv4 = into.forwards_ipv4 || other.forwards_ipv4;
  into.forwards_ipv6 = into.forwards_ipv6 || other.forwards_ipv6;
  add_alternative<Bound::most>(into.input, other.input);
  add_alternative<Bound::most>(into.forward, other.forward);
  add_alternative<Bound::most>(into.output, other.output);
  add_translations(into.arriving, other.arriving);
  add_translations(into.sending, other.sending);
  add_translations(into.leaving, other.leaving);
}

void add_port(MachinePort& into, const MachinePort& other) {
  add_missing(into.addresses, other.addresses);
  add_missing(into.also_from, other.also_from);
  into.any_source = into.any_source || other.any_source;
  add_alternative<Bound::most>(into.out, other.out);
  add_alternative<Bound::most>(into.in, other.in);
}

/// Cards of one name on one network are one.
auto key_of(const MachinePort& port) {
  return std::tuple<std::string_view, std::string_view>(port.name, port.network);
}
std::string_view key_of(const ForwardingDevice& device) {
  return device.name;
}
std::string_view key_of(const SwitchedNetwork& network) {
  return network.name;
}
void add_network(SwitchedNetwork& into, const SwitchedNetwork& other) {
  add_missing(into.prefixes, other.prefixes);
  add_missing(into.answered, other.answered);
  into.unseen = into.unseen || other.unseen;
  into.apart = into.apart && other.apart;
}

/// The places of `all` by their keys; of those that have the same one, the first.
template <class Item>
auto places_of(const std::vector<Item>& all) {
  std::map<decltype(key_of(all.front())), std::size_t> places;
  for (std::size_t i = 0; i < all.size(); ++i) places.emplace(key_of(all[i]), i);
  return places;
}

template <class Item, class Add>
void merge(std::vector<Item>& into, const std::vector<Item>& other, const Add& add) {
  const auto known = into;  // keys refer to it
  const auto places = places_of(known);
  for (const auto& one : other) {
    const auto mine = places.find(key_of(one));
    if (mine == places.end())
      into.push_back(one);
    else
      add(into[mine->second], one);
  }
}

template <class Item, class Add>
void meet(std::vector<Item>& into, const std::vector<Item>& other, const Add& add) {
  const auto places = places_of(other);
  for (auto& one : into)
    if (const auto theirs = places.find(key_of(one)); theirs != places.end()) add(one, other[theirs->second]);
}

template <class Item, class Same>
bool all_same(const std::vector<Item>& a, const std::vector<Item>& b, const Same& same_item) {
  if (a.size() != b.size()) return false;
  const auto places = places_of(b);
  return std::all_of(a.begin(), a.end(), [&](const Item& one) {
    const auto theirs = places.find(key_of(one));
    return theirs != places.end() && same_item(one, b[theirs->second]);
  });
}

/// One interface on two networks is none of which this could say what passes.
void note_moved_interfaces(Forwarding& into, const Forwarding& other) {
  const auto places = places_of(other.devices);
  for (const auto& device : into.devices) {
    const auto theirs = places.find(key_of(device));
    if (theirs == places.end()) continue;
    for (const auto& a : device.interfaces)
      for (const auto& b : other.devices[theirs->second].interfaces)
        if (a.name == b.name && a.network != b.network)
          into.unknown.push_back({device.name, "interface " + a.name + " goes from one network to another"});
  }
}

}  // namespace

Forwarding as_one(std::vector<Forwarding> parts) {
  Forwarding all;
  const auto move_all = [](auto& from, auto& into) {
    into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  for (auto& part : parts) {
    move_all(part.networks, all.networks);
    move_all(part.devices, all.devices);
    move_all(part.ports, all.ports);
    move_all(part.unknown, all.unknown);
  }
  return all;
}

namespace {

template <class Item, class Add>
void join_versions(std::vector<Item>& items, const Add& add) {
  const auto places = places_of(items);
  if (places.size() == items.size()) return;
  std::vector<Item> all;
  std::map<std::size_t, std::size_t> now;  // where the first of each key has gone
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto first = places.at(key_of(items[i]));
    if (first == i) {
      now.emplace(i, all.size());
      all.push_back(items[i]);
    } else {
      add(all[now.at(first)], items[i]);
    }
  }
  items = std::move(all);
}

}  // namespace

Forwarding with_versions_joined(Forwarding state) {
  join_versions(state.networks, add_network);
  join_versions(state.devices, add_device<Of::one_state>);
  join_versions(state.ports, add_port);
  return state;
}

Forwarding most_of(const std::vector<Forwarding>& states) {
  auto all = states.front();
  for (auto at = states.begin() + 1; at != states.end(); ++at) {
    note_moved_interfaces(all, *at);
    merge(all.networks, at->networks, add_network);
    merge(all.devices, at->devices, add_device<Of::two_states>);
    merge(all.ports, at->ports, add_port);
    for (const auto& one : at->unknown)
      if (std::none_of(all.unknown.begin(), all.unknown.end(),
                       [&](const Unmodelled& other) { return one.address == other.address && one.what == other.what; }))
        all.unknown.push_back(one);
  }
  return all;
}

Forwarding least_of(Forwarding shape, const std::vector<Forwarding>& states) {
  for (const auto& state : states) {
    meet(shape.devices, state.devices, [](ForwardingDevice& into, const ForwardingDevice& other) {
      add_alternative<Bound::least>(into.input, other.input);
      add_alternative<Bound::least>(into.forward, other.forward);
      add_alternative<Bound::least>(into.output, other.output);
    });
    meet(shape.ports, state.ports, [](MachinePort& into, const MachinePort& other) {
      add_alternative<Bound::least>(into.out, other.out);
      add_alternative<Bound::least>(into.in, other.in);
    });
  }
  return shape;
}

bool same_ways(const Forwarding& a, const Forwarding& b) {
  return all_same(a.networks, b.networks, [](const auto& one, const auto& other) { return same(one, other); }) &&
         all_same(a.devices, b.devices, same_device_ways) && all_same(a.ports, b.ports, same_port_ways);
}

}  // namespace cloison::verify
