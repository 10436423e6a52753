#include "core/verify/bdd/chain_bdd.h"

#include <algorithm>

namespace cloison::verify {

namespace {

constexpr std::array<Family, 2> k_families{Family::ipv4, Family::ipv6};

}  // namespace

bool Chains::about(const RuleMatch& match, const ChainQuestion& question) {
  return (question.begins ? match.fresh : match.established) && match.in.matches(question.in) &&
         match.out.matches(question.out);
}

const Bdd& Chains::packets_of(const RuleMatch& match) {
  const auto [known, fresh] = matches_.try_emplace(&match);
  if (fresh) known->second = space_.boxes(match.packets);
  return known->second;
}

Bdd Chains::passes(const FilterChain& chain, const ChainQuestion& question) {
  auto result = folded(chain, question);
  for (const auto& other : chain.instead)
    result = question.most ? result | folded(other, question) : result & folded(other, question);
  return result;
}

Bdd Chains::folded(const FilterChain& chain, const ChainQuestion& question) {
  using Action = FilterRule::Action;
  std::vector<uint32_t> asked;
  for (uint32_t i = 0; i < chain.rules.size(); ++i) {
    const auto& rule = chain.rules[i];
    const bool permits = rule.action != Action::drop;
    const bool there = rule.match.presence == Presence::always || permits == question.most;
    const bool leads_on = rule.action == Action::jump && !question.most;  // and comes back with everything
    if (there && !leads_on && about(rule.match, question)) asked.push_back(i);
  }
  const auto [known, fresh] = folded_.try_emplace({&chain, asked});
  if (!fresh) return known->second;
  auto result = chain.accepts_rest ? Bdd::always() : Bdd{};
  for (auto number = asked.rbegin(); number != asked.rend(); ++number) {
    const auto& rule = chain.rules[*number];
    if (rule.action == Action::drop)
      result -= packets_of(rule.match);
    else
      result |= packets_of(rule.match);
  }
  return known->second = result;
}

Bdd Chains::translated(const TranslationChain& chain, const ChainQuestion& question,
                       const std::vector<IpAddress>& outer, const Bdd& packets) {
  auto rest = packets;
  Bdd result;
  for (const auto& rule : chain.rules) {
    if (rest.never()) break;
    if (!about(rule.match, question)) continue;
    const auto mine = rest & packets_of(rule.match);
    if (mine.never()) continue;
    result |= made(rule, outer, mine);
    // One that may be there may as well not be there.
    if (rule.match.presence == Presence::always) rest -= mine;
  }
  return result | rest;
}

/// `packets`: all of them in boxes of the rule.
Bdd Chains::made(const TranslationRule& rule, const std::vector<IpAddress>& outer, const Bdd& packets) const {
  using Action = TranslationRule::Action;
  if (rule.action == Action::keep) return packets;
  if (rule.action == Action::masquerade) {
    Bdd result;
    for (const auto family : k_families) {
      const auto mine = packets & space_.family(family);
      const auto address =
          std::find_if(outer.begin(), outer.end(), [&](const auto& one) { return one.family == family; });
      // Nobody outside is asked by an address that is not known: they keep their own.
      result |= address == outer.end() ? mine : space_.moved_to(mine, End::source, *address);
    }
    return result;
  }
  const auto end = rule.action == Action::source ? End::source : End::destination;
  if (!rule.by_offset) return space_.moved_to(packets, end, rule.to.first());
  auto rest = packets;
  Bdd result;
  for (const auto& box : rule.match.packets) {
    const auto mine = rest & space_.box(box);
    if (mine.never()) continue;
    const auto first = end == End::source ? box.source.first : box.destination.first;
    result |= space_.shifted(mine, end, box.family, rule.to.first().bits - first);
    rest -= mine;
  }
  return result;
}

}  // namespace cloison::verify
