#include "core/verify/guarantees.h"

#include <algorithm>
#include <set>

#include "core/verify/not_known.h"

namespace cloison::verify {

namespace {

using Kind = Guarantee::Kind;
using End = PassageEnd;

bool among(const std::vector<std::string>& wanted, const std::string& value) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

/// Those of the packets that come from an address of the place's own, where there are such: a machine can also send
/// under addresses that nobody would recognize.
PacketSet under_own_address(const PacketSet& packets, const End& from, const std::vector<Place>& places) {
  PacketSet own;
  if (from.kind != End::Kind::place) return packets;
  for (const auto& prefix : places[from.place].prefixes) {
    auto box = PacketBox::all(prefix.family());
    box.source = interval_of(prefix);
    own.add(packets.intersected(box));
  }
  return own.empty() ? packets : own;
}

}  // namespace

Finding finding_of(const std::vector<Leap>& leaps, const Passage& passage, PacketSet packets,
                   const std::vector<Place>& places) {
  Finding finding{.from = passage.from, .to = passage.to, .packets = std::move(packets)};
  for (const auto at : way_to(leaps, passage.end)) finding.way.push_back(leaps[at]);
  finding.witness = under_own_address(finding.packets, finding.from, places).example().value_or(Packet{});
  return finding;
}

GuaranteeCheck::GuaranteeCheck(const ProofInput& input, const World& world, const PlaceIndex& index,
                               const WantedIndex& wanted, const Working& working)
    : input_(input), wanted_(wanted), working_(working), names_(input.groups) {
  const auto site_of = [&](std::size_t place) { return place == k_nothing ? "" : input.places[place].site(); };
  for (std::size_t i = 0; i < world.devices().size(); ++i)
    sites_.emplace(world.devices()[i]->model.name, site_of(index.of_device(i)));
  for (std::size_t i = 0; i < world.ports().size(); ++i)
    sites_.emplace(world.ports()[i]->model.name, site_of(index.of_port(i)));
  for (const auto& guarantee : input.guarantees) {
    roles_.push_back(roles_of(guarantee));
    auto& result = results_.emplace_back();
    const auto& roles = roles_.back();
    const auto count = [](const std::vector<bool>& of) {
      return static_cast<std::size_t>(std::count(of.begin(), of.end(), true));
    };
    result.members = guarantee.kind == Kind::isolated
                         ? std::set<uint32_t>(roles.member.begin(), roles.member.end()).size() -
                               (std::count(roles.member.begin(), roles.member.end(), 0U) != 0 ? 1U : 0U)
                         : count(roles.from) + (roles.from_outside ? 1U : 0U);
    if (guarantee.kind == Kind::located) located(guarantee, roles, result);
    if (result.members == 0) result.why = "it is about nothing that is there";
    if (roles.not_applied) result.why = k_sites_not_applied;
    if (guarantee.kind != Kind::located && !world.unknown().empty()) result.why = "not all rules are understood";
    if (!result.why.empty()) result.verdict = GuaranteeResult::Verdict::unknown;
  }
}

GuaranteeCheck::Roles GuaranteeCheck::roles_of(const Guarantee& guarantee) const {
  Roles roles;
  std::map<std::string, uint32_t> members;
  roles.relative = names_.relative(guarantee.from) || names_.relative(guarantee.to);
  for (const auto& place : input_.places) {
    const auto member = guarantee.among.terms.empty() ? std::string{} : names_.member(guarantee.among, place);
    roles.member.push_back(
        member.empty() ? 0U : members.emplace(member, static_cast<uint32_t>(members.size() + 1)).first->second);
    roles.from.push_back(names_.means(guarantee.from, place, names_.relative(guarantee.from) ? &place : nullptr));
    roles.to.push_back(names_.means(guarantee.to, place, names_.relative(guarantee.to) ? &place : nullptr));
    roles.via.push_back(names_.means(guarantee.via, place));
    if (!place.applied && (roles.member.back() != 0 || roles.from.back() || roles.to.back() || roles.via.back()))
      roles.not_applied = true;
    roles.exempt.push_back(std::any_of(guarantee.except.begin(), guarantee.except.end(),
                                       [&](const Exemption& one) { return names_.means(one.places, place); }));
  }
  roles.from_outside = names_.means_outside(guarantee.from);
  roles.to_outside = names_.means_outside(guarantee.to);
  for (const auto& exemption : guarantee.except)
    for (const auto& wanted : input_.wanted)
      if (among(exemption.flows, wanted.flow) || among(exemption.flows, wanted.id))
        roles.exempt_flows.push_back(&wanted);
  return roles;
}

bool GuaranteeCheck::is_from(const Roles& roles, const PassageEnd& end) const {
  if (end.kind == End::Kind::outside) return roles.from_outside;
  return end.kind == End::Kind::place && roles.from[end.place];
}

bool GuaranteeCheck::is_to(const Guarantee& guarantee, const Roles& roles, const Passage& passage) const {
  const auto& [from, to] = std::tie(passage.from, passage.to);
  if (to.kind == End::Kind::outside) return roles.to_outside;
  if (to.kind != End::Kind::place || !roles.to[to.place]) return false;
  if (!roles.relative || from.kind != End::Kind::place) return true;
  const auto& there = input_.places[to.place];
  const auto& here = input_.places[from.place];
  return names_.means(guarantee.to, there, &here) && names_.means(guarantee.from, here, &there);
}

bool GuaranteeCheck::concerns(const Guarantee& guarantee, const Roles& roles, const Passage& passage) const {
  for (const auto* end : {&passage.from, &passage.to})
    if (end->kind == End::Kind::place && roles.exempt[end->place]) return false;
  if (guarantee.kind == Kind::isolated) {
    if (passage.from.kind != End::Kind::place || passage.to.kind != End::Kind::place) return false;
    const auto a = roles.member[passage.from.place], b = roles.member[passage.to.place];
    return a != 0 && b != 0 && a != b;
  }
  if (guarantee.kind == Kind::located || guarantee.kind == Kind::reachable) return false;
  if (!is_from(roles, passage.from)) return false;
  if (guarantee.kind != Kind::only) return is_to(guarantee, roles, passage);
  if (passage.to.kind == End::Kind::device || is_to(guarantee, roles, passage)) return false;
  return !allowed_inside(passage, input_.places);
}

/// Whether packets go by one of the places of `via`.
bool GuaranteeCheck::crosses(const Roles& roles, const std::vector<Leap>& leaps, const Passage& passage) const {
  if (passage.to.kind == End::Kind::place && roles.via[passage.to.place]) return true;
  for (const auto at : way_to(leaps, passage.end))
    for (std::size_t i = 0; i < input_.places.size(); ++i)
      if (roles.via[i] && (input_.places[i].path == leaps[at].where)) return true;
  return false;
}

/// Whether packets go from one site to another otherwise than in a tunnel.
bool GuaranteeCheck::in_the_open(const std::vector<Leap>& leaps, const Passage& passage) const {
  std::string_view now;
  bool tunnelled = false;
  for (const auto at : way_to(leaps, passage.end)) {
    if (leaps[at].kind == Leap::Kind::sent) {
      tunnelled = true;
      continue;
    }
    const auto site = sites_.find(leaps[at].where);
    if (site == sites_.end() || site->second.empty()) continue;
    if (!now.empty() && now != site->second && !tunnelled) return true;
    now = site->second;
    tunnelled = false;
  }
  return false;
}

/// Those packets of a passage that a guarantee forbids.
PacketSet GuaranteeCheck::broken(const Guarantee& guarantee, const Roles& roles, const std::vector<Leap>& leaps,
                                 const Passage& passage) const {
  if (guarantee.kind == Kind::through && crosses(roles, leaps, passage)) return {};
  if (guarantee.kind == Kind::encrypted && !in_the_open(leaps, passage)) return {};
  auto packets = passage.packets;
  if (guarantee.kind == Kind::only) {
    // What the platform always lets pass is told apart: it is the same whatever anybody guarantees.
    const auto way = way_to(leaps, passage.end);
    if (only_implicit(leaps, way)) return {};
    packets = working_.beyond(passage, wanted_.beyond(packets, {}, true));
  }
  for (const auto* wanted : roles.exempt_flows)
    for (const auto& box : wanted->permitted) packets.subtract(box);
  return packets;
}

void GuaranteeCheck::take(const std::vector<Leap>& leaps, const Passage& passage) {
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    const auto& guarantee = input_.guarantees[i];
    if (!concerns(guarantee, roles_[i], passage)) continue;
    auto packets = broken(guarantee, roles_[i], leaps, passage);
    if (packets.empty()) continue;
    auto& result = results_[i];
    result.verdict = GuaranteeResult::Verdict::broken;
    ++result.broken;
    if (result.findings.size() < input_.most_findings)
      result.findings.push_back(finding_of(leaps, passage, std::move(packets), input_.places));
  }
}

