#pragma once
// How a platform's resources forward packets, as the proof sees them: what providers' semantics.cpp makes of resources,
// planned or read back live, and what core/verify asks questions of. It knows nothing of the topology.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/packet.h"
#include "core/model/value.h"

namespace cloison {

/// Whether an element is there for certain: a session that may be down, a rule that holds only at times, a step that
/// may have been made already. Safety is proved with all that may be there, continuity with what must be.
enum class Presence : uint8_t { always, maybe };

/// Interfaces of a device by their names; `names` empty: any, whatever `inverted` says.
struct InterfaceMatch {
  std::vector<std::string> names{};
  bool inverted = false;
  [[nodiscard]] bool matches(std::string_view interface) const;
  bool operator==(const InterfaceMatch&) const = default;
};

/// What a rule looks at: packets of any of its boxes, by its interfaces, in its states of connection tracking.
struct RuleMatch {
  InterfaceMatch in{}, out{};
  std::vector<PacketBox> packets{};
  bool fresh = true;        ///< a packet that begins a connection
  bool established = true;  ///< one that belongs to a connection, in either direction
  Presence presence = Presence::always;
  bool implicit = false;  ///< the platform's own, which nobody can take away
  std::string text{};     ///< as the platform has it
  std::string label{};    ///< what it says of its reason: the flow's id
};

struct FilterRule {
  enum class Action : uint8_t { accept, drop, jump };
  RuleMatch match{};
  Action action = Action::accept;
  std::string target{};  ///< of a jump: a chain
};

/// Rules in order, first match decides.
struct FilterChain {
  std::string name{};
  std::vector<FilterRule> rules{};
  bool accepts_rest = false;
  /// Rules from this one on, and what none of them names, come after one that writes all packets to a log.
  std::size_t logged_from = SIZE_MAX;
  /// While it is being changed: what may stand in its place. The most that passes is what any of them lets pass, and
  /// the least what all do.
  std::vector<FilterChain> instead{};
};

/// A chain, or none. Copies share it, so that many states of one network have each chain once.
class SharedChain {
 public:
  SharedChain() = default;
  SharedChain(FilterChain chain) : chain_(std::make_shared<FilterChain>(std::move(chain))) {}  // NOLINT: is a chain
  [[nodiscard]] bool has_value() const { return chain_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const FilterChain* get() const { return chain_.get(); }
  const FilterChain& operator*() const { return *chain_; }
  const FilterChain* operator->() const { return chain_.get(); }
  /// To be changed: what others shared is theirs from then on, and this a copy. Only where there is a chain.
  FilterChain& own() {
    if (chain_.use_count() > 1) chain_ = std::make_shared<FilterChain>(*chain_);
    return *chain_;
  }
  void reset() { chain_.reset(); }

 private:
  std::shared_ptr<FilterChain> chain_{};
};

/// Address translation: the first rule that matches the first packet of a connection decides for all of it.
struct TranslationRule {
  enum class Action : uint8_t { keep, source, destination, masquerade };
  RuleMatch match{};
  Action action = Action::keep;
  /// Of source and destination: the packet's address in `to` at the offset that it has in the rule's boxes; one address
  /// stands for them all.
  IpPrefix to{};
  bool by_offset = false;
};

struct TranslationChain {
  std::string name{};
  std::vector<TranslationRule> rules{};
};

/// What switches: a VLAN of a place, a network of a cloud. Whoever is on it reaches everybody on it who lets him, and
/// may hand his packets to any device on it.
struct SwitchedNetwork {
  std::string name{};  ///< one of its own among all: the resource's address, or its place and VLAN
  std::vector<IpPrefix> prefixes{};
  bool unseen = false;  ///< has machines that no port of the model stands for: what they send each other nobody filters
  bool apart = false;   ///< machines that have ports in the model reach only devices by it, and never each other
  std::vector<IpPrefix> answered{};  ///< where they are kept apart, or may be: for whom their gateway answers
};

struct DeviceInterface {
  std::string name{};
  std::string network{};  ///< the switched network on which it is, or ""
  bool outer = false;     ///< leads to the world outside
  /// Of an outer one: whoever runs the platform lets only that in which is addressed to these, and claims no address of
  /// ours; absent: anything may come.
  std::optional<std::vector<IpPrefix>> published{};
  std::vector<IpAddress> addresses{};
  std::vector<IpAddress> shared{};  ///< that it has in turn with others
};

struct ForwardingRoute {
  IpPrefix to{};
  std::string interface{};         ///< by which it leaves; "": that of the network on which `via` is
  std::optional<IpAddress> via{};  ///< whom it is handed to; none: it is on that interface's network or tunnel itself
  std::string only_from{};         ///< packets that came by this interface; "": any
  std::vector<std::string> not_from{};  ///< packets that came by these have other ways
  Presence presence = Presence::always;
};

/// A session of a routing protocol: what a device tells a neighbour, and takes from it.
struct RoutingSession {
  std::string interface{};
  IpAddress neighbour{};  ///< behind which of the device's tunnels it is
  std::vector<IpPrefix> offers{}, accepts{};
  int64_t preference = 0;  ///< of what is taken: the greatest wins
  int64_t distance = 0;    ///< told along with what is offered: where preferences are equal, the least wins
};

/// One end of what leads to another device or to a person's own: whoever proves to be `other` is behind it.
struct TunnelEnd {
  std::string interface{};
  std::string own{}, other{};      ///< who they are: keys, or names of which the far end has the counterpart
  std::vector<IpPrefix> behind{};  ///< what is sent to it, and what is believed to come from it
  std::vector<IpPrefix> near{};    ///< what may be sent and received as being on this side; empty: anything
  std::vector<std::string> by{};   ///< outer interfaces by which its packets may leave; empty: any
  std::vector<IpAddress> to{};     ///< beside `by`: the far end's outer address that it dials; empty: it is dialled
  std::string link{};              ///< what several tunnels are together, such as "wan"
  bool routed = false;             ///< brings a route to each prefix behind it, where no other one is
  Presence presence = Presence::always;
};

/// What routes and filters: a node, a cloud's router.
struct ForwardingDevice {
  std::string name{};  ///< path: "lab/lyon-03.node/lyon-03-1", "cloud.production.router"
  std::vector<DeviceInterface> interfaces{};
  std::vector<ForwardingRoute> routes{};
  std::vector<RoutingSession> sessions{};
  std::vector<IpPrefix> announces{};  ///< what it tells of itself
  std::vector<TunnelEnd> tunnels{};
  bool forwards_ipv4 = false, forwards_ipv6 = false;
  /// What it may be sent, pass on and send itself; absent: everything.
  SharedChain input{}, forward{}, output{};
  TranslationChain arriving{}, sending{}, leaving{};  ///< of what comes in, of its own packets, of all that go out
  std::string address{};                              ///< of the resource that holds its filters
};

/// A machine's card on a switched network, with the filter that stands before it.
struct MachinePort {
  std::string name{};  ///< path of the machine
  std::string network{};
  std::vector<IpAddress> addresses{};
  std::vector<IpPrefix> also_from{};  ///< other addresses under which it may send
  bool any_source = false;            ///< sends under whichever address it likes
  SharedChain out{}, in{};            ///< what it may send and be sent; absent: anything
  std::string address{};              ///< of its resource
};

/// Something that this version does not model: what it affects is unknown, never permitted, refused or proved.
struct Unmodelled {
  std::string address{};  ///< of the resource
  std::string what{};     ///< "rule 12 of forward: 'quota over 10 mbytes'"
};

/// A resource, planned or as it is on the platform: `id` is what others refer to it by.
struct PlacedResource {
  std::string id{};       ///< address where planned, the platform's identifier where live
  std::string address{};  ///< "" of what is not ours
  std::string kind{};
  Value attributes{};
};
/// What a value refers to: a reference's address, or an identifier.
[[nodiscard]] const std::string& referred(const Value& value);

/// What one provider's resources come to. Parts of several are joined by their networks' names, by the keys of tunnels
/// and by addresses.
struct Forwarding {
  std::vector<SwitchedNetwork> networks{};
  std::vector<ForwardingDevice> devices{};
  std::vector<MachinePort> ports{};
  std::vector<Unmodelled> unknown{};
};

}  // namespace cloison
