#pragma once
// `--sandbox=A,B`: which provider entries are simulated and which stay real, known before anything is opened.

#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/ops/context.h"

namespace cloison::ops {

struct SandboxScope {
  /// Names of entries, sorted. Both empty where nothing was chosen by name: then all are simulated, or none.
  std::vector<std::string> simulated{}, real{};
  Diagnostics notes{};
};

/// Reads the topology and the state for the entries there are. Names of which there is none are errors; where all
/// entries are named, `context.sandbox` becomes that of all.
[[nodiscard]] SandboxScope settle_sandbox(Context& context);

}  // namespace cloison::ops
