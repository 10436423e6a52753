#include "core/verify/travel.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/verify/change.h"
#include "core/verify/ranges.h"

namespace cloison::verify {

namespace {

constexpr std::string_view k_outside = "outside";

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

  std::vector<Leap> from_tunnel(std::size_t number, std::size_t tunnel, const PacketSet& packets) {
    const auto& device = *world_.devices()[number];
    const auto& end = device.model.tunnels[tunnel];
    auto believed = from_prefixes(packets, end.behind);
    if (!end.near.empty()) believed = to_prefixes(believed, end.near);
    const auto interface = device.interface(end.interface);
    if (believed.empty() || interface == k_nothing) return {};
    in_device(add({.kind = Leap::Kind::begins, .where = end.other, .packets = believed}), {number, interface},
              believed);
    return std::move(leaps_);
  }

  std::vector<Leap> from_device(std::size_t number, const PacketSet& packets) {
    const auto& device = *world_.devices()[number];
    const auto first = add({.kind = Leap::Kind::begins, .where = device.model.name, .packets = packets});
    for (auto& [leap, sent] : translated(first, at(device, "", ""), device, Stage::sending, packets))
      route(leap, number, "", device.filters->output, sent);
    return std::move(leaps_);
  }

  /// Nobody out there brings an interface what is addressed to another one; that he could counts for the most.
  std::vector<Leap> from_outside(const Leg& outer, PacketSet packets) {
    const auto& interfaces = world_.devices()[outer.device]->model.interfaces;
    if (!interfaces[outer.interface].outer) return {};  // it has failed
    for (std::size_t i = 0; i < interfaces.size() && !options_.most; ++i)
      if (i != outer.interface && interfaces[i].network.empty())  // also one that has failed is known by its address
        packets.subtract(to_addresses(packets, interfaces[i].addresses));
    in_device(add({.kind = Leap::Kind::begins, .where = k_outside, .packets = packets}), outer, packets);
    return std::move(leaps_);
  }

  std::vector<Leap> from_network(std::size_t number, const PacketSet& packets) {
    const auto first =
        add({.kind = Leap::Kind::begins, .where = world_.networks()[number]->model.name, .packets = packets});
    on_network(first, number, packets, std::nullopt, Leg{}, k_nothing);
    return std::move(leaps_);
  }

 private:
  using Passed = std::vector<std::pair<std::size_t, PacketSet>>;  // with the leap by which they did

  std::size_t add(Leap leap) {
    constexpr std::size_t k_leap = 4;  // its size, in boxes
    boxes_ += k_leap + leap.packets.boxes().size();
    if (leap.before != k_nothing && leap.kind != Leap::Kind::translated) leap.origin = leaps_[leap.before].origin;
    leaps_.push_back(std::move(leap));
    return leaps_.size() - 1;
  }
  void refuse(std::size_t before, std::string_view where, std::string_view why, PacketSet packets) {
    if (options_.refusals && !packets.empty())
      add({.kind = Leap::Kind::refused, .before = before, .where = where, .why = why, .packets = std::move(packets)});
  }

  /// A filter that did not see a connection's beginning takes its answers for new packets.
  [[nodiscard]] ConnectionState state_at(std::string_view where) const {
    const bool known =
        !options_.known_to || std::binary_search(options_.known_to->begin(), options_.known_to->end(), where);
    return known ? options_.state : ConnectionState::fresh;
  }
  /// What a filter decides; nothing where that is too complex.
  std::vector<Decided> asked(std::size_t before, const Filter& filter, const Leap& as, const PacketSet& packets) {
    const FilterQuery query{.in = as.in,
                            .out = as.out,
                            .state = state_at(as.where),
                            .most = options_.most,
                            .bounds = options_.filter_bounds};
    if (gave_up_) return {};
    return told(before, as, options_.refusals ? filter.decided(packets, query) : filter.accepted(packets, query));
  }
  std::vector<Decided> translations_of(std::size_t before, const Filter& filter, const Leap& as,
                                       const PacketSet& packets) {
    const FilterQuery query{.in = as.in,
                            .out = as.out,
                            .most = options_.most,
                            .both_ways = options_.most,
                            .bounds = options_.filter_bounds};
    if (gave_up_) return {};
    return told(before, as, filter.decided(packets, query));
  }
  std::vector<Decided> told(std::size_t before, const Leap& as, Filter::Answer answer) {
    if (answer) return *std::move(answer);
    give_up(before, as.where, "its rules overlap in too many ways");
    return {};
  }
  /// Nothing more is looked at.
  void give_up(std::size_t before, std::string_view where, std::string_view why) {
    gave_up_ = true;
    add({.kind = Leap::Kind::given_up, .before = before, .where = where, .why = why});
  }
  bool has_given_up(std::size_t before, std::string_view where) {
    if (!gave_up_ && boxes_ > options_.most_boxes) give_up(before, where, "too many ways lead on from there");
    return gave_up_;
  }

