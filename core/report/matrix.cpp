#include "core/report/matrix.h"

#include <memory>
#include <utility>

#include "core/report/parts.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_shown_services = 6;  // in a cell

struct Shared {
  std::vector<std::string> names{};
  PassingByEnds passing{};
};

Cell matrix_cell(const Shared& shared, std::size_t from, std::size_t to) {
  const auto found = shared.passing.find({shared.names[from], shared.names[to]});
  if (found == shared.passing.end()) return {.value = std::string("-"), .tone = Tone::faint};
  std::vector<std::string> services(found->second.services.begin(), found->second.services.end());
  const auto more = services.size() > k_shown_services ? services.size() - k_shown_services : 0;
  services.resize(services.size() - more);
  if (more > 0) services.push_back("+" + std::to_string(more));
  return {.value = std::move(services), .tone = found->second.beyond ? Tone::bad : Tone::good};
}

std::vector<Column> passing_columns() {
  using Kind = Column::Kind;
  constexpr Term k_group{"passing", "What passes", "Ce qui passe"};
  return {
      column_of({"from", "From", "De"}, Kind::text, k_group, "Where it begins.", 3),
      column_of({"to", "To", "Vers"}, Kind::text, k_group, "Where it arrives.", 3),
      column_of({"services", "Services", "Services"}, Kind::list, k_group, "Protocols and ports.", 4),
      column_of({"reasons", "Because of", "Au titre de"}, Kind::list, k_group, "Flows that ask for it, or rules.", 5),
      column_of({"pairs", "Pairs", "Paires"}, Kind::number, k_group, "Pairs of places.", 1),
      column_of({"asked_for", "Asked for", "Demandé"}, Kind::boolean, k_group, "Whether flows ask for all of it.", 1)};
}

/// The same as rows, for whoever filters or counts.
Table passing_table(const std::string& id, const Phrase& title, const std::shared_ptr<const Shared>& shared) {
  auto ends = std::make_shared<std::vector<const PassingByEnds::value_type*>>();
  for (const auto& one : shared->passing) ends->push_back(&one);
  Table table{.id = id, .title = title, .columns = passing_columns(), .rows = ends->size()};
  table.row = [shared, ends](std::size_t row) -> std::vector<Cell> {
    const auto& [between, passing] = *(*ends)[row];
    return {text_cell(between.first),
            text_cell(between.second),
            list_cell({passing.services.begin(), passing.services.end()}),
            list_cell({passing.reasons.begin(), passing.reasons.end()}),
            number_cell(passing.pairs),
            {.value = !passing.beyond, .tone = passing.beyond ? Tone::bad : Tone::plain}};
  };
  table.filters = {0, 1};
  return table;
}

Chapter matrix_chapter(const std::string& id, Phrase title, std::vector<std::string> names, PassingByEnds passing) {
  const auto shared = std::make_shared<const Shared>(Shared{std::move(names), std::move(passing)});
  Chapter chapter{.id = id, .title = std::move(title)};
  chapter.parts.emplace_back(
      Matrix{.id = id + "-matrix",
             .title = {"What reaches what", "Qui atteint quoi"},
             .about = {"Who begins stands on the left, who is asked on top. Answers are not counted.",
                       "À gauche qui initie, en haut qui est sollicité. Les réponses ne sont pas comptées."},
             .froms = shared->names,
             .tos = shared->names,
             .cell = [shared](std::size_t from, std::size_t to) { return matrix_cell(*shared, from, to); }});
  chapter.parts.emplace_back(passing_table(id + "-passing", {"In rows", "En lignes"}, shared));
  return chapter;
}

}  // namespace

Report matrix_report(MatrixData data) {
  Report report{.heading = std::move(data.heading)};
  report.heading.kind = "matrix";
  report.heading.title = {"Reachability matrix", "Matrice d'accessibilité"};
  report.chapters.push_back(
      matrix_chapter("zones", {"Zones", "Zones"}, std::move(data.zones), std::move(data.by_zone)));
  report.chapters.push_back(
      matrix_chapter("sites", {"Sites", "Sites"}, std::move(data.sites), std::move(data.by_site)));
  for (auto& phrase : data.not_known)
    report.chapters.front().parts.insert(report.chapters.front().parts.begin(),
                                         Paragraph{std::move(phrase), Tone::warning});
  return report;
}

}  // namespace cloison::report
