#pragma once
// What devices come to know of each other by their routing sessions (eBGP, RFC 4271: a system of its own for each
// device).

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::verify {

struct LearnedRoute {
  IpPrefix to{};
  std::string interface{};
  bool taken = false;  ///< the best of those for its prefix; the others stand by
};

/// A device's tunnel to the far end's device and its tunnel there.
using FarEnd =
    std::function<std::optional<std::pair<std::size_t, std::size_t>>(std::size_t device, std::size_t tunnel)>;

/// For each device, what it has learned once nothing changes any more. What it announces itself is never learned.
[[nodiscard]] std::vector<std::vector<LearnedRoute>> spread(const std::vector<const ForwardingDevice*>& devices,
                                                            const FarEnd& far_end);

}  // namespace cloison::verify
