// The second engine of the proof against the first one and against counting: sets, filters, translations, and small
// networks with everything in them.

#include <iostream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/verify/bdd/agreement.h"
#include "core/verify/filter.h"
#include "core/verify/packet_text.h"
#include "tests/property/engine_draws.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {

namespace {

using verify::BddTable;
using verify::ChainQuestion;
using verify::PacketSet;
using verify::PacketSpace;

constexpr BddTable::Size k_small{
    .variables = PacketSpace::k_variables, .first_nodes = 1 << 15, .most_nodes = 1 << 20, .cache = 1 << 13};

/// A table with its packets, one for all cases of a law.
struct Diagrams {
  std::unique_ptr<BddTable> table = *BddTable::open(k_small);
  PacketSpace space{};
};

// --- Counting
// ----------------------------------------------------------------------------------------------------------

constexpr uint8_t k_most_value = 4;  // values of each field: 0 to 4

template <class Number>
Interval<Number> small_interval(NetworkDraw& draw) {
  const auto a = draw.below(k_most_value + 1), b = draw.below(k_most_value + 1);
  return {static_cast<Number>(std::min(a, b)), static_cast<Number>(std::max(a, b))};
}

std::vector<PacketBox> small_boxes(NetworkDraw& draw, int most) {
  std::vector<PacketBox> boxes;
  for (int left = draw.below(most + 1); left > 0; --left)
    boxes.push_back({.family = draw.one_in(2) ? Family::ipv4 : Family::ipv6,
                     .source = small_interval<uint128>(draw),
                     .destination = small_interval<uint128>(draw),
                     .protocol = small_interval<uint8_t>(draw),
                     .source_port = small_interval<uint16_t>(draw),
                     .service = small_interval<uint16_t>(draw)});
  return boxes;
}

/// Calls `ask` for every packet of the space.
template <class Ask>
void each_small_packet(Ask ask) {
  for (const auto family : {Family::ipv4, Family::ipv6})
    for (uint128 source = 0; source <= k_most_value; ++source)
      for (uint128 destination = 0; destination <= k_most_value; ++destination)
        for (uint8_t protocol = 0; protocol <= k_most_value; ++protocol)
          for (uint16_t source_port = 0; source_port <= k_most_value; ++source_port)
            for (uint16_t service = 0; service <= k_most_value; ++service)
              ask(Packet{family, source, destination, protocol, source_port, service});
}

TEST(SecondEngineProperty, ItsSetsAreWhatCountingAndBoxesSay) {
  const Diagrams diagrams;
  const auto& space = diagrams.space;
  check_law("sets of both engines", property_cases(400), [&] {
    NetworkDraw draw(random_seed());
    const auto boxes_a = small_boxes(draw, 6), boxes_b = small_boxes(draw, 6);
    const PacketSet a(boxes_a), b(boxes_b);
    const auto first = space.boxes(boxes_a), second = space.boxes(boxes_b);
    auto without = a;
    without.subtract(b);
    const auto common = a.intersected(b);
    RC_ASSERT(space.boxes(without.boxes()) == first - second);
    RC_ASSERT(space.boxes(common.boxes()) == (first & second));
    RC_ASSERT(first.never() == a.empty());
    if (const auto one = space.sample(first)) RC_ASSERT(a.contains(one->packet));
    each_small_packet([&](const Packet& packet) {
      RC_ASSERT(space.contains(first, {packet, packet}) == a.contains(packet));
      RC_ASSERT(space.contains(first - second, {packet, packet}) == (a.contains(packet) && !b.contains(packet)));
    });
  });
  EXPECT_EQ(diagrams.table->failure(), "");
}

/// As a person reads a filter: the first rule that matches decides; what a jump leads to may let pass what it matches.
bool first_match_lets(const FilterChain& chain, const Packet& packet, const ChainQuestion& question) {
  using Action = FilterRule::Action;
  for (const auto& rule : chain.rules) {
    const auto& match = rule.match;
    const bool maybe = match.presence == Presence::maybe;
    if (!(question.begins ? match.fresh : match.established)) continue;
    if (!match.in.matches(question.in) || !match.out.matches(question.out)) continue;
    if (std::none_of(match.packets.begin(), match.packets.end(),
                     [&](const PacketBox& box) { return box.contains(packet); }))
      continue;
    if (rule.action == Action::jump) {
      if (question.most) return true;
      continue;
    }
    const bool lets = rule.action == Action::accept;
    if (maybe && lets != question.most) continue;
    return lets;
  }
  return chain.accepts_rest;
}

/// With those that may stand in its place.
bool lets_pass(const FilterChain& chain, const Packet& packet, const ChainQuestion& question) {
  const auto lets = [&](const FilterChain& one) { return first_match_lets(one, packet, question); };
  const auto& others = chain.instead;
  return question.most ? lets(chain) || std::any_of(others.begin(), others.end(), lets)
                       : lets(chain) && std::all_of(others.begin(), others.end(), lets);
}

TEST(SecondEngineProperty, ItsFiltersAreWhatCountingAndBoxesSay) {
  const Diagrams diagrams;
  const auto& space = diagrams.space;
  check_law("filters of both engines", property_cases(400), [&] {
    NetworkDraw draw(random_seed());
    auto chain = draw.chain({"lan", "wan"}, 10);
    for (auto& rule : chain.rules) rule.match.packets = small_boxes(draw, 3);
    for (auto& other : chain.instead)
      for (auto& rule : other.rules) rule.match.packets = small_boxes(draw, 3);
    verify::Chains chains(space);
    const verify::Filter filter(chain);
    const ChainQuestion question{
        .in = draw.one_in(2) ? "lan" : "wan", .out = "wan", .begins = draw.one_in(2), .most = draw.one_in(2)};
    using verify::ConnectionState;
    const verify::FilterQuery query{.in = question.in,
                                    .out = question.out,
                                    .state = question.begins ? ConnectionState::fresh : ConnectionState::established,
                                    .most = question.most};
    auto everything = PacketSet::all(Family::ipv4);
    everything.add(PacketBox::all(Family::ipv6));
    PacketSet accepted;
    const auto answers = filter.accepted(everything, query).value();
    for (const auto& one : answers)
      if (question.most || one.action != FilterRule::Action::jump) accepted.add(one.packets);
    const auto passes = chains.passes(chain, question);
    RC_ASSERT(space.boxes(accepted.boxes()) == passes);
    each_small_packet([&](const Packet& packet) {
      RC_ASSERT(space.contains(passes, {packet, packet}) == lets_pass(chain, packet, question));
    });
  });
  EXPECT_EQ(diagrams.table->failure(), "");
}

// --- Translations
// ------------------------------------------------------------------------------------------------------

/// What rules make of one packet: each that may be there, and the first that is.
std::vector<Packet> translated(const TranslationChain& chain, const std::vector<IpAddress>& outer,
                               const Packet& packet) {
  using Action = TranslationRule::Action;
  std::vector<Packet> all;
  for (const auto& rule : chain.rules) {
    const auto& boxes = rule.match.packets;
    const auto box =
        std::find_if(boxes.begin(), boxes.end(), [&](const PacketBox& one) { return one.contains(packet); });
    if (box == boxes.end() || !rule.match.fresh) continue;
    auto after = packet;
    if (rule.action == Action::masquerade) {
      for (const auto& address : outer)
        if (address.family == packet.family) after.source = address.bits;
    } else if (rule.action != Action::keep) {
      auto& end = rule.action == Action::source ? after.source : after.destination;
      const auto first = rule.action == Action::source ? box->source.first : box->destination.first;
      end = rule.by_offset ? rule.to.address.bits + (end - first) : rule.to.address.bits;
    }
    all.push_back(after);
    if (rule.match.presence == Presence::always) return all;
  }
  all.push_back(packet);
  return all;
}

TEST(SecondEngineProperty, ItsTranslationsAreWhatCountingSays) {
  const Diagrams diagrams;
  const auto& space = diagrams.space;
  check_law("translations", property_cases(400), [&] {
    NetworkDraw draw(random_seed());
    auto first = draw.translations({"lan"}, false, 4), second = draw.translations({"lan"}, true, 4);
    for (auto* chain : {&first, &second})
      for (auto& rule : chain->rules) rule.match.in = {}, rule.match.out = {};
    const std::vector<IpAddress> outer{draw.address(Family::ipv4)};
    verify::Chains chains(space);
    auto all = verify::Bdd::always();
    for (const auto flag : space.fields().translated) all -= verify::Bdd::variable(flag);
    const auto made = chains.translated(second, {}, outer, chains.translated(first, {}, outer, all));
    // Packets of the drawn addresses: where each gets, and that nothing else does.
    for (int left = 50; left > 0; --left) {
      const auto family = draw.family();
      const Packet packet{family,
                          draw.address(family).bits,
                          draw.address(family).bits,
                          protocol::k_tcp,
                          40000,
                          static_cast<uint16_t>(draw.below(8) * 100)};
      auto ways = translated(first, {}, packet);
      std::set<Packet> after;
      for (const auto& one : ways)
        for (const auto& last : translated(second, outer, one)) after.insert(last);
      for (const auto& one : after) RC_ASSERT(space.contains(made, {one, packet}));
      auto other = packet;
      other.source = draw.address(family).bits, other.destination = draw.address(family).bits;
      RC_ASSERT(space.contains(made, {other, packet}) == after.contains(other));
    }
  });
  EXPECT_EQ(diagrams.table->failure(), "");
}

// --- Networks
// ----------------------------------------------------------------------------------------------------------

std::string difference_text(const verify::Agreement& agreement) {
  if (agreement.too_complex) return agreement.too_complex->detail;
  if (agreement.examples.empty()) return {};
  const auto& first = agreement.examples.front();
  return fmt::format("only {}: {} to {}: {}, sent as {}", first.only_intervals ? "intervals" : "bdd", first.from,
                     first.to, verify::packet_text(first.arrives), verify::packet_text(first.sent));
}

TEST(SecondEngineProperty, BothEnginesAgreeInEverySmallNetwork) {
  std::size_t networks = 0, passages = 0;
  check_law("both engines", property_cases(400), [&] {
    NetworkDraw draw(random_seed());
    const verify::World world({draw.network()});
    const std::vector<verify::Place> nobody;
    const auto agreement = verify::compare_engines(world, verify::PlaceIndex(world, nobody), k_small);
    RC_ASSERT(difference_text(agreement) == "");
    ++networks, passages += agreement.passages;
  });
  std::cout << networks << " small networks, " << passages << " passages in which both engines agree\n";
}

/// Where packets of one source get, asked of the first engine alone.
verify::Arrivals first_engine(const verify::World& world, const PacketSpace& space, std::string_view from) {
  const std::vector<verify::Place> nobody;
  const verify::PlaceIndex places(world, nobody);
  verify::Arrivals all;
  for (const auto& source : verify::sources(world, places)) {
    if (verify::name_of(source.end, nobody) != from) continue;
    for (const auto& [end, packets] :
         verify::arrivals_of(world, space, verify::travel_from(world, source, source.packets, {.most = true})))
      all[end] |= packets;
  }
  return all;
}

/// The comparison itself: the second engine is given one rule that decides the other way round, and what is told then
/// is told rightly: the first engine, asked of both, says the same of the packet that is named.
TEST(SecondEngineProperty, OneFlippedRuleIsFoundWhereverItMatters) {
  std::size_t flipped = 0, found = 0;
  check_law("a flipped rule", property_cases(200), [&] {
    NetworkDraw draw(random_seed());
    auto parts = draw.network();
    const verify::World right({parts});
    if (flip_a_rule(parts, draw).empty()) return;
    const verify::World wrong({parts});
    ++flipped;
    const std::vector<verify::Place> nobody;
    const auto agreement = verify::compare_engines(right, verify::PlaceIndex(right, nobody), k_small, &wrong);
    RC_ASSERT(!agreement.too_complex);
    const Diagrams diagrams;
    bool differ = false;
    for (const auto& source : verify::sources(right, verify::PlaceIndex(right, nobody))) {
      const auto name = verify::name_of(source.end, nobody);
      differ = differ || first_engine(right, diagrams.space, name) != first_engine(wrong, diagrams.space, name);
    }
    // Several sources may have one name, such as two ways in of one device, so that what one loses another may keep.
    if (differ) RC_ASSERT(agreement.differences > 0);
    if (agreement.differences == 0) return;
    ++found;
    const auto& told = agreement.examples.front();
    const auto has = [&](const verify::World& world) {
      for (const auto& [end, packets] : first_engine(world, diagrams.space, told.from))
        if (verify::name_of(world, end) == told.to && diagrams.space.contains(packets, {told.arrives, told.sent}))
          return true;
      return false;
    };
    RC_ASSERT(has(told.only_intervals ? right : wrong));
  });
  std::cout << flipped << " flipped rules, " << found << " of them mattered and were found\n";
  if (flipped >= 50) {
    EXPECT_GT(found, flipped / 20);
  }
}

}  // namespace

}  // namespace cloison::test
