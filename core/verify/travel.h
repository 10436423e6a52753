#pragma once
// Sends sets of packets through a world, and tells where they get and what stops them.

#include <functional>
#include <string>
#include <vector>

#include "core/verify/world.h"

namespace cloison::verify {

/// One thing that happened to packets under way.
struct Leap {
  enum class Kind : uint8_t {
    begins,      ///< at a machine, a network or a device
    passes,      ///< a filter of a card
    forwarded,   ///< by a device
    translated,  ///< by a device: its packets have other addresses from then on
    sent,        ///< into a tunnel, to its far end
    arrives,     ///< at a machine, a device itself, an unseen machine of a network
    leaves,      ///< for the world outside
    refused,     ///< by a filter, or for want of a way
  };
  Kind kind = Kind::begins;
  std::size_t before = k_nothing;  ///< the leap from which it goes on
  std::string where{};             ///< path of the device, the machine or the network
  std::string in{}, out{};         ///< interfaces of a device
  std::string rule{}, label{};     ///< what decided, as the platform has it; "" where nothing had to
  std::string address{};           ///< of the resource of that rule
  std::string why{};               ///< of a refusal without a rule: "no rule permits it", "no route"
  PacketSet packets{};             ///< as they are after it
};

/// What a device made of the packet of a connection. Destinations are changed as it arrives and changed back as the
/// answer leaves; sources the other way round.
struct Translated {
  std::string device{};
  Packet before{}, after{};
};

/// The answer to a packet: ends and ports the other way round, an echo's reply.
[[nodiscard]] Packet answer_to(const Packet& packet);
[[nodiscard]] PacketBox box_of(const Packet& packet);

struct TravelOptions {
  /// The most that can pass: all ways that may be there, and every device that a machine may hand its packets to. Else
  /// what happens while everything works: the ways that are taken.
  bool most = false;
  ConnectionState state = ConnectionState::fresh;
  bool refusals = false;  ///< also tell what stopped packets
  /// What devices translated on the way there, for the way back.
  std::vector<Translated> translated{};
  std::size_t most_devices = 12;  ///< longest way
};

/// From a machine's card (`port`), or from any machine of a network that no card stands for.
[[nodiscard]] std::vector<Leap> travel_from_port(const World& world, std::size_t port, const PacketSet& packets,
                                                 const TravelOptions& options);
/// From a device of a person's own at the end of a tunnel, such as a tablet: nothing where no tunnel leads to the
/// address.
[[nodiscard]] std::vector<Leap> travel_from_tunnel(const World& world, const IpAddress& from, const PacketSet& packets,
                                                   const TravelOptions& options);
/// From a device itself.
[[nodiscard]] std::vector<Leap> travel_from_device(const World& world, std::size_t device, const PacketSet& packets,
                                                   const TravelOptions& options);
[[nodiscard]] std::vector<Leap> travel_from_network(const World& world, std::size_t network, const PacketSet& packets,
                                                    const TravelOptions& options);

}  // namespace cloison::verify
