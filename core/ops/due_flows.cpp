#include "core/ops/due_flows.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/report_past.h"

namespace cloison::ops {

namespace {

using report::Due;

std::string_view due_word(Due due) {
  switch (due) {
    case Due::nobodys:
      return "without an owner";
    case Due::to_remove:
      return "to be removed";
    case Due::overdue:
      return "review overdue";
    case Due::exception_over:
      return "exception over";
    case Due::soon:
      return "over within 30 days";
    case Due::approved_by_author:
      return "approved by who asked";
    case Due::expired:
    case Due::nothing:
      break;
  }
  return {};
}

report::FlowFacts facts_of(const topology::ResolvedFlow& flow) {
  report::FlowFacts facts{.id = flow.id, .flow_class = flow.flow_class};
  add_governance(*flow.flow, facts);
  return facts;
}

}  // namespace

std::optional<Diagnostic> due_flows(const topology::Resolved& resolved,
                                    const std::map<std::string, state::FlowReview, std::less<>>& reviews, Instant now) {
  // Where nobody names owners at all, that one is missing says nothing of a flow.
  const bool owned = std::any_of(resolved.flows.begin(), resolved.flows.end(), [](const auto& flow) {
    return flow.flow != nullptr && flow.flow->governance.owner.has_value();
  });
  std::map<Due, std::vector<std::string>> due;  // the gravest first
  SpanId where = 0;
  std::size_t count = 0;
  for (const auto& flow : resolved.flows) {
    if (flow.flow == nullptr || flow.flow->disabled) continue;
    auto facts = facts_of(flow);
    if (const auto last = reviews.find(flow.id); last != reviews.end()) add_review(facts, last->second);
    const auto why = due_of(facts, now);
    if (due_word(why).empty() || (why == Due::nobodys && !owned)) continue;
    if (count++ == 0 || why < due.begin()->first) where = flow.span;
    due[why].push_back(printable(flow.id));
  }
  if (due.empty()) return std::nullopt;
  constexpr std::size_t k_shown = 3;
  std::vector<std::string> parts;
  for (auto& [why, flows] : due) {
    std::sort(flows.begin(), flows.end());
    const auto more = flows.size() > k_shown ? flows.size() - k_shown : 0;
    flows.resize(flows.size() - more);
    parts.push_back(
        fmt::format("{}: {}{}", due_word(why), join(flows, ", "), more == 0 ? "" : fmt::format(" and {} more", more)));
  }
  const bool late = due.begin()->first < Due::soon;
  return Diagnostic{.severity = late ? Diagnostic::Severity::warning : Diagnostic::Severity::note,
                    .kind = ErrorKind::policy,
                    .code = "CL7305",
                    .summary = fmt::format("somebody has to look at {}", counted(count, "flow")),
                    .detail = join(parts, "; "),
                    .hint = "`cloison report rules --due` names their rules, with why",
                    .where = where};
}

}  // namespace cloison::ops
