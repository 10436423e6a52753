#pragma once
// Everything that can be sent anywhere: from each machine, network, device, user's device and from outside, with the
// places at both ends.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/verify/place.h"
#include "core/verify/ranges.h"
#include "core/verify/travel.h"

namespace cloison::verify {

/// One end of a passage: a place, or what no place stands for.
struct PassageEnd {
  enum class Kind : uint8_t {
    place,
    outside,  ///< the world outside; of a source, whatever address it claims
    device,   ///< one that filters nothing for itself: a cloud's router
    nobody,   ///< an address at which no place is known
  };
  Kind kind = Kind::nobody;
  std::size_t place = k_nothing;
  std::string_view where{};  ///< as the world calls it
  bool operator==(const PassageEnd&) const = default;
};

/// "lab/lyon-03.lan", "internet", or as the world calls it.
[[nodiscard]] std::string name_of(const PassageEnd& end, const std::vector<Place>& places);

/// Packets that get from one end to another, by the addresses by which people know both.
struct Passage {
  PassageEnd from{}, to{};
  PacketSet packets{};
  std::size_t end = 0;  ///< the leap by which they arrive
  PacketSet as_sent{};  ///< the same as they set out
};

/// Of where the one who sends is; of what comes from outside, of where it gets. "" of neither.
[[nodiscard]] std::string_view environment_of(const Passage& passage, const std::vector<Place>& places);

/// Machines of one segment of which the topology says that they reach each other, by the switch between them.
[[nodiscard]] bool allowed_inside(const Passage& passage, const std::vector<Place>& places);

/// Which place the parts of a world are.
struct Source;
class PlaceIndex {
 public:
  PlaceIndex(const World& world, const std::vector<Place>& places);

  [[nodiscard]] const std::vector<Place>& places() const { return *places_; }
  /// The passages of what arrived by one leap.
  [[nodiscard]] std::vector<Passage> passages(const Source& source, const std::vector<Leap>& leaps,
                                              std::size_t end) const;
  /// The place of a machine's card, k_nothing.
  [[nodiscard]] std::size_t of_port(std::size_t port) const { return ports_[port]; }
  [[nodiscard]] std::size_t of_device(std::size_t device) const { return devices_[device]; }
  /// The segment that a network is; k_nothing.
  [[nodiscard]] std::size_t segment_on(std::size_t network) const;
  /// Addresses of our places at which nobody is.
  /// `world`: this one, or what is left of it.
  [[nodiscard]] AddressRanges vacant(const World& world) const;

 private:
  struct Part {
    PassageEnd end{};
    Interval<uint128> as_met{}, as_known{};
  };
  void of_cards();
  void of_devices();
  void of_networks();
  [[nodiscard]] bool at_site(std::string_view name, const Place& place) const;
  /// The parts of an interval of addresses on a network, by whose they are.
  [[nodiscard]] std::vector<Part> on_network(std::size_t network, Family family, const Interval<uint128>& range,
                                             bool sender) const;
  [[nodiscard]] Interval<uint128> as_router(const Place& place, Family family, const Interval<uint128>& met) const;
  [[nodiscard]] std::vector<Part> senders(const Source& source, Family family, const Interval<uint128>& range) const;
  [[nodiscard]] std::vector<Part> receivers(const PassageEnd& whole, const Leap& leap, Family family,
                                            const Interval<uint128>& range) const;
  [[nodiscard]] static std::vector<Part> split(const std::vector<std::pair<IpPrefix, std::size_t>>& owners,
                                               const std::vector<Place>& places, Family family, Interval<uint128> range,
                                               PassageEnd rest);

  const World* world_;
  const std::vector<Place>* places_;
  std::vector<std::size_t> ports_{}, devices_{};
  /// For each network: hosts and segments on it with their prefixes there, the narrowest last.
  std::vector<std::vector<std::pair<IpPrefix, std::size_t>>> networks_{};
  std::vector<std::pair<IpPrefix, std::size_t>> users_{}, external_{};
  std::set<IpAddress> known_{};  ///< of machines, nodes and users
  std::map<std::string, std::size_t, std::less<>> by_path_{};
};

/// Somebody who may send.
struct Source {
  enum class Kind : uint8_t { port, network, device, tunnel, outside };
  Kind kind = Kind::port;
  std::size_t number = k_nothing;  ///< port, network or device
  std::size_t part = k_nothing;    ///< the device's tunnel or interface
  PassageEnd end{};
  PacketSet packets{};  ///< the most that it may send
};

/// All that may send, the world outside among them at each device that leads there.
[[nodiscard]] std::vector<Source> sources(const World& world, const PlaceIndex& places);
/// Leaves of what they may send these packets and few others, and of sources those that may send some of them.
void restrict_to(std::vector<Source>& sources, const PacketSet& only);
[[nodiscard]] std::vector<Leap> travel_from(const World& world, const Source& source, const PacketSet& packets,
                                            const TravelOptions& options);

/// The most that one source can send, and where it gets.
struct SentBy {
  std::vector<Leap> leaps{};
  std::vector<Passage> passages{};
  std::optional<GivenUp> given_up{};  ///< what was too complex to tell: then there may be more
};
[[nodiscard]] SentBy sent_by(const Source& source, const World& world, const PlaceIndex& places,
                             std::size_t most_boxes = k_most_boxes);
/// Of each of the sources in turn, until `use` returns false. Several processors work at it.
void for_each_sent(const std::vector<Source>& sources, const World& world, const PlaceIndex& places,
                   std::size_t most_boxes, const std::function<bool(const SentBy&)>& use);

}  // namespace cloison::verify
