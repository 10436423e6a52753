// What is said of a chain's rules, against asking for every packet of a small space.

#include "core/verify/chain_lint.h"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/property/engine_draws.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"

namespace cloison::test {

namespace {

using verify::ChainLintBounds;
using verify::RuleFault;
using Gone = std::vector<bool>;

constexpr uint8_t k_highest = 2;  // values of each field: 0 to 2
const std::vector<std::string> k_interfaces{"lan", "wan", "dmz"};

template <class Number>
Interval<Number> draw_range(NetworkDraw& draw) {
  if (draw.one_in(2)) return {0, k_highest};
  const auto a = draw.below(k_highest + 1), b = draw.below(k_highest + 1);
  return {static_cast<Number>(std::min(a, b)), static_cast<Number>(std::max(a, b))};
}

InterfaceMatch draw_interfaces(NetworkDraw& draw) {
  if (!draw.one_in(4)) return {};
  InterfaceMatch match{.inverted = draw.one_in(4)};
  for (const auto& name : k_interfaces)
    if (draw.one_in(2)) match.names.push_back(name);
  return match;
}

FilterRule draw_rule(NetworkDraw& draw) {
  FilterRule rule;
  for (int left = draw.one_in(12) ? 0 : draw.below(3) + 1; left > 0; --left)
    rule.match.packets.push_back({.family = draw.one_in(3) ? Family::ipv6 : Family::ipv4,
                                  .source = draw_range<uint128>(draw),
                                  .destination = draw_range<uint128>(draw),
                                  .protocol = draw_range<uint8_t>(draw),
                                  .source_port = {0, 0},
                                  .service = draw_range<uint16_t>(draw)});
  const auto kind = draw.below(20);
  rule.action = kind == 0 ? FilterRule::Action::jump : kind < 8 ? FilterRule::Action::drop : FilterRule::Action::accept;
  rule.match.in = draw_interfaces(draw), rule.match.out = draw_interfaces(draw);
  rule.match.presence = draw.one_in(8) ? Presence::maybe : Presence::always;
  rule.match.fresh = !draw.one_in(5), rule.match.established = draw.one_in(3);
  rule.match.implicit = draw.one_in(10);
  rule.match.text = draw.one_in(10) ? "log drop" : "drop";
  return rule;
}

/// One packet, where it is met, and which of the rules that may be there are.
struct Case {
  Packet packet{};
  std::string_view in{}, out{};
  bool fresh = true;
  unsigned world = 0;
};

/// All small chains have their packets in common: what differs is the chain.
class SmallChain {
 public:
  explicit SmallChain(FilterChain chain) : chain_(std::move(chain)) {
    for (std::size_t i = 0; i < chain_.rules.size(); ++i)
      if (chain_.rules[i].match.presence == Presence::maybe || chain_.rules[i].action == FilterRule::Action::jump)
        uncertain_.push_back(i);
  }

  /// The rule that decides, or how many there are.
  [[nodiscard]] std::size_t decider(const Case& one, const Gone& gone, std::size_t there) const {
    for (std::size_t i = 0; i < chain_.rules.size(); ++i) {
      const auto& match = chain_.rules[i].match;
      if (gone[i] || !(one.fresh ? match.fresh : match.established) || (i != there && !is_there(i, one.world)))
        continue;
      if (!match.in.matches(one.in) || !match.out.matches(one.out)) continue;
      if (std::any_of(match.packets.begin(), match.packets.end(),
                      [&](const PacketBox& box) { return box.contains(one.packet); }))
        return i;
    }
    return chain_.rules.size();
  }
  [[nodiscard]] bool passes(std::size_t decider) const {
    return decider == chain_.rules.size() ? chain_.accepts_rest
                                          : chain_.rules[decider].action != FilterRule::Action::drop;
  }

  /// Whether some packet is decided otherwise without `gone`; `there`: a rule that is there for certain.
  [[nodiscard]] bool differs(const Gone& before, const Gone& after, std::size_t there) const {
    bool found = false;
    each_case([&](const Case& one) { found = found || changes(one, before, after, there); });
    return found;
  }
  [[nodiscard]] bool changes(const Case& one, const Gone& before, const Gone& after, std::size_t there) const {
    const auto was = decider(one, before, there), is = decider(one, after, there);
    return passes(was) != passes(is) || (was != is && was < chain_.rules.size() && logs(was));
  }

