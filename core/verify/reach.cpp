#include "core/verify/reach.h"

#include <algorithm>
#include <set>

namespace cloison::verify {

namespace {

ReachEnd named(const PassageEnd& end, const std::vector<Place>& places) {
  auto name = name_of(end, places);
  return {name, end.kind == PassageEnd::Kind::place ? places[end.place].alike() : name};
}

}  // namespace

void ReachGathering::take(const std::vector<Leap>& leaps, const Passage& passage) {
  if (passage.to.kind == PassageEnd::Kind::device || allowed_inside(passage, input_.places)) return;
  const auto way = way_to(leaps, passage.end);
  if (only_implicit(leaps, way)) return;
  const auto packets = working_.beyond(passage, passage.packets);
  if (packets.empty()) return;
  auto& reached = reach_[{named(passage.from, input_.places), named(passage.to, input_.places)}];
  reached.packets.add(packets);
  auto& part = reached.parts.emplace_back(Reached::Part{packets, {}});
  for (const auto at : way)
    if (const auto& text = leaps[at].label.empty() ? leaps[at].rule : leaps[at].label; !text.empty())
      part.rules.emplace_back(text);
}

std::vector<std::string> Reached::rules_of(const PacketSet& some) const {
  std::vector<std::string> rules;
  for (const auto& part : parts) {
    if (part.packets.intersected(some).empty()) continue;
    for (const auto& rule : part.rules)
      if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
  }
  return rules;
}

Reach ReachGathering::result() && {
  for (auto& [ends, reached] : reach_) reached.packets.simplify();
  return std::move(reach_);
}

ReachAnswer reach_of(std::unique_ptr<const World> world, const ProofInput& input, const PacketSet& only,
                     const WantedIndex& wanted) {
  ReachGathering gathering(input);
  const auto proof =
      prove(std::move(world), input,
            {.wanted = &wanted, .gathering = &gathering, .only = &only, .flows = false, .beyond = false});
  ReachAnswer answer{.reach = std::move(gathering).result()};
  for (const auto& one : proof.guarantees) answer.broken.push_back(one.broken != 0);
  if (!proof.given_up.empty()) answer.given_up = *proof.given_up.begin();
  return answer;
}

Reach united(const Reach& a, const Reach& b) {
  auto all = a;
  for (const auto& [ends, reached] : b) {
    auto& mine = all[ends];
    mine.packets.add(reached.packets);
    mine.parts.insert(mine.parts.end(), reached.parts.begin(), reached.parts.end());
  }
  for (auto& [ends, reached] : all) reached.packets.simplify();
  return all;
}

namespace {

/// Most boxes are the same in both, so that few are left to be cut to pieces.
PacketSet not_in(const PacketSet& packets, const PacketSet& others) {
  const std::set<PacketBox> known(others.boxes().begin(), others.boxes().end());
  PacketSet rest;
  for (const auto& box : packets.boxes())
    if (!known.contains(box)) rest.add(box);
  rest.subtract(others);
  return rest;
}

}  // namespace

Reach gained(const Reach& before, const Reach& after) {
  Reach all;
  for (const auto& [ends, now] : after) {
    const auto was = before.find(ends);
    if (was == before.end()) {
      all.emplace(ends, now);
      continue;
    }
    if (was->second.packets.boxes() == now.packets.boxes()) continue;
    auto more = now;
    more.packets = not_in(now.packets, was->second.packets);
    if (more.packets.empty()) continue;
    more.packets.simplify();
    all.emplace(ends, std::move(more));
  }
  return all;
}

}  // namespace cloison::verify
