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

/// What may happen in between, and has no better order.
std::string meantime_text(const PlannedMeantime& meantime, bool all, const Style& style) {
  std::string text;
  if (!meantime.not_known.empty())
    text += fmt::format("What may pass while it is applied is not known: {}\n", printable(meantime.not_known));
  if (!meantime.opens.empty() || !meantime.broken.empty()) {
    text += painted(style.color, Color::red, "While it is applied this may pass for a while:") + "\n";
    text += changes_text(meantime.opens, true, all, style);
  }
  if (!meantime.stops.empty())
    text += fmt::format("{} {}\n",
                        painted(style.color, Color::yellow, "While it is applied these flows may stop for a while:"),
                        printable(few(meantime.stops, all ? SIZE_MAX : k_lines)));
  for (const auto& id : meantime.broken)
    text += fmt::format("  {}  {} while it is applied\n", painted(style.color, Color::red, padded("broken", 7)),
                        printable(id));
  return text;
}

/// "Nothing else becomes reachable or stops being so, also while it is applied."
std::string nothing_else(const PlannedReach& reach) {
  std::string text =
      reach.changes.empty() ? "Opens nothing and closes nothing" : "Nothing else becomes reachable or stops being so";
  const auto& meantime = reach.meantime;
  if (!meantime.not_known.empty() || !meantime.opens.empty() || !meantime.broken.empty() || !meantime.stops.empty())
    return text + ".\n";
  if (!meantime.stops_not_known.empty())
    return text + fmt::format(".\nWhile it is applied nothing else passes; whether flows stop is not known: {}\n",
                              meantime.stops_not_known);
  return text + fmt::format(", also while it is applied{}.\n",
                            meantime.turns > 1 ? fmt::format(" (in {} turns)", meantime.turns) : "");
}

bool reach_is_known(const Plan& plan) {
  return plan.reach.not_known.empty() && !plan.empty();
}

}  // namespace

std::string reach_text(const Plan& plan, bool all, const Style& style) {
  const auto& reach = plan.reach;
  std::string text;
  if (!reach.not_known.empty()) {
    if (plan.empty() || plan.destroy) return text;
    text = fmt::format("What it opens and closes is not computed: {}\n", reach.not_known);
    if (reach.guarantees.empty()) return text;
  } else if (!plan.empty()) {
    text += changes_text(reach.changes, true, all, style) + changes_text(reach.changes, false, all, style);
    text += nothing_else(reach);
    text += meantime_text(reach.meantime, all, style);
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
  if (reach_is_known(plan)) {
    const auto& meantime = plan.reach.meantime;
    std::vector<std::string> opens;
    for (const auto& one : meantime.opens)
      opens.push_back(fmt::format("{} -> {} {}", one.from, one.to, join(one.services, ", ")));
    lines.push_back({"meantime", JsonObject()
                                     .text("not_known", meantime.not_known)
                                     .text("stops_not_known", meantime.stops_not_known)
                                     .texts("opens", opens)
                                     .texts("broken", meantime.broken)
                                     .texts("stops", meantime.stops)
                                     .texts("conflict", meantime.conflict)
                                     .number("turns", meantime.turns)});
  }
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
