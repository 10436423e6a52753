#include "core/ops/review.h"

#include <filesystem>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/report_files.h"
#include "cli/view/advice.h"
#include "core/base/strings.h"

namespace cloison::cli {

int run_review_export(const Arguments& arguments, Session& session, Console& console) {
  if (arguments.out.empty() || arguments.out == "-")
    return usage_status(console, "where to?", "cloison review export -o reviews");
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  const auto made = ops::review_sheets(context);
  console.diagnostics(made.notes, made.sources, Outcome::nothing_changed);
  std::error_code error;
  if (!made.sheets.empty()) std::filesystem::create_directories(arguments.out, error);
  const auto format = report::format_named(arguments.formats.empty() ? "xlsx" : arguments.formats.front())
                          .value_or(report::Format::xlsx);
  const auto language = language_of(arguments);
  for (const auto& sheet : made.sheets) {
    const auto bytes = in_format(sheet.report, format, language);
    if (!bytes) {
      console.error(bytes.error());
      return 1;
    }
    const auto file =
        std::filesystem::path(arguments.out) / fmt::format("{}.{}", sheet.name, report::extension_of(format));
    if (const auto status = save_report(file.string(), *bytes, format, language, console); status != 0) return status;
    console.text(fmt::format("{}  {}, {}\n", file.string(), counted(sheet.flows, "flow"),
                             sheet.owner.empty() ? "nobody answers for them" : printable(sheet.owner)));
  }
  if (!made.sheets.empty())
    console.advice("Next: have them filled in, then cloison review import" + same_words(arguments) + " FILE...\n");
  console.text(sandbox_banner(arguments));
  return exit_status(made.ending);
}

int run_review_import(const Arguments& arguments, Session& session, Console& console) {
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  const auto done = ops::import_reviews(context, {arguments.words.begin(), arguments.words.end()});
  console.diagnostics(done.notes, done.sources, Outcome::nothing_changed);
  if (done.ending == ops::Ending::done) {
    console.text(fmt::format("{} to keep, {} to change, {} to remove; {} not decided.\n", counted(done.keep, "flow"),
                             done.change, done.remove, done.not_decided));
    if (done.log_entry > 0) console.text(fmt::format("Log entry {}.\n", done.log_entry));
    if (done.change + done.remove > 0)
      console.advice("The topology still has them: change it, then cloison plan" + same_words(arguments) + "\n");
  }
  console.line({"review", JsonObject()
                              .number("keep", done.keep)
                              .number("change", done.change)
                              .number("remove", done.remove)
                              .number("not_decided", done.not_decided)
                              .number("log_entry", done.log_entry)});
  console.text(sandbox_banner(arguments));
  return exit_status(done.ending);
}

}  // namespace cloison::cli
