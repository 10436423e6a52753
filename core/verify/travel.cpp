#include "core/verify/travel.h"

#include <algorithm>

#include <fmt/format.h>

namespace cloison::verify {

namespace {

/// Those of which one end is in one of the prefixes.
PacketSet with_end(const PacketSet& packets, Interval<uint128> PacketBox::* end,
                   const std::vector<IpPrefix>& prefixes) {
  PacketSet found;
  for (const auto& prefix : prefixes) {
    auto box = PacketBox::all(prefix.family());
    box.*end = interval_of(prefix);
    found.add(packets.intersected(box));
  }
  return found;
}

PacketSet to_prefixes(const PacketSet& packets, const std::vector<IpPrefix>& prefixes) {
  return with_end(packets, &PacketBox::destination, prefixes);
}

PacketSet from_prefixes(const PacketSet& packets, const std::vector<IpPrefix>& prefixes) {
  return with_end(packets, &PacketBox::source, prefixes);
}

PacketSet to_addresses(const PacketSet& packets, const std::vector<IpAddress>& addresses) {
  std::vector<IpPrefix> prefixes;
  for (const auto& address : addresses) prefixes.push_back(IpPrefix::of(address));
  return to_prefixes(packets, prefixes);
}

bool has(const std::vector<IpAddress>& addresses, const IpAddress& one) {
  return std::find(addresses.begin(), addresses.end(), one) != addresses.end();
}

/// An address as the rule makes it: its one address, or the one at the same offset.
Interval<uint128> moved(const Interval<uint128>& now, const Interval<uint128>& matched, const TranslationRule& rule) {
  if (!rule.by_offset) return {rule.to.first().bits, rule.to.first().bits};
  const auto shift = now.first - matched.first;
  return {rule.to.first().bits + shift, rule.to.first().bits + shift + (now.last - now.first)};
}

class Traveller {
 public:
  Traveller(const World& world, const TravelOptions& options) : world_(world), options_(options) {}

  std::vector<Leap> from_port(std::size_t number, const PacketSet& packets) {
    const auto& port = *world_.ports()[number];
    const auto first = add({.kind = Leap::Kind::begins, .where = port.model.name, .packets = packets});
    for (auto& [leap, sent] : through_card_out(first, port, packets))
      on_network(leap, world_.network(port.model.network), sent, std::nullopt, Leg{}, number);
    return std::move(leaps_);
  }

  std::vector<Leap> from_tunnel(const IpAddress& from, const PacketSet& packets) {
    for (std::size_t i = 0; i < world_.devices().size(); ++i) {
      const auto& device = *world_.devices()[i];
      for (std::size_t j = 0; j < device.model.tunnels.size(); ++j) {
        const auto& end = device.model.tunnels[j];
        const bool theirs =
            std::any_of(end.behind.begin(), end.behind.end(), [&](const IpPrefix& one) { return one.contains(from); });
        if (!theirs || world_.far_end(i, j)) continue;
        const auto first = add({.kind = Leap::Kind::begins, .where = end.other, .packets = packets});
        if (const auto interface = device.interface(end.interface); interface != k_nothing)
          in_device(first, {i, interface}, from_prefixes(packets, end.behind));
      }
    }
    return std::move(leaps_);
  }

  std::vector<Leap> from_device(std::size_t number, const PacketSet& packets) {
    const auto& device = *world_.devices()[number];
    const auto first = add({.kind = Leap::Kind::begins, .where = device.model.name, .packets = packets});
    for (auto& [leap, sent] : translated(first, at(device, "", ""), device, Stage::sending, packets))
      route(leap, number, "", device.output, sent);
    return std::move(leaps_);
  }

  std::vector<Leap> from_network(std::size_t number, const PacketSet& packets) {
    const auto first =
        add({.kind = Leap::Kind::begins, .where = world_.networks()[number].model.name, .packets = packets});
    on_network(first, number, packets, std::nullopt, Leg{}, k_nothing);
    return std::move(leaps_);
  }

 private:
  using Passed = std::vector<std::pair<std::size_t, PacketSet>>;  // with the leap by which they did

  std::size_t add(Leap leap) {
    leaps_.push_back(std::move(leap));
    return leaps_.size() - 1;
  }
  void refuse(std::size_t before, std::string where, std::string why, PacketSet packets) {
    if (options_.refusals && !packets.empty())
      add({.kind = Leap::Kind::refused,
           .before = before,
           .where = std::move(where),
           .why = std::move(why),
           .packets = std::move(packets)});
  }

