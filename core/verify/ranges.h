#pragma once
// Sorted ranges of addresses.

#include <map>
#include <vector>

#include "core/verify/packet_set.h"

namespace cloison::verify {

/// A box of which parts are taken by their destinations, one after another: each in time that grows with what it meets,
/// however many are gone already.
class Remaining {
 public:
  explicit Remaining(const PacketBox& box) : box_(box), left_{{box.destination.first, box.destination.last}} {}
  [[nodiscard]] bool empty() const { return left_.empty(); }
  /// What is left to destinations in a range, appended.
  void append_within(const Interval<uint128>& range, PacketSet& into) const;
  void take_away(const Interval<uint128>& range);
  void append_all(PacketSet& into) const { append_within(box_.destination, into); }

 private:
  PacketBox box_;
  std::map<uint128, uint128> left_;  // first -> last, disjoint
};

/// Ranges of both families, merged, found by what they overlap.
class AddressRanges {
 public:
  void add(const IpPrefix& prefix) { ranges_.push_back({prefix.family(), interval_of(prefix)}); }
  /// Sorts and merges; before anything is asked.
  void settle();
  /// Adds what of `prefix` is in none of `taken`.
  void add_rest(const IpPrefix& prefix, const AddressRanges& taken);
  /// Whether some address of an interval is in any of them.
  [[nodiscard]] bool touch(Family family, const Interval<uint128>& bounds) const;
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
