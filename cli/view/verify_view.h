#pragma once
// What was proved, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/verify.h"

namespace cloison::cli {

[[nodiscard]] std::string verify_text(const ops::Verified& verified, const Style& style, bool verbose);
[[nodiscard]] std::vector<JsonLine> verify_json(const ops::Verified& verified);

}  // namespace cloison::cli
