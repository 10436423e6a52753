#pragma once
// The topology in the words of the proof: its places, what is meant to pass, its guarantees. Which places a guarantee's
// selectors mean, the proof finds out by itself (docs/proof.md).

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/ops/validate.h"
#include "core/verify/proof.h"

namespace cloison::ops {

/// Outer addresses by device and interface: they are their administrator's, and no resource says them.
using OuterAddresses = std::multimap<std::pair<std::string, std::string>, IpAddress>;
[[nodiscard]] OuterAddresses outer_addresses(const topology::Resolved& resolved);

/// `not_applied`: links and sites of which nothing is there. `now`: by which certifications end.
[[nodiscard]] verify::ProofInput proof_input(const topology::Resolved& resolved,
                                             const std::vector<NotApplied>& not_applied, Instant now);

[[nodiscard]] verify::PlaceSelector place_selector(const topology::Selector& written);

/// The topology's groups, by name.
[[nodiscard]] std::map<std::string, verify::PlaceGroup, std::less<>> groups_of(const topology::Topology& topology);

/// What the resources come to, provider by provider, with the outer addresses of nodes.
[[nodiscard]] std::vector<Forwarding> forwarding_of(const std::vector<Resource>& resources, const Providers& providers,
                                                    const OuterAddresses& outer);
/// The same of what is there: by provider, as it was observed.
[[nodiscard]] std::vector<Forwarding> forwarding_of(
    const std::map<std::string, std::vector<PlacedResource>>& by_provider, const Providers& providers,
    const OuterAddresses& outer);

}  // namespace cloison::ops
