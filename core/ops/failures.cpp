#include "core/ops/failures.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/proving.h"
#include "core/topology/underlays.h"

namespace cloison::ops {

namespace {

using verify::Place;

bool fits(std::string_view wanted, std::string_view name) {
  return wanted.empty() || wanted == name;
}

void append_all(std::vector<Failing>& into, std::vector<Failing> more) {
  std::move(more.begin(), more.end(), std::back_inserter(into));
}

}  // namespace

Failures::Failures(const topology::Resolved& resolved, const std::vector<Place>& places)
    : resolved_(resolved), places_(places), names_(groups_of(*resolved.topology)) {}

std::vector<Failing> Failures::underlays(const topology::Site& site, std::string_view name) const {
  std::vector<Failing> all;
  for (const auto& underlay : site.underlays) {
    if (!fits(name, underlay.name)) continue;
    auto& one = all.emplace_back(Failing{.name = fmt::format("{}.underlays.{}", site.path, underlay.name),
                                         .alike = fmt::format("{}.underlays.{}", site.name, underlay.name)});
    for (const auto& node : site.nodes)
      for (const auto& mine : topology::underlays_of(site, node))
        if (mine.name == underlay.name)
          one.failure.interfaces.emplace(topology::node_path(site, node), mine.interface.value);
  }
  return all;
}

std::vector<Failing> Failures::nodes(const topology::Site& site, std::string_view name) const {
  std::vector<Failing> all;
  for (const auto& node : site.nodes) {
    if (!fits(name, node.name)) continue;
    auto& one = all.emplace_back(
        Failing{.name = fmt::format("{}.nodes.{}", site.path, node.name), .alike = site.name + ".nodes"});
    one.failure.machines.insert(topology::node_path(site, node));
    add_addresses(site, node.name, one.failure);
  }
  return all;
}

/// Those that nobody has once a node is down: its own, and what it does not share with others of its site.
void Failures::add_addresses(const topology::Site& site, std::string_view node, verify::Failure& failure) const {
  for (const auto& place : places_) {
    if (place.kind != Place::Kind::node || place.site() != site.path || !fits(node, place.host)) continue;
    failure.addresses.insert(failure.addresses.end(), place.outer.begin(), place.outer.end());
    const bool shares = site.nodes.size() > 1 && !node.empty();
    for (const auto& prefix : place.prefixes) {
      failure.addresses.push_back(prefix);
      if (shares) break;  // the first is its own
    }
  }
}

/// A gateway is its card and the node that it is.
std::vector<Failing> Failures::gateways(const topology::Site& site, std::string_view name) const {
  std::vector<Failing> all;
  for (const auto& place : places_) {
    if (!place.gateway || place.site() != site.path || place.replica.ends_with(".virtual")) continue;
    if (!fits(name, place.host) && name != place.replica) continue;
    all.push_back(machine(place));
  }
  return all;
}

std::vector<Failing> Failures::zones(const topology::Site& site, std::string_view name) const {
  std::vector<Failing> all;
  for (const auto& zone : site.location.availability_zones) {
    if (!fits(name, zone.value)) continue;
    auto& one = all.emplace_back(Failing{.name = fmt::format("{}.availability_zones.{}", site.path, zone.value),
                                         .alike = site.name + ".availability_zones"});
    std::vector<Failing> there;
    for (const auto& place : places_)
      if (place.site() == site.path && place.availability_zone == zone.value) there.push_back(machine(place));
    one.failure = together(there);
  }
  return all;
}

Failing Failures::machine(const Place& place) const {
  Failing one{.name = place.path, .alike = place.alike()};
  one.failure.machines = {place.path, place.path + ".node"};
  one.failure.addresses = place.prefixes;
  return one;
}

/// `words` behind the site.
std::vector<Failing> Failures::at_site(const topology::Site& site, const std::vector<std::string_view>& words) const {
  const std::string_view name = words.size() > 1 ? words[1] : std::string_view();
  if (words.empty()) {
    Failing whole{.name = site.path, .alike = site.name};
    whole.failure.sites.insert(site.path);
    add_addresses(site, {}, whole.failure);
    return {whole};
  }
  if (words[0] == "underlays") return underlays(site, name);
  if (words[0] == "nodes") return nodes(site, name);
  if (words[0] == "gateways") return gateways(site, name);
  if (words[0] == "availability_zones") return zones(site, name);
  return {};
}

std::vector<Failing> Failures::of_term(const topology::SelectorTerm& term) const {
  const auto& topology = *resolved_.topology;
  for (const auto& link : topology.links)
    if (link.name == term.path) {
      Failing one{.name = link.name, .alike = link.name};
      one.failure.links.insert(link.name);
      if (link.peer) one.failure.peers.insert(link.peer->value);
      if (link.kind.value == "internet" && link.at) one.failure.outside.insert(link.at->value);
      return {one};
    }
  auto words = split(term.path, '.');
  const auto first = words.front();
  words.erase(words.begin());
  std::vector<Failing> all;
  for (const auto& site : topology.sites)
    if (!first.empty() && (first == site.name || first == site.path)) append_all(all, at_site(site, words));
  if (!all.empty()) return all;
  verify::PlaceSelector selector{.terms = {{.path = term.path}}};
  for (const auto& [key, values] : term.match)
    for (const auto& value : values) selector.terms[0].match[key].push_back(value.value);
  for (const auto& place : places_)
    if (place.kind == Place::Kind::host && names_.means(selector, place)) all.push_back(machine(place));
  return all;
}

std::vector<std::vector<Failing>> Failures::of(const topology::Selector& down, bool each) const {
  std::vector<Failing> together, in_turn;
  for (const auto& term : down.terms)
    append_all(each || term.path.ends_with(".primary") ? in_turn : together, of_term(term));
  std::vector<std::vector<Failing>> sets;
  if (in_turn.empty() && !together.empty()) sets.push_back(together);
  for (const auto& one : in_turn) {
    sets.push_back(together);
    sets.back().push_back(one);
  }
  return sets;
}

std::vector<Failing> Failures::single() const {
  std::vector<Failing> all;
  for (const auto& link : resolved_.topology->links) {
    topology::SelectorTerm term;
    term.path = link.name;
    append_all(all, of_term(term));
  }
  for (const auto& site : resolved_.topology->sites) {
    append_all(all, at_site(site, {}));
    for (const auto* word : {"underlays", "nodes", "gateways", "availability_zones"})
      append_all(all, at_site(site, {word}));
  }
  return all;
}

std::set<std::string, std::less<>> opened_by(const topology::Resolved& resolved, const std::string& scenario) {
  std::set<std::string, std::less<>> opened;
  for (const auto& flow : resolved.flows)
    if (flow.conditional && flow.flow != nullptr && flow.flow->when && flow.flow->when->value == scenario)
      opened.insert(flow.id);
  return opened;
}

verify::Failure together(const std::vector<Failing>& all) {
  verify::Failure failure;
  for (const auto& one : all) {
    failure.sites.insert(one.failure.sites.begin(), one.failure.sites.end());
    failure.machines.insert(one.failure.machines.begin(), one.failure.machines.end());
    failure.interfaces.insert(one.failure.interfaces.begin(), one.failure.interfaces.end());
    failure.links.insert(one.failure.links.begin(), one.failure.links.end());
    failure.peers.insert(one.failure.peers.begin(), one.failure.peers.end());
    failure.outside.insert(one.failure.outside.begin(), one.failure.outside.end());
    failure.addresses.insert(failure.addresses.end(), one.failure.addresses.begin(), one.failure.addresses.end());
  }
  return failure;
}

}  // namespace cloison::ops
