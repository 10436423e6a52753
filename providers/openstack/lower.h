#pragma once
// Neutral intents -> OpenStack resources. Pure, deterministic, near-linear.

#include "core/base/result.h"
#include "core/model/intent.h"

namespace cloison::openstack {

/// Facts as in choose.h, "extension/ALIAS" and "permission/segmentation" ("yes", "no"), and the sticky
/// "choice/remotes" ("address_group", "prefixes"). Without facts nothing is refused that an account might allow.
[[nodiscard]] Checked<Lowered> lower(const Intent& intent, const Facts& facts);

}  // namespace cloison::openstack
