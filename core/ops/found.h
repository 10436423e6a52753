#pragma once
// What commands found, one by one, for whoever keeps findings.

#include <string>
#include <vector>

#include "core/ops/lint.h"
#include "core/ops/verify.h"
#include "core/report/found.h"

namespace cloison::ops {

[[nodiscard]] std::vector<report::Found> found_in(const Diagnostics& notes, const SourceMap& sources);
/// Each finding instead of one diagnostic for each kind.
[[nodiscard]] std::vector<report::Found> found_in(const Linted& linted);
/// Each flow that does not pass and each way beyond the flows, instead of one diagnostic for all of them.
[[nodiscard]] std::vector<report::Found> found_in(const Verified& verified);

/// "links lab: no two of its ends are nodes…": what was not looked at.
[[nodiscard]] std::vector<std::string> not_part_of(const std::vector<NotApplied>& not_applied);

}  // namespace cloison::ops
