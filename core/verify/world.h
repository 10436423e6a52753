#pragma once
// All that forwards, joined: parts of several providers by the names of their networks, by the keys of their tunnels
// and by addresses; routes as the sessions between devices spread them.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/forwarding.h"
#include "core/verify/filter.h"

namespace cloison::verify {

constexpr std::size_t k_nothing = SIZE_MAX;

/// A device by its number, and one of its interfaces.
struct Leg {
  std::size_t device = k_nothing, interface = k_nothing;
  auto operator<=>(const Leg&) const = default;
};

/// A route that a device has now, or would have if others went: `presence` says which.
struct KnownRoute {
  IpPrefix to{};
  std::size_t interface = k_nothing;
  std::optional<IpAddress> via{};
  std::string only_from{};
  std::vector<std::string> not_from{};
  Presence presence = Presence::always;
  bool stays = true;  ///< false: it goes with the session that brought it, and leaves its packets to shorter prefixes
};

/// What is behind one tunnel of a device.
struct Behind {
  std::size_t tunnel = k_nothing;
  IpPrefix prefix{};
};

/// Prefixes in the order in which they are asked, found by the destinations that they hold.
template <class Item>
struct Table {
  std::vector<Item> items{};
  BoxIndex index{{}};
};

/// Filters made ready, each chain once for all worlds that are made with the same pool.
class FilterPool {
 public:
  /// Nothing for no chain.
  [[nodiscard]] std::shared_ptr<const Filter> of(const SharedChain& chain);

 private:
  /// A filter refers to its chain, which nobody else changes as long as it is shared.
  struct Ready {
    explicit Ready(SharedChain from) : chain(std::move(from)), filter(*chain) {}
    SharedChain chain;
    Filter filter;
  };
  std::map<const FilterChain*, std::shared_ptr<const Ready>> ready_{};
};

/// Filters and translations of a device made ready. Many worlds may share them: a failure changes ways, not rules.
struct DeviceFilters {
  DeviceFilters(ForwardingDevice& device, FilterPool& pool);  ///< takes its chains
  DeviceFilters(const DeviceFilters&) = delete;
  DeviceFilters& operator=(const DeviceFilters&) = delete;
  ~DeviceFilters() = default;
  SharedChain input_rules{}, forward_rules{}, output_rules{};
  TranslationChain arriving_changes{}, sending_changes{}, leaving_changes{};
  FilterChain arriving_rules{}, sending_rules{}, leaving_rules{};  ///< what these look at, as filters that accept it
  std::shared_ptr<const Filter> input{}, forward{}, output{};      ///< nothing: everything passes
  Filter arriving, sending, leaving;
};

struct PortFilters {
  PortFilters(MachinePort& port, FilterPool& pool);
  PortFilters(const PortFilters&) = delete;
  PortFilters& operator=(const PortFilters&) = delete;
  ~PortFilters() = default;
  SharedChain in_rules{}, out_rules{};
  std::shared_ptr<const Filter> in{}, out{};
};

/// The other end of a tunnel: a device and its tunnel there.
struct FarEnd {
  std::size_t device = k_nothing, tunnel = k_nothing;
  bool operator==(const FarEnd&) const = default;
};

using NetworkNames = std::map<std::string, std::size_t, std::less<>>;

struct Failure;
struct OtherFilters;
class Spread;

/// Never changes once it is made; worlds that are made of another one share what is the same.
class World {
 public:
  explicit World(std::vector<Forwarding> parts);
  World(std::vector<Forwarding> parts, FilterPool& pool);
  /// What is left of another one: numbers stay, and what is down is joined to nothing. `whole` is not itself what is
  /// left of one.
  World(const World& whole, const Failure& failure);
  /// The same with other filters at some places.
  World(const World& whole, const OtherFilters& filters);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() = default;

  struct Device {
    ForwardingDevice model{};  ///< without its chains
    std::shared_ptr<const DeviceFilters> filters{};
    Table<KnownRoute> routes{};  ///< longest prefix first; of one prefix, the taken ones before their alternatives
    std::map<std::string, Table<Behind>, std::less<>> behind{};  ///< by interface: the longest prefix first
    std::vector<std::size_t> outs{};                             ///< interfaces by which there are routes
    std::vector<std::size_t> cards{};  ///< for each interface: the port that stands before it, or k_nothing
    std::vector<FarEnd> far_ends{};    ///< for each tunnel; of those of whom nobody of ours is there: nothing
    [[nodiscard]] std::size_t interface(std::string_view name) const;
  };
  struct Port {
    MachinePort model{};  ///< without its chains
    std::shared_ptr<const PortFilters> filters{};
    Leg device{};  ///< whose card it is; a machine's own: none
  };
  struct Network {
    SwitchedNetwork model{};
    std::vector<std::size_t> ports{};
    std::vector<std::pair<IpAddress, std::size_t>> by_address{};  ///< of machines' ports; sorted
    std::vector<Leg> devices{};
  };

  [[nodiscard]] const std::vector<std::shared_ptr<const Device>>& devices() const { return devices_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const Port>>& ports() const { return ports_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const Network>>& networks() const { return networks_; }
  [[nodiscard]] const std::vector<Unmodelled>& unknown() const { return *unknown_; }

  /// By name; k_nothing.
  [[nodiscard]] std::size_t network(std::string_view name) const;
  /// Those on which the address would be, as their prefixes say.
  [[nodiscard]] std::vector<std::size_t> networks_of(const IpAddress& address) const;
  /// The other end of a device's tunnel, and which of its tunnels that is; nothing where nobody of ours is there.
  [[nodiscard]] std::optional<FarEnd> far_end(std::size_t device, std::size_t tunnel) const;

 private:
  [[nodiscard]] std::size_t towards(const Device& device, const IpAddress& address) const;
  void make(std::vector<Forwarding> parts, FilterPool& pool);
  void lose_devices(const World& whole, const Failure& failure);
  void lose_ports(const Failure& failure);
  void lose_of_networks(const Failure& failure);

  std::vector<std::shared_ptr<const Device>> devices_{};
  std::vector<std::shared_ptr<const Port>> ports_{};
  std::vector<std::shared_ptr<const Network>> networks_{};
  std::shared_ptr<const std::vector<Unmodelled>> unknown_{};
  std::shared_ptr<const NetworkNames> network_names_{};
  std::shared_ptr<const Spread> spread_{};  ///< what devices have learned of each other
};

/// Filters that stand in the place of others, by the number of the device or port.
struct OtherFilters {
  std::map<std::size_t, std::shared_ptr<const DeviceFilters>> devices{};
  std::map<std::size_t, std::shared_ptr<const PortFilters>> ports{};
};

}  // namespace cloison::verify
