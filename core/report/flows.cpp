#include "core/report/flows.h"

#include <array>

#include "core/report/parts.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;
using Flows = std::vector<std::shared_ptr<const FlowFacts>>;

constexpr Term k_permitted{"permitted", "Permitted", "Autorisé"};
constexpr Term k_who{"governance", "Governance", "Gouvernance"};
constexpr Term k_when{"dates", "Dates", "Dates"};
constexpr Term k_in_force{"in_force", "in force", "en vigueur"};
constexpr Term k_not_in_force{"not_in_force", "not in force", "hors vigueur"};

/// The first five are those of a table of permitted ports, as people keep it.
std::vector<Column> flow_columns() {
  return {
      column_of({"source", "Source", "Source"}, Kind::text, k_permitted, "Who begins, as people call it.", 4),
      column_of({"destination", "Destination", "Destination"}, Kind::text, k_permitted,
                "Who is asked, as people call it.", 4),
      column_of({"port", "Port", "Port"}, Kind::text, k_permitted, "Destination port, or type of message.", 2),
      column_of({"protocol", "Protocol", "Protocole"}, Kind::text, k_permitted, "As people call it.", 3),
      column_of({"usage", "Usage", "Usage"}, Kind::text, k_permitted, "Application that needs it.", 4),
      column_of({"flow", "Flow", "Flux"}, Kind::text, k_permitted, "Identity of the flow.", 2),
      column_of({"from", "From (declared)", "De (déclaré)"}, Kind::text, k_permitted,
                "Source as the topology writes it."),
      column_of({"to", "To (declared)", "Vers (déclaré)"}, Kind::text, k_permitted,
                "Destination as the topology writes it."),
      column_of({"services", "Services", "Services"}, Kind::list, k_permitted, "Protocols and ports."),
      column_of({"pairs", "Pairs", "Paires"}, Kind::number, k_permitted, "Pairs of places that it permits."),
      column_of({"environments", "Environments", "Environnements"}, Kind::list, k_permitted,
                "Environments in which it is."),
      column_of({"state", "State", "État"}, Kind::term, k_permitted, "Whether it is in force."),
      column_of({"why_not", "Why not", "Raison"}, Kind::text, k_permitted, "Why it is not in force."),
      column_of({"owner", "Owner", "Responsable"}, Kind::text, k_who, "Who answers for it.", 3),
      column_of({"requester", "Requester", "Demandeur"}, Kind::text, k_who, "Who asked for it."),
      column_of({"approver", "Approver", "Approbateur"}, Kind::text, k_who, "Who approved it."),
      column_of({"purpose", "Purpose", "Finalité"}, Kind::text, k_who, "Why it is needed.", 4),
      column_of({"ticket", "Ticket", "Ticket"}, Kind::text, k_who, "Ticket of the request."),
      column_of({"data", "Data class", "Classe de données"}, Kind::text, k_who, "Class of the data that it carries."),
      column_of({"encryption", "Encryption in transit", "Chiffrement en transit"}, Kind::text, k_who, "As declared.",
                2),
      column_of({"insecure_service", "Insecure service", "Service non sûr"}, Kind::text, k_who,
                "Service that tells secrets in clear or belongs elsewhere."),
      column_of({"created", "Created", "Créé"}, Kind::instant, k_when, "When it was applied first."),
      column_of({"created_by", "Created by", "Créé par"}, Kind::text, k_when, "Who applied it, and who approved that."),
      column_of({"changed", "Changed", "Modifié"}, Kind::instant, k_when,
                "When what the topology says of it changed last."),
      column_of({"changed_by", "Changed by", "Modifié par"}, Kind::text, k_when,
                "Who applied that change, and who approved it."),
      column_of({"changed_for", "For ticket", "Pour le ticket"}, Kind::text, k_when,
                "Ticket under which that change was applied."),
      column_of({"next_review", "Next review", "Prochaine revue"}, Kind::date, k_when, "As declared."),
      column_of({"starts", "Starts", "Début"}, Kind::date, k_when, "Day from which it is in force."),
      column_of({"expires", "Expires", "Expiration"}, Kind::date, k_when, "Day at whose beginning it is over."),
      column_of({"declared", "Declared at", "Déclaré en"}, Kind::text, k_when, "File and line of the declaration.")};
}

/// "443" of "tcp/443": the table names the protocol beside it.
std::string port_text(const FlowFacts& flow) {
  std::string text;
  for (const auto& service : flow.services) {
    const auto slash = service.find('/');
    text += (text.empty() ? "" : ", ") + (slash == std::string::npos ? service : service.substr(slash + 1));
  }
  return text;
}

std::vector<Cell> flow_cells(const FlowFacts& flow) {
  const bool open = flow.not_in_force.empty();
  return {text_cell(flow.source_title),
          text_cell(flow.destination_title),
          text_cell(port_text(flow)),
          text_cell(flow.protocol),
          text_cell(flow.application),
          text_cell(flow.id),
          text_cell(flow.source),
          text_cell(flow.destination),
          list_cell(flow.services),
          number_cell(flow.pairs),
          list_cell(flow.environments),
          open ? term_cell(k_in_force, Tone::good) : term_cell(k_not_in_force, Tone::faint),
          text_cell(flow.not_in_force),
          text_cell(flow.owner),
          text_cell(flow.requester),
          text_cell(flow.approver),
          text_cell(flow.purpose),
          text_cell(flow.ticket),
          text_cell(flow.data),
          text_cell(flow.encryption),
          text_cell(flow.insecure, Tone::warning),
          text_cell(flow.created),
          text_cell(flow.created_by),
          text_cell(flow.changed),
          text_cell(flow.changed_by),
          text_cell(flow.changed_for),
          text_cell(flow.next_review),
          text_cell(flow.starts),
          text_cell(flow.expires),
          text_cell(flow.declared)};
}

struct FlowClass {
  std::string_view name{};
  Phrase title{}, about{};
};

std::array<FlowClass, 3> classes() {
  return {{{"application",
            {"Applications", "Applications"},
            {"Permitted ports of applications: everything else is refused.",
             "Ports autorisés des applications : tout le reste est refusé."}},
           {"infrastructure",
            {"Infrastructure", "Infrastructure"},
            {"Names, time, management, monitoring, logs, backups.",
             "Noms, temps, administration, supervision, journaux, sauvegardes."}},
           {"system",
            {"The network's own working", "Fonctionnement propre du réseau"},
            {"Tunnels, routing, addresses: what the network needs to work.",
             "Tunnels, routage, adressage : ce dont le réseau a besoin pour fonctionner."}}}};
}

}  // namespace

Report flows_report(const FlowsData& data) {
  Report report{.heading = data.heading};
  report.heading.kind = "flows";
  report.heading.title = {"Permitted flows", "Flux autorisés"};
  for (const auto& one : classes()) {
    const auto flows = std::make_shared<Flows>();
    for (const auto& flow : data.flows)
      if (flow->flow_class == one.name) flows->push_back(flow);
    if (flows->empty()) continue;
    Table table{.id = std::string(one.name),
                .title = {"Permitted ports", "Ports autorisés"},
                .about = one.about,
                .columns = flow_columns(),
                .rows = flows->size(),
                .row = [flows](std::size_t row) { return flow_cells(*(*flows)[row]); },
                .key_column = 5};
    table.filters = columns_named(table.columns, {"source", "destination", "owner", "state"});
    Chapter chapter{.id = std::string(one.name), .title = one.title};
    chapter.parts.emplace_back(std::move(table));
    report.chapters.push_back(std::move(chapter));
  }
  return report;
}

}  // namespace cloison::report
