#include "core/ops/report.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>

#include "core/base/numbers.h"
#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/planning.h"
#include "core/ops/report_drawing.h"
#include "core/ops/report_past.h"
#include "core/ops/report_rules.h"
#include "core/ops/verify.h"
#include "core/report/flows.h"
#include "core/report/matrix.h"
#include "core/report/parts.h"
#include "core/verify/packet_text.h"
#include "core/verify/reach.h"

namespace cloison::ops {

namespace {

using report::Phrase;

/// "F-2" stands before "F-10".
std::pair<std::string, uint64_t> numbered(const std::string& id) {
  auto begin = id.size();
  while (begin > 0 && is_digit(id[begin - 1])) --begin;
  return {id.substr(0, begin), number_in<uint64_t>(std::string_view(id).substr(begin)).value_or(0)};
}

using Placed = std::map<std::string, std::vector<PlacedResource>>;

/// As they are to be: known by their addresses.
Placed placed_by_provider(const std::vector<Resource>& resources) {
  Placed placed;
  for (const auto& one : resources)
    placed[one.provider].push_back({one.address.text, one.address.text, one.kind, one.attributes});
  return placed;
}

std::string zone_of(const verify::Place& place) {
  return place.zone.empty() ? "-" : place.zone;
}

class Reporting {
 public:
  Reporting(const Context& context, const ReportRequest& request)
      : asked_(context), context_(context), request_(request) {}

  Reported run() {
    auto past = report_past(asked_, request_.at, request_.known_until);
    if (!past) {
      reported_.notes = {past.error()};
      reported_.ending = ending_of(reported_.notes);
      return std::move(reported_);
    }
    past_ = *std::move(past);
    if (past_ && past_->then) context_ = past_->then->context;
    auto validated = validate(context_);
    reported_.ending = validated.ending;
    reported_.notes = std::move(validated.notes), reported_.sources = std::move(validated.sources);
    if (validated.ending != Ending::done || !validated.resolved) return std::move(reported_);
    input_ = proof_input(*validated.resolved, validated.not_applied, context_.clock.now());
    input_.most_findings = SIZE_MAX;  // whoever reads a matrix believes its green cells
    flows_ = all_flows_ = flow_facts(*validated.resolved, reported_.sources, input_);
    if (past_) {
      all_flows_ = with_history(flows_, past_->view.past);
      for (auto& [id, facts] : flows_) facts = all_flows_.at(id);
    }
    for (const auto kind : request_.kinds) {
      auto made = report_of(kind, validated);
      if (!made) break;
      reported_.reports.push_back(*std::move(made));
    }
    return std::move(reported_);
  }

 private:
  [[nodiscard]] std::optional<report::Report> report_of(ReportKind kind, const Validated& validated) {
    switch (kind) {
      case ReportKind::rules:
        return rules(validated);
      case ReportKind::flows:
        return flows(validated);
      case ReportKind::matrix:
        break;
    }
    return matrix(validated);
  }

  /// The same of the past as it was said then: a report of a point in time is the one that was made at it.
  [[nodiscard]] Phrase taken_from() const {
    if (request_.live)
      return {"the platforms, read now, and the topology as it is written",
              "les plateformes, lues à l'instant, et la topologie telle qu'écrite"};
    if (!past_)
      return {
          "the topology as it is written; no platform was asked, and there is no state here that knows what was "
          "applied",
          "la topologie telle qu'écrite ; aucune plateforme n'a été interrogée, et aucun état présent ne sait ce qui a "
          "été appliqué"};
    const auto serial = past_->view.snapshot.serial;
    return {
        fmt::format("the topology, and what the state knows as applied (commit {}); no platform was asked", serial),
        fmt::format("la topologie, et ce que l'état sait appliqué (écriture {}) ; aucune plateforme n'a été interrogée",
                    serial)};
  }

  [[nodiscard]] report::Heading heading(const Validated& validated) const {
    const auto& topology = *validated.topology;
    return {.network = topology.name,
            .as_of = rfc3339(context_.clock.now()),
            .digest = topology.digest,
            .made_by = "cloison " + context_.version,
            .facts = {{Phrase{"Taken from", "Établi d'après"}, {.value = taken_from()}},
                      {Phrase{"Resources", "Ressources"}, report::number_cell(validated.resources.size())}}};
  }

