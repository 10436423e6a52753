#pragma once
// What the file system tells before and after SQLite: whether a state was here, was emptied, cut short or taken back.

#include <filesystem>
#include <optional>
#include <string>

#include "core/state/sqlite_store.h"
#include "core/state/tables.h"
#include "core/state/witness.h"

namespace cloison::state {

/// No file is there. Success: an empty one may be made. Else CL4001: one is expected (by the lineage that cloison.lock
/// names, by `.serial`, by a write-ahead log), or none may be made.
[[nodiscard]] Result<void> may_create(const SqliteOptions& options);
/// Removes what an earlier file left beside it; SQLite would take its write-ahead log for the new file's.
void remove_traces(const std::filesystem::path& file);

/// CL4002 for a file that is too small to be one or, when it stands alone, shorter than its header says.
[[nodiscard]] Result<void> check_size(const std::filesystem::path& file);
/// A damage that is really a cut: CL4002 when the file is shorter than its header says. Else `why` as it was.
[[nodiscard]] Diagnostic explained(Diagnostic why, const std::filesystem::path& file);

/// CL4004 another lineage, CL4008 sandbox against real, CL4005 an older state than the witness has seen.
[[nodiscard]] Result<void> check_identity(const Head& head, const SqliteOptions& options,
                                          const std::optional<Witness>& witness);

}  // namespace cloison::state