  /// By the flow's id at the beginning of a label, "F-011/lyon-03".
  [[nodiscard]] bool has_opened(std::string_view label) const {
    return options_.opened.find(label.substr(0, label.find_first_of("/ "))) != options_.opened.end();
  }

  /// A leap for what a filter decided; k_nothing where that does not go on.
  std::size_t decided(std::size_t before, Leap leap, const Filter& filter, const Decided& answer) {
    const auto* const rule = filter.rule_of(answer);
    // A jump's chain is the node's own to fill: what it holds is there only in a failure.
    if (answer.action == FilterRule::Action::jump && !options_.most && !has_opened(rule->match.label)) return k_nothing;
    leap.before = before;
    if (rule != nullptr)
      leap.rule = rule->match.text, leap.label = rule->match.label, leap.implicit = rule->match.implicit;
    if (answer.action != FilterRule::Action::drop) return add(std::move(leap));
    leap.kind = Leap::Kind::refused;
    if (rule == nullptr) leap.why = "no rule permits it";
    add(std::move(leap));
    return k_nothing;
  }

  /// What a filter lets pass, each by its rule; what it refuses is told where that is asked for.
  Passed through(std::size_t before, const Leap& as, const std::shared_ptr<const Filter>& filter,
                 const PacketSet& packets) {
    Passed passed;
    auto leap = as;
    if (!filter) {
      leap.before = before, leap.packets = packets;
      passed.emplace_back(add(std::move(leap)), packets);
      return passed;
    }
    for (auto& answer : asked(before, *filter, as, packets)) {
      leap.packets = answer.packets;
      if (const auto at = decided(before, leap, *filter, answer); at != k_nothing)
        passed.emplace_back(at, std::move(answer.packets));
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
                   port.filters->out, sent);
  }

