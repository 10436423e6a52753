#pragma once
// Errors and warnings as people read them: code, place, source line with the spot underlined, cause, way out.

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/json_line.h"
#include "core/base/diagnostic.h"
#include "core/base/source_map.h"

namespace cloison::cli {

/// What the closing line may say about the world.
enum class Outcome : uint8_t { nothing_changed, something_changed, unsaid };

struct DiagnosticsView {
  bool all = false;          // -v: no limit
  bool errors_only = false;  // -q
  Outcome outcome = Outcome::nothing_changed;
};

[[nodiscard]] std::string diagnostics_text(const Diagnostics& notes, const SourceMap& sources, const Style& style,
                                           const DiagnosticsView& view);
[[nodiscard]] std::string diagnostic_text(const Diagnostic& note, const SourceMap& sources, const Style& style);
[[nodiscard]] std::vector<JsonLine> diagnostics_json(const Diagnostics& notes, const SourceMap& sources);

/// {"file":"topology.yaml","line":42,"column":31}, or null for span 0.
[[nodiscard]] std::string place_json(const SourceMap& sources, SpanId span);
/// "topology.yaml:42", or "".
[[nodiscard]] std::string place_text(const SourceMap& sources, SpanId span);

}  // namespace cloison::cli
