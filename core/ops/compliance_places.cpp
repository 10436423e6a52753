// Where classified data is and goes, for controls.

#include <array>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/compliance_parts.h"
#include "core/ops/report_words.h"

namespace cloison::ops {

using report::DataCrossing;
using report::DataPlace;
using report::Evidence;
using report::Looked;

namespace {

/// The member states of the European Union, and Iceland, Liechtenstein and Norway (ISO 3166).
constexpr std::array<std::string_view, 30> k_eea{"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI",
                                                 "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
                                                 "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"};

bool in_eea(std::string_view country) {
  return std::find(k_eea.begin(), k_eea.end(), country) != k_eea.end();
}

DataPlace at_site(const topology::Site& site, Instant now) {
  DataPlace place{.site = site.path, .country = site.location.country, .region = site.location.region};
  for (const auto& one : site.location.certifications) {
    const bool over = one.until && one.until->at < now;
    (over ? place.over : place.certifications).push_back(certification_text(one));
  }
  return place;
}

class DataPlaces {
 public:
  DataPlaces(const topology::Resolved& resolved, const verify::ProofInput& input, Instant now)
      : resolved_(resolved), input_(input), now_(now) {
    for (const auto& site : resolved.topology->sites) sites_.emplace(site.path, &site);
    for (const auto& group : resolved.topology->groups) groups_.emplace(group.name, &group);
  }

  std::vector<DataPlace> all() {
    for (const auto& place : input_.places) {
      if (place.external) continue;
      if (place.holds && !place.data.empty()) add(place, place.data, report::words::k_holds_itself);
      for (const auto& one : place.copies) add(place, one, report::words::k_holds_copies);
      for (const auto& one : place.logs) add(place, one, report::words::k_holds_logs);
    }
    for (const auto& backup : resolved_.topology->backups) of_store(backup);
    return std::move(all_);
  }

 private:
  void add(const verify::Place& place, const std::string& data, const report::Term& holds) {
    const auto site = sites_.find(place.site());
    auto mine = site == sites_.end() ? DataPlace{.site = place.site()} : at_site(*site->second, now_);
    mine.path = place.path, mine.data = data, mine.holds = &holds;
    all_.push_back(std::move(mine));
  }
  /// A store that is no place of ours, such as a group of addresses: nobody says in which country it stands.
  void of_store(const topology::Backup& backup) {
    std::set<std::string> classes;
    const verify::PlaceNames names(input_.groups);
    const auto of = place_selector(backup.of);
    for (const auto& term : backup.to.terms) {
      const auto group = groups_.find(term.path);
      if (group == groups_.end() || group->second->hosts.written()) continue;
      for (const auto& place : input_.places)
        if (!place.data.empty() && names.means(of, place)) classes.insert(place.data);
      for (const auto& one : classes)
        all_.push_back({.path = group->first, .data = one, .holds = &report::words::k_holds_copies});
    }
  }