  // --- On a network ------------------------------------------------------------------------------------------------
  /// `via`: whom a device hands them to; a machine hands them to whom it likes. `from`, `from_port`: who sent them.
  void on_network(std::size_t before, std::size_t number, const PacketSet& packets, const std::optional<IpAddress>& via,
                  Leg from, std::size_t from_port) {
    if (number == k_nothing || packets.empty()) return;
    const auto& network = *world_.networks()[number];
    if (has_given_up(before, network.model.name)) return;
    auto rest = packets;
    const bool machine = from.device == k_nothing;
    const bool apart = machine && network.model.apart;
    if (!via) {
      if (!apart) to_ports(before, network, packets, from_port);
      PacketSet here = to_prefixes(packets, network.model.prefixes);
      if (network.model.unseen) to_unseen(before, network, here);
      rest.subtract(here);
      if (apart)
        rest.add(to_the_gateway(before, network, std::move(here)));
      else if (machine)  // whether two unseen ones are at ports that are kept apart nobody says
        rest.add(not_to_devices(network, to_prefixes(here, network.model.answered)));
    }
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

  /// Of what machines that are kept apart send each other: what their gateway has them hand to it (RFC 3069).
  PacketSet to_the_gateway(std::size_t before, const World::Network& network, PacketSet packets) {
    auto answered = to_prefixes(packets, network.model.answered);
    packets.subtract(answered);
    refuse(before, network.model.name, "its machines are kept apart", not_to_devices(network, std::move(packets)));
    return answered;
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

  void to_ports(std::size_t before, const World::Network& network, const PacketSet& packets, std::size_t from_port) {
    std::map<std::size_t, PacketSet> mine;
    for (const auto& box : packets.boxes()) {
      auto at = std::lower_bound(network.by_address.begin(), network.by_address.end(),
                                 std::pair(IpAddress{box.family, box.destination.first}, std::size_t{0}));
      for (; at != network.by_address.end() && at->first.family == box.family && at->first.bits <= box.destination.last;
           ++at) {
        if (at->second == from_port) continue;
        auto part = box;
        part.destination = {at->first.bits, at->first.bits};
        mine[at->second].add(part);
      }
    }
    for (const auto& [number, part] : mine) {
      const auto& port = *world_.ports()[number];
      for (auto& [leap, passed] :
           through(before, {.kind = Leap::Kind::passes, .where = port.model.name, .address = port.model.address},
                   port.filters->in, part))
        add({.kind = Leap::Kind::arrives,
             .before = leap,
             .where = port.model.name,
             .port = number,
             .packets = std::move(passed)});
    }
  }

  [[nodiscard]] PacketSet not_to_devices(const World::Network& network, PacketSet packets) const {
    for (const auto& leg : network.devices) {
      const auto& interface = world_.devices()[leg.device]->model.interfaces[leg.interface];
      for (const auto* own : {&interface.addresses, &interface.shared}) packets.subtract(to_addresses(packets, *own));
    }
    return packets;
  }

  void to_unseen(std::size_t before, const World::Network& network, PacketSet packets) {
    packets = not_to_devices(network, std::move(packets));
    if (!packets.empty())
      add({.kind = Leap::Kind::arrives,
           .before = before,
           .where = network.model.name,
           .network = world_.network(network.model.name),
           .packets = std::move(packets)});
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
         through(before, {.kind = Leap::Kind::passes, .where = port.model.name, .address = port.model.address},
                 port.filters->in, packets))
      in_device(leap, leg, passed);
  }

  enum class Stage : uint8_t { arriving, sending, leaving };

  /// What a chain of translations makes of packets, each by its rule. The first packet decides for its connection, so
  /// on the way back what was done is undone instead.
  Passed translated(std::size_t before, const Leap& as, const World::Device& device, Stage stage,
                    const PacketSet& packets) {
    if (state_at(as.where) == ConnectionState::established) return undone(before, as, stage, packets);
    const auto& of = *device.filters;
    const auto& filter = stage == Stage::arriving ? of.arriving : stage == Stage::sending ? of.sending : of.leaving;
    const auto& rules = stage == Stage::arriving  ? of.arriving_changes.rules
                        : stage == Stage::sending ? of.sending_changes.rules
                                                  : of.leaving_changes.rules;
    Passed passed;
    if (rules.empty()) {
      passed.emplace_back(before, packets);
      return passed;
    }
    for (auto& answer : translations_of(before, filter, as, packets)) {
      const auto* const rule = answer.rule == Decided::k_no_rule ? nullptr : &rules[answer.rule];
      if (rule == nullptr || rule->action == TranslationRule::Action::keep)
        passed.emplace_back(before, std::move(answer.packets));
      else
        change(before, as, device, *rule, answer.packets, passed);
    }
    return passed;
  }

  void change(std::size_t before, Leap as, const World::Device& device, const TranslationRule& rule,
              const PacketSet& packets, Passed& passed) {
    as.kind = Leap::Kind::translated;
    as.before = before, as.rule = rule.match.text, as.label = rule.match.label;
    as.of_source = rule.action != TranslationRule::Action::destination;
    // What is undone alike goes on together.
    std::vector<std::pair<EndBefore, PacketSet>> made;
    for (const auto& box : packets.boxes()) {
      const auto change = change_by(device, as.out, rule, box);
      if (!change) {  // nobody outside is asked by its address: see under which it leaves
        made.emplace_back(EndBefore{}, PacketSet(box));
        continue;
      }
      const auto undo = change->undo(box);
      const auto same = std::find_if(made.begin(), made.end(), [&](const auto& one) { return one.first == undo; });
      if (same == made.end())
        made.emplace_back(undo, PacketSet(change->made(box)));
      else
        same->second.add(change->made(box));
    }
    for (auto& [undo, changed] : made) {
      auto leap = as;
      leap.end = undo, leap.packets = changed, leap.origin = leaps_[before].origin;
      auto& end = as.of_source ? leap.origin.source : leap.origin.destination;
      end = joined(end, undo);
      passed.emplace_back(add(std::move(leap)), std::move(changed));
    }
  }

  Passed undone(std::size_t before, Leap as, Stage stage, PacketSet packets) {
    Passed passed;
    as.kind = Leap::Kind::translated;
    as.before = before, as.why = "as on the way there";
    for (const auto& one : options_.translated) {
      if (one.device != as.where || stage != (one.of_source ? Stage::arriving : Stage::leaving)) continue;
      auto leap = as;
      leap.packets = translated_back(one, packets);
      if (leap.packets.empty()) continue;
      auto changed = leap.packets;
      passed.emplace_back(add(std::move(leap)), std::move(changed));
    }
    if (!packets.empty()) passed.emplace_back(before, std::move(packets));
    return passed;
  }

  void in_device(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    if (has_given_up(before, device.model.name)) return;
    if (way_.size() >= options_.most_devices || std::count(way_.begin(), way_.end(), leg) > 1) {
      refuse(before, device.model.name, "it goes round in a circle", packets);
      return;
    }
    way_.push_back(leg);
    for (auto& [leap, arrived] : translated(before, at(device, device.model.interfaces[leg.interface].name, ""), device,
                                            Stage::arriving, packets))
      for_itself_or_others(leap, leg, arrived);
    way_.pop_back();
  }

  void for_itself_or_others(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& in = device.model.interfaces[leg.interface].name;
    PacketSet own;
    for (const auto& interface : device.model.interfaces)
      for (const auto* addresses : {&interface.addresses, &interface.shared})
        own.add(to_addresses(packets, *addresses));
    const auto& for_it = options_.most && nobody_knows(device.model.interfaces[leg.interface]) ? packets : own;
    if (!for_it.empty())
      for (auto& [through_filter, let] : through(before, at(device, in, ""), device.filters->input, for_it))
        for (auto& [leap, passed] : answered_itself(through_filter, at(device, in, ""), let))
          add({.kind = Leap::Kind::arrives,
               .before = leap,
               .where = device.model.name,
               .in = in,
               .device = leg.device,
               .packets = std::move(passed)});
    auto others = packets;
    others.subtract(own);
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto some = others.intersected(PacketBox::all(family));
      if (some.empty()) continue;
      if (family == Family::ipv4 ? device.model.forwards_ipv4 : device.model.forwards_ipv6)
        route(before, leg.device, in, device.filters->forward, some);
      else
        refuse(before, device.model.name, family == Family::ipv4 ? "it forwards no IPv4" : "it forwards no IPv6", some);
    }
  }

