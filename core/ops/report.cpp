#include "core/ops/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/ops/report_drawing.h"
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

class Reporting {
 public:
  Reporting(const Context& context, const ReportRequest& request) : context_(context), request_(request) {}

  Reported run() {
    auto validated = validate(context_);
    reported_.ending = validated.ending;
    reported_.notes = std::move(validated.notes), reported_.sources = std::move(validated.sources);
    if (validated.ending != Ending::done || !validated.resolved) return std::move(reported_);
    input_ = proof_input(*validated.resolved, validated.not_applied, context_.clock.now());
    for (const auto& one : validated.resources)
      placed_[one.provider].push_back({one.address.text, one.address.text, one.kind, one.attributes});
    switch (request_.kind) {
      case ReportKind::rules:
        rules(validated);
        break;
      case ReportKind::flows:
        flows(validated);
        break;
      case ReportKind::matrix:
        matrix(validated);
        break;
    }
    return std::move(reported_);
  }

 private:
  [[nodiscard]] report::Heading heading(const Validated& validated) const {
    const auto& topology = *validated.topology;
    return {.network = topology.name,
            .as_of = rfc3339(context_.clock.now()),
            .digest = topology.digest,
            .made_by = "cloison " + context_.version,
            .facts = {{Phrase{"Taken from", "Établi d'après"},
                       {.value = Phrase{"the topology as it is written; no platform was asked",
                                        "la topologie telle qu'écrite ; aucune plateforme n'a été interrogée"}}},
                      {Phrase{"Resources", "Ressources"}, report::number_cell(validated.resources.size())}}};
  }

  [[nodiscard]] GatheredRules gathered(const Validated& validated) const {
    const Reasons reasons(validated.resources, *validated.resolved);
    return gather_rules(
        {placed_, validated.providers, reasons, *validated.resolved, reported_.sources, input_, request_.live});
  }

  void rules(const Validated& validated) {
    auto all = gathered(validated);
    auto data = std::make_shared<report::RulesData>();
    data->heading = heading(validated);
    data->heading.facts.emplace_back(Phrase{"Rules", "Règles"}, report::number_cell(all.rows.size()));
    data->rows = std::move(all.rows);
    data->not_known = std::move(all.not_known);
    data->drawing = drawing_of(*validated.resolved, "rules");
    for (const auto& one : validated.not_applied)
      data->not_known.emplace_back(fmt::format("Not applied: {} {}: {}", one.block, one.entry, one.text),
                                   fmt::format("Non appliqué : {} {} : {}", one.block, one.entry, one.text));
    reported_.report = report::rules_report(std::move(data));
  }

  void flows(const Validated& validated) {
    report::FlowsData data{.heading = heading(validated)};
    for (auto& [id, facts] : gathered(validated).flows) data.flows.push_back(std::move(facts));
    reported_.report = report::flows_report(data);
  }

  void matrix(const Validated& validated) {
    report::MatrixData data{.heading = heading(validated)};
    const auto zone_of = [&](const verify::Place& place) { return place.zone.empty() ? std::string("-") : place.zone; };
    std::set<std::string> zones, sites;
    std::map<std::string, const verify::Place*, std::less<>> places;
    for (const auto& place : input_.places) {
      places.emplace(place.path, &place);
      zones.insert(zone_of(place)), sites.insert(place.site());
    }
    verify::ReachGathering gathering(input_);
    const auto proof = verify::prove(std::make_unique<const verify::World>(forwarding_of(
                                         placed_, validated.providers, outer_addresses(*validated.resolved))),
                                     input_, {.gathering = &gathering});
    for (const auto& [ends, reached] : std::move(gathering).result()) {
      const auto named = [&](const verify::ReachEnd& end, bool zone) {
        const auto place = places.find(end.name);
        if (place == places.end()) return end.name;
        return zone ? zone_of(*place->second) : place->second->site();
      };
      add(data.by_zone[{named(ends.first, true), named(ends.second, true)}], reached);
      add(data.by_site[{named(ends.first, false), named(ends.second, false)}], reached);
      for (const auto* end : {&ends.first, &ends.second})
        if (!places.contains(end->name)) zones.insert(end->name), sites.insert(end->name);
    }
    for (const auto& finding : proof.beyond) mark(data, finding);
    data.zones.assign(zones.begin(), zones.end()), data.sites.assign(sites.begin(), sites.end());
    for (const auto& one : proof.given_up)
      data.not_known.emplace_back("Not proved: " + too_complex_text(one), "Non prouvé : " + too_complex_text(one));
    reported_.report = report::matrix_report(std::move(data));
  }

  /// What nobody asked for.
  void mark(report::MatrixData& data, const verify::Finding& finding) const {
    for (const bool zone : {true, false}) {
      const auto named = [&](const verify::PassageEnd& end) {
        if (end.kind != verify::PassageEnd::Kind::place) return verify::name_of(end, input_.places);
        const auto& place = input_.places[end.place];
        if (!zone) return place.site();
        return place.zone.empty() ? std::string("-") : place.zone;
      };
      auto& all = zone ? data.by_zone : data.by_site;
      all[{named(finding.from), named(finding.to)}].beyond = true;
    }
  }

  static void add(report::Passing& passing, const verify::Reached& reached) {
    ++passing.pairs;
    for (auto& service : verify::service_texts(reached.packets.boxes())) passing.services.insert(std::move(service));
    for (const auto& part : reached.parts)
      for (const auto& rule : part.rules) passing.reasons.insert(flow_of_reason(rule));
  }

  const Context& context_;
  const ReportRequest& request_;
  verify::ProofInput input_{};
  std::map<std::string, std::vector<PlacedResource>> placed_{};
  Reported reported_{};
};

}  // namespace

Reported make_report(const Context& context, const ReportRequest& request) {
  return Reporting(context, request).run();
}

}  // namespace cloison::ops
