#pragma once
// How what passes and should not is closed, in the words of the user's files.

#include <string>
#include <vector>

#include "core/ops/verify.h"

namespace cloison::ops {

/// Of the first finding of each broken guarantee and the first ones beyond the flows.
void add_closings(Proved& proved);
void add_closings(FurtherProved& further);
/// Of that finding; nullptr where it was not asked.
[[nodiscard]] const ClosedBy* closing_of(const Proved& proved, const verify::Finding& finding);
/// "leave 10.0.0.10 -> 10.0.1.10 tcp/22 out of the rule of F-012 (topology.yaml:38:9): that breaks nothing".
/// `live`: rules that nobody declared go with the next apply.
[[nodiscard]] std::string closing_text(const ClosedBy& closing, const SourceMap& sources, bool live);

}  // namespace cloison::ops
