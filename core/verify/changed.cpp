#include "core/verify/changed.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <type_traits>

#include "core/verify/same.h"

namespace cloison::verify {

namespace {

PacketSet everything() {
  auto all = PacketSet::all(Family::ipv4);
  all.add(PacketBox::all(Family::ipv6));
  return all;
}

class Changes {
 public:
  enum class Of : uint8_t { everything, ways };
  Changes(const Forwarding& a, const Forwarding& b, Of of) : a_(a), b_(b), of_(of) {}

  PacketSet run() {
    networks();
    devices();
    ports();
    if (all_) return everything();
    packets_.simplify();
    for (const auto* one : {&a_, &b_}) packets_ = with_translated(std::move(packets_), *one);
    return std::move(packets_);
  }

 private:
  void add(const PacketBox& box) {
    packets_.add(box);
    constexpr std::size_t k_many = 20000;  // then asking for everything is as cheap
    if (packets_.boxes().size() > k_many) all_ = true;
  }
  void from_or_to(const IpPrefix& prefix) {
    for (const auto end : {&PacketBox::source, &PacketBox::destination}) {
      auto box = PacketBox::all(prefix.family());
      box.*end = interval_of(prefix);
      add(box);
    }
  }
  template <class Items>
  void each(const Items& items) {
    for (const auto& one : items) from_or_to(one);
  }
  void each(const std::vector<IpAddress>& addresses) {
    for (const auto& one : addresses) from_or_to(IpPrefix::of(one));
  }

  /// Calls `use` for what is in one of both lists and has nothing of its like in the other.
  template <class Item, class Use>
  static void for_each_unlike(const std::vector<Item>& a, const std::vector<Item>& b, const Use& use) {
    if (same_in_order(a, b)) return;
    const auto lacks = [](const std::vector<Item>& all, const Item& one) {
      return std::none_of(all.begin(), all.end(), [&](const Item& other) { return same(one, other); });
    };
    for (const auto& one : a)
      if (lacks(b, one)) use(one);
    for (const auto& one : b)
      if (lacks(a, one)) use(one);
  }

  void networks() {
    for_each_by_key(a_.networks, b_.networks, [&](const SwitchedNetwork* was, const SwitchedNetwork* is) {
      if (was != nullptr && is != nullptr && same(*was, *is)) return;
      for (const auto* one : {was, is})
        if (one != nullptr) each(one->prefixes);
    });
  }

  template <class Item>
  static std::pair<std::string_view, std::string_view> key_of(const Item& item) {
    if constexpr (std::is_same_v<Item, MachinePort>)
      return {item.name, item.network};  // a machine has a card on each of its networks
    else
      return {item.name, {}};
  }

  /// With each name's element in both; nullptr where there is none. Several of one name: everything may differ.
  template <class Item, class Use>
  void for_each_by_key(const std::vector<Item>& a, const std::vector<Item>& b, const Use& use) {
    std::map<std::pair<std::string_view, std::string_view>, std::pair<const Item*, const Item*>> both;
    for (const auto& one : a) {
      auto& mine = both[key_of(one)].first;
      all_ = all_ || mine != nullptr;
      mine = &one;
    }
    for (const auto& one : b) {
      auto& mine = both[key_of(one)].second;
      all_ = all_ || mine != nullptr;
      mine = &one;
    }
    for (const auto& [key, pair] : both) {
      if (all_) return;
      use(pair.first, pair.second);
    }
  }

  void devices() {
    for_each_by_key(a_.devices, b_.devices, [&](const ForwardingDevice* was, const ForwardingDevice* is) {
      if (was == nullptr || is == nullptr) {
        came_or_went(was == nullptr ? *is : *was, was == nullptr ? a_ : b_);
        return;
      }
      if (was->forwards_ipv4 != is->forwards_ipv4 || was->forwards_ipv6 != is->forwards_ipv6) {
        all_ = true;
        return;
      }
      interfaces(*was, *is);
      ways(*was, *is);
      for (const auto chain : {&ForwardingDevice::input, &ForwardingDevice::forward, &ForwardingDevice::output})
        rules(was->*chain, is->*chain);
      for (const auto chain : {&ForwardingDevice::arriving, &ForwardingDevice::sending, &ForwardingDevice::leaving})
        for_each_unlike((was->*chain).rules, (is->*chain).rules, [&](const TranslationRule& rule) {
          for (const auto& box : rule.match.packets) add(box);
        });
    });
  }

