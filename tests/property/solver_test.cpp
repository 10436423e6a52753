// A third opinion on both engines of the proof: Z3 is told the rules as formulas over bit vectors and asked for a
// packet on which it and an engine differ. What it finds that passes, or does not, both engines must call the same.

#include <iostream>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <z3++.h>

#include "core/verify/bdd/agreement.h"
#include "core/verify/filter.h"
#include "tests/property/engine_draws.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {

namespace {

using verify::ArrivalEnd;
using verify::Bdd;
using verify::BddTable;
using verify::ChainQuestion;
using verify::Leap;
using verify::PacketSpace;
using z3::expr;

constexpr BddTable::Size k_solver_table{
    .variables = PacketSpace::k_variables, .first_nodes = 1 << 15, .most_nodes = 1 << 20, .cache = 1 << 13};
constexpr unsigned k_v4_shift = 96;

/// One packet as it is and as it set out. Addresses of IPv4 are in the highest bits, so that both families count alike.
struct PacketTerms {
  z3::context& context;
  expr ipv6, protocol, source_port, service;
  std::array<expr, 2> now, sent;  // source and destination

  explicit PacketTerms(z3::context& c)
      : context(c),
        ipv6(c.bool_const("ipv6")),
        protocol(c.bv_const("protocol", 8)),
        source_port(c.bv_const("source_port", 16)),
        service(c.bv_const("service", 16)),
        now{c.bv_const("source", 128), c.bv_const("destination", 128)},
        sent{c.bv_const("sent_source", 128), c.bv_const("sent_destination", 128)} {}

  [[nodiscard]] expr number(uint128 value) const {
    return z3::concat(context.bv_val(static_cast<uint64_t>(value >> 64U), 64),
                      context.bv_val(static_cast<uint64_t>(value), 64));
  }
  [[nodiscard]] expr address(Family family, uint128 value) const {
    return number(family == Family::ipv4 ? value << k_v4_shift : value);
  }
  [[nodiscard]] expr is(Family family) const { return family == Family::ipv6 ? ipv6 : !ipv6; }
  [[nodiscard]] expr within(const expr& end, Family family, const Interval<uint128>& range) const {
    return z3::uge(end, address(family, range.first)) && z3::ule(end, address(family, range.last));
  }
  /// That a packet with these ends is in a box.
  [[nodiscard]] expr in(const PacketBox& box, const expr& source, const expr& destination) const {
    const auto limited = [&](const expr& field, unsigned first, unsigned last, unsigned bits) {
      return z3::uge(field, context.bv_val(first, bits)) && z3::ule(field, context.bv_val(last, bits));
    };
    return is(box.family) && within(source, box.family, box.source) &&
           within(destination, box.family, box.destination) &&
           limited(protocol, box.protocol.first, box.protocol.last, 8) &&
           limited(source_port, box.source_port.first, box.source_port.last, 16) &&
           limited(service, box.service.first, box.service.last, 16);
  }
  [[nodiscard]] expr in(const std::vector<PacketBox>& boxes, const expr& source, const expr& destination) const {
    auto any = context.bool_val(false);
    for (const auto& box : boxes) any = any || in(box, source, destination);
    return any;
  }
  [[nodiscard]] expr in(const std::vector<IpPrefix>& prefixes, const expr& end) const {
    auto any = context.bool_val(false);
    for (const auto& prefix : prefixes)
      any = any || (is(prefix.family()) && within(end, prefix.family(), interval_of(prefix)));
    return any;
  }
  /// Of IPv4 nothing is below the highest 32 bits.
  [[nodiscard]] expr well_formed() const {
    auto zero = context.bool_val(true);
    for (const auto* ends : {&now, &sent})
      for (const auto& end : *ends) zero = zero && end.extract(k_v4_shift - 1, 0) == context.bv_val(0, k_v4_shift);
    return ipv6 || zero;
  }
};

uint128 value_of(const z3::model& model, const expr& term) {
  const auto bits = term.get_sort().bv_size();
  uint128 value = 0;
  for (unsigned high = bits; high > 0;) {
    const unsigned size = std::min(high, 64U), low = high - size;
    value = value << size | model.eval(term.extract(high - 1, low), true).get_numeral_uint64();
    high = low;
  }
  return value;
}

PacketSpace::Sample sample_of(const z3::model& model, const PacketTerms& terms) {
  const auto family = model.eval(terms.ipv6, true).is_true() ? Family::ipv6 : Family::ipv4;
  const auto address = [&](const expr& term) {
    const auto value = value_of(model, term);
    return family == Family::ipv4 ? value >> k_v4_shift : value;
  };
  Packet packet{family,
                address(terms.now[0]),
                address(terms.now[1]),
                static_cast<uint8_t>(value_of(model, terms.protocol)),
                static_cast<uint16_t>(value_of(model, terms.source_port)),
                static_cast<uint16_t>(value_of(model, terms.service))};
  auto sent = packet;
  sent.source = address(terms.sent[0]), sent.destination = address(terms.sent[1]);
  return {packet, sent};
}

/// A function of the second engine as a term, node by node.
class DiagramTerms {
 public:
  DiagramTerms(const PacketTerms& terms, const PacketSpace& space) : terms_(terms) {
    const auto& fields = space.fields();
    variables_.emplace(fields.family, terms.ipv6);
    for (std::size_t end = 0; end < 2; ++end) {
      variables_.emplace(fields.translated[end], terms.now[end] != terms.sent[end]);
      add(fields.now[end], terms.now[end]);
      add(fields.before[end], terms.sent[end]);
    }
    add(fields.protocol, terms.protocol);
    add(fields.service, terms.service);
    add(fields.source_port, terms.source_port);
  }

