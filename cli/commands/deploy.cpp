#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/change.h"
#include "cli/progress.h"
#include "core/base/strings.h"
#include "core/ops/choosing.h"
#include "core/ops/status.h"

namespace cloison::cli {

namespace {

/// What has changed already must be well before more does. False where it is not, or nobody can tell.
bool may_go_on(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return true;  // the change itself says so
  const auto now = ops::status(context, arguments.words);
  progress.end();
  std::vector<std::string> ill;
  for (const auto& one : now.services)
    if (one.is_as_declared() && !one.is_well()) ill.push_back(one.machine + " (" + one.running->ails + ")");
  if (has_errors(now.notes)) console.diagnostics(now.notes, now.sources, Outcome::unsaid);
  if (!ill.empty())
    console.error(
        {.kind = ErrorKind::conflict,
         .code = "CL6173",
         .summary = fmt::format("the next wave of {} does not begin", printable(arguments.words.front())),
         .detail = "Not well with the release that it would bring: " + printable(join(ill, ", ")) + ".",
         .hint = fmt::format("`cloison rollback {}`, or mend what ails them", printable(arguments.words.front()))});
  return ill.empty() && !has_errors(now.notes);
}

}  // namespace

int run_deploy(const Arguments& arguments, Session& session, Console& console) {
  for (const auto& wave : arguments.waves)
    if (!ops::is_wave(wave))
      return usage_status(console, "'" + printable(wave) + "' is no wave",
                          "a number of machines, a share of them or a label: --wave 1,25%,100% or --wave ring=first");
  const auto waves = arguments.waves.empty() ? std::vector<std::string>{""} : arguments.waves;
  ChangeEnded ended;
  for (std::size_t i = 0; i < waves.size(); ++i) {
    if (!waves[i].empty()) {
      if (!may_go_on(arguments, session, console)) return exit_status(ops::Ending::refused);
      console.text(fmt::format("Wave {} of {}: {}\n", i + 1, waves.size(), waves[i]));
    }
    ended = run_change(arguments, session, console, {.services = arguments.words, .wave = waves[i]});
    if (ended.status != 0 || ended.declined || session.stop_new.stop_requested()) break;
  }
  return ended.status;
}

int run_rollback(const Arguments& arguments, Session& session, Console& console) {
  return run_change(arguments, session, console,
                    {.rollback = ops::RollbackRequest{.service = arguments.words.front(), .to = arguments.to}})
      .status;
}

}  // namespace cloison::cli