  /// Of those who were and stay there, a device on networks that come and go with it has only what is sent to it: what
  /// leads to it stands in the others' ways. Who comes along with it may send anything.
  void came_or_went(const ForwardingDevice& device, const Forwarding& without) {
    for (const auto& interface : device.interfaces) {
      const bool on_another = std::any_of(without.networks.begin(), without.networks.end(),
                                          [&](const auto& one) { return one.name == interface.network; });
      all_ = all_ || of_ == Of::everything || on_another;
      each(interface.addresses);
      each(interface.shared);
    }
  }

  void interfaces(const ForwardingDevice& was, const ForwardingDevice& is) {
    for_each_unlike(was.interfaces, is.interfaces, [&](const DeviceInterface& one) {
      if (one.outer) all_ = true;
      each(one.addresses);
      each(one.shared);
      for (const auto* state : {&a_, &b_})
        for (const auto& network : state->networks)
          if (network.name == one.network) each(network.prefixes);
    });
  }

  void ways(const ForwardingDevice& was, const ForwardingDevice& is) {
    for_each_unlike(was.routes, is.routes, [&](const ForwardingRoute& one) { from_or_to(one.to); });
    for_each_unlike(was.sessions, is.sessions, [&](const RoutingSession& one) { each(one.offers), each(one.accepts); });
    for_each_unlike(was.tunnels, is.tunnels, [&](const TunnelEnd& one) {
      each(one.behind), each(one.near);
      far_ends(one);
    });
    for (const auto& [here, there] : {std::pair(&was, &is), std::pair(&is, &was)})
      for (const auto& prefix : here->announces)
        if (std::find(there->announces.begin(), there->announces.end(), prefix) == there->announces.end())
          from_or_to(prefix);
  }

  /// Who loses his far end, or gets another one, has somebody else behind him from then on.
  void far_ends(const TunnelEnd& one) {
    for (const auto* state : {&a_, &b_})
      for (const auto& device : state->devices)
        for (const auto& end : device.tunnels)
          if (end.own == one.other && end.other == one.own) each(end.behind), each(end.near);
  }

  void ports() {
    for_each_by_key(a_.ports, b_.ports, [&](const MachinePort* was, const MachinePort* is) {
      if (was == nullptr || is == nullptr || !same_port_ways(*was, *is)) {
        for (const auto* one : {was, is}) {
          if (one == nullptr) continue;
          all_ = all_ || one->any_source;
          each(one->addresses);
          each(one->also_from);
        }
        return;
      }
      rules(was->out, is->out);
      rules(was->in, is->in);
    });
  }

  using Chain = SharedChain;
  void rules(const Chain& was, const Chain& is) {
    if (of_ == Of::ways || same_rules(was, is)) return;
    if (!was || !is || was->accepts_rest != is->accepts_rest) {
      all_ = true;
      return;
    }
    // Rules at the beginning and at the end that are the same do the same, where they decide.
    const auto alike = [](const FilterRule& x, const FilterRule& y) { return same(x, y); };
    const auto [first, other_first] =
        std::mismatch(was->rules.begin(), was->rules.end(), is->rules.begin(), is->rules.end(), alike);
    const auto [last, other_last] = std::mismatch(was->rules.rbegin(), std::make_reverse_iterator(first),
                                                  is->rules.rbegin(), std::make_reverse_iterator(other_first), alike);
    const std::vector<FilterRule> mine(first, last.base()), theirs(other_first, other_last.base());
    const bool any_order = std::none_of(mine.begin(), mine.end(), refuses_or_jumps) &&
                           std::none_of(theirs.begin(), theirs.end(), refuses_or_jumps);
    if (any_order)
      unlike(mine, theirs);
    else
      for (const auto* some : {&mine, &theirs})
        for (const auto& rule : *some) packets_of(rule);
  }
  static bool refuses_or_jumps(const FilterRule& rule) { return rule.action != FilterRule::Action::accept; }
  void packets_of(const FilterRule& rule) {
    for (const auto& box : rule.match.packets) add(box);
  }

