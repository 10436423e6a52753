#pragma once
// What committing a batch means, written once for every store: rows, log, open entries, and the header that holds them.

#include <vector>

#include "core/state/tables.h"

namespace cloison::state {

/// Refuses, before anything is written, a batch that could not be read back or removed later: CL4014, CL4015.
[[nodiscard]] Result<void> check_batch(Tables& tables, const Batch& batch);

/// Writes the batch into `tables` and brings `head` up to date (serial + 1). Dates come from the batch's entries, or
/// from `fallback` when it has none. Returns the revisions in the order of `put`: the new serial for each.
/// On error the store rolls its transaction back; `head` is then meaningless.
[[nodiscard]] Result<std::vector<uint64_t>> write_batch(Tables& tables, Head& head, const Batch& batch,
                                                        Instant fallback);

}  // namespace cloison::state
