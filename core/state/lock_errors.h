#pragma once
// What whoever is refused is told: who holds the state, where, as which process, doing what, since when.

#include <optional>
#include <string_view>

#include "core/state/store.h"

namespace cloison::state {

/// CL4009. `holder` absent: it has only just taken the lock and not said who it is.
[[nodiscard]] Diagnostic locked_by(const std::optional<LockInfo>& holder, std::string_view location);

}  // namespace cloison::state
