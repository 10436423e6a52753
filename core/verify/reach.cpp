#include "core/verify/reach.h"

#include <algorithm>

namespace cloison::verify {

namespace {

ReachEnd named(const PassageEnd& end, const std::vector<Place>& places) {
  if (end.kind == PassageEnd::Kind::outside) return {"internet", "internet"};
  if (end.kind != PassageEnd::Kind::place) return {std::string(end.where), std::string(end.where)};
  const auto& place = places[end.place];
  if (place.kind == Place::Kind::node) return {place.path, place.family + ".nodes"};
  auto alike = place.family;
  for (const auto* part : {&place.vpc, &place.segment, &place.host})
    if (!part->empty() && (place.kind != Place::Kind::user || part != &place.host)) alike += '.' + *part;
  return {place.path, alike};
}

}  // namespace

void ReachGathering::take(const std::vector<Leap>& leaps, const Passage& passage) {
  if (passage.to.kind == PassageEnd::Kind::device || allowed_inside(passage, input_.places)) return;
  const auto way = way_to(leaps, passage.end);
  if (std::any_of(way.begin(), way.end(), [&](std::size_t at) { return leaps[at].implicit; })) return;
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

Reach reach_of(const World& world, const ProofInput& input) {
  const PlaceIndex index(world, input.places);
  ReachGathering gathering(input);
  for (const auto& source : sources(world, index)) {
    const auto leaps = travel_from(world, source, source.packets, {.most = true});
    for (std::size_t i = 0; i < leaps.size(); ++i)
      if (leaps[i].kind == Leap::Kind::arrives || leaps[i].kind == Leap::Kind::leaves)
        for (const auto& passage : index.passages(source, leaps, i)) gathering.take(leaps, passage);
  }
  return std::move(gathering).result();
}

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
    more.packets.subtract(was->second.packets);
    if (more.packets.empty()) continue;
    more.packets.simplify();
    all.emplace(ends, std::move(more));
  }
  return all;
}

}  // namespace cloison::verify
