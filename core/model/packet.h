#pragma once
// Packets, and boxes of packets: what a filter, a route or a tunnel may tell apart. Values that providers and the proof
// both speak; the algebra over them is core/verify/packet_set.h.

#include <algorithm>
#include <compare>
#include <cstdint>
#include <vector>

#include "core/base/ip.h"

namespace cloison {

/// The header of one packet. `service` is the destination port of TCP, UDP and SCTP, type * 256 + code of ICMP, and 0
/// of every other protocol; `source_port` is 0 for all but TCP, UDP and SCTP.
struct Packet {
  Family family = Family::ipv4;
  uint128 source = 0, destination = 0;
  uint8_t protocol = 0;
  uint16_t source_port = 0, service = 0;
  std::strong_ordering operator<=>(const Packet&) const = default;
};

/// Both ends belong to it.
template <class Number>
struct Interval {
  Number first{}, last{};

  [[nodiscard]] bool contains(Number value) const { return first <= value && value <= last; }
  [[nodiscard]] bool contains(const Interval& other) const { return first <= other.first && other.last <= last; }
  [[nodiscard]] bool overlaps(const Interval& other) const { return first <= other.last && other.first <= last; }
  std::strong_ordering operator<=>(const Interval&) const = default;
};

/// The same values in as few intervals as there can be, in order.
template <class Number>
[[nodiscard]] std::vector<Interval<Number>> merged(std::vector<Interval<Number>> intervals) {
  std::sort(intervals.begin(), intervals.end());
  std::vector<Interval<Number>> few;
  for (const auto& one : intervals)
    if (!few.empty() && (one.first <= few.back().last || one.first - 1 == few.back().last))
      few.back().last = std::max(few.back().last, one.last);
    else
      few.push_back(one);
  return few;
}

/// All packets of one family of which each field is in its interval.
struct PacketBox {
  Family family = Family::ipv4;
  Interval<uint128> source{}, destination{};
  Interval<uint8_t> protocol{0, 255};
  Interval<uint16_t> source_port{0, 65535}, service{0, 65535};

  [[nodiscard]] static PacketBox all(Family family) {
    const auto last = family == Family::ipv4 ? uint128{0xFFFFFFFF} : ~uint128{0};
    return {.family = family, .source = {0, last}, .destination = {0, last}};
  }
  [[nodiscard]] bool contains(const Packet& packet) const {
    return family == packet.family && source.contains(packet.source) && destination.contains(packet.destination) &&
           protocol.contains(packet.protocol) && source_port.contains(packet.source_port) &&
           service.contains(packet.service);
  }
  [[nodiscard]] bool contains(const PacketBox& other) const {
    return family == other.family && source.contains(other.source) && destination.contains(other.destination) &&
           protocol.contains(other.protocol) && source_port.contains(other.source_port) &&
           service.contains(other.service);
  }
  [[nodiscard]] bool overlaps(const PacketBox& other) const {
    return family == other.family && source.overlaps(other.source) && destination.overlaps(other.destination) &&
           protocol.overlaps(other.protocol) && source_port.overlaps(other.source_port) &&
           service.overlaps(other.service);
  }
  std::strong_ordering operator<=>(const PacketBox&) const = default;
};

[[nodiscard]] inline Interval<uint128> interval_of(const IpPrefix& prefix) {
  return {prefix.first().bits, prefix.last().bits};
}

}  // namespace cloison
