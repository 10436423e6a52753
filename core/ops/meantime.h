#pragma once
// What can happen while a plan is applied: in whatever order its steps are done, nothing passes that passes neither
// before nor after, and no flow stops that passes before and after. Where some orders would, the plan gets an order in
// which none of it happens (docs/proof.md, "While a plan is applied").

#include "core/model/plan.h"
#include "core/ops/mixture.h"
#include "core/ops/proving.h"
#include "core/verify/reach.h"
#include "core/verify/wanted.h"
#include "core/verify/world.h"

namespace cloison::ops {

struct MeantimeQuestion {
  const verify::ProofInput& input;
  const Providers& providers;
  const OuterAddresses& outer;
  const PlacedByProvider& is;  ///< what is there before the first step
  const Snapshot& snapshot;
  const Forwarding& before;           ///< that as a network
  const Forwarding& behind;           ///< the network after the last step
  const verify::Proof& proof;         ///< of `behind`, flows and all
  const verify::WantedIndex& wanted;  ///< of the input's
  verify::FilterPool& pool;           ///< of the filters of all these
};

/// What remains of it in the best order that was found. `turns`: of each step, after which others it has to wait: those
/// of all lower numbers; all 0 where any order will do.
struct Meantime {
  std::vector<uint32_t> turns{};
  verify::Reach before{}, behind{};        ///< of the packets that the plan is about: what passes before and after it
  std::string ends_not_known{};            ///< why nothing is known of these, and so of nothing else
  verify::Reach opens{};                   ///< for a while
  std::vector<std::size_t> broken{};       ///< guarantees, by their number, that hold before and after
  std::vector<std::size_t> stops{};        ///< pairs, of the input's `wanted`
  std::string not_known{};                 ///< why nothing is known of it
  std::string stops_not_known{};           ///< why nothing is known of flows
  std::vector<std::string> in_conflict{};  ///< steps that no order was found for, by their addresses
};

/// `most_rounds`: of looking for an order.
[[nodiscard]] Meantime meantime_of(const MeantimeQuestion& question, const Plan& plan, unsigned most_rounds = 32);

}  // namespace cloison::ops
