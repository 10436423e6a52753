#include "core/report/rules.h"

#include <algorithm>

#include "core/report/parts.h"

namespace cloison::report {

namespace words {
const Term k_inbound{"in", "in", "entrant"};
const Term k_outbound{"out", "out", "sortant"};
const Term k_forwarded{"forward", "forwarded", "transit"};
const Term k_sent{"output", "own, sent", "propre, émis"};
const Term k_received{"input", "own, received", "propre, reçu"};
const Term k_new{"new", "new connections", "nouvelles connexions"};
const Term k_established{"established", "connections that stand", "connexions établies"};
const Term k_any_state{"any", "all packets", "tous les paquets"};
const Term k_accept{"accept", "permit", "autoriser"};
const Term k_drop{"drop", "refuse", "refuser"};
const Term k_translate{"translate", "translate", "traduire"};
const Term k_shadowed{"shadowed", "shadowed", "masquée"};
const Term k_redundant{"redundant", "redundant", "redondante"};
const Term k_never{"never", "never met", "jamais atteinte"};
const Term k_no_finding{"no_finding", "no finding", "rien à signaler"};
const Term k_not_analysed{"not_analysed", "not analysed", "non analysée"};
const Term k_all_of_it{"all", "all of it", "tout"};
const Term k_nothing{"nothing", "nothing", "rien"};
const Term k_too_complex{"too_complex", "too complex to tell", "trop complexe pour le dire"};
const Term k_no_flow{"no_flow", "no flow", "aucun flux"};
const Term k_no_failure{"no_failure", "no failure", "aucune panne"};
const Term k_used{"used", "used", "utilisée"};
const Term k_never_used{"never_used", "never used in the window", "jamais utilisée dans la fenêtre"};
const Term k_not_yet_used{"not_yet_used", "not used yet", "pas encore utilisée"};
const Term k_not_counted{"not_counted", "not counted by this platform", "non comptée par cette plateforme"};
const Term k_use_not_known{"not_known", "not known", "inconnu"};
}  // namespace words

namespace {

using Kind = Column::Kind;

constexpr Term k_identity{"identity", "Identity", "Identité"};
constexpr Term k_match{"match", "Match", "Correspondance"};
constexpr Term k_governance{"governance", "Governance", "Gouvernance"};
constexpr Term k_dates{"dates", "Dates", "Dates"};
constexpr Term k_risk{"risk", "Risk", "Risque"};
constexpr Term k_analysis_group{"analysis", "Analysis", "Analyse"};
constexpr Term k_use{"use", "Use", "Utilisation"};
constexpr Term k_review{"review", "Review", "Revue"};
constexpr Term k_live{"live", "Live check", "Contrôle réel"};

constexpr Term k_expired{"expired", "expired", "expirée"};
constexpr Term k_nobodys{"nobodys", "nobody answers for it", "sans responsable"};
constexpr Term k_to_remove{"to_remove", "to be removed", "à retirer"};
constexpr Term k_overdue{"overdue", "review overdue", "revue en retard"};
constexpr Term k_exception_over{"exception_over", "exception over", "dérogation échue"};
constexpr Term k_soon{"soon", "expires within 30 days", "expire sous 30 jours"};
constexpr Term k_approved_by_author{"approved_by_author", "approved by who asked", "approuvée par le demandeur"};
constexpr Term k_applied{"applied", "applied", "appliquée"};
constexpr Term k_not_yet{"not_yet", "not applied yet", "pas encore appliquée"};
constexpr Term k_no_longer_asked{"no_longer_asked", "in place, asked for no more", "en place, plus demandée"};
constexpr Term k_standing_not_known{"not_known", "not known", "inconnu"};
constexpr Term k_as_intended{"yes", "as intended", "conforme"};
constexpr Term k_missing{"no", "missing", "absente"};
constexpr Term k_unauthorised{"unauthorised", "unauthorised", "non autorisée"};
constexpr Term k_not_checked{"not_checked", "not checked", "non contrôlé"};

void add_identity(std::vector<Column>& all) {
  all.push_back(column_of({"id", "Rule", "Règle"}, Kind::text, k_identity,
                          "Stable identity of the rule: of what it matches and why it is there.", 4));
  all.push_back(column_of({"device", "Device", "Équipement"}, Kind::text, k_identity,
                          "Declared path of the device or group that enforces it.", 5));
  all.push_back(
      column_of({"provider", "Provider", "Fournisseur"}, Kind::text, k_identity, "Provider entry of the topology."));
  all.push_back(column_of({"account", "Account", "Compte"}, Kind::text, k_identity,
                          "Account or address under which the platform is reached."));
  all.push_back(column_of({"policy", "Policy", "Politique"}, Kind::text, k_identity, "Chain or security group."));
  all.push_back(column_of({"order", "Order", "Ordre"}, Kind::number, k_identity,
                          "Place within its policy; absent where order does not matter.", 1));
  all.push_back(column_of({"native", "As enforced", "Telle qu'appliquée"}, Kind::text, k_identity,
                          "The rule in the platform's own words."));
  all.push_back(column_of({"native_id", "Native id", "Identifiant natif"}, Kind::text, k_identity,
                          "Identifier that the platform gave it."));
  all.push_back(column_of({"flow", "Flow", "Flux"}, Kind::text, k_identity, "Flow that asks for it.", 3));
  all.push_back(column_of({"pair", "Pair", "Paire"}, Kind::text, k_identity, "Pair of the flow that it serves."));
  all.push_back(column_of({"declared", "Declared at", "Déclarée en"}, Kind::text, k_identity,
                          "File and line of the declaration."));
}

void add_match(std::vector<Column>& all) {
  all.push_back(
      column_of({"source_zones", "Source zone", "Zone source"}, Kind::list, k_match, "Zones of the source addresses."));
  all.push_back(column_of({"sources", "Source", "Source"}, Kind::list, k_match,
                          "Declared places whose addresses the source covers.", 5));
  all.push_back(column_of({"source_prefixes", "Source addresses", "Adresses source"}, Kind::list, k_match,
                          "Source as prefixes or ranges.", 4));
  all.push_back(column_of({"destination_zones", "Destination zone", "Zone destination"}, Kind::list, k_match,
                          "Zones of the destination addresses."));
  all.push_back(column_of({"destinations", "Destination", "Destination"}, Kind::list, k_match,
                          "Declared places whose addresses the destination covers.", 5));
  all.push_back(column_of({"destination_prefixes", "Destination addresses", "Adresses destination"}, Kind::list,
                          k_match, "Destination as prefixes or ranges.", 4));
  all.push_back(column_of({"direction", "Direction", "Sens"}, Kind::term, k_match, "Direction as the device sees it."));
  all.push_back(column_of({"protocols", "Protocol", "Protocole"}, Kind::list, k_match, "Protocols of IP."));
  all.push_back(
      column_of({"ports", "Ports", "Ports"}, Kind::list, k_match, "Destination ports with their protocol.", 3));
  all.push_back(column_of({"icmp_types", "ICMP types", "Types ICMP"}, Kind::list, k_match, "Types of ICMP messages."));
  all.push_back(column_of({"families", "IP version", "Version d'IP"}, Kind::list, k_match, "IPv4, IPv6."));
  all.push_back(
      column_of({"state", "State", "État"}, Kind::term, k_match, "Which packets of a connection it is about."));
  all.push_back(column_of({"action", "Action", "Action"}, Kind::term, k_match, "What becomes of the packets.", 2));
  all.push_back(column_of({"translation", "Translation", "Traduction"}, Kind::text, k_match, "What addresses become."));
  all.push_back(
      column_of({"logged", "Logged", "Journalisée"}, Kind::boolean, k_match, "Whether packets are written to a log."));
  all.push_back(
      column_of({"applies_to", "Cards", "Cartes"}, Kind::number, k_match, "Network cards that have this rule."));
}

void add_governance(std::vector<Column>& all) {
  all.push_back(column_of({"owner", "Owner", "Responsable"}, Kind::text, k_governance, "Who answers for the flow.", 3));
  all.push_back(column_of({"requester", "Requester", "Demandeur"}, Kind::text, k_governance, "Who asked for it."));
  all.push_back(column_of({"approver", "Approver", "Approbateur"}, Kind::text, k_governance, "Who approved it."));
  all.push_back(
      column_of({"application", "Application", "Application"}, Kind::text, k_governance, "Application that needs it."));
  all.push_back(column_of({"purpose", "Purpose", "Finalité"}, Kind::text, k_governance, "Why it is needed.", 4));
  all.push_back(column_of({"ticket", "Ticket", "Ticket"}, Kind::text, k_governance, "Ticket of the request."));
  all.push_back(column_of({"data", "Data class", "Classe de données"}, Kind::text, k_governance,
                          "Class of the data that it carries."));
  all.push_back(column_of({"environment", "Environment", "Environnement"}, Kind::text, k_governance,
                          "Environment in which it is."));
  all.push_back(column_of({"encryption", "Encryption in transit", "Chiffrement en transit"}, Kind::text, k_governance,
                          "As declared."));
}

void add_dates(std::vector<Column>& all) {
  all.push_back(column_of({"since", "In place since", "En place depuis"}, Kind::instant, k_dates,
                          "When it was applied, and has been there since without a change.", 2));
  all.push_back(column_of({"since_by", "Put in place by", "Mise en place par"}, Kind::text, k_dates,
                          "Who applied it, and who approved that."));
  all.push_back(column_of({"since_for", "For ticket", "Pour le ticket"}, Kind::text, k_dates,
                          "Ticket under which it was applied."));
  all.push_back(
      column_of({"created", "Flow created", "Flux créé"}, Kind::instant, k_dates, "When its flow was applied first."));
  all.push_back(column_of({"changed", "Flow changed", "Flux modifié"}, Kind::instant, k_dates,
                          "When what the topology says of its flow changed last."));
  all.push_back(column_of({"changed_by", "Changed by", "Modifié par"}, Kind::text, k_dates,
                          "Who applied that change, and who approved it."));
  all.push_back(column_of({"next_review", "Next review", "Prochaine revue"}, Kind::date, k_dates, "As declared."));
  all.push_back(column_of({"starts", "Starts", "Début"}, Kind::date, k_dates, "Day from which it is in force."));
  all.push_back(
      column_of({"expires", "Expires", "Expiration"}, Kind::date, k_dates, "Day at whose beginning it is over.", 2));
}

void add_review(std::vector<Column>& all) {
  all.push_back(column_of({"due", "Due", "À traiter"}, Kind::term, k_review, "Why somebody has to look at it.", 2));
  all.push_back(column_of({"decision", "Decision", "Décision"}, Kind::text, k_review,
                          "What the last review decided of its flow: keep, change, remove."));
  all.push_back(column_of({"reviewer", "Reviewer", "Réviseur"}, Kind::text, k_review, "Who decided."));
  all.push_back(
      column_of({"last_review", "Last review", "Dernière revue"}, Kind::date, k_review, "Day of the review."));
  all.push_back(column_of({"review_until", "Until", "Jusqu'au"}, Kind::date, k_review, "Last day of an exception."));
  all.push_back(column_of({"review_comment", "Comment", "Commentaire"}, Kind::text, k_review, "As written."));
}

Cell due_cell(Due due) {
  switch (due) {
    case Due::expired:
      return term_cell(k_expired, Tone::bad);
    case Due::nobodys:
      return term_cell(k_nobodys, Tone::bad);
    case Due::to_remove:
      return term_cell(k_to_remove, Tone::bad);
    case Due::overdue:
      return term_cell(k_overdue, Tone::warning);
    case Due::exception_over:
      return term_cell(k_exception_over, Tone::warning);
    case Due::soon:
      return term_cell(k_soon, Tone::warning);
    case Due::approved_by_author:
      return term_cell(k_approved_by_author, Tone::warning);
    case Due::nothing:
      break;
  }
  return {};
}

void add_findings(std::vector<Column>& all) {
  all.push_back(column_of({"insecure_service", "Insecure service", "Service non sûr"}, Kind::text, k_risk,
                          "Service that tells secrets in clear or belongs elsewhere."));
  all.push_back(column_of({"compensating_control", "Compensating control", "Mesure compensatoire"}, Kind::text, k_risk,
                          "As declared."));
  all.push_back(column_of({"any_source", "Any source", "Toute source"}, Kind::boolean, k_risk,
                          "Whether every address may be the source."));
  all.push_back(column_of({"wide_prefix", "Wide prefix", "Préfixe large"}, Kind::boolean, k_risk,
                          "Whether an end is wider than a segment."));
  all.push_back(column_of({"internet", "Internet exposure", "Exposée à Internet"}, Kind::boolean, k_risk,
                          "Whether the source holds public addresses that are nobody's here."));
  all.push_back(column_of({"analysis", "Analysis", "Analyse"}, Kind::term, k_analysis_group,
                          "What is to be said of it: shadowed, redundant, never met.", 2));
  all.push_back(column_of({"decided_by", "Decided by", "Décidée par"}, Kind::list, k_analysis_group,
                          "Rules that decide in its place."));
  all.push_back(column_of({"alone", "Decides alone", "Décide seule"}, Kind::list, k_analysis_group,
                          "What would be decided otherwise without it, other rules being as they are."));
  all.push_back(column_of({"needed_by", "Needed by", "Nécessaire à"}, Kind::list, k_analysis_group,
                          "Flows of which packets or answers would not pass without it while everything works."));
  all.push_back(column_of({"failures", "Matters in failure", "Utile en cas de panne"}, Kind::list, k_analysis_group,
                          "Failures in which it lets pass what does not pass by it while everything works."));
}

/// `known`: of some rule; else there is nothing for paper.
void add_use(std::vector<Column>& all, bool known) {
  all.push_back(column_of({"use", "Use", "Utilisation"}, Kind::term, k_use, "Whether packets met it.",
                          known ? uint8_t{2} : uint8_t{0}));
  all.push_back(column_of({"hits", "Hits", "Occurrences"}, Kind::number, k_use,
                          "Packets that met it since counting began; of a rule on new connections their first ones."));
  all.push_back(column_of({"hit_bytes", "Bytes", "Octets"}, Kind::number, k_use, "Size of these packets."));
  all.push_back(column_of({"counted_since", "Counted since", "Comptée depuis"}, Kind::instant, k_use,
                          "When its counter began at zero, by the device's clock."));
  all.push_back(column_of({"last_hit_after", "Last hit after", "Dernière occurrence après"}, Kind::instant, k_use,
                          "The last packet came later than this: platforms count, and keep no times."));
  all.push_back(column_of({"last_hit_before", "Last hit before", "Dernière occurrence avant"}, Kind::instant, k_use,
                          "The last packet came no later than this."));
}

void add_live_check(std::vector<Column>& all) {
  all.push_back(column_of({"standing", "Applied", "Appliquée"}, Kind::term, k_live,
                          "Whether what is written was applied, as the state knows it.", 2));
  all.push_back(column_of({"live", "Intended = observed", "Voulu = observé"}, Kind::term, k_live,
                          "Whether the platform has it as intended.", 2));
  all.push_back(column_of({"checked", "Checked", "Contrôlée"}, Kind::instant, k_live, "When the platform was read."));
  all.push_back(column_of({"checked_by", "By account", "Par le compte"}, Kind::text, k_live, "Account that read it."));
}

Cell live_cell(LiveCheck check) {
  switch (check) {
    case LiveCheck::as_intended:
      return term_cell(k_as_intended, Tone::good);
    case LiveCheck::missing:
      return term_cell(k_missing, Tone::bad);
    case LiveCheck::unauthorised:
      return term_cell(k_unauthorised, Tone::bad);
    case LiveCheck::not_checked:
      break;
  }
  return term_cell(k_not_checked, Tone::faint);
}

Cell standing_cell(Standing standing) {
  switch (standing) {
    case Standing::applied:
      return term_cell(k_applied, Tone::good);
    case Standing::not_yet:
      return term_cell(k_not_yet, Tone::warning);
    case Standing::no_longer_asked:
      return term_cell(k_no_longer_asked, Tone::warning);
    case Standing::not_known:
      break;
  }
  return term_cell(k_standing_not_known, Tone::faint);
}

Tone tone_of(const Term* analysis) {
  return analysis == &words::k_shadowed || analysis == &words::k_never ? Tone::warning : Tone::plain;
}

Cell told_cell(const Told& told) {
  return told.word == nullptr ? list_cell(told.items) : term_cell(*told.word, Tone::faint);
}

Cell used_cell(const Term* used) {
  if (used == nullptr) return term_cell(words::k_use_not_known, Tone::faint);
  return term_cell(*used, used == &words::k_never_used ? Tone::warning
                          : used == &words::k_used     ? Tone::good
                                                       : Tone::faint);
}

/// More than a cell's number holds is more than anybody counts.
Cell count_cell(uint64_t count) {
  constexpr uint64_t k_most = INT64_MAX;
  return number_cell(std::min(count, k_most));
}

void add_use_cells(const RuleRow& row, std::vector<Cell>& cells) {
  cells.push_back(used_cell(row.used));
  if (!row.use) {
    cells.resize(cells.size() + 5);
    return;
  }
  const auto& use = *row.use;
  cells.push_back(count_cell(use.packets));
  cells.push_back(count_cell(use.bytes));
  cells.push_back(text_cell(use.since));
  cells.push_back(text_cell(use.last_after));
  cells.push_back(text_cell(use.last_before));
}

Cell flagged(bool set) {
  return {.value = set, .tone = set ? Tone::warning : Tone::plain};
}

const FlowFacts& facts_of(const RuleRow& row) {
  static const FlowFacts none;
  return row.flow ? *row.flow : none;
}

std::vector<Column> rule_columns(bool use_known) {
  std::vector<Column> all;
  add_identity(all), add_match(all), add_governance(all), add_dates(all), add_review(all), add_findings(all),
      add_use(all, use_known), add_live_check(all);
  return all;
}

std::vector<Cell> rule_cells(const RuleRow& row) {
  const FlowFacts& flow = facts_of(row);
  std::vector<Cell> cells{text_cell(row.id),
                          text_cell(row.device),
                          text_cell(row.provider),
                          text_cell(row.account),
                          text_cell(row.policy),
                          row.order == 0 ? Cell{} : number_cell(row.order),
                          text_cell(row.native),
                          text_cell(row.native_id),
                          text_cell(flow.id),
                          text_cell(row.reason),
                          text_cell(row.declared),
                          list_cell(row.source_zones),
                          list_cell(row.sources),
                          list_cell(row.source_prefixes),
                          list_cell(row.destination_zones),
                          list_cell(row.destinations),
                          list_cell(row.destination_prefixes),
                          term_cell(row.direction),
                          list_cell(row.protocols),
                          list_cell(row.ports),
                          list_cell(row.icmp_types),
                          list_cell(row.families),
                          term_cell(row.state),
                          term_cell(row.action, row.action == &words::k_drop ? Tone::faint : Tone::plain),
                          text_cell(row.translation),
                          {.value = row.logged},
                          number_cell(row.applies_to),
                          text_cell(flow.owner),
                          text_cell(flow.requester),
                          text_cell(flow.approver),
                          text_cell(flow.application),
                          text_cell(flow.purpose),
                          text_cell(flow.ticket),
                          text_cell(flow.data),
                          text_cell(row.environment),
                          text_cell(flow.encryption),
                          text_cell(row.since),
                          text_cell(row.since_by),
                          text_cell(row.since_for),
                          text_cell(flow.created),
                          text_cell(flow.changed),
                          text_cell(flow.changed_by),
                          text_cell(flow.next_review),
                          text_cell(flow.starts),
                          text_cell(flow.expires),
                          due_cell(row.due),
                          text_cell(flow.decision),
                          text_cell(flow.reviewer),
                          text_cell(flow.reviewed),
                          text_cell(flow.review_until),
                          text_cell(flow.review_comment),
                          text_cell(flow.insecure, Tone::warning),
                          text_cell(flow.control),
                          flagged(row.any_source),
                          flagged(row.wide_source || row.wide_destination),
                          flagged(row.internet),
                          term_cell(row.analysis, tone_of(row.analysis)),
                          list_cell(row.decided_by),
                          told_cell(row.alone),
                          told_cell(row.needed_by),
                          told_cell(row.failures)};
  constexpr std::size_t k_behind = 10;
  cells.reserve(cells.size() + k_behind);
  add_use_cells(row, cells);
  cells.push_back(standing_cell(row.standing));
  cells.push_back(live_cell(row.live));
  cells.push_back(text_cell(row.checked));
  cells.push_back(text_cell(row.checked_by));
  return cells;
}

}  // namespace

Report rules_report(const std::shared_ptr<const RulesData>& data) {
  Report report{.heading = data->heading};
  report.heading.kind = "rules";
  report.heading.title = {"Network rules", "Règles de filtrage du réseau"};
  const bool use_known = std::any_of(data->rows.begin(), data->rows.end(), [](const auto& row) { return row.use; });
  Table table{.id = "rules",
              .title = {"Rules as they are enforced", "Règles telles qu'appliquées"},
              .about = {"One row for each rule of each device and group, in the order in which they are asked.",
                        "Une ligne par règle de chaque équipement et de chaque groupe, dans l'ordre d'évaluation."},
              .columns = rule_columns(use_known),
              .rows = data->rows.size()};
  table.filters = columns_named(table.columns, {"device", "policy", "action", "owner", "environment", "analysis", "due",
                                                "use", "standing", "live"});
  table.row = [data](std::size_t row) { return rule_cells(data->rows[row]); };
  Chapter chapter{.id = "rules", .title = {"Rules", "Règles"}};
  if (data->drawing) chapter.parts.emplace_back(*data->drawing);
  chapter.parts.emplace_back(std::move(table));
  report.chapters.push_back(std::move(chapter));
  add_limits(report, data->not_known);
  return report;
}

}  // namespace cloison::report
