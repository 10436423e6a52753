#include "core/ops/validate.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/validate_view.h"

namespace cloison::cli {

int run_validate(const Arguments& arguments, Session& session, Console& console) {
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  auto result = ops::validate(context);
  const bool warned = std::any_of(result.notes.begin(), result.notes.end(), [](const Diagnostic& note) {
    return note.severity == Diagnostic::Severity::warning;
  });
  if (result.ending == ops::Ending::done && arguments.strict && (warned || !result.not_applied.empty())) {
    result.notes.push_back({.kind = ErrorKind::policy,
                            .code = "CL6003",
                            .summary = "--strict: there are warnings, or declared entries that are not applied",
                            .hint = "`cloison validate -v` names them with their reasons"});
    result.ending = ops::Ending::policy;
  }
  console.diagnostics(result.notes, result.sources, Outcome::unsaid);
  console.lines(not_applied_json(result.not_applied, result.sources));
  console.line(validate_json(result));
  console.text(validate_text(result, console.verbose(), console.style()));
  if (result.ending == ops::Ending::done)
    console.advice("Next: cloison plan --sandbox" + topology_words(arguments) + "\n");
  return exit_status(result.ending);
}

}  // namespace cloison::cli
