#include "core/report/continuity.h"

#include <memory>

#include <fmt/format.h>

#include "core/report/parts.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;
using SharedContinuity = std::shared_ptr<const ContinuityData>;

constexpr Term k_continuity_target{"target", "Target", "Objectif"};
constexpr Term k_continuity_proved{"proved", "Proved", "Prouvé"};
constexpr Term k_continuity_measured{"measured", "Measured", "Mesuré"};
constexpr Term k_continuity_outlived{"outlived", "all of it outlives it", "tout lui survit"};
constexpr Term k_continuity_lost{"lost", "something does not outlive it", "quelque chose ne lui survit pas"};
constexpr Term k_continuity_unknown{"not_known", "not known", "non connu"};
constexpr Term k_continuity_nothing{"nothing_required", "nothing is required", "rien n'est exigé"};
constexpr Term k_continuity_not_measured{"not_measured", "not measured", "non mesuré"};

Cell outcome_cell(ScenarioRow::Outcome outcome) {
  switch (outcome) {
    case ScenarioRow::Outcome::outlived:
      return term_cell(k_continuity_outlived, Tone::good);
    case ScenarioRow::Outcome::lost:
      return term_cell(k_continuity_lost, Tone::bad);
    case ScenarioRow::Outcome::nothing_required:
      return term_cell(k_continuity_nothing, Tone::faint);
    case ScenarioRow::Outcome::not_known:
      break;
  }
  return term_cell(k_continuity_unknown, Tone::warning);
}

/// The last one of that name.
const Measurement* measured(const ContinuityData& data, const std::string& name) {
  const Measurement* last = nullptr;
  for (const auto& one : data.measurements)
    if (one.of == name && (last == nullptr || last->date <= one.date)) last = &one;
  return last;
}

std::vector<Column> measured_columns() {
  return {column_of({"measured", "Measured", "Mesuré"}, Kind::text, k_continuity_measured,
                    "How long it took when it was tried last; absent: it was not.", 3),
          column_of({"measured_on", "On", "Le"}, Kind::date, k_continuity_measured, "Day of that exercise.", 2),
          column_of({"measured_by", "By", "Par"}, Kind::text, k_continuity_measured, "Who measured.", 2)};
}

void add_measured(const ContinuityData& data, const std::string& name, std::vector<Cell>& cells) {
  const auto* last = measured(data, name);
  if (last == nullptr) {
    cells.insert(cells.end(),
                 {Cell{.value = Phrase(k_continuity_not_measured), .tone = Tone::warning}, Cell{}, Cell{}});
    return;
  }
  cells.insert(cells.end(), {text_cell(last->took), text_cell(last->date), text_cell(last->by)});
}

Table scenarios_table(const SharedContinuity& data) {
  Table table{
      .id = "scenarios",
      .title = {"Scenarios", "Scénarios"},
      .about = {"What has to go on when something fails: as asked, as proved over all packets, as measured.",
                "Ce qui doit continuer quand quelque chose tombe : demandé, prouvé sur tous les paquets, mesuré."},
      .columns = {column_of({"scenario", "Scenario", "Scénario"}, Kind::text, k_continuity_target, "Its name.", 3),
                  column_of({"down", "Down", "À l'arrêt"}, Kind::list, k_continuity_target, "What fails in it.", 4),
                  column_of({"requires", "Has to go on", "Doit continuer"}, Kind::list, k_continuity_target,
                            "Flows and services that are required.", 3),
                  column_of({"within", "Within (target)", "Délai (objectif)"}, Kind::text, k_continuity_target,
                            "A wish, never a result.", 2),
                  column_of({"outcome", "Proved", "Prouvé"}, Kind::term, k_continuity_proved,
                            "Whether a way is left for what is required.", 3),
                  column_of({"kept", "Pairs kept", "Paires gardées"}, Kind::number, k_continuity_proved,
                            "Pairs of required flows that still pass.", 1),
                  column_of({"gone", "Pairs down", "Paires à l'arrêt"}, Kind::number, k_continuity_proved,
                            "Pairs with an end that is down itself."),
                  column_of({"unknown", "Pairs not known", "Paires non connues"}, Kind::number, k_continuity_proved,
                            "Pairs of which nobody knows."),
                  column_of({"lost", "Lost", "Perdu"}, Kind::list, k_continuity_proved, "What does not pass any more.",
                            3),
                  column_of({"opened", "Opens", "Ouvre"}, Kind::list, k_continuity_proved, "Flows that wait for it.")},
      .rows = data->scenarios.size()};
  for (const auto& column : measured_columns()) table.columns.push_back(column);
  table.columns.push_back(
      column_of({"declared", "Declared at", "Déclaré en"}, Kind::text, k_continuity_target, "File and line."));
  table.row = [data](std::size_t row) {
    const auto& one = data->scenarios[row];
    std::vector<Cell> cells{text_cell(one.name),   list_cell(one.down),       list_cell(one.requires_),
                            text_cell(one.within), outcome_cell(one.outcome), number_cell(one.kept),
                            number_cell(one.gone), number_cell(one.unknown),  list_cell(one.lost, Tone::bad),
                            list_cell(one.opened)};
    add_measured(*data, one.name, cells);
    cells.push_back(text_cell(one.declared));
    return cells;
  };
  table.filters = columns_named(table.columns, {"scenario", "outcome"});
  return table;
}

