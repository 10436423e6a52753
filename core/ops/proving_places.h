#pragma once
// The topology's places, in the words of the proof.

#include <vector>

#include "core/ops/proving.h"

namespace cloison::ops {

/// `not_applied`: sites of which nothing is there. `now`: by which certifications end.
[[nodiscard]] std::vector<verify::Place> places_of(const topology::Resolved& resolved,
                                                   const std::vector<NotApplied>& not_applied, Instant now);

/// Marks what keeps copies of classified data by `backups:`, and what gets logs by `infrastructure.logs`.
void mark_copies(const topology::Resolved& resolved, std::vector<verify::Place>& places);

}  // namespace cloison::ops
