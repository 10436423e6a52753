#pragma once
// `--sandbox=A,B`: which provider entries are simulated and which stay real, known before anything is opened.

#include <map>
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

/// A state of the sandbox keeps of each entry whether it was simulated when its objects were made, among its settings.
void note_simulated(const Context& context, std::map<std::string, StoredProvider>& entries);
/// That note apart, the entry as it was declared.
[[nodiscard]] StoredProvider without_note(StoredProvider entry);
/// CL4008 for each entry that was simulated and would now be real, or the reverse: its objects would be looked for
/// where they never were. `entries` are the state's.
[[nodiscard]] Diagnostics mixed_with_sandbox(const Context& context,
                                             const std::map<std::string, StoredProvider>& entries);

}  // namespace cloison::ops