  /// What it asked under another destination is answered from that one again.
  Passed answered_itself(std::size_t before, const Leap& as, const PacketSet& packets) {
    if (state_at(as.where) == ConnectionState::established) return undone(before, as, Stage::leaving, packets);
    Passed passed;
    passed.emplace_back(before, packets);
    return passed;
  }

  /// Whether no resource says which addresses a device has there.
  static bool nobody_knows(const DeviceInterface& interface) {
    return interface.outer && interface.addresses.empty() && interface.shared.empty();
  }

  [[nodiscard]] static Leap at(const World::Device& device, std::string_view in, std::string_view out) {
    return {.kind = Leap::Kind::forwarded,
            .where = device.model.name,
            .in = in,
            .out = out,
            .address = device.model.address};
  }

  /// Through the filter for each interface by which there are ways, and by those. `in`: "" for its own packets.
  void route(std::size_t before, std::size_t number, std::string_view in, const std::shared_ptr<const Filter>& filter,
             const PacketSet& packets) {
    const auto& device = *world_.devices()[number];
    for (const auto out : device.outs) {
      const auto as = at(device, in, device.model.interfaces[out].name);
      if (!filter) {
        for (auto& [via, part] : routed(device, in, out, packets)) {
          auto leap = as;
          leap.before = before, leap.packets = part;
          leave(add(std::move(leap)), as, {number, out}, via, part);
        }
        continue;
      }
      if (routed(device, in, out, packets).empty()) continue;  // asking the filter costs more
      for (auto& answer : asked(before, *filter, as, packets))
        for (auto& [via, part] : routed(device, in, out, answer.packets)) {
          auto leap = as;
          leap.packets = part;
          if (const auto on = decided(before, std::move(leap), *filter, answer); on != k_nothing)
            leave(on, as, {number, out}, via, part);
        }
    }
    if (options_.refusals) no_route(before, device, in, packets);
  }

