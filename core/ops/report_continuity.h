#pragma once
// What the report on continuity holds.

#include <filesystem>
#include <vector>

#include "core/ops/simulate.h"
#include "core/report/continuity.h"

namespace cloison::ops {

/// Exercises as a table has them: CSV with the columns of, date, took, lost, by, comment, in any order; the first four
/// letters of a date are its year. CL7404: it is none.
[[nodiscard]] Result<std::vector<report::Measurement>> read_measurements(const std::filesystem::path& file);

/// Scenarios and backups as declared, beside what was simulated. Without heading and measurements.
[[nodiscard]] report::ContinuityData continuity_of(const topology::Resolved& resolved, const SourceMap& sources,
                                                   const Simulated& simulated);

}  // namespace cloison::ops
