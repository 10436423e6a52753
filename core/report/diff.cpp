#include "core/report/diff.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "core/report/parts.h"
#include "core/report/text.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;

constexpr Term k_difference{"difference", "Difference", "Différence"};
constexpr Term k_brought{"brought", "Brought about by", "Apportée par"};
constexpr Term k_opened{"opened", "became reachable", "devenu accessible"};
constexpr Term k_closed{"closed", "is no longer reachable", "n'est plus accessible"};
constexpr Term k_added{"added", "added", "ajouté"};
constexpr Term k_removed{"removed", "removed", "retiré"};
constexpr Term k_changed{"changed", "changed", "modifié"};

constexpr std::array k_fields{
    Term{"application", "application", "application"},
    Term{"approver", "approver", "approbateur"},
    Term{"class", "class", "classe"},
    Term{"control", "control", "mesure compensatoire"},
    Term{"data", "data", "données"},
    Term{"disabled", "disabled", "désactivé"},
    Term{"encryption", "encryption", "chiffrement"},
    Term{"expires", "expires", "expiration"},
    Term{"from", "from", "de"},
    Term{"next_review", "next review", "prochaine revue"},
    Term{"owner", "owner", "responsable"},
    Term{"protocol", "protocol", "protocole"},
    Term{"purpose", "purpose", "finalité"},
    Term{"requester", "requester", "demandeur"},
    Term{"services", "services", "services"},
    Term{"starts", "starts", "début"},
    Term{"ticket", "ticket", "ticket"},
    Term{"to", "to", "vers"},
};

/// "services: tcp/443 -> tcp/443, tcp/8443"
std::string change_text(const FieldChange& change, Language language) {
  const auto field =
      std::find_if(k_fields.begin(), k_fields.end(), [&](const Term& one) { return one.id == change.name; });
  const auto name = field == k_fields.end() ? std::string_view(change.name) : field->in(language);
  const auto value = [&](const std::string& text) {
    return change.name == "disabled" && text == "true" ? std::string(yes_or_no(true, language)) : text;
  };
  const auto then = value(change.then), now = value(change.now);
  return fmt::format("{}{}: {}", name, language == Language::french ? " " : "",
                     then.empty()  ? now
                     : now.empty() ? then + " ->"
                                   : fmt::format("{} -> {}", then, now));
}

Cell changes_cell(const std::vector<FieldChange>& changes) {
  Phrase lines;
  for (const auto& one : changes) {
    if (!lines.empty()) lines.english += '\n', lines.french += '\n';
    lines.english += change_text(one, Language::english), lines.french += change_text(one, Language::french);
  }
  return changes.empty() ? Cell{} : Cell{.value = std::move(lines)};
}

using Shared = std::shared_ptr<const DiffData>;

Table packets_table(const Shared& data) {
  Table table{
      .id = "packets",
      .title = {"Packets", "Paquets"},
      .about =
          {"Over all packets, as the proof finds them; alike places are told once. What is not listed passed, or was "
           "refused, at both points in time.",
           "Sur l'ensemble des paquets, d'après la preuve ; les lieux semblables figurent une fois. Ce qui n'est pas "
           "listé "
           "passait, ou était refusé, aux deux instants."},
      .columns = {column_of({"what", "What", "Quoi"}, Kind::term, k_difference, "Whether it passes now, or no more.",
                            3),
                  column_of({"from", "From", "De"}, Kind::text, k_difference, "Where it begins.", 4),
                  column_of({"to", "To", "Vers"}, Kind::text, k_difference, "Where it arrives.", 4),
                  column_of({"services", "Services", "Services"}, Kind::list, k_difference, "Protocols and ports.", 3),
                  column_of({"pairs", "Pairs", "Paires"}, Kind::number, k_difference, "Pairs of places.", 1),
                  column_of({"reasons", "Because of", "Au titre de"}, Kind::list, k_difference,
                            "Flows that ask for it, or asked for it, or rules.", 3),
                  column_of({"example", "Example", "Exemple"}, Kind::text, k_difference, "One of the packets."),
                  column_of({"operations", "Operations", "Opérations"}, Kind::list, k_brought,
                            "Operations of the log that brought it about: number, instant, who, ticket.", 5)},
      .rows = data->packets.size()};
  table.filters = columns_named(table.columns, {"what", "from", "to"});
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->packets[row];
    return {one.opened ? term_cell(k_opened, Tone::warning) : term_cell(k_closed, Tone::faint),
            text_cell(one.from),
            text_cell(one.to),
            list_cell(one.services),
            number_cell(one.pairs),
            list_cell(one.reasons),
            text_cell(one.example),
            list_cell(one.operations)};
  };
  return table;
}

