#pragma once
// What was proved, case by case, for whoever collects tests.

#include <vector>

#include "core/ops/simulate.h"
#include "core/ops/verify.h"
#include "core/report/tested.h"

namespace cloison::ops {

/// A suite for each instant, and for what there is once more: a case for each guarantee, one for the flows, one for
/// what passes beyond them. What is not known is an error; a guarantee of what is not applied is skipped.
[[nodiscard]] std::vector<report::TestSuite> tested(const Verified& verified);
/// A case for each failure of a scenario; one that requires nothing is skipped.
[[nodiscard]] std::vector<report::TestSuite> tested(const Simulated& simulated, Instant at);
/// Where nothing could be proved: one case, which says why.
[[nodiscard]] std::vector<report::TestSuite> not_tested(const Diagnostics& notes, const SourceMap& sources, Instant at);

}  // namespace cloison::ops
