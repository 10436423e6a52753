#include "core/ops/lint.h"

#include "cli/commands.h"
#include "cli/commands/found_file.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/lint_view.h"
#include "core/ops/found.h"

namespace cloison::cli {

namespace {

std::string lint_sarif(const ops::Linted& linted, int status, const Arguments& arguments, const Session& session) {
  report::FoundRun run{.network = linted.network,
                       .live = linted.live,
                       .looked = linted.done,
                       .exit_status = status,
                       .not_part = ops::not_part_of(linted.not_applied),
                       .found = ops::found_in(linted)};
  run.not_part.insert(run.not_part.end(), linted.not_judged.begin(), linted.not_judged.end());
  return sarif_of(std::move(run), linted.sources, arguments, session);
}

}  // namespace

int run_lint(const Arguments& arguments, Session& session, Console& console) {
  const auto file = found_file(arguments, {"sarif"});
  if (!file.wrong.empty()) return usage_status(console, file.wrong, "call it .sarif, or say --format sarif");
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
    if (!file.alone()) console.text(lint_text(linted, console.style(), console.verbose()));
  }
  console.diagnostics(linted.notes, linted.sources, Outcome::nothing_changed);
  const auto status = exit_status(linted.ending);
  return file.asked() ? save_found(file, lint_sarif(linted, status, arguments, session), status, arguments, console)
                      : status;
}

}  // namespace cloison::cli
