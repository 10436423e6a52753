#include "core/ops/simulate.h"

#include "cli/commands.h"
#include "cli/commands/found_file.h"
#include "cli/progress.h"
#include "cli/view/simulate_view.h"
#include "core/ops/tested.h"

namespace cloison::cli {

int run_simulate(const Arguments& arguments, Session& session, Console& console) {
  const auto file = found_file(arguments, {"junit"});
  if (!file.wrong.empty()) return usage_status(console, file.wrong, "call it .xml, or say --format junit");
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto simulated = ops::simulate(
      context, {.scenarios = arguments.words, .all_single = arguments.all_single, .ways = arguments.ways});
  progress.end();
  const bool played = simulated.ending == ops::Ending::done || simulated.ending == ops::Ending::policy;
  if (played) {
    for (const auto& line : simulate_json(simulated)) console.line(line);
    if (!file.alone()) console.text(simulate_text(simulated, console.style(), console.verbose()));
  }
  console.diagnostics(simulated.notes, simulated.sources, Outcome::nothing_changed);
  const auto status = exit_status(simulated.ending);
  if (!file.asked()) return status;
  const auto now = session.clock.now();
  return save_found(file,
                    report::write_junit(played ? ops::tested(simulated, now)
                                               : ops::not_tested(simulated.notes, simulated.sources, now)),
                    status, arguments, console);
}

}  // namespace cloison::cli
