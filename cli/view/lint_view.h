#pragma once
// What lint found, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/lint.h"

namespace cloison::cli {

[[nodiscard]] std::string lint_text(const ops::Linted& linted, const Style& style, bool verbose);
[[nodiscard]] std::vector<JsonLine> lint_json(const ops::Linted& linted);

}  // namespace cloison::cli
