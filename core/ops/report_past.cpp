#include "core/ops/report_past.h"

#include <map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/upgrade.h"
#include "core/ops/reading.h"
#include "core/ops/session.h"

namespace cloison::ops {

namespace {

const PastOperation* operation_at(const Past& past, std::size_t index) {
  return index < past.operations.size() ? &past.operations[index] : nullptr;
}

/// A flow that is said nothing of any more.
report::FlowFacts gone_flow(const std::string& id, const Said& said, const std::string& when) {
  const auto text = [&](const char* name) {
    const auto found = said.find(name);
    return found == said.end() ? std::string() : found->second;
  };
  report::FlowFacts facts{.id = id, .flow_class = text("class"), .source = text("from"), .destination = text("to")};
  facts.source_title = facts.source, facts.destination_title = facts.destination;
  for (const auto service : split(text("services"), ',')) facts.services.emplace_back(trimmed(service));
  facts.protocol = text("protocol"), facts.application = text("application"), facts.purpose = text("purpose");
  facts.owner = text("owner"), facts.requester = text("requester"), facts.approver = text("approver");
  facts.ticket = text("ticket"), facts.data = text("data"), facts.encryption = text("encryption");
  facts.starts = text("starts"), facts.expires = text("expires"), facts.next_review = text("next_review");
  facts.control = text("control");
  facts.not_in_force = "removed from the topology, applied " + when;
  return facts;
}

void add_dates(report::FlowFacts& facts, const std::vector<FlowVersion>& versions, const Past& past) {
  if (const auto* begun = operation_at(past, versions.front().operation))
    facts.created = rfc3339(begun->when), facts.created_by = who(*begun);
  if (versions.size() < 2) return;
  if (const auto* last = operation_at(past, versions.back().operation))
    facts.changed = rfc3339(last->when), facts.changed_by = who(*last), facts.changed_for = last->ticket;
}

void add_last_review(report::FlowFacts& facts, const Past& past) {
  const auto reviewed = past.reviews.find(facts.id);
  if (reviewed == past.reviews.end()) return;
  add_review(facts, reviewed->second);
}

constexpr std::size_t k_date = 10;

/// Days as texts, which sort as they follow each other.
bool is_before(const std::string& date, const std::string& day) {
  return !date.empty() && date.substr(0, k_date) < day;
}

std::string day_of(Instant instant) {
  return rfc3339(instant).substr(0, k_date);
}

report::Due due_though_not_asked(const report::RuleRow& row, Instant now) {
  return row.flow && is_before(row.flow->expires, day_of(now)) ? report::Due::expired : report::Due::nobodys;
}

}  // namespace

/// The gravest first.
report::Due due_of(const report::FlowFacts& flow, Instant now) {
  using report::Due;
  constexpr auto k_soon = std::chrono::days(30);
  const auto today = day_of(now), soon = day_of(now + k_soon);
  if (is_before(flow.expires, today)) return Due::expired;
  if (flow.flow_class == "application" && flow.owner.empty()) return Due::nobodys;
  if (flow.decision == "remove") return Due::to_remove;
  if (is_before(flow.next_review, today) && (flow.reviewed.empty() || flow.reviewed < flow.next_review))
    return Due::overdue;
  if (is_before(flow.review_until, today)) return Due::exception_over;
  if (is_before(flow.expires, soon)) return Due::soon;
  if (!flow.approver.empty() && flow.approver == flow.requester) return Due::approved_by_author;
  return Due::nothing;
}

void find_due(std::vector<report::RuleRow>& rows, Instant now) {
  std::map<const report::FlowFacts*, report::Due> known;  // many rules serve one flow
  for (auto& row : rows) {
    if (row.standing == report::Standing::no_longer_asked || row.live == report::LiveCheck::unauthorised) {
      row.due = due_though_not_asked(row, now);
      continue;
    }
    if (!row.flow) continue;
    const auto [due, fresh] = known.try_emplace(row.flow.get(), report::Due::nothing);
    if (fresh) due->second = due_of(*row.flow, now);
    row.due = due->second;
  }
}

void add_review(report::FlowFacts& facts, const state::FlowReview& last) {
  facts.decision = last.decision, facts.reviewer = last.reviewer, facts.reviewed = last.date;
  facts.review_until = last.until, facts.review_comment = last.comment;
}

std::string who(const PastOperation& operation) {
  return operation.approved_by.empty() ? operation.user
                                       : fmt::format("{}, approved by {}", operation.user, operation.approved_by);
}

Result<std::optional<ReportPast>> report_past(const Context& context, const std::optional<PointInTime>& at,
                                              const std::optional<uint64_t>& known_until) {
  std::error_code ignored;
  if (known_until && *known_until == 0) return std::optional<ReportPast>();
  if (!at && !std::filesystem::exists(state_path(context), ignored)) return std::optional<ReportPast>();
  auto store = open_known_state(context);
  if (!store) return fail(store.error());
  ReportPast result{.store = *std::move(store)};
  auto view = read_past(*result.store, known_until ? std::optional(PointInTime{.serial = known_until}) : at);
  if (!view) return fail(view.error());
  result.view = *std::move(view);
  if (at) {
    auto then = restore_topology(context, *result.store, result.view.past);
    if (!then) return fail(then.error());
    result.then = *std::move(then);
  }
  return std::optional(std::move(result));
}

FlowFactsById with_history(const FlowFactsById& flows, const Past& past) {
  FlowFactsById all;
  for (const auto& [id, facts] : flows) {
    auto dated = *facts;
    if (const auto known = past.flows.find(id); known != past.flows.end()) add_dates(dated, known->second, past);
    add_last_review(dated, past);
    all.emplace(id, std::make_shared<const report::FlowFacts>(std::move(dated)));
  }
  for (const auto& [id, versions] : past.flows) {
    if (all.contains(id) || !versions.back().said.empty() || versions.size() < 2) continue;
    const auto* end = operation_at(past, versions.back().operation);
    auto facts = gone_flow(id, versions[versions.size() - 2].said, end == nullptr ? std::string() : rfc3339(end->when));
    add_dates(facts, versions, past);
    add_last_review(facts, past);
    all.emplace(id, std::make_shared<const report::FlowFacts>(std::move(facts)));
  }
  return all;
}

void date_rules(std::vector<report::RuleRow>& rows, const Past& past) {
  for (auto& row : rows) {
    const auto resource = past.since.find(row.resource);
    if (resource == past.since.end() || row.standing == report::Standing::not_yet) continue;
    const auto& texts = resource->second;
    auto since = texts.find(row.native);
    // A rule is a resource of its own, or one text of a table that has many.
    if (since == texts.end() && texts.size() == 1) since = texts.find(std::string_view());
    const auto* operation = since == texts.end() ? nullptr : operation_at(past, since->second);
    if (operation == nullptr) continue;
    row.since = rfc3339(operation->when), row.since_by = who(*operation), row.since_for = operation->ticket;
  }
}

AppliedResources applied_resources(const Context& context, Snapshot snapshot, const Providers& known) {
  AppliedResources applied{.providers = known};
  for (const auto& [name, entry] : stored_entries(snapshot)) {
    if (applied.providers.contains(name)) continue;
    auto provider = context.providers->make(entry, true, {});
    if (provider)
      applied.providers.emplace(name, *std::move(provider));
    else
      applied.notes.push_back(provider.error());
  }
  append(applied.notes, upgrade_rows(snapshot, applied.providers));
  for (auto& [key, row] : snapshot.rows) {
    if (row.deposed) continue;
    if (!row.origins.empty()) applied.reasons.emplace(key.address, row.origins.front().declared_by);
    applied.placed[row.provider].push_back({row.remote_id, key.address, row.kind, std::move(row.observed)});
  }
  return applied;
}

}  // namespace cloison::ops