  void leave(std::size_t before, const Leap& as, const Leg& leg, const std::optional<IpAddress>& via,
             const PacketSet& packets) {
    for (auto& [leap, changed] : translated(before, as, *world_.devices()[leg.device], Stage::leaving, packets))
      send(leap, leg, via, changed);
  }

  [[nodiscard]] bool applies(const KnownRoute& route, std::string_view in) const {
    if (!route.only_from.empty() && route.only_from != in) return false;
    if (std::find(route.not_from.begin(), route.not_from.end(), in) != route.not_from.end()) return false;
    return route.presence == Presence::always || options_.most;
  }

  /// Those of the packets that leave by one interface, by whom they are handed to: the longest prefix has them, and of
  /// equal ones the one that is taken, or all that may be.
  using Ways = std::vector<std::pair<std::optional<IpAddress>, PacketSet>>;
  Ways routed(const World::Device& device, std::string_view in, std::size_t out, const PacketSet& packets) const {
    Ways ways;
    const auto& [routes, index] = device.routes;
    for (const auto& box : packets.boxes()) {
      auto numbers = index.by_destination({box});
      std::erase_if(numbers, [&](uint32_t one) { return !applies(routes[one], in); });
      Remaining rest(box);
      for (std::size_t i = 0; i < numbers.size() && !rest.empty(); ++i) {
        const auto& route = routes[numbers[i]];
        const auto there = interval_of(route.to);
        if (route.interface == out) rest.append_within(there, handed_to(ways, route.via));
        // Whatever may be missing leaves its packets to its equals and to shorter ones as well.
        const bool last = i + 1 == numbers.size() || routes[numbers[i + 1]].to != route.to;
        const bool stays = route.stays && route.presence == Presence::always;
        if (!options_.most || (last && stays)) rest.take_away(there);
      }
    }
    std::erase_if(ways, [](const auto& one) { return one.second.empty(); });
    return ways;
  }

  static PacketSet& handed_to(Ways& ways, const std::optional<IpAddress>& via) {
    const auto same = std::find_if(ways.begin(), ways.end(), [&](const auto& one) { return one.first == via; });
    return same == ways.end() ? ways.emplace_back(via, PacketSet{}).second : same->second;
  }

  void no_route(std::size_t before, const World::Device& device, std::string_view in, PacketSet packets) {
    for (const auto& route : device.routes.items) {
      if (!applies(route, in)) continue;
      auto there = PacketBox::all(route.to.family());
      there.destination = interval_of(route.to);
      packets.subtract(there);
    }
    refuse(before, device.model.name, "no route", std::move(packets));
  }