  template <class Use>
  void each_case(Use use) const {  // NOLINT(readability-function-size): one loop a field
    for (unsigned world = 0; world < 1U << uncertain_.size(); ++world)
      for (const auto family : {Family::ipv4, Family::ipv6})
        for (uint128 source = 0; source <= k_highest; ++source)
          for (uint128 destination = 0; destination <= k_highest; ++destination)
            for (uint8_t protocol = 0; protocol <= k_highest; ++protocol)
              for (uint16_t service = 0; service <= k_highest; ++service)
                for (const auto& in : k_interfaces)
                  for (const auto& out : k_interfaces)
                    for (const bool fresh : {true, false})
                      use(Case{{family, source, destination, protocol, 0, service}, in, out, fresh, world});
  }
  [[nodiscard]] const FilterChain& chain() const { return chain_; }

 private:
  [[nodiscard]] bool logs(std::size_t rule) const { return chain_.rules[rule].match.text.starts_with("log"); }
  [[nodiscard]] bool is_there(std::size_t rule, unsigned world) const {
    const auto at = std::find(uncertain_.begin(), uncertain_.end(), rule);
    return at == uncertain_.end() || (world >> (at - uncertain_.begin()) & 1U) != 0;
  }

  FilterChain chain_;
  std::vector<std::size_t> uncertain_{};
};

SmallChain draw_small_chain() {
  NetworkDraw draw(random_seed());
  FilterChain chain{.accepts_rest = draw.one_in(4)};
  int uncertain = 0;
  for (int left = draw.below(10); left > 0; --left) {
    auto rule = draw_rule(draw);
    const bool maybe = rule.match.presence == Presence::maybe || rule.action == FilterRule::Action::jump;
    if (maybe && ++uncertain > 2) continue;
    chain.rules.push_back(std::move(rule));
  }
  return SmallChain(std::move(chain));
}

/// Calls `use` with each part of what was found, at most 32 of them.
template <class Use>
void each_part(const std::vector<RuleFault>& faults, std::size_t rules, Use use) {
  const auto parts = 1U << std::min<std::size_t>(faults.size(), 5);
  for (unsigned part = 0; part < parts; ++part) {
    Gone gone(rules);
    for (std::size_t i = 0; i < faults.size(); ++i)
      gone[faults[i].rule] = (part >> std::min<std::size_t>(i, 4) & 1U) != 0;
    use(gone);
  }
}

TEST(ChainLintProperty, WhatIsFoundMayGoAndNothingElse) {
  std::map<RuleFault::Kind, int> kinds;
  const auto cases = 4 * property_cases(100);
  check_law("rules of chains", cases, [&kinds] {
    const auto small = draw_small_chain();
    const auto& rules = small.chain().rules;
    const auto faults = verify::lint_chain(small.chain(), {.in = k_interfaces, .out = k_interfaces});
    for (const auto& fault : faults) ++kinds[fault.kind];
    const Gone none(rules.size());
    each_part(faults, rules.size(), [&](const Gone& gone) { RC_ASSERT(!small.differs(none, gone, rules.size())); });
    for (uint32_t number = 0; number < rules.size(); ++number) {
      const auto& match = rules[number].match;
      const bool judged =
          !match.implicit && rules[number].action != FilterRule::Action::jump && (match.fresh || match.established);
      const bool found = std::any_of(faults.begin(), faults.end(), [&](const auto& one) { return one.rule == number; });
      RC_ASSERT(judged || !found);
      if (!judged || found) continue;
      bool needed = false;
      each_part(faults, rules.size(), [&](const Gone& gone) {
        auto without = gone;
        without[number] = true;
        needed = needed || small.differs(gone, without, number);
      });
      RC_ASSERT(needed);
    }
  });
  EXPECT_EQ(kinds[RuleFault::Kind::too_complex], 0);
  for (const auto kind : {RuleFault::Kind::shadowed, RuleFault::Kind::redundant, RuleFault::Kind::never})
    EXPECT_GT(kinds[kind], cases / 40);  // or it was no test
}

TEST(ChainLintProperty, WhatIsShadowedDecidesNothingAndAnotherDecidesOtherwise) {
  check_law("shadows", 4 * property_cases(100), [] {
    const auto small = draw_small_chain();
    const auto& rules = small.chain().rules;
    const Gone none(rules.size());
    for (const auto& fault : verify::lint_chain(small.chain(), {.in = k_interfaces, .out = k_interfaces})) {
      if (fault.kind == RuleFault::Kind::never)
        RC_ASSERT(rules[fault.rule].match.packets.empty() || !rules[fault.rule].match.in.names.empty() ||
                  !rules[fault.rule].match.out.names.empty());
      if (fault.kind != RuleFault::Kind::shadowed) continue;
      bool otherwise = false;
      small.each_case([&](const Case& one) {
        const auto by = small.decider(one, none, fault.rule);
        RC_ASSERT(by != fault.rule);
        const auto& match = rules[fault.rule].match;
        const bool its = (one.fresh ? match.fresh : match.established) && match.in.matches(one.in) &&
                         match.out.matches(one.out) &&
                         std::any_of(match.packets.begin(), match.packets.end(),
                                     [&](const PacketBox& box) { return box.contains(one.packet); });
        otherwise = otherwise || (its && small.passes(by) != small.passes(fault.rule));
      });
      RC_ASSERT(otherwise);
      RC_ASSERT(!fault.by.empty());
    }
  });
}

/// Taking one rule away changes exactly the packets that it alone decides.
TEST(ChainLintProperty, WhatARuleDecidesAloneIsWhatChangesWithoutIt) {
  using Alone = verify::DecidedAlone::Kind;
  std::map<Alone, int> kinds;
  const auto cases = 4 * property_cases(100);
  check_law("decided alone", cases, [&kinds] {
    const auto small = draw_small_chain();
    const auto& rules = small.chain().rules;
    const auto judged = verify::judge_chain(small.chain(), {.in = k_interfaces, .out = k_interfaces});
    RC_ASSERT(judged.alone.size() == rules.size());
    const Gone none(rules.size());
    for (std::size_t number = 0; number < rules.size(); ++number) {
      const auto& alone = judged.alone[number];
      ++kinds[alone.kind];
      if (alone.kind == Alone::not_judged) continue;
      auto without = none;
      without[number] = true;
      std::set<Packet> changed, claimed;
      small.each_case([&](const Case& one) {
        if (small.changes(one, none, without, number)) changed.insert(one.packet);
        const bool its = std::any_of(rules[number].match.packets.begin(), rules[number].match.packets.end(),
                                     [&](const PacketBox& box) { return box.contains(one.packet); });
        if (alone.kind == Alone::all ? its : alone.packets.contains(one.packet)) claimed.insert(one.packet);
      });
      RC_ASSERT(changed == claimed);
    }
  });
  for (const auto kind : {Alone::nothing, Alone::part, Alone::all})
    EXPECT_GT(kinds[kind], cases / 10);  // or it was no test
  EXPECT_EQ(kinds[Alone::too_complex], 0);
}

/// However random rules cut each other's packets up, looking at them ends soon, and says where it ended.
TEST(ChainLintProperty, ManyRandomRulesAreNotWorkedOutForEver) {
  int too_complex = 0;
  check_law("bounds", property_cases(10), [&too_complex] {
    FilterChain chain{.name = "forward"};
    NetworkDraw draw(random_seed());
    const auto ends = [&draw] {
      const auto a = static_cast<uint128>(draw.below(1'000'000)), b = static_cast<uint128>(draw.below(1'000'000));
      return Interval<uint128>{std::min(a, b), std::max(a, b)};
    };
    for (int i = 0; i < 400; ++i) {
      FilterRule rule{.action = i % 2 == 0 ? FilterRule::Action::accept : FilterRule::Action::drop};
      auto box = PacketBox::all(Family::ipv4);
      box.source = ends(), box.destination = ends();
      rule.match.packets = {box};
      chain.rules.push_back(std::move(rule));
    }
    const ChainLintBounds bounds{.boxes = 200, .steps = 2'000, .chain_steps = 100'000};
    const auto faults = verify::lint_chain(chain, {}, bounds);
    RC_ASSERT(faults.size() <= chain.rules.size());
    for (const auto& fault : faults) too_complex += fault.kind == RuleFault::Kind::too_complex ? 1 : 0;
  });
  EXPECT_GT(too_complex, 0);  // or it was no test
}

}  // namespace

}  // namespace cloison::test