const Term& term_of(FlowDifference::What what) {
  return what == FlowDifference::What::added ? k_added : what == FlowDifference::What::removed ? k_removed : k_changed;
}

Table flows_table(const Shared& data) {
  Table table{
      .id = "flows",
      .title = {"Flows", "Flux"},
      .about = {"What the topology says of its flows.", "Ce que la topologie dit de ses flux."},
      .columns = {column_of({"flow", "Flow", "Flux"}, Kind::text, k_difference, "Identity of the flow.", 2),
                  column_of({"what", "What", "Quoi"}, Kind::term, k_difference, "What became of it.", 2),
                  column_of({"fields", "Then and now", "Avant et après"}, Kind::text, k_difference,
                            "What is said of it, before and after.", 6),
                  column_of({"when", "When", "Quand"}, Kind::instant, k_brought, "When it was applied last.", 3),
                  column_of({"by", "By", "Par"}, Kind::text, k_brought, "Who applied it, and who approved that.", 3),
                  column_of({"ticket", "Ticket", "Ticket"}, Kind::text, k_brought, "Under which it was applied.", 2)},
      .rows = data->flows.size()};
  table.filters = columns_named(table.columns, {"what"});
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->flows[row];
    return {text_cell(one.id), term_cell(term_of(one.what)), changes_cell(one.changes), text_cell(one.when),
            text_cell(one.by), text_cell(one.ticket)};
  };
  return table;
}

Table operations_table(const Shared& data) {
  Table table{
      .id = "operations",
      .title = {"Operations", "Opérations"},
      .about = {"What the log tells of, from the one to the other.", "Ce que dit le journal, de l'un à l'autre."},
      .columns = {column_of({"number", "Number", "Numéro"}, Kind::number, k_brought, "The how-manieth of the log.", 1),
                  column_of({"when", "When", "Quand"}, Kind::instant, k_brought, "When it began.", 3),
                  column_of({"command", "Command", "Commande"}, Kind::text, k_brought, "What was done.", 2),
                  column_of({"user", "User", "Utilisateur"}, Kind::text, k_brought, "Who did it.", 2),
                  column_of({"approved_by", "Approved by", "Approuvée par"}, Kind::text, k_brought, "As said then.", 2),
                  column_of({"ticket", "Ticket", "Ticket"}, Kind::text, k_brought, "As said then.", 2),
                  column_of({"override", "Override", "Dérogation"}, Kind::text, k_brought,
                            "Guarantees that it broke all the same, and why.", 4),
                  column_of({"status", "Status", "État"}, Kind::text, k_brought, "How it ended.", 1),
                  column_of({"commit", "Git commit", "Commit Git"}, Kind::text, k_brought,
                            "Of the topology's folder.")},
      .rows = data->operations.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->operations[row];
    return {number_cell(one.number),
            text_cell(one.when),
            text_cell(one.command),
            text_cell(one.user),
            text_cell(one.approved_by),
            text_cell(one.ticket),
            text_cell(one.override_reason, Tone::warning),
            text_cell(one.status),
            text_cell(one.commit)};
  };
  return table;
}

}  // namespace

Report diff_report(DiffData data) {
  Report report{.heading = data.heading};
  report.heading.kind = "diff";
  report.heading.title = {"What changed", "Ce qui a changé"};
  report.heading.facts.emplace_back(Phrase{"From", "De"}, Cell{.value = data.from});
  report.heading.facts.emplace_back(Phrase{"To", "À"}, Cell{.value = data.to});
  const auto shared = std::make_shared<const DiffData>(std::move(data));
  Chapter chapter{.id = "diff", .title = {"Differences", "Différences"}};
  chapter.parts.emplace_back(packets_table(shared));
  chapter.parts.emplace_back(flows_table(shared));
  chapter.parts.emplace_back(operations_table(shared));
  report.chapters.push_back(std::move(chapter));
  add_limits(report, shared->not_known);
  return report;
}

}  // namespace cloison::report
