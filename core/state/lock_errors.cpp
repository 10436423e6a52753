#include "core/state/lock_errors.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/state/errors.h"

namespace cloison::state {

Diagnostic locked_by(const std::optional<LockInfo>& holder, std::string_view location) {
  Diagnostic diagnostic{.kind = ErrorKind::locked,
                        .code = "CL4009",
                        .summary = "the state is locked by another run",
                        .detail = "It has only just begun and not said who it is.",
                        .hint = "wait for it: --lock-timeout 5m"};
  if (holder) {
    diagnostic.summary =
        fmt::format("the state is locked by {} on {}", printable(holder->holder), printable(holder->host));
    diagnostic.detail =
        fmt::format("Process {} runs '{}' since {}.", holder->pid, printable(holder->command), rfc3339(holder->since));
  }
  return with_location(std::move(diagnostic), location);
}

}  // namespace cloison::state
