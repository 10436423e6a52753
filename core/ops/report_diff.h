#pragma once
// `cloison report diff`: what packets may do at one point in time and not at another, and who brought that about.

#include <string>

#include "core/ops/report.h"

namespace cloison::ops {

/// Each: a date, an instant, a commit of the state, "now" for the state as it is, or a plan file.
struct DiffRequest {
  std::string from{}, to{};
};

/// Nothing is written, no platform asked.
[[nodiscard]] Reported make_difference(const Context& context, const DiffRequest& request);

}  // namespace cloison::ops
