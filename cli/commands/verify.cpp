#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/verify_view.h"

namespace cloison::cli {

int run_verify(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto engines = arguments.prove == "both" ? ops::Engines::both : ops::Engines::intervals;
  const auto verified = arguments.live ? ops::verify_live(context, engines) : ops::verify(context, engines);
  progress.end();
  if (!verified.proved.empty()) {
    for (const auto& line : verify_json(verified)) console.line(line);
    console.text(verify_text(verified, console.style(), console.verbose()));
  }
  console.diagnostics(verified.notes, verified.sources, Outcome::nothing_changed);
  return exit_status(verified.ending);
}

}  // namespace cloison::cli
