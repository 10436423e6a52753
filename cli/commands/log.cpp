#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/view/advice.h"
#include "cli/view/log_view.h"
#include "core/base/strings.h"
#include "core/ops/state.h"

namespace cloison::cli {

int run_log(const Arguments& arguments, Session& session, Console& console) {
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  // Entries are numbered from the oldest and an operation has many; the newest operations are found by reading all.
  const auto view = ops::read_log(context, std::numeric_limits<int32_t>::max(), arguments.verify);
  console.diagnostics(view.notes, SourceMap(), Outcome::unsaid);
  if (view.ending != ops::Ending::done) return exit_status(view.ending);
  console.text(sandbox_banner(arguments));
  if (view.check) {
    console.text(fmt::format("The chain is whole: {}, {}, head {}.\n", counted(view.check->entries, "entry", "entries"),
                             counted(view.check->operations, "operation"), view.check->head.substr(0, 16)));
    console.line({"log", JsonObject()
                             .flag("whole", true)
                             .number("entries", view.check->entries)
                             .number("operations", view.check->operations)
                             .text("head", view.check->head)});
    console.text(sandbox_banner(arguments));
    return 0;
  }
  const auto operations = operations_of(view.entries);
  console.text(log_text(operations, arguments.limit, console.verbose(), console.style()));
  console.lines(console.json() ? log_json(operations, arguments.limit) : std::vector<JsonLine>{});
  console.text(sandbox_banner(arguments));
  return 0;
}

}  // namespace cloison::cli
