#include "cli/commands.h"
#include "cli/commands/found_file.h"
#include "cli/progress.h"
#include "cli/view/verify_view.h"
#include "core/ops/found.h"
#include "core/ops/tested.h"

namespace cloison::cli {

namespace {

std::string verify_sarif(const ops::Verified& verified, int status, const Arguments& arguments,
                         const Session& session) {
  report::FoundRun run{.network = verified.network,
                       .live = verified.live,
                       .looked = !verified.proved.empty(),
                       .exit_status = status,
                       .not_part = ops::not_part_of(verified.not_applied),
                       .found = ops::found_in(verified)};
  return sarif_of(std::move(run), verified.sources, arguments, session);
}

std::string verify_junit(const ops::Verified& verified, const Session& session) {
  return report::write_junit(verified.proved.empty()
                                 ? ops::not_tested(verified.notes, verified.sources, session.clock.now())
                                 : ops::tested(verified));
}

}  // namespace

int run_verify(const Arguments& arguments, Session& session, Console& console) {
  const auto file = found_file(arguments, {"sarif", "junit"});
  if (!file.wrong.empty()) return usage_status(console, file.wrong, "call it .sarif or .xml, or say --format");
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto engines = arguments.prove == "both" ? ops::Engines::both : ops::Engines::intervals;
  const auto verified = arguments.live ? ops::verify_live(context, engines) : ops::verify(context, engines);
  progress.end();
  if (!verified.proved.empty()) {
    for (const auto& line : verify_json(verified)) console.line(line);
    if (!file.alone()) console.text(verify_text(verified, console.style(), console.verbose()));
  }
  console.diagnostics(verified.notes, verified.sources, Outcome::nothing_changed);
  const auto status = exit_status(verified.ending);
  if (!file.asked()) return status;
  const auto text =
      file.format == "junit" ? verify_junit(verified, session) : verify_sarif(verified, status, arguments, session);
  return save_found(file, text, status, arguments, console);
}

}  // namespace cloison::cli
