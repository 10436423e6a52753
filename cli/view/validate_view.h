#pragma once

#include <string>

#include "cli/view/diagnostics_view.h"
#include "core/ops/validate.h"

namespace cloison::cli {

/// What the topology amounts to; "" when it has errors.
[[nodiscard]] std::string validate_text(const ops::Validated& result, bool all, const Style& style);
[[nodiscard]] JsonLine validate_json(const ops::Validated& result);

}  // namespace cloison::cli
