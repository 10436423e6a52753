#include "core/ops/plan.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/plan_view.h"

namespace cloison::cli {

int run_plan(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  auto planned = ops::plan(context, {.out = arguments.out});
  progress.end();
  console.diagnostics(planned.notes, planned.sources, Outcome::nothing_changed);
  if (!planned.plan) return exit_status(planned.ending);
  const PlanView view{
      .verbose = console.verbose(), .read = context.refresh, .out = arguments.out, .same_words = same_words(arguments)};
  if (console.json())
    console.lines(plan_json(planned));
  else
    console.text(plan_text(planned, view, console.style()));
  console.advice(next_after_plan(planned, arguments));
  console.text(sandbox_banner(arguments));
  if (planned.ending == ops::Ending::done && arguments.detailed_exitcode && !planned.plan->empty())
    return exit_status(ops::Ending::differs);
  return exit_status(planned.ending);
}

}  // namespace cloison::cli
