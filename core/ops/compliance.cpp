#include "core/ops/compliance.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/numbers.h"

namespace cloison::ops {

namespace {

constexpr int64_t k_most_months = 120;
constexpr std::array<std::string_view, 6> k_guarantee_kinds{"isolated", "unreachable", "only",
                                                            "through",  "encrypted",   "reachable"};
constexpr std::array<std::string_view, 9> k_governance_fields{
    "owner", "requester", "approver", "purpose", "application", "ticket", "encryption", "review", "end"};

// The kinds in the order of docs/compliance.md.

std::vector<LookupKind> kinds_of_rules() {
  return {
      {"only-permitted",
       {},
       {"whether anything can pass that no flow asks for, over all packets",
        "si quelque chose peut passer qu'aucun flux ne demande, sur tous les paquets"},
       "only-permitted",
       look_only_permitted},
      {"flows-pass",
       {},
       {"whether each flow passes while everything works", "si chaque flux passe quand tout fonctionne"},
       "flows-pass",
       look_flows_pass},
      {"guarantees",
       {"kinds"},
       {"whether the guarantees that the topology declares hold, over all packets",
        "si les garanties déclarées par la topologie tiennent, sur tous les paquets"},
       "{check: guarantees, kinds: [isolated, unreachable]}",
       look_guarantees},
      {"apart-from-outside",
       {"data"},
       {"whether anybody outside whom nobody knows reaches what holds the data",
        "si un inconnu de l'extérieur atteint ce qui détient les données"},
       "{check: apart-from-outside, data: health}",
       look_apart_from_outside},
      {"default-deny",
       {},
       {"whether each filter refuses what none of its rules names",
        "si chaque filtre refuse ce qu'aucune de ses règles ne nomme"},
       "default-deny",
       look_default_deny},
      {"rule-order",
       {},
       {"whether rules stand in an order in which each of them counts: connections that stand, what is permitted, "
        "refusal of all else",
        "si les règles sont dans un ordre où chacune compte : connexions établies, ce qui est permis, refus du reste"},
       "rule-order",
       look_rule_order},
      {"refusals-logged",
       {},
       {"whether what is refused at the end of a filter is written to a log",
        "si ce qui est refusé en fin de filtre est journalisé"},
       "refusals-logged",
       look_refusals_logged},
      {"findings",
       {"words"},
       {"whether the linter finds this in the rules, flows and controls",
        "si l'analyseur trouve cela dans les règles, les flux et les mesures"},
       "{check: findings, words: [any-port, wide-prefix]}",
       look_findings},
  };
}

std::vector<LookupKind> kinds_of_flows() {
  return {
      {"governance",
       {"fields"},
       {"whether each flow of an application says this of itself", "si chaque flux applicatif le dit de lui-même"},
       "{check: governance, fields: [owner, purpose]}",
       look_governance},
      {"two-people",
       {},
       {"whether who approved a flow is somebody else than who asked for it",
        "si l'approbateur d'un flux n'est pas son demandeur"},
       "two-people",
       look_two_people},
      {"insecure-services",
       {},
       {"whether each insecure service says what compensates for it",
        "si chaque service non sûr dit ce qui le compense"},
       "insecure-services",
       look_insecure},
      {"expired",
       {},
       {"whether a rule outlives the flow that asked for it", "si une règle survit au flux qui la demandait"},
       "expired",
       look_expired},
      {"reviewed",
       {"months"},
       {"whether each flow of an application was reviewed within so many months, as the log tells",
        "si chaque flux applicatif a été revu depuis moins de ce nombre de mois, d'après le journal"},
       "{check: reviewed, months: 6}",
       look_reviewed},
      {"operations",
       {"fields"},
       {"whether each change in the log says this", "si chaque changement du journal le dit"},
       "{check: operations, fields: [ticket, approved_by]}",
       look_operations},
      {"log",
       {},
       {"whether the log of changes is whole, each entry sealed with the one before",
        "si le journal des changements est entier, chaque entrée scellée avec la précédente"},
       "log",
       look_log},
  };
}

std::vector<LookupKind> kinds_of_the_whole() {
  return {
      {"as-intended",
       {},
       {"whether the platforms have the rules that are written, and no others",
        "si les plateformes ont les règles écrites, et aucune autre"},
       "as-intended",
       look_as_intended},
      {"applied",
       {},
       {"whether what is written is what was applied", "si ce qui est écrit est ce qui a été appliqué"},
       "applied",
       look_applied},
      {"scenarios",
       {},
       {"whether what each scenario requires outlives it, as simulated",
        "si ce que chaque scénario exige lui survit, d'après la simulation"},
       "scenarios",
       look_scenarios},
      {"located",
       {"data", "country", "certification", "tier"},
       {"whether everything that holds the data, copies and logs included, is where it may be, at sites certified so",
        "si tout ce qui détient les données, copies et journaux compris, est où il doit être, sur des sites certifiés"},
       "{check: located, data: health, country: FR, certification: HDS}",
       look_located},
      {"within-eea",
       {"data"},
       {"whether the data, and flows of it, stay in the European Economic Area",
        "si les données et leurs flux restent dans l'Espace économique européen"},
       "{check: within-eea, data: health}",
       look_within_eea},
      {"encrypted",
       {"data"},
       {"whether flows of the data are encrypted between sites",
        "si les flux de ces données sont chiffrés entre les sites"},
       "{check: encrypted, data: health}",
       look_encrypted},
      {"backups",
       {"data"},
       {"whether each machine with the data is backed up, encrypted, to another site",
        "si chaque machine qui détient les données est sauvegardée, chiffrée, sur un autre site"},
       "{check: backups, data: health}",
       look_backups},
      {"devices",
       {},
       {"whether each device that comes from outside has an owner and an end",
        "si chaque appareil venant de l'extérieur a un responsable et une fin"},
       "devices",
       look_devices},
      {"documented",
       {},
       {"whether there is a description of the whole network, kept with what is applied",
        "s'il existe une description de tout le réseau, tenue avec ce qui est appliqué"},
       "documented",
       look_documented},
  };
}

const std::vector<LookupKind>& all_kinds() {
  static const auto k_all = [] {
    std::vector<LookupKind> all;
    for (const auto& kinds : {kinds_of_rules(), kinds_of_flows(), kinds_of_the_whole()})
      all.insert(all.end(), kinds.begin(), kinds.end());
    return all;
  }();
  return k_all;
}

template <std::size_t N>
std::string unknown_of(std::span<const std::string> values, const std::array<std::string_view, N>& known,
                       std::string_view what) {
  for (const auto& one : values)
    if (std::find(known.begin(), known.end(), one) == known.end())
      return fmt::format("{} are {}", what, fmt::join(known, ", "));
  return {};
}

}  // namespace

const LookupKind* lookup_kind(std::string_view name) {
  for (const auto& kind : all_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::vector<std::string_view> lookup_names() {
  std::vector<std::string_view> names;
  for (const auto& kind : all_kinds()) names.push_back(kind.name);
  return names;
}

std::vector<std::string_view> lookup_settings() {
  std::set<std::string_view> all;
  for (const auto& kind : all_kinds()) all.insert(kind.settings.begin(), kind.settings.end());
  return {all.begin(), all.end()};
}

std::string wrong_settings(const Lookup& lookup) {
  if (lookup.name == "reviewed") {
    const auto months = lookup.values("months");
    const auto number = months.size() == 1 ? number_in<int64_t>(months.front()) : std::nullopt;
    if (!number || *number < 1 || *number > k_most_months)
      return fmt::format("`months:` is a number from 1 to {}", k_most_months);
  }
  if (lookup.name == "operations")
    return lookup.values("fields").empty()
               ? "`fields:` is missing"
               : unknown_of(lookup.values("fields"), std::array<std::string_view, 2>{"ticket", "approved_by"},
                            "fields");
  if (lookup.name == "governance")
    return lookup.values("fields").empty() ? "`fields:` is missing"
                                           : unknown_of(lookup.values("fields"), k_governance_fields, "fields");
  if (lookup.name == "guarantees") return unknown_of(lookup.values("kinds"), k_guarantee_kinds, "kinds");
  if (lookup.name == "findings" && lookup.values("words").empty()) return "`words:` is missing";
  const bool of_data = lookup.name == "located" || lookup.name == "within-eea" || lookup.name == "encrypted" ||
                       lookup.name == "backups" || lookup.name == "apart-from-outside";
  return of_data && lookup.values("data").empty() ? "`data:` is missing" : "";
}

report::ComplianceData compliance_of(const ComplianceInput& input, const std::vector<Framework>& frameworks) {
  report::ComplianceData data{.places = input.places, .crossings = input.crossings};
  std::map<std::string, std::size_t> known;
  for (const auto& framework : frameworks) {
    report::FrameworkEvidence evidence{
        .id = framework.id, .version = framework.version, .title = framework.title, .about = framework.about};
    for (const auto& control : framework.controls) {
      report::ControlEvidence found{
          .id = control.id, .title = control.title, .asks = control.asks, .by_hand = control.by_hand};
      for (const auto& lookup : control.lookups) {
        const auto [place, fresh] = known.try_emplace(lookup.id(), data.looked_at.size());
        const auto* kind = lookup_kind(lookup.name);
        if (fresh) data.looked_at.push_back({lookup.id(), kind->means, kind->look(input, lookup)});
        found.looked_at.push_back(place->second);
      }
      found.status = status_of(found, data.looked_at);
      evidence.controls.push_back(std::move(found));
    }
    data.frameworks.push_back(std::move(evidence));
  }
  return data;
}

}  // namespace cloison::ops
