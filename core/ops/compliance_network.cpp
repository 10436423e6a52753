// What the proof, the simulation and the linter tell for controls.

#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/compliance_parts.h"
#include "core/ops/verify.h"

namespace cloison::ops {

using report::Evidence;
using report::Looked;

namespace {

Looked proof_gave_up(const ComplianceInput& input) {
  std::vector<std::string> where;
  for (const auto& one : input.proof.given_up) where.push_back(too_complex_text(one));
  return looked(Evidence::not_checked,
                {"the proof gave up where rules overlap in too many ways",
                 "la preuve a renoncé là où les règles se recouvrent de trop de façons"},
                std::move(where), "matrix");
}

}  // namespace

Looked look_only_permitted(const ComplianceInput& input, const Lookup& /*lookup*/) {
  const auto& proof = input.proof;
  std::vector<std::string> beyond;
  for (const auto& finding : proof.beyond) beyond.push_back(told(finding, input.input.places));
  for (const auto place : proof.inside) beyond.push_back(input.input.places[place].path);
  if (!beyond.empty())
    return looked(
        Evidence::contradicted,
        {fmt::format("{} ways are open that no flow asks for", proof.beyond_count + proof.inside.size()),
         fmt::format("{} passages sont ouverts sans qu'un flux les demande", proof.beyond_count + proof.inside.size())},
        std::move(beyond), "matrix");
  if (!proof.given_up.empty()) return proof_gave_up(input);
  return looked(
      Evidence::found,
      {fmt::format("nothing passes but what {} flows ask for, proved over all packets", input.flows.size()),
       fmt::format("rien ne passe hors de ce que demandent {} flux, prouvé sur tous les paquets", input.flows.size())},
      {}, "matrix");
}

Looked look_flows_pass(const ComplianceInput& input, const Lookup& /*lookup*/) {
  using Verdict = verify::WantedResult::Verdict;
  std::vector<std::string> closed;
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < input.proof.wanted.size(); ++i) {
    const auto verdict = input.proof.wanted[i].verdict;
    if (verdict == Verdict::closed) closed.push_back(input.input.wanted[i].id);
    if (verdict == Verdict::too_complex) ++unknown;
  }
  const auto all = input.proof.wanted.size();
  if (!closed.empty()) {
    const auto count = closed.size();
    return looked(Evidence::contradicted,
                  {fmt::format("{} of {} pairs of flows do not pass", count, all),
                   fmt::format("{} paires de flux sur {} ne passent pas", count, all)},
                  std::move(closed), "flows");
  }
  if (unknown > 0) return proof_gave_up(input);
  return looked(
      Evidence::found,
      {fmt::format("each of {} pairs of flows passes", all), fmt::format("chacune des {} paires de flux passe", all)},
      {}, "flows");
}

Looked look_guarantees(const ComplianceInput& input, const Lookup& lookup) {
  const auto kinds = lookup.values("kinds");
  std::vector<std::string> broken, unknown, proved;
  for (std::size_t i = 0; i < input.input.guarantees.size(); ++i) {
    const auto& guarantee = input.input.guarantees[i];
    if (!is_asked_for(kinds, input.resolved.topology->guarantees[i].kind)) continue;
    const auto verdict = input.proof.guarantees[i].verdict;
    auto& into = verdict == GuaranteeVerdict::proved ? proved : verdict == GuaranteeVerdict::broken ? broken : unknown;
    into.push_back(guarantee.id);
  }
  const auto all = broken.size() + unknown.size() + proved.size();
  if (all == 0)
    return looked(Evidence::not_checked,
                  {"no guarantee of this kind is declared", "aucune garantie de ce genre n'est déclarée"});
  if (!broken.empty()) {
    const auto count = broken.size();
    return looked(Evidence::contradicted,
                  {fmt::format("{} of {} guarantees do not hold", count, all),
                   fmt::format("{} garanties sur {} ne tiennent pas", count, all)},
                  std::move(broken));
  }
  if (!unknown.empty())
    return looked(Evidence::not_checked,
                  {"of some guarantees nobody knows whether they hold",
                   "de certaines garanties, on ne sait pas si elles tiennent"},
                  std::move(unknown));
  return looked(Evidence::found,
                {fmt::format("guarantees that hold, in every state of the network and over all packets: {}", all),
                 fmt::format("garanties qui tiennent, dans tout état du réseau et sur tous les paquets : {}", all)},
                std::move(proved));
}

Looked look_apart_from_outside(const ComplianceInput& input, const Lookup& lookup) {
  const auto places = places_by_path(input.input);
  const auto with_data = std::count_if(places.begin(), places.end(), [&](const auto& one) {
    return one.second->holds && !one.second->gateway && holds_any(lookup.values("data"), one.second->data);
  });
  if (with_data == 0)
    return looked(Evidence::not_applicable,
                  {"no place holds data of this class", "aucun lieu ne détient de données de cette classe"});
  std::vector<std::string> reached;
  for (const auto& [ends, what] : input.reach) {
    const auto to = places.find(ends.second.name);
    if (places.contains(ends.first.name) || to == places.end()) continue;
    if (!to->second->gateway && holds_any(lookup.values("data"), to->second->data))
      reached.push_back(fmt::format("{} -> {}", ends.first.name, ends.second.name));
  }
  if (!reached.empty())
    return looked(Evidence::contradicted,
                  {"somebody outside whom nobody knows reaches what holds the data",
                   "un inconnu de l'extérieur atteint ce qui détient les données"},
                  std::move(reached), "matrix");
  if (!input.proof.given_up.empty()) return proof_gave_up(input);
  return looked(
      Evidence::found,
      {fmt::format("nobody outside reaches any of the {} places with the data, proved over all packets", with_data),
       fmt::format("personne de l'extérieur n'atteint l'un des {} lieux qui ont les données, prouvé sur tous les "
                   "paquets",
                   with_data)},
      {}, "matrix");
}