  void send(std::size_t before, const Leg& leg, const std::optional<IpAddress>& via, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& interface = device.model.interfaces[leg.interface];
    if (interface.outer) {
      add({.kind = Leap::Kind::leaves,
           .before = before,
           .where = device.model.name,
           .out = interface.name,
           .device = leg.device,
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

  /// WireGuard picks the peer by the longest of its prefixes that holds the destination, IPsec by its selectors; the
  /// far end believes a source only if it is behind the one who sends.
  void into_tunnels(std::size_t before, const Leg& leg, const PacketSet& packets) {
    const auto& device = *world_.devices()[leg.device];
    const auto& name = device.model.interfaces[leg.interface].name;
    const auto table = device.behind.find(name);
    std::map<std::size_t, PacketSet> sent;  // by tunnel
    PacketSet nobody;
    for (const auto& box : packets.boxes()) {
      Remaining rest(box);
      if (table != device.behind.end()) share_out(device, table->second, box, rest, sent);
      rest.append_all(nobody);
    }
    for (const auto& [tunnel, part] : sent) through_tunnel(before, leg, tunnel, part);
    refuse(before, device.model.name, "nobody in the tunnel has that address", std::move(nobody));
  }

  /// Among the tunnels of an interface: the longest prefix behind one has a packet.
  void share_out(const World::Device& device, const Table<Behind>& table, const PacketBox& box, Remaining& rest,
                 std::map<std::size_t, PacketSet>& sent) const {
    for (const auto number : table.index.by_destination({box})) {
      if (rest.empty()) return;
      const auto& [i, prefix] = table.items[number];
      const auto& end = device.model.tunnels[i];
      const auto range = interval_of(prefix);
      PacketSet there;
      rest.append_within(range, there);
      const auto mine = end.near.empty() ? there : from_prefixes(there, end.near);
      if (mine.empty()) continue;
      sent[i].add(mine);
      // The same prefix behind two ends of IPsec is a choice; of WireGuard's peers only one has it. What selectors
      // leave out by its source, another end may want.
      const bool always = !options_.most || end.presence == Presence::always;
      if (always && (end.near.empty() || (!options_.most && mine.contains(there)))) rest.take_away(range);
    }
  }

  void through_tunnel(std::size_t before, const Leg& leg, std::size_t tunnel, const PacketSet& sent) {
    const auto& device = *world_.devices()[leg.device];
    const auto& end = device.model.tunnels[tunnel];
    const auto leap = add({.kind = Leap::Kind::sent,
                           .before = before,
                           .where = device.model.name,
                           .out = device.model.interfaces[leg.interface].name,
                           .device = leg.device,
                           .tunnel = tunnel,
                           .packets = sent});
    const auto far = world_.far_end(leg.device, tunnel);
    if (!far) {
      add({.kind = Leap::Kind::arrives,
           .before = leap,
           .where = end.other,
           .device = leg.device,
           .tunnel = tunnel,
           .packets = sent});
      return;
    }
    const auto& there = *world_.devices()[far->device];
    const auto& theirs = there.model.tunnels[far->tunnel];
    auto believed = from_prefixes(sent, theirs.behind);
    if (!theirs.near.empty()) believed = to_prefixes(believed, theirs.near);
    if (options_.refusals) {
      auto others = sent;
      others.subtract(believed);
      refuse(leap, there.model.name, "its tunnel does not expect that from there", std::move(others));
    }
    if (const auto interface = there.interface(theirs.interface); interface != k_nothing && !believed.empty())
      in_device(leap, {far->device, interface}, believed);
  }

  const World& world_;
  const TravelOptions& options_;
  std::vector<Leap> leaps_{};
  std::vector<Leg> way_{};  // that packets have gone to where they are
  std::size_t boxes_ = 0;   // of all leaps
  bool gave_up_ = false;
};

}  // namespace

std::vector<Leap> travel_from_port(const World& world, std::size_t port, const PacketSet& packets,
                                   const TravelOptions& options) {
  return Traveller(world, options).from_port(port, packets);
}

std::vector<Leap> travel_from_network(const World& world, std::size_t network, const PacketSet& packets,
                                      const TravelOptions& options) {
  return Traveller(world, options).from_network(network, packets);
}

std::vector<Leap> travel_from_tunnel(const World& world, std::size_t device, std::size_t tunnel,
                                     const PacketSet& packets, const TravelOptions& options) {
  return Traveller(world, options).from_tunnel(device, tunnel, packets);
}

std::vector<Leap> travel_from_outside(const World& world, Leg outer, const PacketSet& packets,
                                      const TravelOptions& options) {
  return Traveller(world, options).from_outside(outer, packets);
}

std::optional<GivenUp> given_up(const std::vector<Leap>& leaps) {
  const auto there =
      std::find_if(leaps.rbegin(), leaps.rend(), [](const Leap& leap) { return leap.kind == Leap::Kind::given_up; });
  return there == leaps.rend() ? std::nullopt : std::optional(GivenUp{std::string(there->where), there->why});
}

TravelOptions answered(const TravelOptions& options, const std::vector<Leap>& leaps, std::size_t end) {
  auto back = options;
  const auto way = way_to(leaps, end);
  back.state = ConnectionState::established;
  back.translated = translations(leaps, way);
  back.known_to = passed_by(leaps, way);
  return back;
}

std::vector<Leap> travel_from_device(const World& world, std::size_t device, const PacketSet& packets,
                                     const TravelOptions& options) {
  return Traveller(world, options).from_device(device, packets);
}

}  // namespace cloison::verify
