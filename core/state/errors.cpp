#include "core/state/errors.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::state {

namespace {

constexpr std::string_view k_state = "STATE";  // in a hint: the file, which only the store knows

}  // namespace

std::string_view back_or_rebuilt() {
  return "put back a copy of it from a backup, or rebuild it from what the platforms have: mv 'STATE' "
         "'STATE.damaged', then `cloison state recover`";
}

Diagnostic damaged(std::string detail) {
  return {.kind = ErrorKind::state,
          .code = "CL4003",
          .summary = "the state is damaged",
          .detail = std::move(detail),
          .hint = std::string(back_or_rebuilt())};
}

Diagnostic damaged_row(const RowKey& key, std::string_view why) {
  Diagnostic diagnostic =
      damaged(fmt::format("The row of '{}' (generation {}): {}.", printable(key.address), key.generation, why));
  diagnostic.address = printable(key.address);
  return diagnostic;
}

Diagnostic broken_log(uint64_t number, std::string_view why) {
  return {.kind = ErrorKind::state,
          .code = "CL4012",
          .summary = "the log has been altered or is damaged",
          .detail = fmt::format("At entry {}: {}.", number, why),
          .hint =
              "compare with a backup copy: `cloison log --verify --state COPY`; the rows themselves are checked by "
              "`cloison state list`"};
}

Diagnostic no_such_commit(uint64_t serial, uint64_t newest) {
  return {.kind = ErrorKind::not_found,
          .code = "CL4013",
          .summary = fmt::format("the state has no commit {}", serial),
          .detail = fmt::format("The newest one is {}.", newest),
          .hint = fmt::format("the newest: `cloison state list --at {}`", newest)};
}

Diagnostic unknown_config(std::string_view address, std::string_view config) {
  return {.kind = ErrorKind::internal,
          .code = "CL4014",
          .summary = "a row names a provider configuration that is not stored",
          .detail = fmt::format("'{}' names '{}'; its removal would be impossible later.", printable(address),
                                printable(config)),
          .hint = "this is a bug of cloison: please report it",
          .address = printable(address)};
}

Diagnostic foreign_lock() {
  return {.kind = ErrorKind::internal,
          .code = "CL4016",
          .summary = "the lock does not belong to this state",
          .detail = "Nothing was written.",
          .hint = "this is a bug of cloison: please report it"};
}

Diagnostic stale_lock() {
  return {
      .kind = ErrorKind::locked,
      .code = "CL4017",
      .summary = "the lock of the state was lost",
      .detail = "Someone else has locked the state since: its lock file was removed or replaced. Nothing was written.",
      .hint = "see who is at work with `cloison log`, then run the command again"};
}

Diagnostic with_location(Diagnostic why, std::string_view location) {
  const std::string shown = printable(location);
  for (auto at = why.hint.find(k_state); at != std::string::npos; at = why.hint.find(k_state, at + shown.size()))
    why.hint.replace(at, k_state.size(), shown);
  why.detail += fmt::format("{}State: {}", why.detail.empty() ? "" : " ", shown);
  return why;
}

}  // namespace cloison::state