void GuaranteeCheck::located(const Guarantee& guarantee, const Roles& roles, GuaranteeResult& result) const {
  const auto of_one = [](const std::vector<std::string>& wanted, const std::string& has) {
    return wanted.empty() || among(wanted, has);
  };
  for (std::size_t i = 0; i < input_.places.size(); ++i) {
    const auto& place = input_.places[i];
    const auto of_data = [&](const std::string& one) { return among(guarantee.data, one); };
    const bool kept = std::any_of(place.copies.begin(), place.copies.end(), of_data) ||
                      std::any_of(place.logs.begin(), place.logs.end(), of_data);
    if (!kept && (!place.holds || !of_data(place.data))) continue;
    ++result.members;
    if (roles.exempt[i]) continue;
    const bool certified = std::all_of(guarantee.certifications.begin(), guarantee.certifications.end(),
                                       [&](const std::string& one) { return among(place.certifications, one); });
    const std::string_view why = !of_one(guarantee.countries, place.country) ? "not in that country"
                                 : !certified                                ? "not certified so today"
                                 : !of_one(guarantee.tiers, place.tier)      ? "not of that tier"
                                                                             : "";
    if (why.empty()) continue;
    result.verdict = GuaranteeResult::Verdict::broken;
    ++result.broken;
    if (result.findings.size() < input_.most_findings) result.findings.push_back({.place = i, .why = why});
  }
}

}  // namespace cloison::verify
