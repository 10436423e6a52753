#pragma once
// What was asked about entries that nobody wrote yet, for people and as JSON.

#include <string>
#include <vector>

#include "cli/view/json_line.h"
#include "core/ops/verify.h"

namespace cloison::cli {

/// With what, and whether all of it holds.
[[nodiscard]] std::string further_head(const ops::FurtherProved& further);
/// Of what nothing could be asked, and why.
[[nodiscard]] std::string no_further_text(const std::vector<ops::NoFurther>& none);
[[nodiscard]] std::vector<JsonLine> further_json(const ops::Verified& verified);

}  // namespace cloison::cli