  [[nodiscard]] std::vector<Forwarding> parts_of(const Validated& validated) const {
    return forwarding_of(validated.resources, validated.providers, outer_addresses(*validated.resolved));
  }

  [[nodiscard]] GatheredRules as_written(const Validated& validated) const {
    const Reasons reasons(validated.resources, *validated.resolved);
    const auto placed = placed_by_provider(validated.resources);
    return gather_rules(
        {placed, validated.providers, reasons, *validated.resolved, reported_.sources, input_, all_flows_},
        parts_of(validated));
  }

  /// What was applied, beside what is written.
  [[nodiscard]] GatheredRules as_applied(const Validated& validated) {
    auto applied = applied_resources(context_, past_->view.snapshot, validated.providers);
    append(reported_.notes, std::move(applied.notes));
    const Reasons reasons(applied.reasons, *validated.resolved);
    auto there = gather_rules(
        {applied.placed, applied.providers, reasons, *validated.resolved, reported_.sources, input_, all_flows_, true},
        forwarding_of(applied.placed, applied.providers, outer_addresses(*validated.resolved)));
    auto wanted = as_written(validated);
    stand(wanted, there);
    date_rules(there.rows, past_->view.past);
    return there;
  }

  /// Both as one: applied, not yet, or in place without being asked for any more.
  static void stand(GatheredRules& wanted, GatheredRules& there) {
    using report::Standing;
    std::set<std::string_view> asked, applied;
    for (const auto& row : wanted.rows) asked.insert(row.id);
    for (auto& row : there.rows) {
      row.standing = asked.contains(row.id) ? Standing::applied : Standing::no_longer_asked;
      applied.insert(row.id);
    }
    std::vector<report::RuleRow> missing;
    for (auto& row : wanted.rows) {
      if (applied.contains(row.id)) continue;
      row.standing = Standing::not_yet;
      missing.push_back(std::move(row));
    }
    std::move(missing.begin(), missing.end(), std::back_inserter(there.rows));
    put_in_order(there.rows);
  }

  /// What was asked of each rule, and what the platforms have.
  [[nodiscard]] std::optional<GatheredRules> compared() {
    const PlanOptions options{};
    Planning planning(context_, options);
    auto read = planning.read();
    auto& planned = planning.planned();
    reported_.ending = planned.ending, reported_.notes = std::move(planned.notes);
    reported_.sources = std::move(planned.sources);
    if (!read) return std::nullopt;
    auto& network = read->network;
    const auto& providers = planning.providers();
    const auto wanted = placed_by_provider(read->desired);
    const Reasons asked(read->desired, read->resolved), there(network.reasons, read->resolved);
    auto intended =
        gather_rules({wanted, providers, asked, read->resolved, reported_.sources, network.input, all_flows_},
                     forwarding_of(read->desired, providers, outer_addresses(read->resolved)));
    auto live = gather_rules(
        {network.placed, providers, there, read->resolved, reported_.sources, network.input, all_flows_, true},
        std::move(network.parts));
    join(intended, live, network.placed);
    if (past_) date_rules(live.rows, past_->view.past);
    return live;
  }

  /// Of a provider that was read, a rule is there as intended, missing or nobody's; of others nothing is known.
  void join(GatheredRules& intended, GatheredRules& live, const Placed& read) const {
    using report::LiveCheck;
    std::map<std::string_view, const report::RuleRow*> asked;
    for (const auto& row : intended.rows) asked.emplace(row.id, &row);
    std::set<std::string> there;
    const auto now = rfc3339(context_.clock.now());
    for (auto& row : live.rows) {
      row.live = asked.contains(row.id) ? LiveCheck::as_intended : LiveCheck::unauthorised;
      row.checked = now, row.checked_by = row.account;
      there.insert(row.id);
    }
    for (auto& row : intended.rows) {
      if (there.contains(row.id)) continue;
      if (read.contains(row.provider)) row.live = LiveCheck::missing, row.checked = now, row.checked_by = row.account;
      live.rows.push_back(std::move(row));
    }
    put_in_order(live.rows);
  }

