#include "core/report/review.h"

#include <algorithm>
#include <iterator>

#include "core/report/parts.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;

constexpr Term k_flow_group{"flow", "Flow", "Flux"};
constexpr Term k_to_fill{"review", "To fill in", "À remplir"};

std::vector<Column> review_columns() {
  return {
      column_of({"flow", "Flow", "Flux"}, Kind::text, k_flow_group, "Identity of the flow.", 2),
      column_of({"source", "Source", "Source"}, Kind::text, k_flow_group, "Who begins, as people call it.", 3),
      column_of({"destination", "Destination", "Destination"}, Kind::text, k_flow_group,
                "Who is asked, as people call it.", 3),
      column_of({"services", "Services", "Services"}, Kind::list, k_flow_group, "Protocols and ports.", 2),
      column_of({"purpose", "Purpose", "Finalité"}, Kind::text, k_flow_group, "Why it is needed.", 4),
      column_of({"owner", "Owner", "Responsable"}, Kind::text, k_flow_group, "Who answers for it.", 3),
      column_of({"ticket", "Ticket", "Ticket"}, Kind::text, k_flow_group, "Ticket of the request."),
      column_of({"data", "Data class", "Classe de données"}, Kind::text, k_flow_group, "Data that it carries."),
      column_of({"insecure_service", "Insecure service", "Service non sûr"}, Kind::text, k_flow_group,
                "Service that tells secrets in clear or belongs elsewhere."),
      column_of({"created", "Created", "Créé"}, Kind::instant, k_flow_group, "When it was applied first."),
      column_of({"changed", "Changed", "Modifié"}, Kind::instant, k_flow_group,
                "When what the topology says of it changed last."),
      column_of({"expires", "Expires", "Expiration"}, Kind::date, k_flow_group, "Day at whose beginning it is over."),
      column_of({"last_review", "Last review", "Dernière revue"}, Kind::date, k_flow_group, "Day of the last review."),
      column_of({"next_review", "Next review", "Prochaine revue"}, Kind::date, k_flow_group, "As declared."),
      column_of({"said", "State reviewed", "État revu"}, Kind::text, k_flow_group,
                "Digest of what is said of the flow; leave it as it is."),
      column_of({"decision", "Decision", "Décision"}, Kind::text, k_to_fill, "keep, change or remove.", 2),
      column_of({"reviewer", "Reviewer", "Réviseur"}, Kind::text, k_to_fill, "Who decided.", 2),
      column_of({"date", "Date", "Date"}, Kind::date, k_to_fill, "When, as 2026-04-05; empty: today.", 2),
      column_of({"until", "Until", "Jusqu'au"}, Kind::date, k_to_fill, "Last day of an exception, or empty.", 2),
      column_of({"comment", "Comment", "Commentaire"}, Kind::text, k_to_fill, "Free text.", 4)};
}

std::vector<Cell> review_cells(const ReviewLine& line) {
  const auto& flow = *line.flow;
  return {text_cell(flow.id),
          text_cell(flow.source_title),
          text_cell(flow.destination_title),
          list_cell(flow.services),
          text_cell(flow.purpose),
          text_cell(flow.owner),
          text_cell(flow.ticket),
          text_cell(flow.data),
          text_cell(flow.insecure, Tone::warning),
          text_cell(flow.created),
          text_cell(flow.changed),
          text_cell(flow.expires),
          text_cell(flow.reviewed),
          text_cell(flow.next_review),
          text_cell(line.said),
          {},
          {},
          {},
          {},
          {}};
}

}  // namespace

Report review_sheet(ReviewData data) {
  Report report{.heading = data.heading};
  report.heading.kind = "review";
  report.heading.title = {"Review of flows", "Revue des flux"};
  const auto shared = std::make_shared<const ReviewData>(std::move(data));
  Table table{
      .id = "review",
      .title = {"Review", "Revue"},
      .about = {"Fill in the last five columns of each flow: keep, change or remove; who, when, until, and why.",
                "Remplir les cinq dernières colonnes de chaque flux : keep (garder), change (modifier) ou remove "
                "(retirer) ; qui, quand, jusqu'au, et pourquoi."},
      .columns = review_columns(),
      .rows = shared->lines.size()};
  table.row = [shared](std::size_t row) { return review_cells(shared->lines[row]); };
  Chapter chapter{.id = "review", .title = {"Review", "Revue"}};
  chapter.parts.emplace_back(std::move(table));
  report.chapters.push_back(std::move(chapter));
  return report;
}

std::string review_column_of(std::string_view heading) {
  for (const auto& column : review_columns()) {
    const auto named = std::find(std::begin(k_review_columns), std::end(k_review_columns), column.id);
    if (named == std::end(k_review_columns)) continue;
    if (heading == column.id || heading == column.heading.english || heading == column.heading.french)
      return std::string(column.id);
  }
  return {};
}

}  // namespace cloison::report
