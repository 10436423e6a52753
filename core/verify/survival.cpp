#include "core/verify/survival.h"

#include <algorithm>

#include "core/verify/continuity.h"

namespace cloison::verify {

Survival::Survival(std::vector<Forwarding> parts, const ProofInput& input)
    : parts_(std::move(parts)), input_(input), whole_(std::make_unique<const World>(parts_)) {
  now_ = after({}, {}).wanted;
}

Survival::Outcome Survival::after(const Failure& failure, const std::set<std::string, std::less<>>& opened) const {
  const World left(parts_left(*whole_, parts_, failure));
  const PlaceIndex index(left, input_.places);
  const WantedIndex wanted(input_.wanted);
  Continuity continuity(input_, left, index, wanted, opened);
  for (const auto& source : sources(left, index)) continuity.take(source);
  Outcome outcome{.vacant = index.vacant()};
  for (const auto& prefix : failure.addresses) outcome.vacant.add(prefix);
  outcome.vacant.settle();
  outcome.wanted = std::move(continuity).results(outcome.vacant);
  return outcome;
}

}  // namespace cloison::verify