  const topology::Resolved& resolved_;
  const verify::ProofInput& input_;
  Instant now_;
  std::map<std::string, const topology::Site*, std::less<>> sites_{};
  std::map<std::string, const topology::Group*, std::less<>> groups_{};
  std::vector<DataPlace> all_{};
};

/// Whether people's data may be in it: names, time, packages and management carry none.
bool may_carry(const topology::ResolvedFlow& flow) {
  return flow.in_force && (flow.flow_class == "application" || flow.id == "I-logs" || flow.id.starts_with("I-backup-"));
}

/// An end of a pair, as far as borders matter.
struct BorderEnd {
  std::string name{}, country{}, data{};
  uint32_t site = topology::k_none;
};

BorderEnd border_end(const topology::Resolved& resolved, const topology::FlowEnd& end, const PlacesByPath& places) {
  using Kind = topology::FlowEnd::Kind;
  BorderEnd found;
  std::string place_name;
  if (end.kind == Kind::internet) {
    found.name = "internet";
  } else if (end.kind == Kind::prefixes) {
    found.name = !end.set.empty() ? end.set : end.prefixes.empty() ? std::string("-") : end.prefixes.front().text();
  } else if (end.kind == Kind::node) {
    found.name = resolved.nodes[end.index].path, found.site = resolved.nodes[end.index].site;
  } else {
    const auto* host = end.kind == Kind::host ? &resolved.hosts[end.index] : nullptr;
    const auto segment = host == nullptr ? end.index : host->segment;
    found.name = host == nullptr ? resolved.segments[end.index].path : host->path;
    if (segment != topology::k_none) found.site = resolved.segments[segment].site;
    // A host's replicas are places, and alike.
    if (host != nullptr && !host->machines.empty()) place_name = host->machines.front().path;
  }
  if (found.site != topology::k_none) found.country = resolved.topology->sites[found.site].location.country;
  if (const auto place = places.find(place_name.empty() ? found.name : place_name); place != places.end())
    found.data = place->second->data;
  return found;
}

std::vector<std::string> place_texts(const std::vector<const DataPlace*>& places) {
  std::vector<std::string> texts;
  for (const auto* place : places)
    texts.push_back(fmt::format("{} ({}, {})", place->path, place->country.empty() ? "?" : place->country,
                                place->site.empty() ? "?" : place->site));
  return texts;
}

/// What a guarantee `located` of the same data leaves out: each with who says so, and why.
class Exempted {
 public:
  Exempted(const ComplianceInput& input, std::span<const std::string> data) : names_(input.input.groups) {
    for (const auto& guarantee : input.input.guarantees)
      if (guarantee.kind == verify::Guarantee::Kind::located &&
          std::any_of(data.begin(), data.end(), [&](const auto& one) { return holds_any(guarantee.data, one); }))
        guarantees_.push_back(&guarantee);
  }
  /// "G-4: own premises"; "": nobody leaves it out.
  [[nodiscard]] std::string reason(const verify::Place& place) const {
    for (const auto* guarantee : guarantees_)
      for (const auto& exemption : guarantee->except)
        if (names_.means(exemption.places, place)) return fmt::format("{}: {}", guarantee->id, exemption.reason);
    return {};
  }

