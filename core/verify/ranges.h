#pragma once
// Sorted ranges of addresses.

#include <vector>

#include "core/verify/packet_set.h"

namespace cloison::verify {

/// Ranges of both families, merged, found by what they overlap.
class AddressRanges {
 public:
  void add(const IpPrefix& prefix) { ranges_.push_back({prefix.family(), interval_of(prefix)}); }
  /// Sorts and merges; before anything is asked.
  void settle();
  /// Adds what of `prefix` is in none of `taken`.
  void add_rest(const IpPrefix& prefix, const AddressRanges& taken);
  /// The packets of which neither end is in any of them.
  [[nodiscard]] PacketSet outside(PacketSet packets) const;

 private:
  struct Range {
    Family family = Family::ipv4;
    Interval<uint128> bounds{};
    auto operator<=>(const Range&) const = default;
  };
  /// The first that does not end before `value`.
  [[nodiscard]] std::vector<Range>::const_iterator at(Family family, uint128 value) const;
  void take_away(PacketSet& packets, Interval<uint128> PacketBox::* end) const;

  std::vector<Range> ranges_{};
};

}  // namespace cloison::verify