Table backups_table(const SharedContinuity& data) {
  Table table{
      .id = "backups",
      .title = {"Backups", "Sauvegardes"},
      .about = {"As declared: whether copies are made and can be restored is shown by an exercise alone.",
                "D'après la déclaration : seul un exercice montre que les copies sont faites et restaurables."},
      .columns = {column_of({"backup", "Backup", "Sauvegarde"}, Kind::text, k_continuity_target, "Its name.", 2),
                  column_of({"of", "Of", "De"}, Kind::text, k_continuity_target, "What is copied.", 3),
                  column_of({"to", "To", "Vers"}, Kind::text, k_continuity_target, "Where copies go.", 3),
                  column_of({"schedule", "Schedule", "Fréquence"}, Kind::text, k_continuity_target, "When.", 2),
                  column_of({"keep", "Kept for", "Conservée"}, Kind::text, k_continuity_target, "How long.", 1),
                  column_of({"encryption", "Encryption", "Chiffrement"}, Kind::text, k_continuity_target,
                            "As declared.", 2),
                  column_of({"recovery_point", "Recovery point (target)", "Perte admise (objectif)"}, Kind::text,
                            k_continuity_target, "A wish, never a result.", 2),
                  column_of({"recovery_time", "Recovery time (target)", "Reprise (objectif)"}, Kind::text,
                            k_continuity_target, "A wish, never a result.", 2)},
      .rows = data->backups.size()};
  for (const auto& column : measured_columns()) table.columns.push_back(column);
  table.row = [data](std::size_t row) {
    const auto& one = data->backups[row];
    std::vector<Cell> cells{text_cell(one.name),           text_cell(one.of),           text_cell(one.to),
                            text_cell(one.schedule),       text_cell(one.keep),         text_cell(one.encryption),
                            text_cell(one.recovery_point), text_cell(one.recovery_time)};
    add_measured(*data, one.name, cells);
    return cells;
  };
  return table;
}

Table measurements_table(const SharedContinuity& data) {
  Table table{
      .id = "measurements",
      .title = {"Exercises", "Exercices"},
      .about = {"As somebody wrote them down.", "Tels que quelqu'un les a notés."},
      .columns = {column_of({"of", "Of", "De"}, Kind::text, k_continuity_measured, "Scenario or backup.", 3),
                  column_of({"date", "Date", "Date"}, Kind::date, k_continuity_measured, "Its day.", 2),
                  column_of({"took", "Took", "Durée"}, Kind::text, k_continuity_measured, "How long it took.", 2),
                  column_of({"lost", "Lost", "Perdu"}, Kind::text, k_continuity_measured, "What was lost meanwhile.",
                            2),
                  column_of({"by", "By", "Par"}, Kind::text, k_continuity_measured, "Who measured.", 2),
                  column_of({"comment", "Comment", "Commentaire"}, Kind::text, k_continuity_measured, "As written.",
                            4)},
      .rows = data->measurements.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->measurements[row];
    return {text_cell(one.of),   text_cell(one.date), text_cell(one.took),
            text_cell(one.lost), text_cell(one.by),   text_cell(one.comment)};
  };
  return table;
}

}  // namespace

Report continuity_report(ContinuityData data) {
  Report report{.heading = data.heading};
  report.heading.kind = "continuity";
  report.heading.title = {"Continuity", "Continuité"};
  const auto shared = std::make_shared<const ContinuityData>(std::move(data));
  Chapter scenarios{.id = "scenarios", .title = {"When something fails", "Quand quelque chose tombe"}};
  if (!shared->guarantees.empty())
    scenarios.parts.emplace_back(Paragraph{
        {fmt::format("Whatever fails, these guarantees hold: {}.", fmt::join(shared->guarantees, ", ")),
         fmt::format("Quelle que soit la panne, ces garanties tiennent : {}.", fmt::join(shared->guarantees, ", "))},
        Tone::good});
  scenarios.parts.emplace_back(scenarios_table(shared));
  report.chapters.push_back(std::move(scenarios));
  report.chapters.push_back(chapter_of("backups", {"Backups", "Sauvegardes"}, backups_table(shared)));
  report.chapters.push_back(chapter_of("measured", {"Exercises", "Exercices"}, measurements_table(shared)));
  add_limits(report, shared->not_known);
  return report;
}

}  // namespace cloison::report
