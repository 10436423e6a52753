#pragma once
// The second engine: where packets get, as a fixpoint over all places at which they can be, with one function for each.
// It shares with the first one what is joined (`World`) and the forwarding model, and no way of computing: no boxes, no
// list of ways, no filter, no journey.

#include <compare>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/verify/bdd/chain_bdd.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// Who sends.
struct Sender {
  enum class Kind : uint8_t { port, network, device, tunnel, outside };
  Kind kind = Kind::port;
  std::size_t number = k_nothing;  ///< port, network or device
  std::size_t part = k_nothing;    ///< the device's tunnel or interface
};

/// Where packets end.
struct ArrivalEnd {
  enum class Kind : uint8_t { port, network, device, tunnel, outside };
  Kind kind = Kind::port;
  std::size_t number = k_nothing;  ///< port, network or device
  std::size_t part = k_nothing;    ///< the device's tunnel, of which the far end is nobody of ours, or outer interface
  auto operator<=>(const ArrivalEnd&) const = default;
};
/// As the world calls it: "lab/lyon-03.node/lyon-03-1", "outside by wan of ...".
[[nodiscard]] std::string name_of(const World& world, const ArrivalEnd& end);

/// What arrives, with how it set out where that was translated.
using Arrivals = std::map<ArrivalEnd, Bdd>;

class SpreadEngine {
 public:
  SpreadEngine(const World& world, const PacketSpace& space);

  /// The most of what one sends that can arrive, at each end.
  [[nodiscard]] Arrivals arrivals(const Sender& sender);
  /// Why the last answer is none: packets were translated round and round. "" where it is one.
  [[nodiscard]] const std::string& gave_up() const { return gave_up_; }

 private:
  /// Where packets are under way: on a network, handed by somebody to somebody, or in a device, having come by an
  /// interface.
  struct Spot {
    enum class Kind : uint8_t { network, device };
    Kind kind = Kind::network;
    std::size_t network = k_nothing;
    Leg leg{};                       ///< in which device; or which device sent them
    std::size_t port = k_nothing;    ///< the card that sent them
    std::optional<IpAddress> via{};  ///< whom a device hands them to
    auto operator<=>(const Spot&) const = default;
  };
  struct Way {
    std::size_t out = k_nothing;
    std::optional<IpAddress> via{};
    Bdd packets{};  ///< that take it: filter and routes
  };

  void begin(const Sender& sender);
  void put(const Spot& spot, const Bdd& packets);
  void arrive(const ArrivalEnd& end, const Bdd& packets);

  void on_network(const Spot& spot, const Bdd& packets);
  void to_machines(const Spot& spot, const Bdd& packets);
  void hand_over(const Leg& leg, const Bdd& packets);
  void in_device(const Leg& leg, const Bdd& packets);
  void send(std::size_t device, std::size_t in, const Bdd& packets);
  void leave(const Leg& leg, const std::optional<IpAddress>& via, const Bdd& packets);
  void into_tunnels(const Leg& leg, const Bdd& packets);

  [[nodiscard]] const std::vector<Way>& ways(std::size_t device, std::size_t in);
  [[nodiscard]] std::vector<Way> worked_out(std::size_t device, std::size_t in);
  [[nodiscard]] Bdd everything_of(const Sender& sender);
  // What is asked again and again, made once.
  [[nodiscard]] const Bdd& to_port(std::size_t port);       ///< to a machine, through its filter
  [[nodiscard]] const Bdd& to_leg(const Leg& leg);          ///< to addresses of one interface
  [[nodiscard]] const Bdd& to_device(std::size_t device);   ///< to any address of a device
  [[nodiscard]] const Bdd& to_unseen(std::size_t network);  ///< to a machine that no card stands for
  [[nodiscard]] const Bdd& from_card(std::size_t port);     ///< what a card lets out
  [[nodiscard]] const Bdd& end_in(End end, const IpPrefix& prefix);

  const World& world_;
  const PacketSpace& space_;
  Chains chains_;
  std::map<Leg, std::vector<Way>> ways_{};  // by device and interface by which packets came; k_nothing: its own
  std::map<std::size_t, Bdd> to_port_{}, to_device_{}, to_unseen_{}, from_card_{};
  std::map<Leg, Bdd> to_leg_{};
  std::map<std::pair<End, IpPrefix>, Bdd> ends_{};
  Bdd ours_{};  // sent under an address of one of our networks

  struct Reached {
    Bdd all{}, fresh{};  ///< that were ever there; of those, what has not gone on yet
    std::size_t visits = 0;
  };
  std::map<Spot, Reached> reached_{};
  std::deque<Spot> waiting_{};  // that have something fresh, in the order in which it came
  Arrivals arrivals_{};
  std::string gave_up_{};
};

}  // namespace cloison::verify
