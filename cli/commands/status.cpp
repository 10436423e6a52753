#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/status_view.h"

namespace cloison::cli {

int run_status(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto result = ops::status(context, arguments.words);
  progress.end();
  if (!has_errors(result.notes)) {
    console.lines(status_json(result));
    console.text(sandbox_banner(arguments));
    console.text(status_text(result, context.clock.now(), console.style()));
    console.text(sandbox_banner(arguments));
  }
  console.diagnostics(result.notes, result.sources, Outcome::nothing_changed);
  return exit_status(result.ending);
}

}  // namespace cloison::cli
