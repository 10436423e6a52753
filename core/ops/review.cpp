#include "core/ops/review.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/ops/report_past.h"
#include "core/ops/report_words.h"
#include "core/ops/session.h"
#include "core/report/review.h"

namespace cloison::ops {

namespace {

/// A file's name of whatever people are called; what is not plain is told apart by a digest.
std::string file_name(const std::string& owner) {
  constexpr std::size_t k_most = 40, k_digits = 8;
  if (owner.empty()) return "review-nobody";
  std::string plain;
  for (const char c : owner.substr(0, k_most))
    plain += is_letter_or_digit(c) || c == '@' || c == '.' || c == '-' || c == '_' ? c : '_';
  if (plain.front() == '.') plain.front() = '_';
  return "review-" + (plain == owner ? plain : plain + "-" + sha256_hex(owner).substr(0, k_digits));
}

}  // namespace

std::string reviewed_state(const Said& said) {
  constexpr std::size_t k_digits = 12;
  std::string all;
  for (const auto& [name, value] : said)
    if (name != "next_review") all += fmt::format("{}:{}={}\n", value.size(), name, value);
  return sha256_hex(all).substr(0, k_digits);
}

ReviewSheets review_sheets(const Context& context) {
  ReviewSheets result;
  auto past = report_past(context, std::nullopt);
  if (!past) {
    result.notes = {past.error()};
    result.ending = ending_of(result.notes);
    return result;
  }
  auto validated = validate(context);
  result.notes = std::move(validated.notes), result.sources = std::move(validated.sources);
  result.ending = validated.ending;
  if (validated.ending != Ending::done || !validated.resolved) return result;
  const auto& resolved = *validated.resolved;
  auto flows = flow_facts(resolved, result.sources, proof_input(resolved, validated.not_applied, context.clock.now()));
  if (*past) flows = with_history(flows, (*past)->view.past);
  const auto statements = flow_statements(resolved);
  std::map<std::string, report::ReviewData> by_owner;
  for (const auto& flow : resolved.flows) {
    if (flow.flow == nullptr) continue;
    const auto facts = flows.find(flow.id);
    if (facts == flows.end()) continue;
    by_owner[facts->second->owner].lines.push_back({facts->second, reviewed_state(statements.at(flow.id))});
  }
  for (auto& [owner, data] : by_owner) {
    data.heading = {.network = validated.topology->name,
                    .as_of = rfc3339(context.clock.now()),
                    .digest = validated.topology->digest,
                    .made_by = "cloison " + context.version,
                    .facts = {}};
    const auto flows_of = data.lines.size();
    result.sheets.push_back({file_name(owner), owner, flows_of, report::review_sheet(std::move(data))});
    mark_simulated(result.sheets.back().report, context.sandbox);
  }
  return result;
}

}  // namespace cloison::ops
