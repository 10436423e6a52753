#pragma once
// Diagnostics as golden files hold them: everything that a person may see, in one fixed form without colour.

#include <string>

#include "core/base/diagnostic.h"
#include "core/base/source_map.h"

namespace cloison::test_support {

[[nodiscard]] std::string diagnostics_text(const Diagnostics& notes, const SourceMap& sources);

}  // namespace cloison::test_support
