#pragma once
// The way of one packet, for people and as JSON.

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/view/json_line.h"
#include "core/ops/explain.h"

namespace cloison::cli {

/// A way as rows: where, what happened, why.
[[nodiscard]] std::string way_table(const std::vector<ops::ExplainedLeap>& way, const SourceMap& sources,
                                    std::size_t indent, std::size_t width);
[[nodiscard]] std::vector<JsonObject> way_json(const std::vector<ops::ExplainedLeap>& way, const SourceMap& sources);
[[nodiscard]] std::string explain_text(const ops::Explained& explained, const Style& style);
[[nodiscard]] JsonLine explain_json(const ops::Explained& explained);

}  // namespace cloison::cli
