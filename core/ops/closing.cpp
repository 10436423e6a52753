#include "core/ops/closing.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/verify/closing.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

/// Each costs some proofs of few packets.
constexpr std::size_t k_beyond = 3, k_guarantees = 8;
constexpr std::size_t k_shown = 3;

ClosedBy closed_by(const verify::Closing& closing, const verify::Finding& finding, const Reasons& reasons) {
  ClosedBy told{.finding = &finding};
  const auto edit = closing.of(finding);
  if (!edit) return told;
  told.known = true;
  told.rule = reasons.of(finding.way[edit->leap]);
  if (!edit->whole) told.taken = verify::packets_text(edit->taken);
  told.breaks = edit->breaks;
  return told;
}

void add_first(const verify::GuaranteeResult& result, std::vector<const verify::Finding*>& asked) {
  if (result.verdict != GuaranteeVerdict::broken || result.findings.empty() || asked.size() >= k_guarantees) return;
  const auto& first = result.findings.front();
  if (first.place == verify::k_nothing && !first.way.empty()) asked.push_back(&first);
}

void add_beyond(const std::vector<verify::Finding>& beyond, std::vector<const verify::Finding*>& asked) {
  for (std::size_t i = 0; i < std::min(beyond.size(), k_beyond); ++i) asked.push_back(&beyond[i]);
}

void close(Proved& proved, const std::vector<const verify::Finding*>& asked) {
  if (asked.empty()) return;
  const verify::Closing closing(*proved.proof.world, proved.input, asked);
  for (const auto* finding : asked) proved.closings.push_back(closed_by(closing, *finding, proved.reasons));
}

/// Of the rule: who wants it, or where it is.
std::string rule_text(const ClosedBy& closing, const SourceMap& sources) {
  const auto& rule = closing.rule;
  const auto where = sources.location(rule.declared);
  if (!where.empty()) return fmt::format("the rule of {} ({})", rule.reason, where);
  return fmt::format("rule {} of {}", rule.rule, rule.resource.empty() ? rule.where : rule.resource);
}

}  // namespace

void add_closings(Proved& proved) {
  std::vector<const verify::Finding*> asked;
  for (const auto& result : proved.proof.guarantees) add_first(result, asked);
  add_beyond(proved.proof.beyond, asked);
  close(proved, asked);
}

void add_closings(FurtherProved& further) {
  std::vector<const verify::Finding*> asked;
  for (const auto number : further.news.guarantees) add_first(further.proved.proof.guarantees[number], asked);
  add_beyond(further.news.beyond, asked);
  close(further.proved, asked);
}

const ClosedBy* closing_of(const Proved& proved, const verify::Finding& finding) {
  const auto found = std::find_if(proved.closings.begin(), proved.closings.end(),
                                  [&](const ClosedBy& one) { return one.finding == &finding; });
  return found == proved.closings.end() ? nullptr : &*found;
}

std::string closing_text(const ClosedBy& closing, const SourceMap& sources, bool live) {
  if (!closing.known) return "no single rule closes it: others let the same packets pass";
  const auto rule = rule_text(closing, sources);
  auto text = closing.taken.empty() ? fmt::format("take {} away", rule)
                                    : fmt::format("leave {} out of {}", closing.taken, rule);
  if (live && closing.rule.declared == 0) text += ", made by hand: `cloison apply` does";
  if (closing.breaks.empty()) return text + "; that breaks nothing";
  std::vector<std::string> first(closing.breaks.begin(), closing.breaks.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                                      closing.breaks.size(), k_shown)));
  text += fmt::format("; that would break {}", join(first, ", "));
  if (closing.breaks.size() > k_shown)
    text += fmt::format(" and {}", counted(closing.breaks.size() - k_shown, "other pair"));
  return text;
}

}  // namespace cloison::ops