  /// What a filter lets pass, each by its rule; what it refuses is told where that is asked for.
  Passed through(std::size_t before, const Leap& as, const std::optional<Filter>& filter, const PacketSet& packets) {
    Passed passed;
    if (!filter) {
      auto leap = as;
      leap.before = before, leap.packets = packets;
      passed.emplace_back(add(std::move(leap)), packets);
      return passed;
    }
    const FilterQuery query{.in = as.in, .out = as.out, .state = options_.state, .most = options_.most};
    auto answers = options_.refusals ? filter->decided(packets, query) : filter->accepted(packets, query);
    for (auto& answer : answers) {
      const auto* const rule = answer.rule == Decided::k_no_rule ? nullptr : &filter->chain().rules[answer.rule];
      auto leap = as;
      leap.before = before;
      leap.rule = rule == nullptr ? "" : rule->match.text;
      leap.label = rule == nullptr ? "" : rule->match.label;
      if (answer.action != FilterRule::Action::accept) {
        // A jump's chain is the node's own to fill: what it holds is there only in a failure.
        if (answer.action == FilterRule::Action::jump && !options_.most) continue;
        if (answer.action == FilterRule::Action::drop) {
          leap.kind = Leap::Kind::refused;
          leap.why = rule == nullptr ? "no rule permits it" : "";
          leap.packets = std::move(answer.packets);
          add(std::move(leap));
          continue;
        }
      }
      leap.packets = answer.packets;
      passed.emplace_back(add(std::move(leap)), std::move(answer.packets));
    }
    return passed;
  }

  Passed through_card_out(std::size_t before, const World::Port& port, const PacketSet& packets) {
    auto sent = packets;
    if (!port.model.any_source) {
      auto believed = port.model.also_from;
      for (const auto& address : port.model.addresses) believed.push_back(IpPrefix::of(address));
      sent = from_prefixes(packets, believed);
      auto others = packets;
      others.subtract(sent);
      refuse(before, port.model.name, "not under an address of its own", std::move(others));
    }
    if (sent.empty()) return {};
    return through(before, {.kind = Leap::Kind::passes, .where = port.model.name, .address = port.model.address},
                   port.out, sent);
  }

  // --- On a network ------------------------------------------------------------------------------------------------
  /// `via`: whom a device hands them to; a machine hands them to whom it likes. `from`, `from_port`: who sent them.
  void on_network(std::size_t before, std::size_t number, const PacketSet& packets, const std::optional<IpAddress>& via,
                  Leg from, std::size_t from_port) {
    if (number == k_nothing || packets.empty()) return;
    const auto& network = world_.networks()[number];
    auto rest = packets;
    if (!via) {
      for (const auto port : network.ports)
        if (port != from_port) to_port(before, port, packets);
      PacketSet here = to_prefixes(packets, network.model.prefixes);
      if (network.model.unseen) to_unseen(before, network, here);
      rest.subtract(here);
    }
    const bool machine = from.device == k_nothing;
    for (const auto& leg : network.devices) {
      if (leg == from) continue;
      const auto& device = *world_.devices()[leg.device];
      const auto& interface = device.model.interfaces[leg.interface];
      if (via && !has(interface.addresses, *via) && !has(interface.shared, *via)) continue;
      // A device that stands by has no shared address, only its own.
      const bool by = !options_.most && stands_by(network, leg);
      if (via && by && !has(interface.addresses, *via)) continue;
      auto all = interface.addresses;
      if (!by) all.insert(all.end(), interface.shared.begin(), interface.shared.end());
      auto handed = via || (machine && options_.most) ? packets : to_addresses(packets, all);
      if (!via && machine && !options_.most && !by && is_gateway(network, leg)) handed.add(rest);
      hand_over(before, leg, handed);
    }
    if (network.devices.empty()) refuse(before, network.model.name, "no device leads out of it", rest);
  }

  /// Of devices that have an address in turn, the first has it while everything works.
  [[nodiscard]] bool stands_by(const World::Network& network, const Leg& leg) const {
    const auto& shared = world_.devices()[leg.device]->model.interfaces[leg.interface].shared;
    for (const auto& other : network.devices) {
      if (other == leg) return false;
      const auto& theirs = world_.devices()[other.device]->model.interfaces[other.interface].shared;
      if (std::any_of(theirs.begin(), theirs.end(), [&](const IpAddress& one) { return has(shared, one); }))
        return true;
    }
    return false;
  }

