#include "core/verify/ranges.h"

#include <algorithm>

namespace cloison::verify {

void Remaining::append_within(const Interval<uint128>& range, PacketSet& into) const {
  auto at = left_.upper_bound(range.first);
  if (at != left_.begin() && std::prev(at)->second >= range.first) --at;
  for (; at != left_.end() && at->first <= range.last; ++at) {
    auto part = box_;
    part.destination = {std::max(at->first, range.first), std::min(at->second, range.last)};
    into.add(part);
  }
}

void Remaining::take_away(const Interval<uint128>& range) {
  auto at = left_.upper_bound(range.first);
  if (at != left_.begin() && std::prev(at)->second >= range.first) --at;
  while (at != left_.end() && at->first <= range.last) {
    const auto [first, last] = *at;
    at = left_.erase(at);
    if (first < range.first) left_.emplace(first, range.first - 1);
    if (last > range.last) {
      left_.emplace(range.last + 1, last);
      return;
    }
  }
}

void AddressRanges::settle() {
  std::sort(ranges_.begin(), ranges_.end());
  std::vector<Range> merged;
  for (const auto& range : ranges_) {
    const bool meets =
        !merged.empty() && merged.back().family == range.family &&
        (range.bounds.first <= merged.back().bounds.last || range.bounds.first - 1 == merged.back().bounds.last);
    if (meets)
      merged.back().bounds.last = std::max(merged.back().bounds.last, range.bounds.last);
    else
      merged.push_back(range);
  }
  ranges_ = std::move(merged);
}

std::vector<AddressRanges::Range>::const_iterator AddressRanges::at(Family family, uint128 value) const {
  return std::lower_bound(ranges_.begin(), ranges_.end(), value, [family](const Range& range, uint128 wanted) {
    return range.family != family ? range.family < family : range.bounds.last < wanted;
  });
}

void AddressRanges::add_rest(const IpPrefix& prefix, const AddressRanges& taken) {
  auto rest = interval_of(prefix);
  for (auto range = taken.at(prefix.family(), rest.first);
       range != taken.ranges_.end() && range->family == prefix.family() && range->bounds.first <= rest.last; ++range) {
    if (range->bounds.first > rest.first) ranges_.push_back({prefix.family(), {rest.first, range->bounds.first - 1}});
    if (range->bounds.last >= rest.last) return;
    rest.first = range->bounds.last + 1;
  }
  ranges_.push_back({prefix.family(), rest});
}

void AddressRanges::take_away(PacketSet& packets, Interval<uint128> PacketBox::* end) const {
  PacketSet left;
  for (const auto& box : packets.boxes()) {
    PacketSet rest(box);
    for (auto range = at(box.family, (box.*end).first); range != ranges_.end() && range->family == box.family &&
                                                        range->bounds.first <= (box.*end).last && !rest.empty();
         ++range) {
      auto taken = PacketBox::all(box.family);
      taken.*end = range->bounds;
      rest.subtract(taken);
    }
    left.add(rest);
  }
  packets = std::move(left);
}

bool AddressRanges::touch(Family family, const Interval<uint128>& bounds) const {
  const auto first = at(family, bounds.first);
  return first != ranges_.end() && first->family == family && first->bounds.first <= bounds.last;
}

PacketSet AddressRanges::outside(PacketSet packets) const {
  take_away(packets, &PacketBox::source);
  take_away(packets, &PacketBox::destination);
  return packets;
}

}  // namespace cloison::verify
