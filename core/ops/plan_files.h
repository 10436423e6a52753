#pragma once
// Saved plans, as whoever uses one reads them.

#include <filesystem>

#include "core/plan/planner.h"
#include "core/state/store.h"

namespace cloison::ops {

/// Only what the file itself says is looked at.
[[nodiscard]] Result<plan::PlanFile> read_plan_file(const std::filesystem::path& file);
/// CL3110: another state sealed it, or it was changed since.
[[nodiscard]] Result<void> check_seal(state::StateStore& store, const plan::PlanFile& planned,
                                      const std::filesystem::path& file);
/// "`cloison plan -o friday.plan`"
[[nodiscard]] std::string planned_again(const std::filesystem::path& file);

}  // namespace cloison::ops
