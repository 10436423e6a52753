#pragma once
// `cloison lint`: rules that decide nothing, rules and flows that permit too much, services that tell secrets in clear,
// controls that are missing. Rules are judged as the proof sees them, never by the flows (docs/lint.md).

#include <string>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/validate.h"

namespace cloison::ops {

/// A rule that decides what the one that was found would.
struct LintDecider {
  std::string rule{};    // as the platform has it
  std::string reason{};  // "F-010/lyon-03", or "" where none is known
  SpanId declared = 0;   // where the reason stands in the topology
};

struct LintFinding {
  /// In order of weight.
  enum class Kind : uint8_t { insecure, broad, shadowed, control, redundant, never, too_complex };
  enum class Severity : uint8_t { notice, warning };
  Kind kind = Kind::redundant;
  Severity severity = Severity::notice;
  std::string what{};     // the service, the control or the kind of breadth, as docs/lint.md calls it
  std::string address{};  // of the resource that holds the rule; else the declared thing
  std::string where{};    // place and chain of the rule
  std::string rule{};     // as the platform has it; "" of what is declared
  std::size_t order = 0;  // of the rule in its chain, from 1; 0 of a group's, which has none
  std::string reason{};   // the flow
  SpanId declared = 0;
  std::vector<LintDecider> by{};
  bool by_rest = false;                // what no rule names is decided the same
  std::vector<std::string> packets{};  // that are too many, or that the rule would decide
  std::string witness{};               // one of them
  std::string why{}, hint{};
  std::size_t count = 1;              // so many are alike, this one among them
  std::vector<std::string> others{};  // addresses of the next of them, a few
  std::string alike{};                // what they have in common: the same as long as the finding is
};

[[nodiscard]] std::string_view lint_word(LintFinding::Kind kind);
[[nodiscard]] std::string_view lint_word(LintFinding::Severity severity);

/// From which weight on findings end with exit status 3.
enum class LintFailOn : uint8_t { none, notice, warning };

struct Linted {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::string network{};  // the topology's name
  bool live = false;
  bool done = false;                      // rules were looked at
  std::vector<LintFinding> findings{};    // the weightiest first; what is alike is one
  std::size_t rules = 0, filters = 0;     // looked at; a group's rules once for each card
  std::vector<std::string> not_judged{};  // resources of which not every rule is understood, with what is not
  std::vector<NotApplied> not_applied{};
  int64_t milliseconds = 0;
};

/// From the topology alone: no account, no state.
[[nodiscard]] Linted lint(const Context& context, LintFailOn fail_on);
/// Of what is there, read now.
[[nodiscard]] Linted lint_live(const Context& context, LintFailOn fail_on);

/// One diagnostic for each kind that was found. CL6140: shadowed; CL6141: redundant; CL6142: never met; CL6143: too
/// broad; CL6144: an insecure service; CL6145: a control is missing; CL6146: too complex.
[[nodiscard]] Diagnostics lint_notes(const std::vector<LintFinding>& findings);

}  // namespace cloison::ops
