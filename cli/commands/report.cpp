#include "core/ops/report.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/report_files.h"
#include "cli/view/advice.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/ops/report_diff.h"
#include "core/report/grids.h"
#include "core/report/writers.h"

namespace cloison::cli {

namespace {

using report::Format;
using report::Language;

constexpr std::array k_all_formats{Format::csv,  Format::xlsx,     Format::html, Format::pdf,
                                   Format::json, Format::markdown, Format::oscal};

struct NamedKind {
  ops::ReportKind kind{};
  std::string_view name{};
};
constexpr std::array k_kinds{
    NamedKind{ops::ReportKind::rules, "rules"},           NamedKind{ops::ReportKind::flows, "flows"},
    NamedKind{ops::ReportKind::matrix, "matrix"},         NamedKind{ops::ReportKind::compliance, "compliance"},
    NamedKind{ops::ReportKind::continuity, "continuity"}, NamedKind{ops::ReportKind::inventory, "inventory"}};

/// By what is asked for, else by what the file is called.
std::optional<Format> format_of(const Arguments& arguments) {
  if (!arguments.formats.empty()) return report::format_named(arguments.formats.front());
  const auto extension = std::filesystem::path(arguments.out).extension().string();
  for (const auto format : k_all_formats)
    if (extension == fmt::format(".{}", report::extension_of(format))) return format;
  return arguments.out.empty() || arguments.out == "-" ? std::optional(Format::markdown) : std::nullopt;
}

bool is_binary(Format format) {
  return format == Format::xlsx || format == Format::pdf;
}

ops::ReportRequest request_of(const Arguments& arguments) {
  return {.live = arguments.live,
          .due = arguments.due,
          .failures = arguments.failures,
          .at = ops::point_in_time(arguments.at_time),
          .frameworks = arguments.frameworks,
          .measured = arguments.measured};
}

int no_such_time(const Arguments& arguments, Console& console) {
  return usage_status(console,
                      fmt::format("--at: '{}' is no date, no instant and no commit", printable(arguments.at_time)),
                      "--at 2026-03-31, --at 2026-03-31T12:00:00Z, or a commit's number: --at 42");
}

/// One report, in one format.
int run_report(const Arguments& arguments, Session& session, Console& console,
               const std::function<ops::Reported(const ops::Context&)>& make) {
  const bool printed = arguments.out.empty() || arguments.out == "-";
  if (arguments.formats.size() > 1) return usage_status(console, "one report is written in one format at a time");
  const auto format = format_of(arguments);
  if (!format)
    return usage_status(console, fmt::format("'{}' does not tell a format", arguments.out),
                        "call it .csv, .xlsx, .html, .pdf, .json or .md, or say --format");
  if (printed && is_binary(*format))
    return usage_status(console, fmt::format("{} is not for a terminal", report::name_of(*format)),
                        fmt::format("-o report.{}", report::extension_of(*format)));
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.aside(sandbox_banner(arguments));  // what is printed may be read by a program
  const auto made = make(context);
  console.diagnostics(made.notes, made.sources, Outcome::nothing_changed);
  if (made.reports.empty()) return exit_status(made.ending);
  // Who reads at a terminal sees the columns of paper; --format markdown has all.
  const bool glanced_at = printed && arguments.formats.empty();
  const auto bytes = in_format(glanced_at ? report::brief(made.reports.front()) : made.reports.front(), *format,
                               language_of(arguments));
  if (!bytes) {
    console.error(bytes.error());
    return 1;
  }
  const auto language = language_of(arguments);
  if (!printed) return save_report(arguments.out, *bytes, *format, language, console);
  console.line({"report", fields_of(*format, language, *bytes).text("file", "").text("text", *bytes)});
  console.text(*bytes);
  return 0;
}

int run_report(const Arguments& arguments, Session& session, Console& console, ops::ReportKind kind) {
  auto request = request_of(arguments);
  request.kinds = {kind};
  if (!request.at && !arguments.at_time.empty()) return no_such_time(arguments, console);
  if (!arguments.earlier.empty()) {
    constexpr std::size_t k_largest = std::size_t{1} << 30U;
    const auto text = ops::read_file(arguments.earlier, k_largest);
    auto earlier = text ? ops::earlier_uses(*text) : std::nullopt;
    if (!earlier)
      return usage_status(console, fmt::format("--earlier: '{}' is no report of rules", printable(arguments.earlier)),
                          "cloison report rules --live --format json -o earlier.json writes one");
    request.earlier = std::make_shared<const ops::EarlierUses>(*std::move(earlier));
  }
  return run_report(arguments, session, console,
                    [&](const ops::Context& context) { return ops::make_reports(context, request); });
}

/// Of a set: each report once, then each format and language of it.
int save_all(const report::Report& made, std::string_view name, const Arguments& arguments, Console& console) {
  for (const auto format : k_all_formats) {
    const auto& only = arguments.formats;
    if (!only.empty() && std::find(only.begin(), only.end(), report::name_of(format)) == only.end()) continue;
    if (format == Format::oscal && !made.oscal) continue;
    const bool for_programs = format == Format::json || format == Format::oscal;  // whatever the language
    for (const auto language : {Language::english, Language::french}) {
      if (!arguments.lang_given && language == Language::french && for_programs) continue;
      if (arguments.lang_given && language != language_of(arguments)) continue;
      const auto bytes = in_format(made, format, language);
      if (!bytes) {
        console.error(bytes.error());
        return 1;
      }
      const auto* const suffix = language == Language::french ? "fr" : "en";
      const auto file = std::filesystem::path(arguments.out) /
                        (for_programs ? fmt::format("{}.{}", name, report::extension_of(format))
                                      : fmt::format("{}.{}.{}", name, suffix, report::extension_of(format)));
      if (const auto status = save_report(file.string(), *bytes, format, language, console); status != 0) return status;
      if (!arguments.quiet) console.text(file.string() + '\n');
    }
  }
  return 0;
}

}  // namespace

int run_report_rules(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::rules);
}

int run_report_flows(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::flows);
}

int run_report_matrix(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::matrix);
}

int run_report_compliance(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::compliance);
}

int run_report_continuity(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::continuity);
}

int run_report_inventory(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, ops::ReportKind::inventory);
}

int run_report_diff(const Arguments& arguments, Session& session, Console& console) {
  return run_report(arguments, session, console, [&](const ops::Context& context) {
    return ops::make_difference(
        context, {.from = arguments.words[0], .to = arguments.words.size() > 1 ? arguments.words[1] : "now"});
  });
}

int run_report_all(const Arguments& arguments, Session& session, Console& console) {
  if (arguments.out.empty() || arguments.out == "-")
    return usage_status(console, "where to?", "cloison report all -o reports");
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  std::error_code error;
  std::filesystem::create_directories(arguments.out, error);
  auto request = request_of(arguments);
  if (!request.at && !arguments.at_time.empty()) return no_such_time(arguments, console);
  for (const auto& one : k_kinds) request.kinds.push_back(one.kind);
  console.aside(sandbox_banner(arguments));
  const auto made = ops::make_reports(context, request);
  console.diagnostics(made.notes, made.sources, Outcome::nothing_changed);
  for (std::size_t i = 0; i < made.reports.size(); ++i)
    if (const auto status = save_all(made.reports[i], k_kinds[i].name, arguments, console); status != 0) return status;
  return exit_status(made.ending);
}

}  // namespace cloison::cli
