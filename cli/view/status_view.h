#pragma once
// What `cloison status` shows.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/status.h"

namespace cloison::cli {

[[nodiscard]] std::string status_text(const ops::StatusResult& result, Instant now, const Style& style);
[[nodiscard]] std::vector<JsonLine> status_json(const ops::StatusResult& result);

}  // namespace cloison::cli
