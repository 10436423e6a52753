// What rules as they are enforced tell for controls.

#include <map>

#include <fmt/format.h>

#include "core/ops/compliance_parts.h"

namespace cloison::ops {

using report::Evidence;
using report::Looked;

namespace {

using report::RuleRow;

/// The rules of each filter in which their order matters, in that order.
std::map<std::string, std::vector<const RuleRow*>> filters_of(const std::vector<RuleRow>& rules) {
  std::map<std::string, std::vector<const RuleRow*>> filters;
  for (const auto& row : rules) {
    const bool of_filter = row.action == &report::words::k_accept || row.action == &report::words::k_drop;
    if (row.order > 0 && of_filter && row.standing != report::Standing::not_yet)
      filters[fmt::format("{}, {}", row.device, row.policy)].push_back(&row);
  }
  return filters;
}

bool is_refusal_of_all(const RuleRow& row) {
  return row.action == &report::words::k_drop;
}

Looked no_filters() {
  return looked(Evidence::not_applicable,
                {"there is no filter with an order of its own", "il n'y a pas de filtre qui ait un ordre propre"});
}

/// `bad`: filters of which that is not so.
Looked of_filters(std::size_t all, std::vector<std::string> bad, const report::Phrase& so,
                  const report::Phrase& not_so) {
  if (all == 0) return no_filters();
  const auto count = bad.size();
  if (count == 0)
    return looked(Evidence::found,
                  {fmt::format("{} filters: {}", all, so.english), fmt::format("{} filtres : {}", all, so.french)}, {},
                  "rules");
  return looked(Evidence::contradicted,
                {fmt::format("{} of {} filters: {}", count, all, not_so.english),
                 fmt::format("{} filtres sur {} : {}", count, all, not_so.french)},
                std::move(bad), "rules");
}

/// Of one filter, what stands in a place where it does not count, or where it should not be; "": nothing.
std::string disorder(const std::vector<const RuleRow*>& rules) {
  bool permitted_new = false;
  for (const auto* row : rules) {
    if (row->analysis == &report::words::k_shadowed || row->analysis == &report::words::k_never)
      return fmt::format("{} {}", row->order, row->native);
    if (row->action != &report::words::k_accept) continue;
    // Whoever reads a filter from its top should meet connections that stand before any new one.
    if (row->state == &report::words::k_new) permitted_new = true;
    if (row->state == &report::words::k_established && permitted_new)
      return fmt::format("{} {}", row->order, row->native);
  }
  return is_refusal_of_all(*rules.back()) ? std::string()
                                          : fmt::format("{} {}", rules.back()->order, rules.back()->native);
}

}  // namespace

Looked look_default_deny(const ComplianceInput& input, const Lookup& /*lookup*/) {
  const auto filters = filters_of(input.rules);
  std::vector<std::string> open;
  for (const auto& [name, rules] : filters)
    if (!is_refusal_of_all(*rules.back())) open.push_back(name);
  return of_filters(filters.size(), std::move(open),
                    {"what no rule names is refused", "ce qu'aucune règle ne nomme est refusé"},
                    {"what no rule names passes", "ce qu'aucune règle ne nomme passe"});
}

Looked look_rule_order(const ComplianceInput& input, const Lookup& /*lookup*/) {
  const auto filters = filters_of(input.rules);
  std::vector<std::string> bad;
  for (const auto& [name, rules] : filters)
    if (const auto what = disorder(rules); !what.empty()) bad.push_back(fmt::format("{}: {}", name, what));
  return of_filters(filters.size(), std::move(bad),
                    {"each rule counts where it stands, and refusal of all else is the last",
                     "chaque règle compte à sa place, et le refus du reste vient en dernier"},
                    {"a rule stands where it should not", "une règle n'est pas à sa place"});
}

Looked look_refusals_logged(const ComplianceInput& input, const Lookup& /*lookup*/) {
  const auto filters = filters_of(input.rules);
  std::vector<std::string> silent;
  std::size_t refusing = 0;
  for (const auto& [name, rules] : filters) {
    if (!is_refusal_of_all(*rules.back())) continue;
    ++refusing;
    // A rule that logs what is left may stand just before the refusal itself.
    const bool logs = rules.back()->logged || (rules.size() > 1 && rules[rules.size() - 2]->logged);
    if (!logs) silent.push_back(name);
  }
  return of_filters(refusing, std::move(silent), {"what is refused is logged", "ce qui est refusé est journalisé"},
                    {"what is refused is not logged", "ce qui est refusé n'est pas journalisé"});
}

Looked look_as_intended(const ComplianceInput& input, const Lookup& /*lookup*/) {
  using report::LiveCheck;
  if (!input.live)
    return looked(Evidence::not_checked, {"no platform was read: report compliance --live does",
                                          "aucune plateforme n'a été lue : report compliance --live le fait"});
  std::vector<std::string> bad, unread;
  std::size_t unauthorised = 0, missing = 0, good = 0;
  for (const auto& row : input.rules) {
    const auto what = fmt::format("{}: {}", row.device, row.native);
    if (row.live == LiveCheck::unauthorised) ++unauthorised, bad.push_back(what);
    if (row.live == LiveCheck::missing) ++missing, bad.push_back(what);
    if (row.live == LiveCheck::not_checked) unread.push_back(row.device);
    if (row.live == LiveCheck::as_intended) ++good;
  }
  if (!bad.empty())
    return looked(
        Evidence::contradicted,
        {fmt::format("rules that nobody asked for: {}, rules that are missing: {}", unauthorised, missing),
         fmt::format("règles que personne n'a demandées : {}, règles manquantes : {}", unauthorised, missing)},
        std::move(bad), "rules");
  if (!unread.empty())
    return looked(Evidence::not_checked,
                  {"not every platform could be read", "toutes les plateformes n'ont pas pu être lues"},
                  std::move(unread), "rules");
  return looked(Evidence::found,
                {fmt::format("{} rules are as intended, and there is no other", good),
                 fmt::format("{} règles sont comme voulu, et il n'y en a pas d'autre", good)},
                {}, "rules");
}

Looked look_applied(const ComplianceInput& input, const Lookup& lookup) {
  using report::Standing;
  if (input.live) return look_as_intended(input, lookup);  // what is there says more than what is known of it
  std::vector<std::string> bad;
  std::size_t not_yet = 0, left = 0, applied = 0;
  for (const auto& row : input.rules) {
    const auto what = fmt::format("{}: {}", row.device, row.native);
    if (row.standing == Standing::not_yet) ++not_yet, bad.push_back(what);
    if (row.standing == Standing::no_longer_asked) ++left, bad.push_back(what);
    if (row.standing == Standing::applied) ++applied;
  }
  if (!bad.empty())
    return looked(
        Evidence::contradicted,
        {fmt::format("rules not applied yet: {}, rules asked for no more: {}", not_yet, left),
         fmt::format("règles pas encore appliquées : {}, règles qui ne sont plus demandées : {}", not_yet, left)},
        std::move(bad), "rules");
  if (applied == 0)
    return looked(Evidence::not_checked, {"there is no state here that knows what was applied",
                                          "aucun état présent ne sait ce qui a été appliqué"});
  return looked(Evidence::found,
                {fmt::format("{} rules are applied as they are written", applied),
                 fmt::format("{} règles sont appliquées telles qu'écrites", applied)},
                {}, "rules");
}

}  // namespace cloison::ops
