#pragma once
// Which declared things addresses are, for people who read rules.

#include <string>
#include <vector>

#include "core/verify/proof.h"

namespace cloison::ops {

/// One end of a rule.
struct NamedEnd {
  std::vector<std::string> zones{}, places{}, prefixes{};
  bool any = false, wide = false, internet = false;
};

class EndNames {
 public:
  explicit EndNames(const verify::ProofInput& input);
  /// Of `boxes`, their sources or their destinations.
  [[nodiscard]] NamedEnd of(const std::vector<PacketBox>& boxes, bool source) const;

 private:
  struct Known {
    Interval<uint128> range{};
    const verify::Place* place = nullptr;
  };
  struct ByFamily {
    std::vector<Known> segments{}, machines{};  // in order of their first address
    uint128 longest_segment = 0;                // addresses, less one
    std::vector<Interval<uint128>> outside{};
  };
  void add(const verify::Place& place, const IpPrefix& prefix);
  void name(const ByFamily& known, Family family, const Interval<uint128>& range, NamedEnd& end) const;

  ByFamily ipv4_{}, ipv6_{};
};

}  // namespace cloison::ops
