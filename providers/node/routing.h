#pragma once
// Routing between nodes: eBGP with BFD by FRR 8.4 (frr.conf), and back from what FRR says that it runs. Pure; what FRR
// says is hostile input.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ip.h"

namespace cloison::node {

/// The far end of a tunnel.
struct Neighbour {
  std::string name{};     // letters, digits, '-', '_' and '.', at most 60: one of its own for each neighbour of a node
  std::string address{};  // IPv6 link-local, one of its own for each neighbour of a node, whatever the interface
  std::string interface{};  // the tunnel
  uint32_t autonomous_system = 0;
  uint32_t preference = 100;       // LOCAL_PREF of what it tells: the greatest wins
  uint32_t med = 0;                // MULTI_EXIT_DISC of what is told to it: the least wins
  std::vector<IpPrefix> accept{};  // taken from it: these prefixes alone, none longer or shorter
  std::vector<IpPrefix> offer{};   // told to it
  bool operator==(const Neighbour&) const = default;
};

/// "NAME ADDRESS%INTERFACE as NUMBER preference NUMBER med NUMBER accept PREFIX... offer PREFIX...", prefixes sorted:
/// "lab-1-fibre fd00:1::b%wg-fibre as 65011 preference 200 med 10 accept 10.16.3.0/24 offer 10.20.0.0/16".
[[nodiscard]] std::string text_of(const Neighbour& neighbour);
[[nodiscard]] std::optional<Neighbour> parse_neighbour(std::string_view line);

/// A route of this node's own, such as to what lies behind a VPC's router: "10.0.0.0/16 10.0.0.1", with
/// " table NUMBER" behind it if it is in another routing table than the main one (0).
struct StaticRoute {
  IpPrefix to{};
  IpAddress via{};
  uint32_t table = 0;
  bool operator==(const StaticRoute&) const = default;
};
[[nodiscard]] std::string text_of(const StaticRoute& route);
[[nodiscard]] std::optional<StaticRoute> parse_route(std::string_view line);

struct Routing {
  uint32_t autonomous_system = 0;
  std::string router_id{};
  std::vector<IpPrefix> announce{};
  bool known_only = false;  // each is told only while this node has a way to it
  std::vector<Neighbour> neighbours{};
  std::vector<StaticRoute> routes{};
};

/// frr.conf, without the lines that mark it.
[[nodiscard]] std::string frr_text(const Routing& routing);

struct RunningRouting {
  Routing routing{};
  /// "+ CONTEXT: LINE": runs, although what is in `routing` does not ask for it. "- ...": the other way round.
  std::vector<std::string> other_lines{};
};
/// From `vtysh -c 'show running-config'`.
[[nodiscard]] RunningRouting read_running(std::string_view text);

}  // namespace cloison::node
