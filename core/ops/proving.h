#pragma once
// The topology in the words of the proof: its places, what is meant to pass, its guarantees. Which places a guarantee's
// selectors mean, the proof finds out by itself (docs/proof.md).

#include <vector>

#include "core/ops/validate.h"
#include "core/verify/proof.h"

namespace cloison::ops {

/// `not_applied`: links and sites of which nothing is there. `now`: by which certifications end.
[[nodiscard]] verify::ProofInput proof_input(const topology::Resolved& resolved,
                                             const std::vector<NotApplied>& not_applied, Instant now);

/// What a word for a port means: its own form, a name of the topology's or of ours; nothing where nobody knows it.
[[nodiscard]] std::vector<TransportMatch> port_matches(const topology::Topology& topology, const std::string& word);

/// What the resources come to, provider by provider, and nodes' outer addresses, which none of them says.
[[nodiscard]] std::vector<Forwarding> forwarding_of(const std::vector<Resource>& resources, const Providers& providers,
                                                    const topology::Resolved& resolved);

}  // namespace cloison::ops
