#pragma once
// Which way packets take, without what lets them pass on it.

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/verify/leap.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// One place on a way.
struct WayStep {
  enum class Kind : uint8_t {
    begins,     ///< at a machine, a network, a device or outside
    forwarded,  ///< by a device, from one interface to another; "": its own packets
    sent,       ///< into a tunnel by `out`
    arrives,    ///< at a machine, a network, a device
    leaves,     ///< for the world outside
  };
  Kind kind = Kind::begins;
  std::string where{};      ///< path of the device, the machine or the network
  std::string in{}, out{};  ///< interfaces of a device
  std::string link{};       ///< of a tunnel: what it is a part of
  std::vector<std::string>
      by{};  ///< of a tunnel: outer interfaces that its packets leave by, the first that can; empty: any
  auto operator<=>(const WayStep&) const = default;
};
using Way = std::vector<WayStep>;

/// The ways of a pair's packets, and those of their answers.
struct Ways {
  std::set<Way> there{}, back{};
  bool operator==(const Ways&) const = default;
};

[[nodiscard]] Way way_of(const World& world, const std::vector<Leap>& leaps, std::size_t end);

}  // namespace cloison::verify
