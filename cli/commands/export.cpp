#include "core/ops/export.h"

#include "cli/commands.h"
#include "cli/view/advice.h"
#include "cli/view/export_view.h"
#include "core/ops/export_check.h"

namespace cloison::cli {

namespace {

using Format = ops::ExportOptions::Format;

/// The result is for pipes, so what is said of it stands beside it; where files are written, that is the result.
int run_export(const Arguments& arguments, Session& session, Console& console, Format format) {
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  const bool printed = arguments.out.empty() || arguments.out == "-";
  const auto exported = ops::export_services(
      context, {.format = format, .services = arguments.services, .out = printed ? std::string() : arguments.out});
  console.diagnostics(exported.notes, exported.sources, Outcome::nothing_changed);
  if (exported.ending != ops::Ending::done) return exit_status(exported.ending);
  console.lines(export_json(exported, format == Format::compose ? "compose" : "kubernetes"));
  const auto about = export_text(exported, console.style().width, console.verbose());
  if (printed) {
    console.text(export_documents(exported));
    if (!arguments.quiet) console.aside(about);
  } else {
    console.text(about);
  }
  return 0;
}

int run_check(const Arguments& arguments, Session& session, Console& console) {
  if (!arguments.services.empty() || !arguments.out.empty())
    return usage_status(console, "--check is about all services, and writes nothing", "leave out --service and --out");
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto check = ops::check_manifests(context, arguments.check);
  if (check.done) {
    console.lines(check_json(check));
    console.text(check_text(check, console.verbose()));
  }
  console.diagnostics(check.notes, check.sources, Outcome::nothing_changed);
  return exit_status(check.ending);
}

}  // namespace

int run_export_compose(const Arguments& arguments, Session& session, Console& console) {
  return run_export(arguments, session, console, Format::compose);
}

int run_export_kubernetes(const Arguments& arguments, Session& session, Console& console) {
  return arguments.check.empty() ? run_export(arguments, session, console, Format::kubernetes)
                                 : run_check(arguments, session, console);
}

}  // namespace cloison::cli
