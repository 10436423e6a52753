#pragma once
// Random chains and small networks, for the engines of the proof to be compared over: few addresses, so that rules,
// routes and translations meet each other.

#include <random>
#include <string>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::test {

/// Draws from a seed, the same everywhere.
class NetworkDraw {
 public:
  explicit NetworkDraw(uint64_t seed) : random_(seed) {}

  [[nodiscard]] int below(int count) { return static_cast<int>(random_() % static_cast<uint64_t>(count)); }
  [[nodiscard]] bool one_in(int count) { return below(count) == 0; }
  template <class T>
  [[nodiscard]] const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }

  [[nodiscard]] Family family() { return one_in(3) ? Family::ipv6 : Family::ipv4; }
  /// Of 10.0.0.0/28 or fd00::/124; seldom everything.
  [[nodiscard]] IpAddress address(Family family);
  [[nodiscard]] IpPrefix prefix(Family family);
  /// Any of it at times: addresses between two ends, ranges of ports, types of ICMP.
  [[nodiscard]] PacketBox box();
  [[nodiscard]] RuleMatch match(const std::vector<std::string>& interfaces);
  /// Seldom with another one that may stand in its place.
  [[nodiscard]] FilterChain chain(const std::vector<std::string>& interfaces, int most_rules);
  /// Of sources or of destinations; `interfaces`: by which packets come and leave.
  [[nodiscard]] TranslationChain translations(const std::vector<std::string>& interfaces, bool of_source,
                                              int most_rules);
  /// One to three devices with their networks, machines, routes, filters, translations and tunnels.
  [[nodiscard]] Forwarding network();
  /// One device with two networks and a way to the outside.
  [[nodiscard]] Forwarding hop();

 private:
  [[nodiscard]] FilterChain plain_chain(const std::vector<std::string>& interfaces, int most_rules);
  [[nodiscard]] ForwardingDevice device(int number, int networks);
  void fill(ForwardingDevice& device);
  [[nodiscard]] ForwardingRoute route(const ForwardingDevice& device);
  void join(ForwardingDevice& a, ForwardingDevice& b, int number);
  void add_ports(Forwarding& parts);

  std::mt19937_64 random_;
};

/// One rule of a filter decides the other way round: whose it is, "" where there is no filter.
[[nodiscard]] std::string flip_a_rule(Forwarding& parts, NetworkDraw& draw);

}  // namespace cloison::test
