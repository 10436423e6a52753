#pragma once
// The way of one packet, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/explain.h"

namespace cloison::cli {

[[nodiscard]] std::string explain_text(const ops::Explained& explained, const Style& style);
[[nodiscard]] JsonLine explain_json(const ops::Explained& explained);

}  // namespace cloison::cli