Looked look_findings(const ComplianceInput& input, const Lookup& lookup) {
  const auto words = lookup.values("words");
  if (!input.linted.done)
    return looked(Evidence::not_checked, {"the rules were not looked at", "les règles n'ont pas été examinées"});
  std::vector<std::string> found;
  std::size_t count = 0;
  for (const auto& finding : input.linted.findings) {
    const auto word = lint_word(finding.kind);
    if (!holds_any(words, finding.what) && !holds_any(words, word)) continue;
    count += finding.count;
    found.push_back(fmt::format("{}: {}", finding.what.empty() ? std::string(word) : finding.what,
                                finding.address.empty() ? finding.reason : finding.address));
  }
  if (count > 0)
    return looked(Evidence::contradicted,
                  {fmt::format("findings of {}: {}", fmt::join(words, ", "), count),
                   fmt::format("constats de {} : {}", fmt::join(words, ", "), count)},
                  std::move(found), "rules");
  if (!input.linted.not_judged.empty())
    return looked(
        Evidence::not_checked,
        {fmt::format("no finding of: {}; but not every rule was understood", fmt::join(words, ", ")),
         fmt::format("aucun constat de : {} ; mais toutes les règles n'ont pas été comprises", fmt::join(words, ", "))},
        input.linted.not_judged, "rules");
  return looked(Evidence::found,
                {fmt::format("no finding of: {}", fmt::join(words, ", ")),
                 fmt::format("aucun constat de : {}", fmt::join(words, ", "))},
                {}, "rules");
}

Looked look_scenarios(const ComplianceInput& input, const Lookup& /*lookup*/) {
  if (input.simulated.scenarios.empty())
    return looked(Evidence::not_checked, {"no scenario is declared", "aucun scénario n'est déclaré"});
  std::vector<std::string> lost, unknown;
  std::set<std::string> names;
  for (const auto& failure : input.simulated.scenarios) {
    names.insert(failure.scenario);
    const auto text = fmt::format("{}: {}", failure.scenario, join(failure.down, ", "));
    if (!failure.lost.empty() || !failure.broken.empty()) lost.push_back(text);
    if (failure.unknown > 0) unknown.push_back(text);
  }
  if (!lost.empty())
    return looked(Evidence::contradicted,
                  {"what scenarios require does not outlive them", "ce que des scénarios exigent ne leur survit pas"},
                  std::move(lost), "continuity");
  if (!unknown.empty())
    return looked(Evidence::not_checked,
                  {"of some scenarios nobody knows what outlives them",
                   "de certains scénarios, on ne sait pas ce qui leur survit"},
                  std::move(unknown), "continuity");
  return looked(Evidence::found,
                {fmt::format("what {} scenarios require outlives them, as simulated", names.size()),
                 fmt::format("ce que {} scénarios exigent leur survit, d'après la simulation", names.size())},
                {names.begin(), names.end()}, "continuity");
}

Looked look_devices(const ComplianceInput& input, const Lookup& /*lookup*/) {
  std::vector<std::string> nobodys;
  std::size_t all = 0;
  for (const auto& segment : input.resolved.segments)
    for (const auto& peer : segment.peers) {
      ++all;
      if (peer.peer->owner.empty() || !peer.peer->expires) nobodys.push_back(peer.machine.path);
    }
  if (all == 0)
    return looked(Evidence::not_applicable, {"no device comes from outside", "aucun appareil ne vient de l'extérieur"});
  if (nobodys.empty())
    return looked(Evidence::found,
                  {fmt::format("{} devices have an owner and an end", all),
                   fmt::format("{} appareils ont un responsable et une fin", all)},
                  {}, "inventory");
  const auto count = nobodys.size();
  return looked(Evidence::contradicted,
                {fmt::format("{} of {} devices have no owner or no end", count, all),
                 fmt::format("{} appareils sur {} n'ont pas de responsable ou pas de fin", count, all)},
                std::move(nobodys), "inventory");
}

Looked look_documented(const ComplianceInput& input, const Lookup& /*lookup*/) {
  std::size_t machines = 0;
  for (const auto& host : input.resolved.hosts) machines += host.machines.size();
  return looked(Evidence::found,
                {fmt::format("sites: {}, segments: {}, machines: {}, nodes: {}, links: {}, flows: {}",
                             input.resolved.topology->sites.size(), input.resolved.segments.size(), machines,
                             input.resolved.nodes.size(), input.resolved.topology->links.size(), input.flows.size()),
                 fmt::format("sites : {}, segments : {}, machines : {}, nœuds : {}, liaisons : {}, flux : {}",
                             input.resolved.topology->sites.size(), input.resolved.segments.size(), machines,
                             input.resolved.nodes.size(), input.resolved.topology->links.size(), input.flows.size())},
                {}, "inventory");
}

}  // namespace cloison::ops
