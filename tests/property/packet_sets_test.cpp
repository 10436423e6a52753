// Laws of packet sets and filters: in a space so small that every packet of it can be asked for.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/verify/filter.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {

namespace {

using verify::Decided;
using verify::Filter;
using verify::FilterQuery;
using verify::PacketSet;

constexpr uint8_t k_most = 4;  // values of each field: 0 to 4

template <class Number>
Interval<Number> draw_interval() {
  const auto a = *rc::gen::inRange<int>(0, k_most + 1), b = *rc::gen::inRange<int>(0, k_most + 1);
  return {static_cast<Number>(std::min(a, b)), static_cast<Number>(std::max(a, b))};
}

PacketBox draw_box() {
  return {.family = *rc::gen::element(Family::ipv4, Family::ipv6),
          .source = draw_interval<uint128>(),
          .destination = draw_interval<uint128>(),
          .protocol = draw_interval<uint8_t>(),
          .source_port = draw_interval<uint16_t>(),
          .service = draw_interval<uint16_t>()};
}

std::vector<PacketBox> draw_boxes(int most) {
  std::vector<PacketBox> boxes;
  for (int left = *rc::gen::inRange(0, most + 1); left > 0; --left) boxes.push_back(draw_box());
  return boxes;
}

/// Calls `ask` for every packet of the space.
template <class Ask>
void each_packet(Ask ask) {
  for (const auto family : {Family::ipv4, Family::ipv6})
    for (uint128 source = 0; source <= k_most; ++source)
      for (uint128 destination = 0; destination <= k_most; ++destination)
        for (uint8_t protocol = 0; protocol <= k_most; ++protocol)
          for (uint16_t source_port = 0; source_port <= k_most; ++source_port)
            for (uint16_t service = 0; service <= k_most; ++service)
              ask(Packet{family, source, destination, protocol, source_port, service});
}

TEST(PacketSetsProperty, SetsAreWhatCountingSays) {
  check_law("sets", property_cases(400), [] {
    const PacketSet a(draw_boxes(6)), b(draw_boxes(6));
    auto without = a, joined = a, simple = a;
    without.subtract(b);
    joined.add(b);
    simple.simplify();
    const auto common = a.intersected(b);
    bool covers = true;
    each_packet([&](const Packet& packet) {
      const bool in_a = a.contains(packet), in_b = b.contains(packet);
      RC_ASSERT(without.contains(packet) == (in_a && !in_b));
      RC_ASSERT(joined.contains(packet) == (in_a || in_b));
      RC_ASSERT(common.contains(packet) == (in_a && in_b));
      RC_ASSERT(simple.contains(packet) == in_a);
      covers = covers && (!in_b || in_a);
    });
    RC_ASSERT(a.contains(b) == covers);
    RC_ASSERT(simple.boxes().size() <= a.boxes().size());
  });
}

FilterChain draw_chain() {
  FilterChain chain{.accepts_rest = *rc::gen::inRange(0, 4) == 0};
  for (int left = *rc::gen::inRange(0, 12); left > 0; --left) {
    FilterRule rule{.match = {.packets = draw_boxes(3)}};
    rule.action = *rc::gen::inRange(0, 3) == 0 ? FilterRule::Action::drop : FilterRule::Action::accept;
    rule.match.presence = *rc::gen::inRange(0, 5) == 0 ? Presence::maybe : Presence::always;
    if (*rc::gen::arbitrary<bool>()) rule.match.in = {{"lan"}, *rc::gen::arbitrary<bool>()};
    if (*rc::gen::inRange(0, 4) == 0) rule.match.fresh = false;
    if (*rc::gen::inRange(0, 4) == 0) rule.match.established = false;
    chain.rules.push_back(std::move(rule));
  }
  return chain;
}

/// As a person reads a filter: the first rule that matches decides.
std::pair<uint32_t, bool> first_match(const FilterChain& chain, const Packet& packet, const FilterQuery& query) {
  for (uint32_t number = 0; number < chain.rules.size(); ++number) {
    const auto& rule = chain.rules[number];
    const bool lets = rule.action == FilterRule::Action::accept;
    if (rule.match.presence == Presence::maybe && lets != query.most) continue;
    if (query.state == verify::ConnectionState::fresh ? !rule.match.fresh : !rule.match.established) continue;
    if (!rule.match.in.names.empty() && (rule.match.in.names.front() == query.in) == rule.match.in.inverted) continue;
    for (const auto& box : rule.match.packets)
      if (box.contains(packet)) return {number, lets};
  }
  return {Decided::k_no_rule, chain.accepts_rest};
}

TEST(PacketSetsProperty, AFilterDecidesByTheFirstRuleThatMatches) {
  check_law("filters", property_cases(400), [] {
    const auto chain = draw_chain();
    const Filter filter(chain);
    const PacketSet asked(draw_boxes(3));
    const std::string in = *rc::gen::element(std::string("lan"), std::string("wan"));
    const FilterQuery query{
        .in = in,
        .state = *rc::gen::element(verify::ConnectionState::fresh, verify::ConnectionState::established),
        .most = *rc::gen::arbitrary<bool>()};
    const auto all = filter.decided(asked, query).value(), accepted = filter.accepted(asked, query).value();
    each_packet([&](const Packet& packet) {
      const auto [rule, lets] = first_match(chain, packet, query);
      std::size_t deciding = 0;
      for (const auto& one : all)
        if (one.packets.contains(packet)) {
          ++deciding;
          RC_ASSERT(one.rule == rule);
          RC_ASSERT((one.action == FilterRule::Action::accept) == lets);
        }
      RC_ASSERT((deciding > 0) == asked.contains(packet));
      const auto first = std::find_if(accepted.begin(), accepted.end(),
                                      [&](const Decided& one) { return one.packets.contains(packet); });
      RC_ASSERT((first != accepted.end()) == (asked.contains(packet) && lets));
      if (first != accepted.end()) RC_ASSERT(first->rule == rule);
    });
  });
}

}  // namespace

}  // namespace cloison::test
