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
  std::set<std::string, std::less<>> peers{};    ///< tunnels to these, which are none of ours
  std::set<std::string, std::less<>> outside{};  ///< paths of clouds and VPCs that the platform does not bring outside
};

/// Whether no packet of a tunnel passes once that has failed: one of its ends is down or cannot get out.
[[nodiscard]] bool is_cut(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel);
/// Whether a tunnel is cut, or takes another way than while everything works.
[[nodiscard]] bool is_moved(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel);
/// Whether the one of its ways by that number leads nowhere.
[[nodiscard]] bool is_lost(const World& whole, const Failure& failure, std::size_t device, std::size_t tunnel,
                           std::size_t way);
/// Whether nothing passes an outer interface of a device any more, though the device is there.
[[nodiscard]] bool is_out(const World& whole, const Failure& failure, std::size_t device, std::size_t interface);
/// Whether a device or port of that name is down.
[[nodiscard]] bool is_down(const Failure& failure, std::string_view name);
/// Whether a thing is at a site that is down, by the beginning of its name.
[[nodiscard]] bool is_at_site(const Failure& failure, std::string_view name);

}  // namespace cloison::verify