  [[nodiscard]] expr of(const Bdd& function) {
    if (function.top() < 0) return terms_.context.bool_val(!function.never());
    if (const auto known = known_.find(function.number()); known != known_.end()) return known->second.second;
    const auto term = z3::ite(variables_.at(function.top()), of(function.when(true)), of(function.when(false)));
    known_.emplace(function.number(), std::pair(function, term));
    return term;
  }

 private:
  void add(const PacketSpace::Field& field, const expr& term) {
    const auto size = static_cast<unsigned>(field.bits.size());
    for (unsigned i = 0; i < size; ++i)
      variables_.emplace(field.bits[i], term.extract(size - 1 - i, size - 1 - i) == terms_.context.bv_val(1, 1));
  }

  const PacketTerms& terms_;
  std::map<int, expr> variables_{};
  std::map<int, std::pair<Bdd, expr>> known_{};
};

bool about(const RuleMatch& match, const ChainQuestion& question) {
  return (question.begins ? match.fresh : match.established) && match.in.matches(question.in) &&
         match.out.matches(question.out);
}

/// The first rule that matches decides, rules that may be there as the question has it.
expr first_match(const FilterChain& chain, const ChainQuestion& question, const PacketTerms& terms,
                 const std::array<expr, 2>& ends, std::size_t from = 0) {
  using Action = FilterRule::Action;
  if (from == chain.rules.size()) return terms.context.bool_val(chain.accepts_rest);
  const auto& rule = chain.rules[from];
  auto after = first_match(chain, question, terms, ends, from + 1);
  const bool lets = rule.action == Action::accept || (rule.action == Action::jump && question.most);
  if (!about(rule.match, question) || (rule.action == Action::jump && !question.most) ||
      (rule.match.presence == Presence::maybe && lets != question.most))
    return after;
  return z3::ite(terms.in(rule.match.packets, ends[0], ends[1]), terms.context.bool_val(lets), after);
}

/// What a chain lets pass, or any, or all of those that may stand in its place.
expr passes(const FilterChain& chain, const ChainQuestion& question, const PacketTerms& terms, const expr& source,
            const expr& destination) {
  const std::array ends{source, destination};
  auto result = first_match(chain, question, terms, ends);
  for (const auto& other : chain.instead) {
    const auto theirs = first_match(other, question, terms, ends);
    result = question.most ? result || theirs : result && theirs;
  }
  return result;
}

/// What was asked of Z3, in all laws of this file.
struct Asked {
  std::size_t questions = 0, models = 0;
};

/// Z3's formula against both engines' ones, and its own examples as they are called by `call`.
template <class Call>
void all_agree(const PacketTerms& terms, const expr& third, const expr& boxes, const expr& diagram, Call call,
               Asked& asked) {
  z3::solver solver(terms.context);
  solver.add(terms.well_formed());
  const auto ask = [&](const expr& term) {
    solver.push();
    solver.add(term);
    ++asked.questions;
    const auto answer = solver.check();
    std::optional<PacketSpace::Sample> sample;
    if (answer == z3::sat) sample = sample_of(solver.get_model(), terms);
    solver.pop();
    RC_ASSERT(answer != z3::unknown);
    return sample;
  };
  RC_ASSERT(!ask(third != boxes));
  RC_ASSERT(!ask(third != diagram));
  for (const bool passing : {true, false})
    if (const auto one = ask(passing ? third : !third)) {
      ++asked.models;
      call(*one, passing);
    }
}

TEST(SolverProperty, OfEveryChainAllThreeSayTheSame) {
  const auto table = *BddTable::open(k_solver_table);
  Asked asked;
  {
    const PacketSpace space;
    check_law("chains by three", property_cases(200), [&] {
      NetworkDraw draw(random_seed());
      const auto chain = draw.chain({"lan", "wan"}, 8);
      const ChainQuestion question{
          .in = draw.one_in(2) ? "lan" : "wan", .out = "wan", .begins = draw.one_in(2), .most = draw.one_in(2)};
      using verify::ConnectionState;
      auto everything = verify::PacketSet::all(Family::ipv4);
      everything.add(PacketBox::all(Family::ipv6));
      verify::PacketSet first;
      const verify::Filter filter(chain);
      const auto answers =
          filter.accepted(everything, {.in = question.in,
                                       .out = question.out,
                                       .state = question.begins ? ConnectionState::fresh : ConnectionState::established,
                                       .most = question.most});
      for (const auto& one : answers.value())
        if (question.most || one.action != FilterRule::Action::jump) first.add(one.packets);
      verify::Chains chains(space);
      const auto second = chains.passes(chain, question);
      z3::context context;
      const PacketTerms terms(context);
      const auto& [source, destination] = terms.now;
      all_agree(
          terms, passes(chain, question, terms, source, destination), terms.in(first.boxes(), source, destination),
          DiagramTerms(terms, space).of(second),
          [&](const PacketSpace::Sample& one, bool passing) {
            RC_ASSERT(first.contains(one.packet) == passing);
            RC_ASSERT(space.contains(second, {one.packet, one.packet}) == passing);
          },
          asked);
    });
  }
  EXPECT_EQ(table->failure(), "");
  std::cout << "Z3 asked " << asked.questions << " times about chains, " << asked.models
            << " of its packets called alike\n";
}

// --- One hop, with all that a device does
// ------------------------------------------------------------------------------

/// Packets on one way through a device, as terms over how they set out.
struct Branch {
  expr holds, source, destination;
};

class HopTerms {
 public:
  HopTerms(const PacketTerms& terms, const Forwarding& parts)
      : terms_(terms), device_(parts.devices[0]), parts_(parts) {}

