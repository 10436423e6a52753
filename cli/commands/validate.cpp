#include "core/ops/validate.h"

#include "cli/commands.h"
#include "cli/commands/found_file.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/not_applied_view.h"
#include "cli/view/validate_view.h"
#include "core/ops/found.h"

namespace cloison::cli {

namespace {

std::string validate_sarif(const ops::Validated& result, int status, const Arguments& arguments,
                           const Session& session) {
  report::FoundRun run{.network = result.topology ? result.topology->name : "",
                       .exit_status = status,
                       .not_part = ops::not_part_of(result.not_applied),
                       .found = ops::found_in(result.notes, result.sources)};
  // A file that is not there was not looked at; one that is wrong was.
  run.looked = result.topology != nullptr ||
               std::any_of(run.found.begin(), run.found.end(), [](const report::Found& one) { return one.where != 0; });
  return sarif_of(std::move(run), result.sources, arguments, session);
}

}  // namespace

int run_validate(const Arguments& arguments, Session& session, Console& console) {
  const auto file = found_file(arguments, {"sarif"});
  if (!file.wrong.empty()) return usage_status(console, file.wrong, "call it .sarif, or say --format sarif");
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  auto result = ops::validate(context);
  const bool warned = std::any_of(result.notes.begin(), result.notes.end(), [](const Diagnostic& note) {
    return note.severity == Diagnostic::Severity::warning;
  });
  if (result.ending == ops::Ending::done && arguments.strict && (warned || !result.not_applied.empty())) {
    result.notes.push_back({.kind = ErrorKind::policy,
                            .code = "CL6003",
                            .summary = "--strict: there are warnings, or declared entries that are not applied",
                            .hint = "`cloison validate -v` names them with their reasons"});
    result.ending = ops::Ending::policy;
  }
  console.diagnostics(result.notes, result.sources, Outcome::unsaid);
  console.lines(not_applied_json(result.not_applied, result.sources));
  console.line(validate_json(result));
  const auto status = exit_status(result.ending);
  if (!file.alone()) console.text(validate_text(result, console.verbose(), console.style()));
  if (file.asked())
    return save_found(file, validate_sarif(result, status, arguments, session), status, arguments, console);
  if (result.ending == ops::Ending::done)
    console.advice("Next: cloison plan --sandbox" + topology_words(arguments) + "\n");
  return status;
}

}  // namespace cloison::cli