  /// Machines are told of the first address of their network as the way out.
  [[nodiscard]] bool is_gateway(const World::Network& network, const Leg& leg) const {
    const auto& interface = world_.devices()[leg.device]->model.interfaces[leg.interface];
    return std::any_of(network.model.prefixes.begin(), network.model.prefixes.end(), [&](const IpPrefix& prefix) {
      const auto first = prefix.nth(1);
      return first && (has(interface.addresses, *first) || has(interface.shared, *first));
    });
  }

  void to_port(std::size_t before, std::size_t number, const PacketSet& packets) {
    const auto& port = *world_.ports()[number];
    if (port.device.device != k_nothing) return;  // a device's card: see hand_over
    const auto mine = to_addresses(packets, port.model.addresses);
    if (mine.empty()) return;
    for (auto& [leap, passed] :
         through(before, {.kind = Leap::Kind::passes, .where = port.model.name, .address = port.model.address}, port.in,
                 mine))
      add({.kind = Leap::Kind::arrives, .before = leap, .where = port.model.name, .packets = std::move(passed)});
  }

  void to_unseen(std::size_t before, const World::Network& network, PacketSet packets) {
    for (const auto& leg : network.devices) {
      const auto& interface = world_.devices()[leg.device]->model.interfaces[leg.interface];
      for (const auto* own : {&interface.addresses, &interface.shared}) packets.subtract(to_addresses(packets, *own));
    }
    if (!packets.empty())
      add({.kind = Leap::Kind::arrives, .before = before, .where = network.model.name, .packets = std::move(packets)});
  }

  // --- In a device -------------------------------------------------------------------------------------------------
  void hand_over(std::size_t before, const Leg& leg, const PacketSet& packets) {
    if (packets.empty()) return;
    const auto card = world_.devices()[leg.device]->cards[leg.interface];
    if (card == k_nothing) {
      in_device(before, leg, packets);
      return;
    }
    const auto& port = *world_.ports()[card];
    for (auto& [leap, passed] :
         through(before, {.kind = Leap::Kind::passes, .where = port.model.name, .address = port.model.address}, port.in,
                 packets))
      in_device(leap, leg, passed);
  }

  /// What a chain of translations makes of packets, each by its rule. The first packet decides for its connection, so
  /// on the way back what was done is undone instead.
  enum class Stage : uint8_t { arriving, sending, leaving };
  Passed translated(std::size_t before, const Leap& as, const World::Device& device, Stage stage,
                    const PacketSet& packets) {
    if (options_.state == ConnectionState::established) return undone(before, as, device, stage, packets);
    Passed passed;
    const auto& filter = stage == Stage::arriving  ? *device.arriving
                         : stage == Stage::sending ? *device.sending
                                                   : *device.leaving;
    const auto& rules = stage == Stage::arriving  ? device.model.arriving.rules
                        : stage == Stage::sending ? device.model.sending.rules
                                                  : device.model.leaving.rules;
    for (auto& answer : filter.decided(packets, {.in = as.in, .out = as.out, .most = options_.most})) {
      const auto* const rule = answer.rule == Decided::k_no_rule ? nullptr : &rules[answer.rule];
      if (rule == nullptr || rule->action == TranslationRule::Action::keep) {
        passed.emplace_back(before, std::move(answer.packets));
        continue;
      }
      auto changed = rule->action == TranslationRule::Action::masquerade
                         ? under_own_address(device, as.out, answer.packets)
                         : made_into(*rule, answer.packets);
      auto leap = as;
      leap.kind = Leap::Kind::translated;
      leap.before = before, leap.rule = rule->match.text, leap.label = rule->match.label, leap.packets = changed;
      passed.emplace_back(add(std::move(leap)), std::move(changed));
    }
    return passed;
  }

  Passed undone(std::size_t before, const Leap& as, const World::Device& device, Stage stage, PacketSet packets) {
    Passed passed;
    for (const auto& [name, was, became] : options_.translated) {
      const bool source = was.source != became.source;
      if (name != device.model.name || stage != (source ? Stage::arriving : Stage::leaving)) continue;
      const auto answer = box_of(answer_to(became));
      if (packets.intersected(answer).empty()) continue;
      packets.subtract(answer);
      auto leap = as;
      leap.kind = Leap::Kind::translated;
      leap.before = before, leap.why = "as on the way there", leap.packets = PacketSet(box_of(answer_to(was)));
      const auto changed = leap.packets;
      passed.emplace_back(add(std::move(leap)), changed);
    }
    if (!packets.empty()) passed.emplace_back(before, std::move(packets));
    return passed;
  }

