#include "providers/node/lower_redundancy.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

std::optional<IpAddress> of_family(const std::vector<IpAddress>& addresses, Family family) {
  const auto found =
      std::find_if(addresses.begin(), addresses.end(), [&](const IpAddress& one) { return one.family == family; });
  return found == addresses.end() ? std::nullopt : std::optional(*found);
}

constexpr int64_t k_virtual_routers = 255;  // RFC 9568, 5.2.3

int64_t virtual_router_of(const std::string& place) {
  return static_cast<int64_t>(1 + digest_number("virtual router " + place) % k_virtual_routers);
}

/// Facts tell of the machine's addresses; where none do, nothing was asked.
std::optional<std::string> interface_of(const IpAddress& address, const Facts& facts) {
  const auto first = facts.lower_bound("address/");
  if (first == facts.end() || !first->first.starts_with("address/")) return "eth0";
  const auto found = facts.find("address/" + address.text());
  return found == facts.end() ? std::nullopt : std::optional(found->second);
}

class Redundancy {
 public:
  Redundancy(const NodeIntent& node, const std::map<std::string, std::string>& interfaces)
      : node_(node), redundancy_(*node.redundancy), interfaces_(interfaces) {}

  void add(const AddResource& add_resource) {
    const auto family = of_family(redundancy_.own, Family::ipv4) ? Family::ipv4 : Family::ipv6;
    const auto source = of_family(redundancy_.own, family);
    if (!source) return;
    over_ = redundancy_.segment.empty() ? node_.inside : interfaces_.at(redundancy_.segment);
    for (const auto& segment : node_.segments) add_segment(segment);
    for (const auto& address : redundancy_.shared)
      shared_.push_back(fmt::format("{} {}", IpPrefix::of(address).text(), over_));
    for (const auto& route : node_.routes) add_route(route);
    // VRRP itself tells of the family that it speaks; the other's addresses follow it.
    std::stable_partition(shared_.begin(), shared_.end(), [&](const std::string& one) {
      return (one.find(':') == std::string::npos) == (family == Family::ipv4) && one.ends_with(' ' + over_);
    });
    std::vector<std::string> peers, track, after;
    for (const auto& other : redundancy_.others)
      if (other.family == family) peers.push_back(other.text());
    if (!node_.trunk.empty()) track.push_back(node_.trunk);
    for (const auto& segment : node_.segments) after.push_back("vlan/" + segment.name);
    after.emplace_back("firewall");
    if (!node_.tunnels.empty()) after.emplace_back("routing");
    add_resource(k_redundancy, "redundancy",
                 {{"interface", Value::text(over_)},
                  {"virtual_router", Value::integer(virtual_router_of(redundancy_.place))},
                  {"priority", Value::integer(redundancy_.preferred ? 110 : 100)},
                  {"source", Value::text(source->text())},
                  {"peers", Value::texts(peers)},
                  {"track", Value::texts(track)},
                  {"linked", Value::boolean(!node_.tunnels.empty())},
                  {"services", Value::texts({})},
                  {"shared", Value::texts(shared_)},
                  {"routes", Value::texts(routes_)},
                  {"own_ways", Value::texts(own_ways_)},
                  {k_faults, Value::texts({})}},
                 redundancy_.origins, std::move(after));
  }

 private:
  /// The gateway's addresses; and what stands by is in its own segment as any other machine.
  void add_segment(const NodeSegmentIntent& segment) {
    const auto& interface = interfaces_.at(segment.path);
    for (const auto& one : segment.prefixes) {
      const auto family = one.prefix.family();
      shared_.push_back(fmt::format("{}/{} {}", one.gateway.text(), one.prefix.length, interface));
      if (family == Family::ipv6) shared_.push_back(fmt::format("{}/64 {}", k_shared_link_local, interface));
      const auto own = of_family(redundancy_.own, family);
      if (!own) continue;
      const auto by = segment.path == redundancy_.segment ? std::nullopt : gateway_of_own(family);
      if (segment.path != redundancy_.segment && !by) continue;
      own_ways_.push_back(
          fmt::format("{} {} {} {} -", one.prefix.text(), own->text(), interface, by ? by->text() : "-"));
    }
  }

  [[nodiscard]] std::optional<IpAddress> gateway_of_own(Family family) const {
    for (const auto& segment : node_.segments)
      if (segment.path == redundancy_.segment)
        for (const auto& one : segment.prefixes)
          if (one.prefix.family() == family) return one.gateway;
    return std::nullopt;
  }

  void add_route(const RouteIntent& route) {
    routes_.push_back(fmt::format("{} {} {}", route.to.text(), route.via.text(), over_));
    if (const auto own = of_family(redundancy_.own, route.to.family()))
      own_ways_.push_back(
          fmt::format("{} {} {} {} {}", route.to.text(), own->text(), over_, route.via.text(), route.via.text()));
  }

  const NodeIntent& node_;
  const RedundancyIntent& redundancy_;
  const std::map<std::string, std::string>& interfaces_;
  std::string over_{};
  std::vector<std::string> shared_{}, routes_{}, own_ways_{};
};

}  // namespace

void add_service_redundancy(const NodeIntent& node, const Facts& facts, const AddResource& add,
                            std::vector<NotApplied>& not_applied) {
  if (!node.redundancy || node.redundancy->own.empty()) return;
  const auto& redundancy = *node.redundancy;
  const auto family = redundancy.own.front().family;
  const auto& source = redundancy.own.front();
  const auto over = interface_of(source, facts);
  if (!over) {
    not_applied.push_back(
        {"services",
         join(redundancy.services, ", "),
         NotApplied::Reason::unsupported,
         fmt::format("no interface of {} has {}, so it cannot share an address with others", node.path, source.text()),
         redundancy.origins.empty() ? 0 : redundancy.origins.front().span,
         {}});
    return;
  }
  std::vector<std::string> shared, peers, after;
  for (const auto& address : redundancy.shared)
    shared.push_back(fmt::format("{} {}", IpPrefix::of(address).text(), *over));
  // VRRP itself tells of the family that it speaks; the other's addresses follow it.
  std::stable_partition(shared.begin(), shared.end(), [&](const std::string& one) {
    return (one.find(':') == std::string::npos) == (family == Family::ipv4);
  });
  for (const auto& other : redundancy.others)
    if (other.family == family) peers.push_back(other.text());
  for (const auto& name : redundancy.services) after.push_back("service/" + name);
  add(k_redundancy, "redundancy",
      {{"interface", Value::text(*over)},
       {"virtual_router", Value::integer(virtual_router_of(redundancy.place))},
       {"priority", Value::integer(redundancy.preferred ? 110 : 100)},
       {"source", Value::text(source.text())},
       {"peers", Value::texts(peers)},
       {"track", Value::texts({})},
       {"linked", Value::boolean(false)},
       {"services", Value::texts(redundancy.services)},
       {"shared", Value::texts(shared)},
       {"routes", Value::texts({})},
       {"own_ways", Value::texts({})},
       {k_faults, Value::texts({})}},
      redundancy.origins, std::move(after));
}

void add_redundancy(const NodeIntent& node, const std::map<std::string, std::string>& interfaces,
                    const AddResource& add) {
  if (node.redundancy) Redundancy(node, interfaces).add(add);
}

}  // namespace cloison::node
