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
#include "core/ops/report_compliance.h"
#include "core/ops/report_continuity.h"
#include "core/ops/report_drawing.h"
#include "core/ops/report_inventory.h"
#include "core/ops/report_needs.h"
#include "core/ops/report_past.h"
#include "core/ops/report_rules.h"
#include "core/ops/report_words.h"
#include "core/ops/simulate.h"
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
    if (!read_further()) return std::move(reported_);
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
    append(reported_.notes, std::move(validated.notes)), reported_.sources = std::move(validated.sources);
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
      mark_simulated(*made, asked_.sandbox);
      reported_.reports.push_back(*std::move(made));
    }
    return std::move(reported_);
  }

 private:
  /// Files beside the topology, before anything is worked out.
  bool read_further() {
    if (asks_for(ReportKind::compliance)) {
      auto frameworks = read_frameworks(request_.frameworks, reported_.sources);
      const bool good = frameworks.ok();
      reported_.notes = std::move(frameworks.notes);
      if (!good) return reported_.ending = ending_of(reported_.notes), false;
      frameworks_ = *std::move(frameworks.value);
    }
    if (!asks_for(ReportKind::continuity) || request_.measured.empty()) return true;
    auto measurements = read_measurements(request_.measured);
    if (!measurements) {
      reported_.notes = {measurements.error()};
      return reported_.ending = ending_of(reported_.notes), false;
    }
    measurements_ = *std::move(measurements);
    return true;
  }
  [[nodiscard]] bool asks_for(ReportKind kind) const {
    return std::find(request_.kinds.begin(), request_.kinds.end(), kind) != request_.kinds.end();
  }

  [[nodiscard]] std::optional<report::Report> report_of(ReportKind kind, const Validated& validated) {
    switch (kind) {
      case ReportKind::rules:
        return rules(validated);
      case ReportKind::flows:
        return flows(validated);
      case ReportKind::compliance:
        return compliance(validated);
      case ReportKind::continuity:
        return continuity(validated);
      case ReportKind::inventory:
        return inventory(validated);
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

  /// With what passes by each, where the report of rules tells that.
  [[nodiscard]] GatheredRules gathered(const RuleSources& from, std::vector<Forwarding> parts) const {
    return asks_for(ReportKind::rules) ? analysed_rules(from, std::move(parts), request_.failures)
                                       : gather_rules(from, std::move(parts));
  }

  /// `told`: it is what the report tells, not only compared with.
  [[nodiscard]] GatheredRules as_written(const Validated& validated, bool told) const {
    const Reasons reasons(validated.resources, *validated.resolved);
    const auto placed = placed_by_provider(validated.resources);
    const RuleSources from{placed, validated.providers, reasons, *validated.resolved, reported_.sources,
                           input_, all_flows_};
    return told ? gathered(from, parts_of(validated)) : gather_rules(from, parts_of(validated));
  }

  /// What was applied, beside what is written.
  [[nodiscard]] GatheredRules as_applied(const Validated& validated) {
    auto applied = applied_resources(context_, past_->view.snapshot, validated.providers);
    append(reported_.notes, std::move(applied.notes));
    const Reasons reasons(applied.reasons, *validated.resolved);
    auto there = gathered(
        {applied.placed, applied.providers, reasons, *validated.resolved, reported_.sources, input_, all_flows_, true},
        forwarding_of(applied.placed, applied.providers, outer_addresses(*validated.resolved)));
    auto wanted = as_written(validated, false);
    stand(wanted, there);
    date_rules(there.rows, past_->view.past);
    return there;
  }

  /// Both as one: applied, not yet, or in place without being asked for any more.
  static void stand(GatheredRules& wanted, GatheredRules& there) {
    using report::Standing;
    std::map<std::string_view, const report::RuleRow*> asked;
    std::set<std::string_view> applied;
    for (const auto& row : wanted.rows) asked.emplace(row.id, &row);
    for (auto& row : there.rows) {
      const auto same = asked.find(row.id);
      row.standing = same != asked.end() ? Standing::applied : Standing::no_longer_asked;
      if (same != asked.end()) row.native = same->second->native;  // as it was written: the state knows it by that
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
    auto live =
        gathered({network.placed, providers, there, read->resolved, reported_.sources, network.input, all_flows_, true},
                 std::move(network.parts));
    add_use(live.rows, uses_of(providers, network.placed), request_.earlier.get(), context_.clock.now());
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
      const auto same = asked.find(row.id);
      row.live = same != asked.end() ? LiveCheck::as_intended : LiveCheck::unauthorised;
      if (same != asked.end()) row.native = same->second->native;
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

  /// Rules as they are asked for here: beside what is there, what was applied, or alone.
  /// Once for all reports that ask; nullptr: a platform could not be read.
  [[nodiscard]] GatheredRules* found_rules(const Validated& validated) {
    if (!found_rules_) {
      found_rules_ = request_.live ? compared()
                     : past_       ? std::optional(as_applied(validated))
                                   : std::optional(as_written(validated, true));
      if (found_rules_) find_due(found_rules_->rows, context_.clock.now());
    }
    return found_rules_ ? &*found_rules_ : nullptr;
  }

  [[nodiscard]] std::optional<report::Report> rules(const Validated& validated) {
    auto* const found = found_rules(validated);
    if (found == nullptr) return std::nullopt;
    auto all = asks_for(ReportKind::compliance) ? *found : std::move(*found);
    for (auto& row : all.rows)  // a table may be all that is left of a report
      if (asked_.sandbox.covers(row.provider)) {
        row.account = "sandbox";
        if (!row.checked_by.empty()) row.checked_by = row.account;
      }
    if (request_.due) std::erase_if(all.rows, [](const auto& row) { return row.due == report::Due::nothing; });
    const auto data = std::make_shared<report::RulesData>();
    data->heading = heading(validated);
    data->heading.facts.emplace_back(Phrase{"Rules", "Règles"}, report::number_cell(all.rows.size()));
    data->rows = std::move(all.rows);
    data->not_known = std::move(all.not_known);
    data->drawing = drawing_of(*validated.resolved, "rules");
    for (const auto& one : validated.not_applied) data->not_known.push_back(not_applied_phrase(one));
    return report::rules_report(data);
  }

  [[nodiscard]] report::Report flows(const Validated& validated) const {
    report::FlowsData data{.heading = heading(validated)};
    for (const auto& [id, facts] : flows_) data.flows.push_back(facts);
    std::stable_sort(data.flows.begin(), data.flows.end(),
                     [](const auto& a, const auto& b) { return numbered(a->id) < numbered(b->id); });
    return report::flows_report(data);
  }

  /// Of the network as it is to be, once for all reports that ask.
  [[nodiscard]] const std::pair<verify::Proof, verify::Reach>& proved(const Validated& validated) {
    if (!proved_) {
      verify::ReachGathering gathering(input_);
      auto proof =
          verify::prove(std::make_unique<const verify::World>(parts_of(validated)), input_, {.gathering = &gathering});
      proved_.emplace(std::move(proof), std::move(gathering).result());
    }
    return *proved_;
  }
  [[nodiscard]] const Simulated& simulated() {
    if (!simulated_) simulated_ = simulate(context_, {});
    return *simulated_;
  }

  [[nodiscard]] std::optional<report::Report> compliance(const Validated& validated) {
    const auto* const found = found_rules(validated);
    if (found == nullptr) return std::nullopt;
    const auto& [proof, reach] = proved(validated);
    auto data = gather_compliance({context_, validated, input_, proof, reach, flows_, found->rows, simulated(),
                                   past_ ? &*past_ : nullptr, request_.live},
                                  frameworks_);
    data.heading = heading(validated);
    return report::compliance_report(std::move(data));
  }

  [[nodiscard]] report::Report continuity(const Validated& validated) {
    auto data = continuity_of(*validated.resolved, reported_.sources, simulated());
    data.heading = heading(validated);
    data.measurements = measurements_;
    for (const auto& one : simulated().unproved)
      data.not_known.emplace_back(fmt::format("Not proved, so not known in a failure: {}", one),
                                  fmt::format("Non prouvé, donc non connu en cas de panne : {}", one));
    return report::continuity_report(std::move(data));
  }

  [[nodiscard]] report::Report inventory(const Validated& validated) const {
    auto data = inventory_of(*validated.resolved, reported_.sources);
    data.heading = heading(validated);
    return report::inventory_report(std::move(data));
  }

  [[nodiscard]] report::Report matrix(const Validated& validated) {
    report::MatrixData data{.heading = heading(validated)};
    std::set<std::string> zones, sites;
    std::map<std::string, const verify::Place*, std::less<>> places;
    for (const auto& place : input_.places) {
      places.emplace(place.path, &place);
      zones.insert(zone_of(place)), sites.insert(place.site());
    }
    const Reasons reasons(validated.resources, *validated.resolved);
    const auto& [proof, reach] = proved(validated);
    for (const auto& [ends, reached] : reach) {
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
  std::vector<Framework> frameworks_{};
  std::vector<report::Measurement> measurements_{};
  std::optional<std::pair<verify::Proof, verify::Reach>> proved_{};
  std::optional<Simulated> simulated_{};
  std::optional<GatheredRules> found_rules_{};
  FlowFactsById flows_{}, all_flows_{};  // those of the topology; with those that are gone
  Reported reported_{};
};

}  // namespace

Reported make_reports(const Context& context, const ReportRequest& request) {
  return Reporting(context, request).run();
}

}  // namespace cloison::ops
