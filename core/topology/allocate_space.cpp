// FreeSpace: the lowest free block of a length.
#include <algorithm>

#include "core/topology/allocate.h"

namespace cloison::topology {

namespace {

std::optional<uint128> aligned_up(uint128 value, uint128 size) {
  const uint128 up = (value + (size - 1)) & ~(size - 1);
  return up < value ? std::nullopt : std::optional(up);
}

}  // namespace

FreeSpace::FreeSpace(std::vector<IpPrefix> within) : within_(minimised(std::move(within))) {}

bool FreeSpace::holds(const IpPrefix& prefix) const {
  return std::any_of(within_.begin(), within_.end(), [&](const IpPrefix& one) { return one.contains(prefix); });
}

bool FreeSpace::taken(const IpPrefix& prefix) const {
  auto at = taken_.upper_bound(prefix.last().bits);
  return at != taken_.begin() && (--at)->second >= prefix.first().bits;
}

void FreeSpace::take(const IpPrefix& prefix) {
  uint128 first = prefix.first().bits;
  uint128 last = prefix.last().bits;
  auto at = taken_.upper_bound(first);
  if (at != taken_.begin() && (std::prev(at)->second >= first || std::prev(at)->second + 1 == first)) {
    --at;
    first = at->first;
  }
  while (at != taken_.end() && (at->first <= last || at->first - 1 == last)) {
    last = std::max(last, at->second);
    at = taken_.erase(at);
  }
  taken_.emplace(first, last);
}

std::optional<uint128> FreeSpace::first_free(const IpPrefix& inside, uint128 from, uint128 size) const {
  const uint128 end = inside.last().bits;
  for (auto candidate = aligned_up(std::max(from, inside.first().bits), size);
       candidate && *candidate <= end && end - *candidate >= size - 1;) {
    auto at = taken_.upper_bound(*candidate + (size - 1));
    if (at == taken_.begin() || (--at)->second < *candidate) {
      return candidate;
    }
    candidate = at->second == ~uint128{0} ? std::nullopt : aligned_up(at->second + 1, size);
  }
  return std::nullopt;
}

std::optional<IpPrefix> FreeSpace::take_lowest(uint8_t length) {
  if (within_.empty() || length == 0 || length > address_bits(within_.front().family())) {
    return std::nullopt;
  }
  const Family family = within_.front().family();
  const uint128 size = uint128{1} << (address_bits(family) - length);
  Cursor& cursor = cursors_[length];
  for (; cursor.prefix < within_.size(); ++cursor.prefix, cursor.next = 0) {
    if (const auto first = first_free(within_[cursor.prefix], cursor.next, size)) {
      cursor.next = *first;
      const IpPrefix block{{family, *first}, length};
      take(block);
      return block;
    }
  }
  return std::nullopt;
}

}  // namespace cloison::topology