  /// That a packet handed to the device by one of its interfaces ends there, at each end by name.
  [[nodiscard]] std::map<std::string, expr> ends(const std::string& in, bool from_network) {
    if (from_network) arrive(in, {on(in, terms_.sent[1]), terms_.sent[0], terms_.sent[1]});
    for (const auto& branch : translated(device_.arriving, {.in = in}, {}, {yes(), terms_.sent[0], terms_.sent[1]}))
      handed(in, branch);
    return std::move(ends_);
  }

 private:
  [[nodiscard]] expr yes() const { return terms_.context.bool_val(true); }
  [[nodiscard]] expr at(const std::vector<IpAddress>& addresses, const expr& end) const {
    std::vector<IpPrefix> prefixes;
    for (const auto& address : addresses) prefixes.push_back(IpPrefix::of(address));
    return terms_.in(prefixes, end);
  }
  /// To a machine of a network, not to the device's own address there.
  [[nodiscard]] expr on(const std::string& network, const expr& destination) const {
    auto there = yes();
    for (const auto& one : parts_.networks)
      if (one.name == network) there = terms_.in(one.prefixes, destination);
    for (const auto& interface : device_.interfaces)
      if (interface.network == network) there = there && !at(interface.addresses, destination);
    return there;
  }

  void arrive(const std::string& end, const Branch& branch) {
    const auto here = branch.holds && terms_.now[0] == branch.source && terms_.now[1] == branch.destination;
    const auto [known, fresh] = ends_.try_emplace(end, here);
    if (!fresh) known->second = known->second || here;
  }

