#pragma once
// LANs behind nodes of their own, which two core networks join: small enough to look at each of its states, with all
// that makes orders matter. Filters of rules that come and go one by one, filters that are changed at once, groups and
// rules for groups, ways.

#include <map>
#include <string>
#include <vector>

#include "core/model/provider.h"
#include "core/verify/place.h"

namespace cloison::test {

constexpr int64_t k_lans = 3, k_cores = 2;

[[nodiscard]] IpPrefix lan_prefix(int64_t lan);

/// What one of its resources is.
struct Thing {
  std::string kind{};                     // rule, filter, member, group_rule, route
  int64_t node = 0;                       // all but member
  int64_t from = 0, to = 0, service = 0;  // LANs; of a route: to which LAN, by which core in `from`
  bool drop = false;                      // rule
  /// filter: "FROM TO SERVICE", " drop" behind it; member: the groups of LAN `from`; group_rule: its groups.
  std::vector<std::string> list{};

  [[nodiscard]] Value value() const;
  auto operator<=>(const Thing&) const = default;
};
using Things = std::map<std::string, Thing>;  // by address

[[nodiscard]] FilterRule rule_from(int64_t from, int64_t to, int64_t service, bool drop);
[[nodiscard]] Forwarding small_network(const std::vector<Thing>& things);
/// The places "site-0.lan" and so on.
[[nodiscard]] std::string lan_path(int64_t lan);
[[nodiscard]] std::vector<verify::Place> lan_places();

/// Only its semantics are of use.
class SmallNetwork final : public Provider {
 public:
  [[nodiscard]] std::span<const KindSchema> kinds() const override { return {}; }
  [[nodiscard]] Checked<Lowered> lower(const Intent&, const Facts&) const override { return {}; }
  [[nodiscard]] Forwarding semantics(std::span<const PlacedResource> resources) const override;
  [[nodiscard]] StoredProvider configuration() const override { return {}; }
  [[nodiscard]] Result<Facts> probe(const Call&) override { return Facts{}; }
  [[nodiscard]] Result<std::vector<Observed>> observe(const Scope&, std::span<const std::string>,
                                                      const Call&) override {
    return std::vector<Observed>{};
  }
  [[nodiscard]] std::vector<Result<Applied>> create_many(std::span<const CreateRequest>, const Call&) override {
    return {};
  }
  [[nodiscard]] Result<Applied> update(const ResourceState&, const Resource&, const Call&) override {
    return Applied{};
  }
  [[nodiscard]] Result<void> remove(const ResourceState&, const Call&) override { return {}; }
};

}  // namespace cloison::test
