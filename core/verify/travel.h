#pragma once
// Sends sets of packets through a world, and tells where they get and what stops them.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/verify/answer.h"
#include "core/verify/leap.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// Of packets on all ways of one who sends, 80 bytes each.
inline constexpr std::size_t k_most_boxes = 4'000'000;

struct TravelOptions {
  /// The most that can pass: all ways that may be there, and every device that a machine may hand its packets to. Else
  /// what happens while everything works: the ways that are taken.
  bool most = false;
  ConnectionState state = ConnectionState::fresh;
  std::set<std::string, std::less<>> opened{};  ///< flows that a node itself has opened, because of a failure
  bool refusals = false;                        ///< also tell what stopped packets
  /// What devices translated on the way there, for the way back.
  std::vector<Translated> translated{};
  /// On the way back: whose filters know the connection, sorted; to others its packets are new ones. Absent: all do.
  std::optional<std::vector<std::string_view>> known_to{};
  std::size_t most_devices = 12;          ///< longest way
  std::size_t most_boxes = k_most_boxes;  ///< more is too complex
  FilterBounds filter_bounds{};
};

/// What is too complex to tell ends with a leap `given_up`; what was told before is so all the same.
/// From a machine's card (`port`), or from any machine of a network that no card stands for.
[[nodiscard]] std::vector<Leap> travel_from_port(const World& world, std::size_t port, const PacketSet& packets,
                                                 const TravelOptions& options);
/// From what is behind a device's tunnel and is none of ours, such as a tablet: under the addresses behind it alone.
[[nodiscard]] std::vector<Leap> travel_from_tunnel(const World& world, std::size_t device, std::size_t tunnel,
                                                   const PacketSet& packets, const TravelOptions& options);
/// From a device itself.
[[nodiscard]] std::vector<Leap> travel_from_device(const World& world, std::size_t device, const PacketSet& packets,
                                                   const TravelOptions& options);
[[nodiscard]] std::vector<Leap> travel_from_network(const World& world, std::size_t network, const PacketSet& packets,
                                                    const TravelOptions& options);
/// From the world outside, by an outer interface of a device: whoever is out there may hand it anything. Of an
/// interface of which no address is known, all packets may be for the device itself.
[[nodiscard]] std::vector<Leap> travel_from_outside(const World& world, Leg outer, const PacketSet& packets,
                                                    const TravelOptions& options);

/// Where something was too complex to tell, and why.
struct GivenUp {
  std::string where{};
  std::string_view why{};
  auto operator<=>(const GivenUp&) const = default;
};
[[nodiscard]] std::optional<GivenUp> given_up(const std::vector<Leap>& leaps);

/// As `options`, for the answers to what went the way to `leaps[end]`.
[[nodiscard]] TravelOptions answered(const TravelOptions& options, const std::vector<Leap>& leaps, std::size_t end);

}  // namespace cloison::verify
