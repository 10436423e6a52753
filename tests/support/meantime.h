#pragma once
// What may happen while a plan is applied, asked as planning asks it.

#include "core/ops/meantime.h"

namespace cloison::test {

[[nodiscard]] ops::Meantime asked_meantime(const verify::ProofInput& input, const Providers& providers,
                                           const ops::PlacedByProvider& is, const Snapshot& snapshot, const Plan& plan);

}  // namespace cloison::test
