#pragma once
// What changes as one at many places, and goes back as one. Pure: plans only, which `apply::run` carries out.

#include "core/apply/executor.h"
#include "core/model/plan.h"
#include "core/model/resource.h"

namespace cloison::deploy {

/// Whether anything of the plan could have to go back.
[[nodiscard]] bool has_rollouts(const Plan& plan);

/// After a run in which rollouts failed: what was changed of them before becomes again what `before` holds, the last
/// one first and one after the other. Without steps where nothing was.
[[nodiscard]] Plan going_back(const Plan& plan, const apply::ApplyResult& result, const Snapshot& before);

}  // namespace cloison::deploy