  static PacketSet made_into(const TranslationRule& rule, const PacketSet& packets) {
    PacketSet changed;
    const auto field = rule.action == TranslationRule::Action::source ? &PacketBox::source : &PacketBox::destination;
    for (auto box : packets.boxes()) {
      const auto matched = std::find_if(rule.match.packets.begin(), rule.match.packets.end(),
                                        [&](const PacketBox& one) { return one.contains(box); });
      if (matched == rule.match.packets.end()) continue;
      box.*field = moved(box.*field, (*matched).*field, rule);
      changed.add(box);
    }
    return changed;
  }

  /// Of an interface to the outside whose address is not known, they keep their own: nobody there is asked by it.
  static PacketSet under_own_address(const World::Device& device, const std::string& out, const PacketSet& packets) {
    const auto number = device.interface(out);
    PacketSet changed;
    for (auto box : packets.boxes()) {
      if (number != k_nothing)
        for (const auto& address : device.model.interfaces[number].addresses)
          if (address.family == box.family) box.source = {address.bits, address.bits};
      changed.add(box);
    }
    return changed;
  }

  void in_device(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    if (depth_ >= options_.most_devices) {
      refuse(before, device.model.name, "it goes round in a circle", packets);
      return;
    }
    ++depth_;
    for (auto& [leap, arrived] : translated(before, at(device, device.model.interfaces[leg.interface].name, ""), device,
                                            Stage::arriving, packets))
      for_itself_or_others(leap, leg, arrived);
    --depth_;
  }

  void for_itself_or_others(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& in = device.model.interfaces[leg.interface].name;
    PacketSet own;
    for (const auto& interface : device.model.interfaces)
      for (const auto* addresses : {&interface.addresses, &interface.shared})
        own.add(to_addresses(packets, *addresses));
    if (!own.empty())
      for (auto& [leap, passed] : through(before, at(device, in, ""), device.input, own))
        add({.kind = Leap::Kind::arrives,
             .before = leap,
             .where = device.model.name,
             .in = in,
             .packets = std::move(passed)});
    auto others = packets;
    others.subtract(own);
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto some = others.intersected(PacketBox::all(family));
      if (some.empty()) continue;
      if (family == Family::ipv4 ? device.model.forwards_ipv4 : device.model.forwards_ipv6)
        route(before, leg.device, in, device.forward, some);
      else
        refuse(before, device.model.name, fmt::format("it forwards no {}", family == Family::ipv4 ? "IPv4" : "IPv6"),
               some);
    }
  }

  [[nodiscard]] static Leap at(const World::Device& device, const std::string& in, const std::string& out) {
    return {.kind = Leap::Kind::forwarded,
            .where = device.model.name,
            .in = in,
            .out = out,
            .address = device.model.address};
  }

  /// By the longest prefix; of equal ones by the one that is taken, or by all that may be. `in`: "" for its own
  /// packets.
  void route(std::size_t before, std::size_t number, const std::string& in, const std::optional<Filter>& filter,
             const PacketSet& packets) {
    const auto& device = *world_.devices()[number];
    auto rest = packets;
    for (std::size_t i = 0; i < device.routes.size() && !rest.empty(); ++i) {
      const auto& route = device.routes[i];
      if (!route.only_from.empty() && route.only_from != in) continue;
      if (std::find(route.not_from.begin(), route.not_from.end(), in) != route.not_from.end()) continue;
      if (route.presence == Presence::maybe && !options_.most) continue;
      auto box = PacketBox::all(route.to.family());
      box.destination = interval_of(route.to);
      const auto routed = rest.intersected(box);
      if (routed.empty()) continue;
      // Whatever may be missing leaves its packets to shorter ones as well.
      const bool last = i + 1 == device.routes.size() || device.routes[i + 1].to != route.to;
      if (!options_.most || last) rest.subtract(box);
      const auto& out = device.model.interfaces[route.interface].name;
      for (auto& [leap, passed] : through(before, at(device, in, out), filter, routed))
        for (auto& [left, changed] : translated(leap, at(device, in, out), device, Stage::leaving, passed))
          send(left, {number, route.interface}, route.via, changed);
    }
    refuse(before, device.model.name, "no route", std::move(rest));
  }

