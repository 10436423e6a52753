#pragma once
// Diagnostics CL40xx that more than one file of this folder gives. `with_location` adds the place.

#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/model/resource.h"

namespace cloison::state {

/// CL4003: content that does not match its digests, or that SQLite cannot read.
[[nodiscard]] Diagnostic damaged(std::string detail);
[[nodiscard]] Diagnostic damaged_row(const RowKey& key, std::string_view why);
/// CL4012: the chain of the log is broken at this entry.
[[nodiscard]] Diagnostic broken_log(uint64_t number, std::string_view why);
/// CL4013: `at` was asked for a commit that is not there.
[[nodiscard]] Diagnostic no_such_commit(uint64_t serial, uint64_t newest);
/// CL4014: a batch names a provider configuration that is neither stored nor in the batch.
[[nodiscard]] Diagnostic unknown_config(std::string_view address, std::string_view config);
/// CL4016: the lock given to `commit` is not of this state.
[[nodiscard]] Diagnostic foreign_lock();
/// CL4017: the lock was lost to someone else in the meantime.
[[nodiscard]] Diagnostic stale_lock();
/// Hint for a file that cannot be used any more; `with_location` makes it one to paste.
[[nodiscard]] std::string_view back_or_rebuilt();
/// The same diagnostic, its detail ending with where the state is, which also stands for STATE in the hint.
[[nodiscard]] Diagnostic with_location(Diagnostic why, std::string_view location);

}  // namespace cloison::state
