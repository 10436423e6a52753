#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "cli/view/pack_view.h"
#include "cli/view/plan_view.h"
#include "cli/view/verify_view.h"
#include "core/base/strings.h"
#include "core/ops/evidence.h"
#include "core/ops/evidence_pack.h"

namespace cloison::cli {

namespace {

std::string text_of(const std::vector<JsonLine>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += "{" + JsonObject().text("type", line.type).fields() + "," + line.fields.fields() + "}\n";
  return text;
}

/// The same whatever terminal this is.
ops::EvidenceViews views_of(const Arguments& arguments) {
  return {.plan_text =
              [live = arguments.live](const ops::Planned& planned) {
                return plan_text(planned, {.verbose = true, .read = live}, Style{});
              },
          .plan_lines = [](const ops::Planned& planned) { return text_of(plan_json(planned)); },
          .proof_text = [](const ops::Verified& verified) { return verify_text(verified, Style{}, true); },
          .proof_lines = [](const ops::Verified& verified) { return text_of(verify_json(verified)); }};
}

}  // namespace

int run_report_evidence(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  const auto at = ops::point_in_time(arguments.at_time);
  if (!at && !arguments.at_time.empty())
    return usage_status(console,
                        fmt::format("--at: '{}' is no date, no instant and no commit", printable(arguments.at_time)),
                        "--at 2026-03-31, --at 2026-03-31T12:00:00Z, or a commit's number: --at 42");
  console.text(sandbox_banner(arguments));
  const auto made = ops::make_evidence(context, {.out = arguments.out,
                                                 .key = arguments.key,
                                                 .sign_with = arguments.sign_with,
                                                 .previous = arguments.previous,
                                                 .tsa = arguments.tsa,
                                                 .at = at,
                                                 .live = arguments.live,
                                                 .names = arguments.names,
                                                 .again = arguments.again,
                                                 .views = views_of(arguments),
                                                 .scrubber = session.scrubber});
  progress.end();
  if (made.made) {
    console.line(evidence_json(made, arguments.out));
    console.text(evidence_text(made, arguments.out));
  }
  console.diagnostics(made.notes, made.sources, Outcome::nothing_changed);
  console.text(sandbox_banner(arguments));
  return exit_status(made.ending);
}

int run_report_check(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto verdict = ops::check_pack_file({.pack = arguments.words.front(),
                                             .key = arguments.key,
                                             .previous = arguments.previous,
                                             .authorities = arguments.tsa_ca});
  if (verdict.checked) {
    console.line(pack_json(verdict));
    console.text(pack_text(verdict));
  }
  console.diagnostics(verdict.notes, SourceMap(), Outcome::unsaid);
  return exit_status(verdict.ending);
}

int run_report_key(const Arguments& arguments, Session& session, Console& console) {
  (void)session;
  const auto key = ops::public_key_in(arguments.key);
  if (!key) {
    console.error(key.error());
    return exit_status(ops::ending_of({key.error()}));
  }
  console.line(key_json(*key));
  console.text(key_text(*key));
  return 0;
}

}  // namespace cloison::cli