  [[nodiscard]] std::optional<report::Report> rules(const Validated& validated) {
    auto found = request_.live ? compared()
                 : past_       ? std::optional(as_applied(validated))
                               : std::optional(as_written(validated));
    if (!found) return std::nullopt;
    auto& all = *found;
    find_due(all.rows, context_.clock.now());
    if (request_.due) std::erase_if(all.rows, [](const auto& row) { return row.due == report::Due::nothing; });
    const auto data = std::make_shared<report::RulesData>();
    data->heading = heading(validated);
    data->heading.facts.emplace_back(Phrase{"Rules", "Règles"}, report::number_cell(all.rows.size()));
    data->rows = std::move(all.rows);
    data->not_known = std::move(all.not_known);
    data->drawing = drawing_of(*validated.resolved, "rules");
    for (const auto& one : validated.not_applied)
      data->not_known.emplace_back(fmt::format("Not applied: {} {}: {}", one.block, one.entry, one.text),
                                   fmt::format("Non appliqué : {} {} : {}", one.block, one.entry, one.text));
    return report::rules_report(data);
  }

  [[nodiscard]] report::Report flows(const Validated& validated) const {
    report::FlowsData data{.heading = heading(validated)};
    for (const auto& [id, facts] : flows_) data.flows.push_back(facts);
    std::stable_sort(data.flows.begin(), data.flows.end(),
                     [](const auto& a, const auto& b) { return numbered(a->id) < numbered(b->id); });
    return report::flows_report(data);
  }

  [[nodiscard]] report::Report matrix(const Validated& validated) const {
    report::MatrixData data{.heading = heading(validated)};
    std::set<std::string> zones, sites;
    std::map<std::string, const verify::Place*, std::less<>> places;
    for (const auto& place : input_.places) {
      places.emplace(place.path, &place);
      zones.insert(zone_of(place)), sites.insert(place.site());
    }
    const Reasons reasons(validated.resources, *validated.resolved);
    verify::ReachGathering gathering(input_);
    const auto proof =
        verify::prove(std::make_unique<const verify::World>(parts_of(validated)), input_, {.gathering = &gathering});
    for (const auto& [ends, reached] : std::move(gathering).result()) {
      const auto named = [&](const verify::ReachEnd& end, bool zone) {
        const auto place = places.find(end.name);
        if (place == places.end()) return end.name;
        return zone ? zone_of(*place->second) : place->second->site();
      };
      add(data.by_zone[{named(ends.first, true), named(ends.second, true)}], reached, reasons);
      add(data.by_site[{named(ends.first, false), named(ends.second, false)}], reached, reasons);
      for (const auto* end : {&ends.first, &ends.second})
        if (!places.contains(end->name)) zones.insert(end->name), sites.insert(end->name);
    }
    for (const auto& finding : proof.beyond) mark(data, finding);
    data.zones.assign(zones.begin(), zones.end()), data.sites.assign(sites.begin(), sites.end());
    for (const auto& one : proof.given_up)
      data.not_known.emplace_back("Not proved: " + too_complex_text(one), "Non prouvé : " + too_complex_text(one));
    return report::matrix_report(std::move(data));
  }

  /// What nobody asked for.
  void mark(report::MatrixData& data, const verify::Finding& finding) const {
    for (const bool zone : {true, false}) {
      const auto named = [&](const verify::PassageEnd& end) {
        if (end.kind != verify::PassageEnd::Kind::place) return verify::name_of(end, input_.places);
        const auto& place = input_.places[end.place];
        return zone ? zone_of(place) : place.site();
      };
      auto& all = zone ? data.by_zone : data.by_site;
      all[{named(finding.from), named(finding.to)}].beyond = true;
    }
  }

  static void add(report::Passing& passing, const verify::Reached& reached, const Reasons& reasons) {
    ++passing.pairs;
    for (auto& service : verify::service_texts(reached.packets.boxes())) passing.services.insert(std::move(service));
    for (const auto& part : reached.parts)
      for (const auto& rule : part.rules) {
        const auto reason = reasons.of({.rule = rule}).reason;
        passing.reasons.insert(flow_of_reason(reason.empty() ? rule : reason));
      }
  }

  const Context& asked_;
  Context context_;  // of the time that is reported
  const ReportRequest& request_;
  std::optional<ReportPast> past_{};
  verify::ProofInput input_{};
  FlowFactsById flows_{}, all_flows_{};  // those of the topology; with those that are gone
  Reported reported_{};
};

}  // namespace

Reported make_reports(const Context& context, const ReportRequest& request) {
  return Reporting(context, request).run();
}

}  // namespace cloison::ops
