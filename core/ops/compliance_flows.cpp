// What flows say of themselves, for controls.

#include <fmt/format.h>

#include "core/base/numbers.h"
#include "core/ops/compliance_parts.h"

namespace cloison::ops {

using report::Evidence;
using report::FlowFacts;
using report::Looked;

namespace {

constexpr std::size_t k_day_length = 10;

/// Flows that people ask for, in force.
std::vector<const FlowFacts*> asked_for(const ComplianceInput& input) {
  std::vector<const FlowFacts*> flows;
  for (const auto& [id, facts] : input.flows)
    if (facts->flow_class == "application" && facts->not_in_force.empty()) flows.push_back(facts.get());
  return flows;
}

Looked no_flows() {
  return looked(Evidence::not_applicable,
                {"no flow of an application is in force", "aucun flux applicatif n'est en vigueur"});
}

bool says_of_itself(const FlowFacts& flow, std::string_view field) {
  if (field == "owner") return !flow.owner.empty();
  if (field == "requester") return !flow.requester.empty();
  if (field == "approver") return !flow.approver.empty();
  if (field == "purpose") return !flow.purpose.empty();
  if (field == "application") return !flow.application.empty();
  if (field == "ticket") return !flow.ticket.empty();
  if (field == "encryption") return !flow.encryption.empty();
  if (field == "review") return !flow.next_review.empty() || !flow.reviewed.empty();
  return field == "end" && (!flow.expires.empty() || !flow.next_review.empty());
}

/// The first day of which somebody can say that it is not longer ago than so many months: the same day of the month,
/// or the month's last one.
std::string months_before(Instant now, int64_t months) {
  namespace chrono = std::chrono;
  const chrono::year_month_day today{chrono::floor<chrono::days>(now)};
  auto day = today - chrono::months(months);
  if (!day.ok()) day = day.year() / day.month() / chrono::last;
  return rfc3339(Instant(chrono::sys_days(day))).substr(0, k_day_length);
}

}  // namespace

Looked look_governance(const ComplianceInput& input, const Lookup& lookup) {
  const auto flows = asked_for(input);
  if (flows.empty()) return no_flows();
  std::vector<std::string> silent;
  for (const auto* flow : flows)
    for (const auto& field : lookup.values("fields"))
      if (!says_of_itself(*flow, field)) {
        silent.push_back(flow->id);
        break;
      }
  const auto fields = fmt::format("{}", fmt::join(lookup.values("fields"), ", "));
  const auto count = silent.size();
  if (count == 0)
    return looked(Evidence::found,
                  {fmt::format("each of {} flows says: {}", flows.size(), fields),
                   fmt::format("chacun des {} flux dit : {}", flows.size(), fields)},
                  {}, "flows");
  return looked(Evidence::contradicted,
                {fmt::format("{} of {} flows do not say: {}", count, flows.size(), fields),
                 fmt::format("{} flux sur {} ne disent pas : {}", count, flows.size(), fields)},
                std::move(silent), "flows");
}

Looked look_two_people(const ComplianceInput& input, const Lookup& /*lookup*/) {
  std::vector<std::string> alone, silent;
  std::size_t two = 0;
  for (const auto* flow : asked_for(input)) {
    if (flow->approver.empty() || flow->requester.empty())
      silent.push_back(flow->id);
    else if (flow->approver == flow->requester)
      alone.push_back(flow->id);
    else
      ++two;
  }
  if (!alone.empty()) {
    const auto count = alone.size();
    return looked(Evidence::contradicted,
                  {fmt::format("{} flows were approved by who asked for them", count),
                   fmt::format("{} flux ont été approuvés par leur demandeur", count)},
                  std::move(alone), "flows");
  }
  if (!silent.empty()) {
    const auto count = silent.size();
    return looked(Evidence::not_checked,
                  {fmt::format("{} flows do not say both who asked for them and who approved", count),
                   fmt::format("{} flux ne disent pas à la fois qui les a demandés et qui les a approuvés", count)},
                  std::move(silent), "flows");
  }
  if (two == 0) return no_flows();
  return looked(Evidence::found,
                {fmt::format("each of {} flows was approved by somebody else than who asked for it", two),
                 fmt::format("chacun des {} flux a été approuvé par un autre que son demandeur", two)},
                {}, "flows");
}

Looked look_insecure(const ComplianceInput& input, const Lookup& /*lookup*/) {
  std::vector<std::string> bare, compensated;
  for (const auto* flow : asked_for(input)) {
    if (flow->insecure.empty()) continue;
    (flow->control.empty() ? bare : compensated).push_back(fmt::format("{}: {}", flow->id, flow->insecure));
  }
  if (!bare.empty()) {
    const auto count = bare.size();
    return looked(Evidence::contradicted,
                  {fmt::format("{} insecure services say nothing that compensates for them", count),
                   fmt::format("{} services non sûrs ne disent pas ce qui les compense", count)},
                  std::move(bare), "flows");
  }
  if (compensated.empty())
    return looked(Evidence::found, {"no flow is an insecure service", "aucun flux n'est un service non sûr"}, {},
                  "flows");
  return looked(Evidence::found,
                {"each insecure service says what compensates for it", "chaque service non sûr dit ce qui le compense"},
                std::move(compensated), "flows");
}

Looked look_expired(const ComplianceInput& input, const Lookup& /*lookup*/) {
  std::vector<std::string> over;
  for (const auto& row : input.rules)
    if (row.due == report::Due::expired) over.push_back(fmt::format("{}: {}", row.device, row.reason));
  if (!over.empty()) {
    const auto count = over.size();
    return looked(
        Evidence::contradicted,
        {fmt::format("{} rules outlive their flow", count), fmt::format("{} règles survivent à leur flux", count)},
        std::move(over), "rules");
  }
  return looked(Evidence::found, {"no rule outlives its flow", "aucune règle ne survit à son flux"}, {}, "rules");
}

Looked look_reviewed(const ComplianceInput& input, const Lookup& lookup) {
  const auto flows = asked_for(input);
  if (flows.empty()) return no_flows();
  if (input.past == nullptr)
    return looked(Evidence::not_checked, {"there is no state here, whose log would tell of reviews",
                                          "il n'y a pas d'état présent dont le journal dirait les revues"});
  const auto& months = lookup.values("months").front();
  const auto since = months_before(input.now, number_in<int64_t>(months).value_or(0));
  std::vector<std::string> late;
  for (const auto* flow : flows) {
    // What is younger than that needs no review yet.
    const bool young = !flow->created.empty() && flow->created.substr(0, k_day_length) >= since;
    if (!young && flow->reviewed < since) late.push_back(flow->id);
  }
  const auto count = late.size();
  if (count > 0)
    return looked(Evidence::contradicted,
                  {fmt::format("{} of {} flows were not reviewed within {} months", count, flows.size(), months),
                   fmt::format("{} flux sur {} n'ont pas été revus depuis {} mois", count, flows.size(), months)},
                  std::move(late), "rules --due");
  return looked(
      Evidence::found,
      {fmt::format("each of {} flows was reviewed within {} months, or is younger", flows.size(), months),
       fmt::format("chacun des {} flux a été revu depuis moins de {} mois, ou est plus récent", flows.size(), months)},
      {}, "flows");
}

Looked look_operations(const ComplianceInput& input, const Lookup& lookup) {
  if (input.past == nullptr || input.past->view.past.operations.empty())
    return looked(Evidence::not_checked, {"there is no state here, whose log would tell of changes",
                                          "il n'y a pas d'état présent dont le journal dirait les changements"});
  const auto fields = lookup.values("fields");
  std::vector<std::string> silent;
  std::size_t all = 0;
  for (const auto& operation : input.past->view.past.operations) {
    ++all;
    const bool lacks = (holds_any(fields, "ticket") && operation.ticket.empty()) ||
                       (holds_any(fields, "approved_by") && operation.approved_by.empty());
    if (lacks) silent.push_back(fmt::format("{} ({}, {})", operation.number, rfc3339(operation.when), operation.user));
  }
  const auto named = fmt::format("{}", fmt::join(fields, ", "));
  const auto count = silent.size();
  if (count > 0)
    return looked(Evidence::contradicted,
                  {fmt::format("{} of {} operations do not say: {}", count, all, named),
                   fmt::format("{} opérations sur {} ne disent pas : {}", count, all, named)},
                  std::move(silent), "diff");
  return looked(Evidence::found,
                {fmt::format("each of {} operations says: {}", all, named),
                 fmt::format("chacune des {} opérations dit : {}", all, named)},
                {}, "diff");
}

Looked look_log(const ComplianceInput& input, const Lookup& /*lookup*/) {
  if (input.past == nullptr)
    return looked(Evidence::not_checked,
                  {"there is no state here, and so no log", "il n'y a pas d'état présent, donc pas de journal"});
  if (!input.log_is_whole)
    return looked(Evidence::contradicted, {"the log of changes is broken: cloison log --verify says where",
                                           "le journal des changements est rompu : cloison log --verify dit où"});
  return looked(Evidence::found,
                {"the log of changes is whole, each entry sealed with the one before",
                 "le journal des changements est entier, chaque entrée scellée avec la précédente"},
                {}, "diff");
}

}  // namespace cloison::ops
