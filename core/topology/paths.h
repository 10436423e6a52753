#pragma once
// Which links a packet between two places crosses (docs/language.md, Paths): enough to say that there is a path and
// which links it takes; what is configured on the way is the compiler's.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/topology/address_places.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

struct Route {
  bool found = false;
  std::vector<std::string> links{};
  std::vector<Domain> domains{};  // FlowPair::domains
  std::string why{};              // when not found
  std::string mend{};             // a hint, where one is at hand
  uint32_t denied_by = k_none;    // the sdwan link whose spoke_to_spoke is deny
};

/// Where an end of a flow stands.
struct RouteEnd {
  enum class Kind : uint8_t { inside, internet, prefixes } kind = Kind::inside;
  uint32_t site = k_none;
  uint32_t segment = k_none;  // k_none for a node
  bool is_public = false;     // reachable from the internet at an address of its own
  const std::vector<IpPrefix>* prefixes = nullptr;
};

struct RouteOptions {
  uint32_t via = k_none;  // the only link it may take
  const std::set<uint32_t>* down_sites = nullptr;
  const std::set<uint32_t>* down_links = nullptr;
  bool platform_addresses = false;  // plain private addresses are the platform's own (metadata, resolvers)
  bool underlays = false;           // to nodes at their underlays, not inside
  bool own_way_out = false;         // a tunnel's outer packets: the site's own way out, whatever `egress` says
  bool outer = false;               // outer addresses of tunnels, which may be of a public space of ours
};

class Paths {
 public:
  explicit Paths(Work& work);

  [[nodiscard]] Route route(const RouteEnd& from, const RouteEnd& to, const RouteOptions& options) const;
  [[nodiscard]] Domain domain_of(uint32_t site, uint32_t segment) const;
  /// From a site to the internet, or `in` from there.
  [[nodiscard]] Route way_out(uint32_t site, Domain domain, bool in) const;
  /// Whether all addresses at that end are the internet's: public, and of nobody in this topology.
  [[nodiscard]] bool is_outside(const RouteEnd& place, const RouteOptions& options) const;
  [[nodiscard]] const AddressPlaces& addresses() const { return addresses_; }

  enum class Role : uint8_t { hub, spoke, side };
  struct Member {
    uint32_t link = k_none;
    Role role = Role::side;
    uint32_t side = 0;
    Domain domain = 0;
    uint32_t site = k_none;
  };
  [[nodiscard]] const std::vector<Member>& members(uint32_t link) const { return by_link_[link]; }
  /// The remote-access link of a segment with peers.
  [[nodiscard]] std::optional<uint32_t> remote_access(uint32_t segment) const;
  /// Where such a segment's users come out of their tunnels: the place that the link names with `at`.
  struct Entry {
    uint32_t site = k_none;
    Domain domain = k_none;
  };
  [[nodiscard]] Entry entry(uint32_t site, uint32_t segment) const;
  /// Resolved::link_ends.
  [[nodiscard]] std::vector<std::vector<LinkEnd>> link_ends() const;

 private:
  struct Step {
    std::vector<std::string> links{};
    Domain through = k_none;  // the domain between two links
  };
  void join(uint32_t link, const Name& end, Role role, uint32_t side);
  void add(Member member);
  void remote_users(uint32_t link);
  void transits();
  [[nodiscard]] std::string environment_of(Domain domain) const;
  [[nodiscard]] bool usable(uint32_t link, const RouteOptions& options) const;
  [[nodiscard]] std::optional<Step> one_link(Domain from, Domain to, const RouteOptions& options, bool standby,
                                             uint32_t& denied) const;
  [[nodiscard]] std::optional<Step> transit(Domain from, Domain to, const RouteOptions& options, bool standby) const;
  [[nodiscard]] Route between(Domain from, Domain to, const RouteOptions& options) const;
  [[nodiscard]] Domain hub_of(uint32_t link, const std::string& environment, const RouteOptions& options) const;
  [[nodiscard]] Route outward(const RouteEnd& from, const RouteOptions& options) const;
  [[nodiscard]] Route inward(const RouteEnd& to, const RouteOptions& options) const;
  [[nodiscard]] bool is_nobodys(const RouteEnd& place) const;
  [[nodiscard]] Route no_place(const RouteEnd& place) const;
  [[nodiscard]] RouteEnd located(const RouteEnd& place) const;
  [[nodiscard]] bool permitted_to_users(uint32_t link, const RouteEnd& from, const RouteEnd& to) const;

  Work& work_;
  AddressPlaces addresses_;
  std::vector<std::vector<Member>> by_link_{};
  std::unordered_map<Domain, std::vector<Member>> by_domain_{};
  std::map<uint32_t, std::vector<std::pair<Domain, uint32_t>>> transit_{};  // link -> (through, other link)
  std::unordered_map<uint32_t, uint32_t> users_{};                          // segment -> remote-access link
  std::map<uint32_t, std::vector<uint32_t>> users_at_{};                    // link -> sites that `at:` names
  std::map<uint32_t, std::set<uint32_t>> users_may_{};     // link -> segments that `to:` permits; none: same-site
  std::vector<std::vector<uint32_t>> internet_at_{};       // site -> internet links
  std::vector<std::pair<IpPrefix, uint32_t>> external_{};  // external sites' prefixes -> segment
};

}  // namespace cloison::topology
