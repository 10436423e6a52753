#pragma once
// Rows that an older version of cloison wrote, read in the layout of today.

#include <optional>

#include "core/base/diagnostic.h"
#include "core/model/provider.h"

namespace cloison {

/// Brings every row of an older schema version into today's layout (`Provider::upgraded`), in memory, and marks it
/// `upgraded`; the next apply writes it back. Rows of providers and kinds that nobody serves stay as they are: who
/// needs them says so. Errors: a row that a later version wrote (CL3211), an upgrade that does not fit the kind
/// (CL3209).
[[nodiscard]] Diagnostics upgrade_rows(Snapshot& snapshot, const Providers& providers);

/// The same for one row, also one that only stands for attributes written down elsewhere. The error, or nothing.
[[nodiscard]] std::optional<Diagnostic> upgrade_row(ResourceState& row, const Provider& provider);

}  // namespace cloison