  void handed(const std::string& in, const Branch& branch) {
    auto own = terms_.context.bool_val(false);
    for (const auto& interface : device_.interfaces) own = own || at(interface.addresses, branch.destination);
    const auto let = [&](const SharedChain& chain, const ChainQuestion& question) {
      return chain ? passes(*chain, question, terms_, branch.source, branch.destination) : yes();
    };
    arrive("device", {branch.holds && own && let(device_.input, {.in = in}), branch.source, branch.destination});
    for (const auto& route : device_.routes) {
      if (!applies(route, in)) continue;
      const auto& out = route.interface;
      const Branch taken{
          branch.holds && !own && routed(route, in, branch.destination) && let(device_.forward, {.in = in, .out = out}),
          branch.source, branch.destination};
      const auto interface = std::find_if(device_.interfaces.begin(), device_.interfaces.end(),
                                          [&](const auto& one) { return one.name == out; });
      for (auto& left : translated(device_.leaving, {.in = in, .out = out}, interface->addresses, taken)) {
        if (interface->outer)
          arrive("outside", left);
        else if (!route.via)  // who else would have the next hop's address there
          arrive(out, {left.holds && on(out, left.destination), left.source, left.destination});
      }
    }
  }

  [[nodiscard]] static bool applies(const ForwardingRoute& route, const std::string& in) {
    return (route.only_from.empty() || route.only_from == in) &&
           std::find(route.not_from.begin(), route.not_from.end(), in) == route.not_from.end();
  }

  /// Unless a longer prefix has the packet for certain.
  [[nodiscard]] expr routed(const ForwardingRoute& route, const std::string& in, const expr& destination) const {
    auto mine = terms_.in(std::vector{route.to}, destination);
    for (const auto& other : device_.routes) {
      if (!applies(other, in) || other.to.length <= route.to.length) continue;
      const bool certain = std::none_of(device_.routes.begin(), device_.routes.end(), [&](const auto& one) {
        return applies(one, in) && one.to == other.to && one.presence == Presence::maybe;
      });
      if (certain) mine = mine && !terms_.in(std::vector{other.to}, destination);
    }
    return mine;
  }

  [[nodiscard]] std::vector<Branch> translated(const TranslationChain& chain, const ChainQuestion& question,
                                               const std::vector<IpAddress>& outer, Branch rest) const {
    using Action = TranslationRule::Action;
    std::vector<Branch> all;
    for (const auto& rule : chain.rules) {
      if (!about(rule.match, question)) continue;
      for (const auto& box : rule.match.packets) {
        auto after = rest;
        const auto matches = terms_.in(box, rest.source, rest.destination);
        after.holds = rest.holds && matches;
        auto& end = rule.action == Action::destination ? after.destination : after.source;
        if (rule.action == Action::masquerade) {
          for (const auto& address : outer)
            if (address.family == box.family) end = terms_.address(box.family, address.bits);
        } else if (rule.action != Action::keep) {
          const auto first = rule.action == Action::source ? box.source.first : box.destination.first;
          const auto to = terms_.address(box.family, rule.to.address.bits);
          end = rule.by_offset ? to + (end - terms_.address(box.family, first)) : to;
        }
        all.push_back(after);
        if (rule.match.presence == Presence::always) rest.holds = rest.holds && !matches;
      }
    }
    all.push_back(rest);
    return all;
  }

