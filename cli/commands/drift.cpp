#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/plan_view.h"
#include "core/ops/plan.h"

namespace cloison::cli {

int run_drift(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  const auto planned = ops::plan(context, {});
  progress.end();
  console.diagnostics(planned.notes, planned.sources, Outcome::nothing_changed);
  if (!planned.plan) return exit_status(planned.ending);
  const auto& plan = *planned.plan;
  console.lines(drift_json(plan));
  console.line({"summary", JsonObject().number("drift", plan.drift.size())});
  console.text(drift_text(plan, console.style()));
  console.text(sandbox_banner(arguments));
  return exit_status(plan.drift.empty() ? planned.ending : ops::Ending::differs);
}

}  // namespace cloison::cli
