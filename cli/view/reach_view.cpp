#include "cli/view/reach_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/clock.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

using Verdict = GuaranteeVerdict;

constexpr std::size_t k_lines = 8, k_words = 3;

std::string changes_text(const std::vector<ReachChange>& changes, bool opens, bool all, const Style& style) {
  std::vector<std::vector<std::string>> rows;
  std::size_t count = 0;
  for (const auto& one : changes) {
    if (one.opens != opens || (++count > k_lines && !all)) continue;
    rows.push_back({count == 1 ? (opens ? "Opens" : "Closes") : "", printable(one.from + " -> " + one.to),
                    printable(few(one.services, all ? SIZE_MAX : k_words)),
                    printable(few(one.reasons, all ? SIZE_MAX : k_words)),
                    one.pairs > 1 ? fmt::format("{} x", one.pairs) : ""});
    if (all) rows.push_back({"", printable("  " + one.example)});
  }
  if (rows.empty()) return {};
  auto text = table(rows, 0, all ? SIZE_MAX : style.width);
  if (!all && count > k_lines) text += fmt::format("        and {} more; -v lists them\n", count - k_lines);
  return text;
}

std::string guarantees_text(const PlannedReach& reach, bool all, const Style& style) {
  if (reach.guarantees.empty()) return {};
  const auto proved = std::count_if(reach.guarantees.begin(), reach.guarantees.end(),
                                    [](const auto& one) { return one.verdict == Verdict::proved; });
  auto text = fmt::format("Guarantees  {} of {} hold after it\n", proved, reach.guarantees.size());
  for (const auto& one : reach.guarantees) {
    if (one.verdict == Verdict::proved && !all) continue;
    const auto color = one.verdict == Verdict::proved ? Color::green : Color::red;
    text += fmt::format(
        "  {}  {}\n", painted(style.color, color, padded(word(one.verdict), 7)),
        wrapped(printable(one.id + "  " + one.text + (one.why.empty() ? "" : ": " + one.why)), style.width - 11, 13));
  }
  return text;
}

}  // namespace

std::string reach_text(const Plan& plan, bool all, const Style& style) {
  const auto& reach = plan.reach;
  if (!reach.not_known.empty())
    return plan.empty() || plan.destroy
               ? std::string()
               : fmt::format("What it opens and closes is not computed: {}\n", reach.not_known);
  std::string text;
  if (!plan.empty()) {
    text += changes_text(reach.changes, true, all, style) + changes_text(reach.changes, false, all, style);
    text += reach.changes.empty() ? "Opens nothing and closes nothing.\n"
                                  : "Nothing else becomes reachable or stops being so.\n";
  }
  text += guarantees_text(reach, all, style);
  if (reach.closed != 0)
    text += fmt::format("Flows  {} of {} will not pass: `cloison verify` shows them\n", counted(reach.closed, "pair"),
                        reach.pairs);
  return text;
}

std::vector<JsonLine> reach_json(const Plan& plan) {
  std::vector<JsonLine> lines;
  for (const auto& one : plan.reach.changes)
    lines.push_back({"reach", JsonObject()
                                  .flag("opens", one.opens)
                                  .text("from", one.from)
                                  .text("to", one.to)
                                  .texts("services", one.services)
                                  .texts("reasons", one.reasons)
                                  .number("pairs", one.pairs)
                                  .text("example", one.example)});
  for (const auto& one : plan.reach.guarantees)
    lines.push_back({"guarantee", JsonObject()
                                      .text("at", rfc3339(plan.made_at))
                                      .text("id", one.id)
                                      .text("text", one.text)
                                      .text("verdict", word(one.verdict))
                                      .text("why", one.why)
                                      .text("declared", plan.sources.location(one.declared))});
  return lines;
}

}  // namespace cloison::cli
