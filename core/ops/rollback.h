#pragma once
// `cloison rollback SERVICE`: the release that ran before, out of the state's own history.

#include <optional>
#include <string>

#include "core/model/plan.h"
#include "core/model/provider.h"
#include "core/ops/context.h"
#include "core/state/store.h"

namespace cloison::ops {

struct RollbackRequest {
  std::string service{};
  std::string to{};  // "1.0", or a release's whole name; "": whichever ran before
};

/// A plan that lets each machine of the service run again what it ran then, one after the other. Makes `providers`,
/// from what the state stored. CL6170: no such service. CL6171: it has never run that release, or no other one.
[[nodiscard]] std::optional<Plan> plan_rollback(const Context& context, state::StateStore& store,
                                                const RollbackRequest& request, Providers& providers,
                                                Diagnostics& notes);

}  // namespace cloison::ops
