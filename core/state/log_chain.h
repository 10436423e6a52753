#pragma once
// The log's chain: every entry is sealed over the former seal, so an altered, moved or missing entry breaks all later
// ones. The state's header holds the newest seal and the count, so a cut tail is noticed too.

#include <map>
#include <string>

#include "core/state/encoding.h"
#include "core/state/store.h"

namespace cloison::state {

/// What stands before entry 1: bound to the lineage.
[[nodiscard]] Digest first_seal(std::string_view lineage);
/// SHA-256 over the former seal and the entry's number, serial, kind, operation, time and body.
[[nodiscard]] Digest next_seal(const Digest& former, const LogEntry& entry);

/// Takes a log entry by entry, from number 1.
class LogVerifier {
 public:
  explicit LogVerifier(std::string_view lineage) : head_(first_seal(lineage)) {}
  /// CL4012 at the first entry that does not follow.
  [[nodiscard]] Result<void> take(const LogEntry& entry);
  /// Compares with the header (`entries`, `head`) and the rows with what the log says of them: key -> digest.
  [[nodiscard]] Result<LogCheck> finish(uint64_t entries, const Digest& head,
                                        const std::map<RowKey, std::string>& rows) const;

 private:
  [[nodiscard]] Result<void> note_row(const LogEntry& entry);
  Digest head_;
  uint64_t entries_ = 0, operations_ = 0, serial_ = 0;
  std::map<RowKey, std::string> rows_;
};

}  // namespace cloison::state