  /// Of rules in any order: those that have no like; of one that has other packets than before, these alone.
  void unlike(std::vector<FilterRule> mine, std::vector<FilterRule> theirs) {
    for (auto* some : {&mine, &theirs}) std::sort(some->begin(), some->end(), rule_before);
    std::vector<FilterRule> different;
    const auto less = [](const FilterRule& a, const FilterRule& b) { return rule_before(a, b); };
    std::set_symmetric_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(different),
                                  less);
    for (const auto& rule : different) packets_of(rule);
  }

  const Forwarding& a_;
  const Forwarding& b_;
  Of of_;
  PacketSet packets_{};
  bool all_ = false;
};

/// Grows a set until no rule leads out of it or into it.
class TranslationClosure {
 public:
  explicit TranslationClosure(PacketSet packets) : packets_(std::move(packets)) {}

  PacketSet run(const Forwarding& state) {
    constexpr std::size_t k_many = 4096;  // then asking for everything is as cheap
    for (bool more = true; more;) {
      more = false;
      for (const auto& device : state.devices)
        for (const auto* chain : {&device.arriving, &device.sending, &device.leaving})
          for (const auto& rule : chain->rules) more = add(device, rule) || more;
      if (packets_.boxes().size() > std::max(k_many, 2 * before_)) return everything();
    }
    return std::move(packets_);
  }

 private:
  using End = Interval<uint128> PacketBox::*;

  /// Adds what a rule may have made ours of, and what it may make of ours; whether that is new.
  bool add(const ForwardingDevice& device, const TranslationRule& rule) {
    if (rule.action == TranslationRule::Action::keep) return false;
    const auto end = rule.action == TranslationRule::Action::destination ? &PacketBox::destination : &PacketBox::source;
    PacketSet found;
    for (const auto& [family, made] : made_by(device, rule))
      for (const auto& box : packets_.boxes()) {
        if (box.family != family) continue;
        for (const auto& match : rule.match.packets) {
          if (match.family != family) continue;
          if (auto part = intersection(box, match)) (*part).*end = made, found.add(*part);
          if (!(box.*end).overlaps(made)) continue;
          auto before = box;
          before.*end = match.*end;
          if (const auto part = intersection(before, match)) found.add(*part);
        }
      }
    found.simplify();
    bool fresh = false;
    for (const auto& box : found.boxes()) {
      if (std::any_of(packets_.boxes().begin(), packets_.boxes().end(),
                      [&](const PacketBox& one) { return one.contains(box); }))
        continue;
      fresh = true;
      packets_.add(box);
    }
    return fresh;
  }

  /// What one end is made, wherever in its range it ends up.
  static std::vector<std::pair<Family, Interval<uint128>>> made_by(const ForwardingDevice& device,
                                                                   const TranslationRule& rule) {
    if (rule.action != TranslationRule::Action::masquerade) return {{rule.to.family(), interval_of(rule.to)}};
    std::vector<std::pair<Family, Interval<uint128>>> all;
    for (const auto& interface : device.interfaces)
      if (rule.match.out.matches(interface.name))
        for (const auto& address : interface.addresses)
          all.emplace_back(address.family, Interval<uint128>{address.bits, address.bits});
    return all;
  }

  PacketSet packets_;
  std::size_t before_ = packets_.boxes().size();
};

}  // namespace

PacketSet with_translated(PacketSet packets, const Forwarding& network) {
  return TranslationClosure(std::move(packets)).run(network);
}

PacketSet changed_packets(const Forwarding& a, const Forwarding& b) {
  return Changes(a, b, Changes::Of::everything).run();
}

PacketSet packets_of_changed_ways(const Forwarding& a, const Forwarding& b) {
  return Changes(a, b, Changes::Of::ways).run();
}

}  // namespace cloison::verify
