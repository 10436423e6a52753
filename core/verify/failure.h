#pragma once
// What a network is without what has failed.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/verify/place.h"
#include "core/verify/world.h"

namespace cloison::verify {

struct Failure {
  std::set<std::string, std::less<>> sites{};                               ///< with all that is there
  std::set<std::string, std::less<>> machines{};                            ///< devices and ports, by name
  std::set<std::pair<std::string, std::string>, std::less<>> interfaces{};  ///< outer ones: of a device, by name
  std::vector<IpPrefix> addresses{};                                        ///< of machines that no port stands for
  std::set<std::string, std::less<>> links{};                               ///< all their tunnels
};

/// The parts that are left: without what is down, without tunnels one end of which is, and without what these brought.
/// `whole`: the world of the same parts.
[[nodiscard]] std::vector<Forwarding> parts_left(const World& whole, std::vector<Forwarding> parts,
                                                 const Failure& failure);

}  // namespace cloison::verify