  const PacketTerms& terms_;
  const ForwardingDevice& device_;
  const Forwarding& parts_;
  std::map<std::string, expr> ends_{};
};

/// What the first engine's leaps to one end hold, as a term, and whether they hold a packet.
class LeapTerms {
 public:
  LeapTerms(const PacketTerms& terms, const std::vector<Leap>& leaps, std::string_view end) : terms_(terms) {
    for (const auto& leap : leaps)
      if ((leap.kind == Leap::Kind::arrives || leap.kind == Leap::Kind::leaves) && end_of(leap) == end)
        leaps_.push_back(&leap);
  }

  [[nodiscard]] expr term() const {
    auto any = terms_.context.bool_val(false);
    for (const auto* leap : leaps_)
      for (const auto& box : leap->packets.boxes())
        any = any || (terms_.in(box, terms_.now[0], terms_.now[1]) && was(leap->origin.source, box.family, 0) &&
                      was(leap->origin.destination, box.family, 1));
    return any;
  }

  [[nodiscard]] bool contains(const PacketSpace::Sample& one) const {
    const auto at = [](uint128 value) { return Interval<uint128>{value, value}; };
    for (const auto* leap : leaps_)
      for (const auto& box : leap->packets.boxes())
        if (box.contains(one.packet) && leap->origin.source.of(at(one.packet.source)).contains(one.set_out.source) &&
            leap->origin.destination.of(at(one.packet.destination)).contains(one.set_out.destination))
          return true;
    return false;
  }

 private:
  static std::string_view end_of(const Leap& leap) {
    if (leap.kind == Leap::Kind::leaves) return "outside";
    return leap.network == verify::k_nothing ? "device" : leap.where;
  }
  [[nodiscard]] expr was(const verify::EndBefore& before, Family family, std::size_t end) const {
    if (before.was) return terms_.within(terms_.sent[end], family, *before.was);
    return terms_.sent[end] + terms_.address(family, before.shift) == terms_.now[end];
  }

  const PacketTerms& terms_;
  std::vector<const Leap*> leaps_{};
};

std::string end_name(const verify::World& world, const ArrivalEnd& end) {
  using Kind = ArrivalEnd::Kind;
  return end.kind == Kind::outside ? "outside" : end.kind == Kind::device ? "device" : verify::name_of(world, end);
}

TEST(SolverProperty, OfEveryHopAllThreeSayTheSame) {
  const auto table = *BddTable::open(k_solver_table);
  Asked asked;
  {
    const PacketSpace space;
    check_law("hops by three", std::max(1, property_cases(100) / 4), [&] {
      NetworkDraw draw(random_seed());
      const auto parts = draw.hop();
      const verify::World world({parts});
      const std::vector<verify::Place> nobody;
      for (const auto& source : verify::sources(world, verify::PlaceIndex(world, nobody))) {
        using From = verify::Source::Kind;
        const bool network = source.kind == From::network;
        if (!network && source.kind != From::outside) continue;
        const auto leaps = verify::travel_from(world, source, source.packets, {.most = true});
        verify::SpreadEngine engine(world, space);
        const auto arrivals = engine.arrivals(
            {network ? verify::Sender::Kind::network : verify::Sender::Kind::outside, source.number, source.part});
        z3::context context;
        const PacketTerms terms(context);
        const auto third = HopTerms(terms, parts).ends(network ? std::string(source.end.where) : "wan", network);
        for (const auto* end : {"lan", "dmz", "device", "outside"}) {
          Bdd second;
          for (const auto& [where, packets] : arrivals)
            if (end_name(world, where) == end) second |= packets;
          const LeapTerms first(terms, leaps, end);
          const auto known = third.find(end);
          all_agree(
              terms, known == third.end() ? context.bool_val(false) : known->second, first.term(),
              DiagramTerms(terms, space).of(second),
              [&](const PacketSpace::Sample& one, bool passing) {
                RC_ASSERT(first.contains(one) == passing);
                RC_ASSERT(space.contains(second, one) == passing);
              },
              asked);
        }
      }
    });
  }
  EXPECT_EQ(table->failure(), "");
  std::cout << "Z3 asked " << asked.questions << " times about hops, " << asked.models
            << " of its packets called alike\n";
}

}  // namespace

}  // namespace cloison::test
