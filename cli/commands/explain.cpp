#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/explain_view.h"

namespace cloison::cli {

int run_explain(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto explained =
      ops::explain(context, {.from = arguments.words[0], .to = arguments.words[1], .port = arguments.words[2]});
  progress.end();
  console.diagnostics(explained.notes, explained.sources, Outcome::nothing_changed);
  if (explained.ending != ops::Ending::done) return exit_status(explained.ending);
  console.line(explain_json(explained));
  console.text(explain_text(explained, console.style()));
  return 0;
}

}  // namespace cloison::cli
