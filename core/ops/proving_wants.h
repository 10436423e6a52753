#pragma once
// What is meant to pass, in the words of the proof.

#include <map>
#include <set>
#include <vector>

#include "core/ops/proving.h"

namespace cloison::ops {

/// The addresses of a segment that a machine may have: not its gateway's, not its nodes', not the two that IPv4 keeps.
class SegmentMachines {
 public:
  explicit SegmentMachines(const topology::Resolved& resolved);
  [[nodiscard]] const verify::AddressIntervals& of(uint32_t segment);

 private:
  const topology::Resolved& resolved_;
  std::map<uint32_t, std::set<IpAddress>> of_nodes_{};  // by site
  std::map<uint32_t, verify::AddressIntervals> segments_{};
};

/// Protocols and services of a flow in one family.
void add_services(const TransportMatch& match, Family family, std::vector<PacketBox>& into);

/// Addresses of those outside whom the topology does not know.
[[nodiscard]] verify::AddressIntervals outside_of(const topology::Resolved& resolved);

/// `not_applied`: links of which nothing is there.
[[nodiscard]] std::vector<verify::Wanted> wants_of(const topology::Resolved& resolved,
                                                   const std::vector<NotApplied>& not_applied);

}  // namespace cloison::ops