  void send(std::size_t before, const Leg& leg, const std::optional<IpAddress>& via, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& interface = device.model.interfaces[leg.interface];
    if (interface.outer) {
      add({.kind = Leap::Kind::leaves,
           .before = before,
           .where = device.model.name,
           .out = interface.name,
           .packets = packets});
      return;
    }
    if (!interface.network.empty()) {
      const auto number = world_.network(interface.network);
      const auto card = device.cards[leg.interface];
      if (card == k_nothing) {
        on_network(before, number, packets, via, leg, k_nothing);
        return;
      }
      for (auto& [leap, passed] : through_card_out(before, *world_.ports()[card], packets))
        on_network(leap, number, passed, via, leg, card);
      return;
    }
    into_tunnels(before, leg, packets);
  }

  /// The tunnels of an interface with each prefix behind them, the longest first.
  static std::vector<std::pair<std::size_t, IpPrefix>> behind_tunnels(const World::Device& device,
                                                                      const std::string& interface) {
    std::vector<std::pair<std::size_t, IpPrefix>> all;
    for (std::size_t i = 0; i < device.model.tunnels.size(); ++i)
      if (device.model.tunnels[i].interface == interface)
        for (const auto& prefix : device.model.tunnels[i].behind) all.emplace_back(i, prefix);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second.length > b.second.length; });
    return all;
  }

  /// WireGuard picks the peer by the longest of its prefixes that holds the destination, IPsec by its selectors; the
  /// far end believes a source only if it is behind the one who sends.
  void into_tunnels(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& name = device.model.interfaces[leg.interface].name;
    auto rest = packets;
    for (const auto& [i, prefix] : behind_tunnels(device, name)) {
      if (rest.empty()) break;
      const auto& end = device.model.tunnels[i];
      auto sent = to_prefixes(rest, {prefix});
      if (!end.near.empty()) sent = from_prefixes(sent, end.near);
      if (sent.empty()) continue;
      // The same prefix behind two ends of IPsec is a choice; of WireGuard's peers only one has it.
      if (end.near.empty() || !options_.most) rest.subtract(sent);
      const auto leap =
          add({.kind = Leap::Kind::sent, .before = before, .where = device.model.name, .out = name, .packets = sent});
      const auto far = world_.far_end(leg.device, i);
      if (!far) {
        add({.kind = Leap::Kind::arrives, .before = leap, .where = end.other, .packets = std::move(sent)});
        continue;
      }
      const auto& there = *world_.devices()[far->first];
      const auto& theirs = there.model.tunnels[far->second];
      auto believed = from_prefixes(sent, theirs.behind);
      if (!theirs.near.empty()) believed = to_prefixes(believed, theirs.near);
      auto others = sent;
      others.subtract(believed);
      refuse(leap, there.model.name, "its tunnel does not expect that from there", std::move(others));
      if (const auto interface = there.interface(theirs.interface); interface != k_nothing && !believed.empty())
        in_device(leap, {far->first, interface}, believed);
    }
    refuse(before, device.model.name, "nobody in the tunnel has that address", std::move(rest));
  }

  const World& world_;
  const TravelOptions& options_;
  std::vector<Leap> leaps_{};
  std::size_t depth_ = 0;
};

}  // namespace

Packet answer_to(const Packet& packet) {
  auto answer = packet;
  std::swap(answer.source, answer.destination);
  constexpr uint16_t k_type = 256;
  if (packet.protocol == protocol::k_icmp && packet.service == 8 * k_type)
    answer.service = 0;
  else if (packet.protocol == protocol::k_icmpv6 && packet.service == 128 * k_type)
    answer.service = 129 * k_type;
  else if (packet.protocol != protocol::k_icmp && packet.protocol != protocol::k_icmpv6)
    std::swap(answer.source_port, answer.service);
  return answer;
}

PacketBox box_of(const Packet& packet) {
  return {packet.family,
          {packet.source, packet.source},
          {packet.destination, packet.destination},
          {packet.protocol, packet.protocol},
          {packet.source_port, packet.source_port},
          {packet.service, packet.service}};
}

std::vector<Leap> travel_from_port(const World& world, std::size_t port, const PacketSet& packets,
                                   const TravelOptions& options) {
  return Traveller(world, options).from_port(port, packets);
}

std::vector<Leap> travel_from_network(const World& world, std::size_t network, const PacketSet& packets,
                                      const TravelOptions& options) {
  return Traveller(world, options).from_network(network, packets);
}

std::vector<Leap> travel_from_tunnel(const World& world, const IpAddress& from, const PacketSet& packets,
                                     const TravelOptions& options) {
  return Traveller(world, options).from_tunnel(from, packets);
}

std::vector<Leap> travel_from_device(const World& world, std::size_t device, const PacketSet& packets,
                                     const TravelOptions& options) {
  return Traveller(world, options).from_device(device, packets);
}

}  // namespace cloison::verify
