#include "core/report/compliance.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/report/parts.h"

namespace cloison::report {

namespace words {
const Term k_holds_itself{"itself", "the data itself", "les données elles-mêmes"};
const Term k_holds_copies{"copies", "copies", "des copies"};
const Term k_holds_logs{"logs", "logs", "des journaux"};
const Term k_stays{"within_eea", "stays in the EEA", "reste dans l'EEE"};
const Term k_leaves{"leaves_eea", "leaves the EEA", "quitte l'EEE"};
const Term k_country_not_known{"not_known", "country not known", "pays non connu"};
}  // namespace words

namespace {

using Kind = Column::Kind;
using SharedCompliance = std::shared_ptr<const ComplianceData>;

constexpr Term k_control_group{"control", "Control", "Mesure"};
constexpr Term k_evidence_group{"evidence", "Evidence", "Élément de preuve"};
constexpr Term k_evidence_found{"found", "evidence found", "élément trouvé"};
constexpr Term k_evidence_contradicted{"contradicted", "contradicted", "contredit"};
constexpr Term k_evidence_not_checked{"not_checked", "not checked", "non vérifié"};
constexpr Term k_evidence_not_applicable{"not_applicable", "not applicable", "sans objet"};

Cell evidence_cell(Evidence evidence) {
  switch (evidence) {
    case Evidence::found:
      return term_cell(k_evidence_found, Tone::good);
    case Evidence::contradicted:
      return term_cell(k_evidence_contradicted, Tone::bad);
    case Evidence::not_checked:
      return term_cell(k_evidence_not_checked, Tone::warning);
    case Evidence::not_applicable:
      break;
  }
  return term_cell(k_evidence_not_applicable, Tone::faint);
}

Cell told_cell(const Phrase& phrase) {
  return phrase.empty() ? Cell{} : Cell{.value = phrase};
}

/// What decided a control's status: what was looked at and turned out so; else, what has to be done by hand.
Phrase why_of(const ControlEvidence& control, const std::vector<LookedAt>& all) {
  Phrase why;
  std::set<std::string_view> said;  // two lookups may come to the same
  for (const auto number : control.looked_at) {
    const auto& looked = all[number].looked;
    if (looked.status != control.status || !said.insert(looked.says.english).second) continue;
    why.english += (why.english.empty() ? "" : "; ") + looked.says.english;
    why.french += (why.french.empty() ? "" : " ; ") + looked.says.french;
  }
  if (why.empty())
    return {"nothing in a network's rules tells it", "rien dans les règles d'un réseau ne permet de le dire"};
  return why;
}

std::vector<std::string> examples_of(const ControlEvidence& control, const std::vector<LookedAt>& all) {
  constexpr std::size_t k_most = 12;
  std::vector<std::string> examples;
  for (const auto number : control.looked_at) {
    const auto& looked = all[number].looked;
    if (looked.status != control.status) continue;
    for (const auto& one : looked.examples)
      if (examples.size() < k_most && std::find(examples.begin(), examples.end(), one) == examples.end())
        examples.push_back(one);
  }
  return examples;
}

Table controls_table(const SharedCompliance& data, std::size_t number) {
  const auto& framework = data->frameworks[number];
  Table table{
      .id = "controls-" + framework.id,
      .title = {"Controls", "Mesures"},
      .about = framework.about,
      .columns = {column_of({"control", "Control", "Mesure"}, Kind::text, k_control_group,
                            "Its number in the framework.", 2),
                  column_of({"title", "Title", "Intitulé"}, Kind::text, k_control_group, "In our words.", 4),
                  column_of({"asks", "What it asks", "Ce qu'elle demande"}, Kind::text, k_control_group,
                            "In our words."),
                  column_of({"status", "Status", "Constat"}, Kind::term, k_evidence_group,
                            "Whether evidence was found, speaks against it, or was not looked for.", 2),
                  column_of({"why", "Why", "Pourquoi"}, Kind::text, k_evidence_group, "What decided the status.", 6),
                  column_of({"examples", "Where", "Où"}, Kind::list, k_evidence_group,
                            "What speaks against it, or is not known; the first of them.", 4),
                  column_of({"looked_at", "Looked at", "Examiné"}, Kind::list, k_evidence_group,
                            "What was looked at, as the table of evidence names it."),
                  column_of({"by_hand", "Left to you", "À vérifier par vous"}, Kind::text, k_evidence_group,
                            "What nobody can tell from a network's rules.", 4)},
      .rows = framework.controls.size()};
  table.row = [data, number](std::size_t row) -> std::vector<Cell> {
    const auto& control = data->frameworks[number].controls[row];
    std::vector<std::string> looked_at;
    for (const auto one : control.looked_at) looked_at.push_back(data->looked_at[one].id);
    return {text_cell(control.id),
            told_cell(control.title),
            told_cell(control.asks),
            evidence_cell(control.status),
            told_cell(why_of(control, data->looked_at)),
            list_cell(examples_of(control, data->looked_at),
                      control.status == Evidence::contradicted ? Tone::bad : Tone::plain),
            list_cell(looked_at),
            told_cell(control.by_hand)};
  };
  table.filters = columns_named(table.columns, {"status"});
  return table;
}

std::size_t count_of(const FrameworkEvidence& framework, Evidence status) {
  return static_cast<std::size_t>(std::count_if(framework.controls.begin(), framework.controls.end(),
                                                [&](const auto& one) { return one.status == status; }));
}

Table summary_table(const SharedCompliance& data) {
  constexpr Term k_group{"controls", "Controls", "Mesures"};
  const auto count = [&](const Term& term, std::string_view means) {
    return column_of(term, Kind::number, k_group, means, 2);
  };
  Table table{
      .id = "frameworks",
      .title = {"Frameworks", "Référentiels"},
      .about = {"Evidence for controls, and against them. Whether a control is met is for people to judge.",
                "Des éléments pour ou contre chaque mesure. Dire si elle est satisfaite revient à des personnes."},
      .columns = {column_of({"framework", "Framework", "Référentiel"}, Kind::text, k_group, "Its name.", 5),
                  column_of({"version", "Version", "Version"}, Kind::text, k_group, "Its edition.", 2),
                  count({"found", "Evidence found", "Éléments trouvés"}, "Controls for which there is evidence."),
                  count({"contradicted", "Contradicted", "Contredites"}, "Controls against which there is some."),
                  count({"not_checked", "Not checked", "Non vérifiées"}, "Controls of which nothing is known."),
                  count({"not_applicable", "Not applicable", "Sans objet"},
                        "Controls about what this network does not have.")},
      .rows = data->frameworks.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& framework = data->frameworks[row];
    auto contradicted = number_cell(count_of(framework, Evidence::contradicted));
    if (count_of(framework, Evidence::contradicted) > 0) contradicted.tone = Tone::bad;
    Cell name{.value = framework.title, .leads_to = "controls-" + framework.id};
    return {std::move(name),
            text_cell(framework.version),
            number_cell(count_of(framework, Evidence::found)),
            std::move(contradicted),
            number_cell(count_of(framework, Evidence::not_checked)),
            number_cell(count_of(framework, Evidence::not_applicable))};
  };
  return table;
}

Table looked_at_table(const SharedCompliance& data) {
  Table table{
      .id = "evidence",
      .title = {"What was looked at", "Ce qui a été examiné"},
      .about = {"Each once, whichever controls go by it.", "Chaque point une fois, quelles que soient les mesures."},
      .columns = {column_of({"looked_at", "Looked at", "Examiné"}, Kind::text, k_evidence_group, "Name and settings.",
                            3),
                  column_of({"means", "What that is", "De quoi il s'agit"}, Kind::text, k_evidence_group,
                            "In a sentence.", 5),
                  column_of({"status", "Status", "Constat"}, Kind::term, k_evidence_group, "How it turned out.", 2),
                  column_of({"says", "What was found", "Ce qui a été constaté"}, Kind::text, k_evidence_group,
                            "With its figures.", 5),
                  column_of({"examples", "Where", "Où"}, Kind::list, k_evidence_group,
                            "What speaks against it, or is not known; the first of them.", 4),
                  column_of({"report", "Read on in", "Voir le rapport"}, Kind::text, k_evidence_group,
                            "Report that has all of it.", 2)},
      .rows = data->looked_at.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->looked_at[row];
    return {text_cell(one.id),
            told_cell(one.means),
            evidence_cell(one.looked.status),
            told_cell(one.looked.says),
            list_cell(one.looked.examples, one.looked.status == Evidence::contradicted ? Tone::bad : Tone::plain),
            text_cell(one.looked.report)};
  };
  table.filters = columns_named(table.columns, {"status"});
  return table;
}

Table places_table(const SharedCompliance& data) {
  constexpr Term k_group{"places", "Where data is", "Où sont les données"};
  Table table{
      .id = "data-places",
      .title = {"Where classified data is", "Où se trouvent les données classées"},
      .about =
          {"Everything that holds a class of data, copies and logs included, with what its site is certified for.",
           "Tout ce qui détient une classe de données, copies et journaux compris, avec les certifications du site."},
      .columns = {column_of({"place", "Place", "Lieu"}, Kind::text, k_group, "Segment or machine.", 5),
                  column_of({"data", "Data class", "Classe de données"}, Kind::text, k_group, "As declared.", 2),
                  column_of({"holds", "Holds", "Détient"}, Kind::term, k_group, "The data itself, copies or logs.", 2),
                  column_of({"site", "Site", "Site"}, Kind::text, k_group, "Where it is.", 3),
                  column_of({"country", "Country", "Pays"}, Kind::text, k_group, "ISO 3166 code, as declared.", 1),
                  column_of({"region", "Region", "Région"}, Kind::text, k_group, "As declared."),
                  column_of({"certifications", "Certifications", "Certifications"}, Kind::list, k_group,
                            "That the site has on that day, with their ends.", 4),
                  column_of({"over", "Ended", "Échues"}, Kind::list, k_group, "Certifications that have ended.", 2)},
      .rows = data->places.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->places[row];
    return {text_cell(one.path),           text_cell(one.data),           term_cell(one.holds),
            text_cell(one.site),           text_cell(one.country),        text_cell(one.region),
            list_cell(one.certifications), list_cell(one.over, Tone::bad)};
  };
  table.filters = columns_named(table.columns, {"data", "holds", "site", "country"});
  return table;
}

Table crossings_table(const SharedCompliance& data) {
  constexpr Term k_group{"crossings", "Between countries", "Entre pays"};
  Table table{
      .id = "crossings",
      .title = {"Flows of classified data that cross a border", "Flux de données classées qui passent une frontière"},
      .about = {"Between two countries, or to where nobody says which country it is.",
                "Entre deux pays, ou vers un lieu dont le pays n'est pas dit."},
      .columns = {column_of({"flow", "Flow", "Flux"}, Kind::text, k_group, "Identity of the flow.", 2),
                  column_of({"from", "From", "De"}, Kind::text, k_group, "Where it begins.", 4),
                  column_of({"from_country", "Country", "Pays"}, Kind::text, k_group, "Of where it begins.", 1),
                  column_of({"to", "To", "Vers"}, Kind::text, k_group, "Where it arrives.", 4),
                  column_of({"to_country", "Country there", "Pays d'arrivée"}, Kind::text, k_group,
                            "Of where it arrives.", 1),
                  column_of({"data", "Data class", "Classe de données"}, Kind::text, k_group,
                            "Of the flow, or of an end of it.", 2),
                  column_of({"encryption", "Encryption in transit", "Chiffrement en transit"}, Kind::text, k_group,
                            "As declared.", 2),
                  column_of({"leaves", "EEA", "EEE"}, Kind::term, k_group, "Whether it leaves it.", 2)},
      .rows = data->crossings.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->crossings[row];
    const auto tone = one.leaves == &words::k_leaves              ? Tone::bad
                      : one.leaves == &words::k_country_not_known ? Tone::warning
                                                                  : Tone::good;
    return {text_cell(one.flow),       text_cell(one.from), text_cell(one.from_country), text_cell(one.to),
            text_cell(one.to_country), text_cell(one.data), text_cell(one.encryption),   term_cell(one.leaves, tone)};
  };
  table.filters = columns_named(table.columns, {"leaves", "data"});
  return table;
}

}  // namespace

std::string_view evidence_id(Evidence evidence) {
  switch (evidence) {
    case Evidence::found:
      return k_evidence_found.id;
    case Evidence::contradicted:
      return k_evidence_contradicted.id;
    case Evidence::not_checked:
      return k_evidence_not_checked.id;
    case Evidence::not_applicable:
      break;
  }
  return k_evidence_not_applicable.id;
}

Evidence status_of(const ControlEvidence& control, const std::vector<LookedAt>& looked_at) {
  if (control.looked_at.empty()) return Evidence::not_checked;
  auto status = Evidence::not_applicable;
  for (const auto number : control.looked_at) status = std::max(status, looked_at[number].looked.status);
  return status;
}

Report compliance_report(ComplianceData data) {
  Report report{.heading = data.heading};
  report.heading.kind = "compliance";
  report.heading.title = {"Evidence for controls", "Éléments de preuve par mesure"};
  const auto shared = std::make_shared<const ComplianceData>(std::move(data));
  report.oscal = [shared](const Heading& heading) { return compliance_oscal(*shared, heading); };
  report.chapters.push_back(chapter_of("summary", {"Summary", "Synthèse"}, summary_table(shared)));
  for (std::size_t i = 0; i < shared->frameworks.size(); ++i)
    report.chapters.push_back(
        chapter_of(shared->frameworks[i].id, shared->frameworks[i].title, controls_table(shared, i)));
  report.chapters.push_back(chapter_of("looked-at", {"Evidence", "Éléments de preuve"}, looked_at_table(shared)));
  report.chapters.push_back(
      chapter_of("places", {"Location and certification", "Localisation et certification"}, places_table(shared)));
  report.chapters.push_back(
      chapter_of("borders", {"Across borders", "Au-delà des frontières"}, crossings_table(shared)));
  add_limits(report, shared->not_known);
  return report;
}

}  // namespace cloison::report
