#pragma once
// What went wrong, or deserves attention, in a form that a person can act on and a program can sort.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/source_map.h"

namespace cloison {

/// Decides whether a call is tried again and with which status the program exits.
enum class ErrorKind {
  usage,        // the command line
  topology,     // what the user wrote
  guarantee,    // a guarantee does not hold
  policy,       // --strict, --locked
  auth,         // login refused or expired
  not_found,    // the object is not there
  conflict,     // the platform refuses in the present state; a saved plan whose ground has moved
  throttled,    // asked to slow down
  transient,    // certainly not done; may be tried again
  timeout,      // no answer to something that changes nothing
  in_doubt,     // may have been done: observe before anything else (engine decision 3)
  unconfirmed,  // armed on a node, not confirmed
  locked,       // the state is held by someone else
  cancelled,    // a signal
  quota,        // the account does not allow so many
  permission,   // the account may not do this
  state,        // the state or plan file is damaged, foreign or stale
  unsupported,  // the platform cannot do this
  internal,     // a bug
};

struct Diagnostic {
  enum class Severity { note, warning, error };
  Severity severity = Severity::error;
  ErrorKind kind = ErrorKind::internal;
  std::string code{};     // "CL2103": stable, explained in docs/errors and by `cloison help CL2103`
  std::string summary{};  // one line; may carry names: "zone 'date' is not declared"
  std::string detail{};   // the cause in a sentence
  std::string hint{};     // the fix: a command or an edit that can be pasted
  std::string address{};  // resource address or declared path, where there is one
  SpanId where = 0;
  std::vector<std::pair<SpanId, std::string>> related{};  // other places, each with what is there
  std::vector<std::string> context{};                     // "while expanding site 'lab/lyon-03'"
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] inline bool has_errors(const Diagnostics& notes) {
  return std::any_of(notes.begin(), notes.end(),
                     [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

inline void append(Diagnostics& to, Diagnostics from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace cloison
