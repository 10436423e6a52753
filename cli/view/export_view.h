#pragma once
// What `cloison export` wrote and left out, and what its check found.

#include <string>
#include <vector>

#include "cli/view/json_line.h"
#include "cli/view/text.h"
#include "core/ops/export.h"
#include "core/ops/export_check.h"

namespace cloison::cli {

/// The documents, one stream.
[[nodiscard]] std::string export_documents(const ops::Exported& exported);
/// How much there is, and what is not exported, with why. `verbose`: also what single services do not take over.
[[nodiscard]] std::string export_text(const ops::Exported& exported, std::size_t width, bool verbose);
[[nodiscard]] std::vector<JsonLine> export_json(const ops::Exported& exported, std::string_view format);

[[nodiscard]] std::string check_text(const ops::ManifestCheck& check, bool verbose);
[[nodiscard]] std::vector<JsonLine> check_json(const ops::ManifestCheck& check);

}  // namespace cloison::cli
