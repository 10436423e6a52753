#include "tests/support/meantime.h"

#include "core/verify/same.h"
#include "core/verify/transition.h"

namespace cloison::test {

ops::Meantime asked_meantime(const verify::ProofInput& input, const Providers& providers,
                             const ops::PlacedByProvider& is, const Snapshot& snapshot, const Plan& plan) {
  const ops::OuterAddresses none;
  const ops::Done everything(plan.steps.size(), true);
  const auto before = verify::as_one(ops::forwarding_of(is, providers, none));
  auto behind = verify::as_one(
      ops::forwarding_of(ops::Mixture(is, snapshot, plan, providers).after(everything), providers, none));
  verify::share_chains(behind, before);
  verify::FilterPool pool;
  const verify::WantedIndex wanted(input.wanted);
  const auto proof = verify::prove(std::make_unique<const verify::World>(std::vector<Forwarding>{behind}, pool), input,
                                   {.wanted = &wanted});
  return ops::meantime_of({input, providers, none, is, snapshot, before, behind, proof, wanted, pool}, plan);
}

}  // namespace cloison::test
