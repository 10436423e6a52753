#include "core/verify/leap.h"

#include <algorithm>

namespace cloison::verify {

Interval<uint128> EndBefore::of(const Interval<uint128>& now) const {
  return was ? *was : Interval<uint128>{now.first - shift, now.last - shift};
}

PacketBox Origin::of(PacketBox now) const {
  now.source = source.of(now.source);
  now.destination = destination.of(now.destination);
  return now;
}

PacketSet Origin::of(const PacketSet& now) const {
  if (source.nothing() && destination.nothing()) return now;
  PacketSet before;
  for (const auto& box : now.boxes()) before.add(of(box));
  return before;
}

std::vector<std::size_t> way_to(const std::vector<Leap>& leaps, std::size_t end) {
  std::vector<std::size_t> way;
  for (auto at = end; at < leaps.size(); at = leaps[at].before) way.push_back(at);
  std::reverse(way.begin(), way.end());
  return way;
}

bool only_implicit(const std::vector<Leap>& leaps, const std::vector<std::size_t>& way) {
  bool some = false;
  for (const auto at : way) {
    const auto& leap = leaps[at];
    if (leap.rule.empty() || leap.kind == Leap::Kind::translated) continue;
    if (!leap.implicit) return false;
    some = true;
  }
  return some;
}

}  // namespace cloison::verify