 private:
  verify::PlaceNames names_;
  std::vector<const verify::Guarantee*> guarantees_{};
};

Looked no_data() {
  return looked(Evidence::not_applicable,
                {"no place holds data of this class", "aucun lieu ne détient de données de cette classe"});
}

}  // namespace

std::vector<DataPlace> data_places(const topology::Resolved& resolved, const verify::ProofInput& input, Instant now) {
  return DataPlaces(resolved, input, now).all();
}

std::vector<DataCrossing> data_crossings(const topology::Resolved& resolved, const verify::ProofInput& input,
                                         const FlowFactsById& flows) {
  const auto places = places_by_path(input);
  std::vector<DataCrossing> all;
  std::set<std::tuple<std::string, std::string, std::string>> known;
  for (const auto& pair : resolved.pairs) {
    const auto& flow = resolved.flows[pair.flow];
    if (!may_carry(flow)) continue;
    const auto facts = flows.find(flow.id);
    const auto from = border_end(resolved, pair.from, places), to = border_end(resolved, pair.to, places);
    const auto declared = facts == flows.end() ? std::string() : facts->second->data;
    const auto& data = !declared.empty() ? declared : !from.data.empty() ? from.data : to.data;
    const bool abroad = from.country.empty() || to.country.empty() || from.country != to.country;
    if (data.empty() || !abroad || !known.emplace(flow.id, from.name, to.name).second) continue;
    const bool unknown = from.country.empty() || to.country.empty();
    const bool leaves = !unknown && (!in_eea(from.country) || !in_eea(to.country));
    all.push_back({.flow = flow.id,
                   .from = from.name,
                   .to = to.name,
                   .from_country = from.country,
                   .to_country = to.country,
                   .data = data,
                   .encryption = facts == flows.end() ? std::string() : facts->second->encryption,
                   .leaves = unknown  ? &report::words::k_country_not_known
                             : leaves ? &report::words::k_leaves
                                      : &report::words::k_stays});
  }
  return all;
}

Looked look_located(const ComplianceInput& input, const Lookup& lookup) {
  const auto countries = lookup.values("country"), certifications = lookup.values("certification"),
             tiers = lookup.values("tier");
  const auto qualifies = [&](const verify::Place& place) {
    return is_asked_for(countries, place.country) && (tiers.empty() || holds_any(tiers, place.tier)) &&
           std::all_of(certifications.begin(), certifications.end(),
                       [&](const std::string& one) { return holds_any(place.certifications, one); });
  };
  const auto places = places_by_path(input.input);
  const Exempted exempted(input, lookup.values("data"));
  std::vector<const DataPlace*> bad, unknown;
  std::set<std::string> reasons;
  std::size_t all = 0, left_out = 0;
  for (const auto& place : input.places) {
    if (!holds_any(lookup.values("data"), place.data)) continue;
    const auto ours = places.find(place.path);  // a store that is a group of addresses is no place of ours
    const auto reason = ours == places.end() ? std::string() : exempted.reason(*ours->second);
    if (!reason.empty()) {
      ++left_out, reasons.insert(reason);
      continue;
    }
    ++all;
    if (ours == places.end() || (!countries.empty() && place.country.empty()))
      unknown.push_back(&place);
    else if (!qualifies(*ours->second))
      bad.push_back(&place);
  }
  if (all + left_out == 0) return no_data();
  if (!bad.empty()) {
    const auto count = bad.size();
    return looked(Evidence::contradicted,
                  {fmt::format("{} of {} places with the data are not at a site that qualifies", count, all),
                   fmt::format("{} lieux sur {} qui ont les données ne sont pas sur un site qui convient", count, all)},
                  place_texts(bad), "compliance");
  }
  if (!unknown.empty())
    return looked(Evidence::not_checked,
                  {"of some places with the data nobody says where they are",
                   "de certains lieux qui ont les données, personne ne dit où ils sont"},
                  place_texts(unknown), "compliance");
  report::Phrase says{
      fmt::format("{} places with the data, copies and logs included, are at sites that qualify", all),
      fmt::format("{} lieux qui ont les données, copies et journaux compris, sont sur des sites qui conviennent", all)};
  if (left_out > 0) {
    says.english += fmt::format("; {} others are left out, as a guarantee of the topology says", left_out);
    says.french +=
        fmt::format(" ; {} autres sont laissés de côté, comme le dit une garantie de la topologie", left_out);
  }
  return looked(Evidence::found, std::move(says), {reasons.begin(), reasons.end()}, "compliance");
}

Looked look_within_eea(const ComplianceInput& input, const Lookup& lookup) {
  const auto data = lookup.values("data");
  std::vector<std::string> outside, unknown;
  std::size_t all = 0;
  for (const auto& place : input.places) {
    if (!holds_any(data, place.data)) continue;
    ++all;
    if (place.country.empty())
      unknown.push_back(place.path);
    else if (!in_eea(place.country))
      outside.push_back(fmt::format("{} ({})", place.path, place.country));
  }
  for (const auto& crossing : input.crossings) {
    if (!holds_any(data, crossing.data)) continue;
    const auto text = fmt::format("{}: {} -> {}", crossing.flow, crossing.from, crossing.to);
    if (crossing.leaves == &report::words::k_leaves) outside.push_back(text);
    if (crossing.leaves == &report::words::k_country_not_known) unknown.push_back(text);
  }
  if (all == 0) return no_data();
  if (!outside.empty())
    return looked(Evidence::contradicted,
                  {"the data, or flows of it, leave the European Economic Area",
                   "les données, ou des flux de ces données, quittent l'Espace économique européen"},
                  std::move(outside), "compliance");
  if (!unknown.empty())
    return looked(Evidence::not_checked,
                  {"of some ends of flows, or places, nobody says in which country they are",
                   "de certaines extrémités de flux, ou de certains lieux, le pays n'est pas dit"},
                  std::move(unknown), "compliance");
  return looked(
      Evidence::found,
      {fmt::format("all {} places with the data, and all flows of it, stay in the European Economic Area", all),
       fmt::format("les {} lieux qui ont les données, et tous leurs flux, restent dans l'Espace économique "
                   "européen",
                   all)},
      {}, "compliance");
}

Looked look_encrypted(const ComplianceInput& input, const Lookup& lookup) {
  const auto data = lookup.values("data");
  const auto& resolved = input.resolved;
  std::set<std::string> tunnels;
  for (const auto& link : resolved.topology->links)
    if (link.kind.value == "sdwan" || link.kind.value == "vpn" || link.kind.value == "remote-access")
      tunnels.insert(link.name);
  const auto places = places_by_path(input.input);
  std::set<std::string> clear, by_word, by_tunnel;
  for (const auto& pair : resolved.pairs) {
    const auto& flow = resolved.flows[pair.flow];
    if (!may_carry(flow) || pair.path.empty()) continue;
    const auto facts = input.flows.find(flow.id);
    const auto carries = [&](const std::string& of) { return !of.empty() && holds_any(data, of); };
    const bool asked = (facts != input.flows.end() && carries(facts->second->data)) ||
                       carries(border_end(resolved, pair.from, places).data) ||
                       carries(border_end(resolved, pair.to, places).data);
    if (!asked) continue;
    const bool inside = std::all_of(pair.path.begin(), pair.path.end(),
                                    [&](const std::string& link) { return tunnels.contains(link); });
    const bool said =
        facts != input.flows.end() && !facts->second->encryption.empty() && facts->second->encryption != "none";
    (inside ? by_tunnel : said ? by_word : clear).insert(flow.id);
  }
  if (clear.empty() && by_word.empty() && by_tunnel.empty())
    return looked(Evidence::not_applicable, {"no flow of this data goes from one site to another",
                                             "aucun flux de ces données ne va d'un site à un autre"});
  if (!clear.empty())
    return looked(Evidence::contradicted,
                  {"flows cross a link that is no tunnel, and say nothing of encryption",
                   "des flux passent une liaison qui n'est pas un tunnel, sans dire de chiffrement"},
                  {clear.begin(), clear.end()}, "flows");
  return looked(
      Evidence::found,
      {fmt::format("flows in tunnels: {}; encrypted by themselves, as declared: {}", by_tunnel.size(), by_word.size()),
       fmt::format("flux dans des tunnels : {} ; chiffrés par eux-mêmes, d'après la déclaration : {}", by_tunnel.size(),
                   by_word.size())},
      {}, "flows");
}

Looked look_backups(const ComplianceInput& input, const Lookup& lookup) {
  const verify::PlaceNames names(input.input.groups);
  std::vector<std::string> none, clear;
  std::size_t all = 0;
  for (const auto& place : input.input.places) {
    if (place.kind != verify::Place::Kind::host || place.external || place.gateway || place.shared) continue;
    // What keeps copies is no source of them.
    if (!holds_any(lookup.values("data"), place.data) || !place.copies.empty()) continue;
    ++all;
    bool away = false, encrypted = false;
    for (const auto& backup : input.resolved.topology->backups) {
      if (!names.means(place_selector(backup.of), place)) continue;
      const auto towards = place_selector(backup.to);
      const bool elsewhere = std::any_of(input.input.places.begin(), input.input.places.end(), [&](const auto& other) {
        return other.site() != place.site() && names.means(towards, other, &place);
      });
      if (!elsewhere) continue;
      away = true;
      const auto how = backup.settings.find("encryption");
      encrypted = encrypted || (how != backup.settings.end() && how->second.value != "none");
    }
    if (!away) none.push_back(place.path);
    if (away && !encrypted) clear.push_back(place.path);
  }
  if (all == 0) return no_data();
  if (!none.empty()) {
    const auto count = none.size();
    return looked(
        Evidence::contradicted,
        {fmt::format("{} of {} machines with the data have no copy at another site", count, all),
         fmt::format("{} machines sur {} qui ont les données n'ont pas de copie sur un autre site", count, all)},
        std::move(none), "continuity");
  }
  if (!clear.empty())
    return looked(Evidence::contradicted,
                  {"copies are kept that are not encrypted", "des copies sont gardées sans chiffrement"},
                  std::move(clear), "continuity");
  return looked(Evidence::found,
                {fmt::format("{} machines with the data have an encrypted copy at another site, as declared", all),
                 fmt::format("{} machines qui ont les données ont une copie chiffrée sur un autre site, d'après la "
                             "déclaration",
                             all)},
                {}, "continuity");
}

}  // namespace cloison::ops
