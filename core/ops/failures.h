#pragma once
// What scenarios take down, in the words of the proof.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/topology/resolved.h"
#include "core/verify/failure.h"

namespace cloison::ops {

/// One thing that may fail.
struct Failing {
  std::string name{};   // "cloud", "lab/lyon-03.underlays.fibre", "central.nodes.central-1", "wan"
  std::string alike{};  // the same of all instances: "lab.underlays.fibre", "lab.nodes"
  verify::Failure failure{};
};

class Failures {
 public:
  Failures(const topology::Resolved& resolved, const std::vector<verify::Place>& places);

  /// What a scenario takes down, each time together: all that it names, or with `each` one by one. Of a service's
  /// primary nobody knows which replica it is, so each is it in turn.
  [[nodiscard]] std::vector<std::vector<Failing>> of(const topology::Selector& down, bool each) const;
  /// Every link, underlay, node, gateway, availability zone and site.
  [[nodiscard]] std::vector<Failing> single() const;

 private:
  [[nodiscard]] std::vector<Failing> of_term(const topology::SelectorTerm& term) const;
  [[nodiscard]] std::vector<Failing> at_site(const topology::Site& site,
                                             const std::vector<std::string_view>& words) const;
  [[nodiscard]] std::vector<Failing> underlays(const topology::Site& site, std::string_view name) const;
  [[nodiscard]] std::vector<Failing> nodes(const topology::Site& site, std::string_view name) const;
  [[nodiscard]] std::vector<Failing> gateways(const topology::Site& site, std::string_view name) const;
  [[nodiscard]] std::vector<Failing> zones(const topology::Site& site, std::string_view name) const;
  void add_addresses(const topology::Site& site, std::string_view node, verify::Failure& failure) const;
  [[nodiscard]] Failing machine(const verify::Place& place) const;

  const topology::Resolved& resolved_;
  const std::vector<verify::Place>& places_;
  verify::PlaceNames names_;
};

/// Flows that open by themselves in a scenario.
[[nodiscard]] std::set<std::string, std::less<>> opened_by(const topology::Resolved& resolved,
                                                           const std::string& scenario);

/// All of several at once.
[[nodiscard]] verify::Failure together(const std::vector<Failing>& all);

}  // namespace cloison::ops
