#include "core/ops/lint.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/lint_view.h"

namespace cloison::cli {

int run_lint(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  using FailOn = ops::LintFailOn;
  const auto fail_on = arguments.lint_fail_on == "none"     ? FailOn::none
                       : arguments.lint_fail_on == "notice" ? FailOn::notice
                                                            : FailOn::warning;
  auto linted = arguments.live ? ops::lint_live(context, fail_on) : ops::lint(context, fail_on);
  progress.end();
  for (auto& finding : linted.findings) finding.hint = pastable(finding.hint, arguments);
  if (linted.done) {
    console.lines(lint_json(linted));
    console.text(lint_text(linted, console.style(), console.verbose()));
  }
  console.diagnostics(linted.notes, linted.sources, Outcome::nothing_changed);
  return exit_status(linted.ending);
}

}  // namespace cloison::cli
