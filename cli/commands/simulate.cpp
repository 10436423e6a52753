#include "core/ops/simulate.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/simulate_view.h"

namespace cloison::cli {

int run_simulate(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto simulated = ops::simulate(
      context, {.scenarios = arguments.words, .all_single = arguments.all_single, .ways = arguments.ways});
  progress.end();
  if (simulated.ending == ops::Ending::done || simulated.ending == ops::Ending::policy) {
    for (const auto& line : simulate_json(simulated)) console.line(line);
    console.text(simulate_text(simulated, console.style(), console.verbose()));
  }
  console.diagnostics(simulated.notes, simulated.sources, Outcome::nothing_changed);
  return exit_status(simulated.ending);
}

}  // namespace cloison::cli
