#include "core/topology/selector.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

std::string rest_of(const std::vector<std::string_view>& words, std::size_t from) {
  std::string rest;
  for (std::size_t i = from; i < words.size(); ++i) {
    rest += (i == from ? "" : ".") + std::string(words[i]);
  }
  return rest;
}

std::string memo_key(const SelectorTerm& term, bool addresses, bool provider) {
  std::string key = fmt::format("{}{}{}", term.path, addresses ? "\x01" : "", provider ? "\x02" : "");
  for (const auto& [name, values] : term.match) {
    key += fmt::format("\x03{}", name);
    for (const Name& value : values) {
      key += fmt::format("\x04{}", value.value);
    }
  }
  return key;
}

}  // namespace

std::vector<Chosen> Selectors::choose(const Selector& selector, Allowed allowed) {
  std::vector<Chosen> all;
  for (const SelectorTerm& term : selector.terms) {
    for (Chosen& one : choose(term, allowed)) {
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::vector<Chosen> Selectors::choose(const SelectorTerm& term, Allowed allowed) {
  const std::string key = memo_key(term, allowed.addresses, allowed.provider);
  if (const auto known = known_.find(key); known != known_.end() && !known->second.empty()) {
    std::vector<Chosen> again = known->second;
    for (Chosen& one : again) {
      one.span = term.span;
    }
    return again;
  }
  std::vector<Chosen> found = term.match.empty() ? path(term, allowed) : map(term);
  for (Chosen& one : found) {
    one.span = term.span;
  }
  return known_[key] = std::move(found);
}

std::vector<Chosen> Selectors::path(const SelectorTerm& term, Allowed allowed) {
  if (allowed.addresses) {
    if (const auto prefix = IpPrefix::parse(term.path)) {
      return {Chosen{.kind = Chosen::Kind::address, .name = term.path, .prefix = prefix}};
    }
  }
  if (term.path == "internet") {
    return {Chosen{.kind = Chosen::Kind::internet, .name = "internet"}};
  }
  if (term.path == "provider" && allowed.provider) {
    return {Chosen{.kind = Chosen::Kind::provider, .name = "provider"}};
  }
  if (term.path == "environments") {
    std::vector<Chosen> all;
    for (uint32_t i = 0; i < topology_.environments.size(); ++i) {
      all.push_back(Chosen{.kind = Chosen::Kind::environment, .index = i, .name = topology_.environments[i].name});
    }
    return all;
  }
  const auto words = split(term.path, '.');
  if (words.front() == "same-site") {
    return {Chosen{.kind = Chosen::Kind::same_site, .name = rest_of(words, 1)}};
  }
  const auto slash = words.front().find('/');
  const std::string first(words.front().substr(0, slash));
  const std::string_view key = slash == std::string_view::npos ? std::string_view{} : words.front().substr(slash + 1);
  const auto entry = index_.words.find(first);
  if (entry == index_.words.end()) {
    std::vector<std::string> known{"internet", "same-site", "environments"};
    for (const auto& [name, what] : index_.words) {
      // Links are named by scenarios only.
      if (what.kind != NameIndex::Kind::scenario && (allowed.links || what.kind != NameIndex::Kind::link)) {
        known.push_back(name);
      }
    }
    const auto near = suggestions(first, known);
    findings_.error({.code = "CL1210",
                     .where = term.span,
                     .summary = fmt::format("nothing is named '{}'", printable(first)),
                     .detail = allowed.links ? "a selector here begins with a site, group, service, cluster or link"
                                             : "a selector begins with a site, group, service or cluster, or is "
                                               "internet, environments or same-site",
                     .hint = near.empty() ? did_you_mean(first, known)
                                          : fmt::format("did you mean '{}{}'?", near.front(),
                                                        printable(term.path.substr(first.size())))});
    return {};
  }
  const std::string rest = rest_of(words, 1);
  switch (entry->second.kind) {
    case NameIndex::Kind::site:
      return family(entry->second, key, rest, term);
    case NameIndex::Kind::cluster:
      return cluster(topology_.clusters[entry->second.items.front()], key, rest, term);
    default:
      return word(entry->second, rest, term);
  }
}

std::vector<Chosen> Selectors::family(const NameIndex::Entry& entry, std::string_view key, const std::string& rest,
                                      const SelectorTerm& term) {
  std::vector<Chosen> found;
  const std::string& name = topology_.sites[entry.items.front()].name;
  if (!key.empty()) {
    const auto site = index_.sites.find(fmt::format("{}/{}", name, key));
    if (site == index_.sites.end()) {
      std::vector<std::string> keys;
      for (const uint32_t one : entry.items) {
        keys.push_back(topology_.sites[one].instance.key);
      }
      nothing(term, keys, key);
      return {};
    }
    walk(site->second, rest, found);
  } else {
    for (const uint32_t site : entry.items) {
      walk(site, rest, found);
    }
    const bool many = !topology_.sites[entry.items.front()].instance.family.empty();
    for (Chosen& one : found) {
      one.any_instance = many;
      one.set = many ? term.path : "";
    }
  }
  if (found.empty()) {
    std::string wrong = rest;
    const auto site = key.empty() ? entry.items.front() : index_.sites.at(fmt::format("{}/{}", name, key));
    std::vector<std::string> candidates = names_at(site, rest, wrong);
    nothing(term, std::move(candidates), wrong);
  }
  return found;
}

std::vector<Chosen> Selectors::word(const NameIndex::Entry& entry, const std::string& rest, const SelectorTerm& term) {
  const uint32_t item = entry.items.front();
  if (entry.kind == NameIndex::Kind::service) {
    if (rest == "primary") {
      return {Chosen{.kind = Chosen::Kind::primary, .index = item, .name = term.path}};
    }
    std::vector<Chosen> found;
    const auto hosts = service_hosts_.find(item);
    if (rest.empty() && hosts != service_hosts_.end()) {
      const bool several = hosts->second.size() > 1;
      for (const uint32_t host : hosts->second) {
        const Site& site = topology_.sites[resolved_.segments[resolved_.hosts[host].segment].site];
        found.push_back(Chosen{.kind = Chosen::Kind::host,
                               .index = host,
                               .any_instance = several && !site.instance.family.empty(),
                               .any_vpc = several});
      }
    }
    if (!rest.empty()) {
      nothing(term, {"primary"}, rest);
    }
    return found;  // a service without hosts has its own finding
  }
  if (!rest.empty()) {
    nothing(term, {}, rest);
    return {};
  }
  if (entry.kind == NameIndex::Kind::scenario) {
    findings_.error({.code = "CL1212",
                     .where = term.span,
                     .summary = fmt::format("'{}' is a scenario, which selects nothing", term.path),
                     .hint = "name a site, segment, host, group, service or link",
                     .related = {{entry.span, "declared here"}}});
    return {};
  }
  const bool link = entry.kind == NameIndex::Kind::link;
  return {Chosen{.kind = link ? Chosen::Kind::link : Chosen::Kind::group, .index = item, .name = term.path}};
}

std::vector<Chosen> Selectors::cluster(const Cluster& cluster, std::string_view key, const std::string& rest,
                                       const SelectorTerm& term) {
  std::vector<Chosen> found;
  bool stands = false;
  for (uint32_t i = 0; i < resolved_.segments.size(); ++i) {
    const ResolvedSegment& segment = resolved_.segments[i];
    if (segment.segment != nullptr) {
      continue;
    }
    const auto dot = segment.path.find('.');
    const std::string_view head = std::string_view(segment.path).substr(0, dot);
    const std::string_view space = std::string_view(segment.path).substr(dot + 1);
    const bool here = head == cluster.name || (head.starts_with(cluster.name) && head[cluster.name.size()] == '/');
    stands = stands || here;
    if (here && (key.empty() || head.substr(std::min(head.size(), cluster.name.size() + 1)) == key) &&
        (rest.empty() || rest == space)) {
      found.push_back(
          Chosen{.kind = Chosen::Kind::segment, .index = i, .any_vpc = key.empty() && head != cluster.name});
    }
  }
  if (found.empty() && cluster.namespaces.empty()) {
    findings_.error({.code = "CL1211",
                     .where = term.span,
                     .summary = fmt::format("selector '{}' matches nothing", printable(term.path)),
                     .detail = fmt::format("cluster '{}' has no namespaces", cluster.name),
                     .hint = fmt::format("add 'namespaces: {{{}: {{zone: ZONE}}}}' to cluster '{}'",
                                         rest.empty() ? "app" : printable(rest), cluster.name),
                     .related = {{cluster.span, "the cluster is declared here"}}});
  } else if (found.empty() && stands) {
    nothing(term, names_of(cluster.namespaces), rest);
  }
  return found;  // a cluster that stands nowhere has its own finding
}

std::vector<Chosen> Selectors::at_site(uint32_t site, const std::string& rest) {
  std::vector<Chosen> found;
  walk(site, rest, found);
  return found;
}

void Selectors::walk(uint32_t site, const std::string& rest, std::vector<Chosen>& found) const {
  if (rest.empty()) {
    found.push_back(Chosen{.kind = Chosen::Kind::site, .index = site});
    return;
  }
  const auto words = split(rest, '.');
  if (is_site_word(words.front())) {
    reserved(site, words, found);
    return;
  }
  const std::string& path = topology_.sites[site].path;
  const std::string first(words.front());
  if (const auto vpc = index_.vpcs.find(fmt::format("{}.{}", path, first)); vpc != index_.vpcs.end()) {
    if (words.size() == 1) {
      found.push_back(Chosen{.kind = Chosen::Kind::vpc, .index = vpc->second});
    } else {
      below(fmt::format("{}.{}", vpc->first, words[1]), words, 2, {}, found);
    }
    return;
  }
  below(fmt::format("{}.{}", path, first), words, 1, {}, found);
  for (const uint32_t vpc : index_.site_vpcs[site]) {
    below(fmt::format("{}.{}", resolved_.vpcs[vpc].path, first), words, 1,
          Chosen{.any_vpc = !resolved_.vpcs[vpc].vpc->instance.family.empty() || index_.site_vpcs[site].size() > 1},
          found);
  }
}

void Selectors::below(const std::string& segment_path, const std::vector<std::string_view>& words, std::size_t at,
                      Chosen base, std::vector<Chosen>& found) const {
  const auto segment = index_.segments.find(segment_path);
  if (segment == index_.segments.end() || words.size() > at + 1) {
    return;
  }
  if (words.size() == at) {
    base.kind = Chosen::Kind::segment;
    base.index = segment->second;
    found.push_back(std::move(base));
    return;
  }
  const std::string path = fmt::format("{}.{}", segment_path, words[at]);
  if (const auto host = index_.hosts.find(path); host != index_.hosts.end()) {
    base.kind = Chosen::Kind::host;
    base.index = host->second;
    found.push_back(std::move(base));
  } else if (const auto machine = index_.machines.find(path); machine != index_.machines.end()) {
    base.kind = Chosen::Kind::machine;
    base.index = machine->second;
    base.name = std::string(words[at]);
    found.push_back(std::move(base));
  }
}

bool Selectors::reserved(uint32_t site, const std::vector<std::string_view>& words, std::vector<Chosen>& found) const {
  const Site& at = topology_.sites[site];
  const std::string_view wanted = words.size() > 1 ? words[1] : std::string_view{};
  const auto fits = [&](std::string_view name) { return wanted.empty() || wanted == name; };
  if (words.size() > 2) {
    return false;
  }
  if (words.front() == "nodes") {
    for (const uint32_t node : index_.site_nodes[site]) {
      if (fits(resolved_.nodes[node].node->name)) {
        found.push_back(Chosen{.kind = Chosen::Kind::node, .index = node});
      }
    }
  } else if (words.front() == "gateways") {
    for (const uint32_t host : index_.site_gateways[site]) {
      if (fits(resolved_.hosts[host].name)) {
        found.push_back(Chosen{.kind = Chosen::Kind::host, .index = host});
      }
    }
  } else if (words.front() == "underlays") {
    for (const Underlay& underlay : at.underlays) {
      if (fits(underlay.name)) {
        found.push_back(Chosen{.kind = Chosen::Kind::underlay, .index = site, .name = underlay.name});
      }
    }
  } else {
    for (const Name& zone : at.location.availability_zones) {
      if (fits(zone.value)) {
        found.push_back(Chosen{.kind = Chosen::Kind::availability_zone, .index = site, .name = zone.value});
      }
    }
  }
  return !found.empty();
}

std::vector<std::string> Selectors::names_at(uint32_t site, const std::string& rest, std::string& wrong) const {
  const auto words = split(rest, '.');
  const Site& at = topology_.sites[site];
  std::vector<std::string> names;
  if (is_site_word(words.front())) {
    wrong = words.size() > 1 ? std::string(words[1]) : std::string(words.front());
    if (words.front() == "nodes") {
      return names_of(at.nodes);
    }
    if (words.front() == "underlays") {
      return names_of(at.underlays);
    }
    if (words.front() == "gateways") {
      return names_of(at.gateways);
    }
    for (const Name& zone : at.location.availability_zones) {
      names.push_back(zone.value);
    }
    return names;
  }
  // the first word that leads nowhere is the wrong one
  const std::string first = fmt::format("{}.{}", at.path, words.front());
  const auto vpc = index_.vpcs.find(first);
  std::vector<uint32_t> segments;
  std::size_t next = 0;
  for (const uint32_t segment : index_.site_segments[site]) {
    const ResolvedSegment& one = resolved_.segments[segment];
    if (one.segment != nullptr && (vpc == index_.vpcs.end() || one.vpc_path == first)) {
      segments.push_back(segment);
    }
  }
  if (vpc != index_.vpcs.end()) {
    next = 1;
  }
  wrong = next < words.size() ? std::string(words[next]) : std::string(words.back());
  std::vector<uint32_t> inside;
  for (const uint32_t segment : segments) {
    const std::string& name = resolved_.segments[segment].segment->name;
    names.push_back(name);
    if (name == wrong) {
      inside.push_back(segment);
    }
  }
  if (inside.empty()) {
    if (next == 0) {
      for (const uint32_t one : index_.site_vpcs[site]) {
        names.push_back(resolved_.vpcs[one].vpc->name);
      }
      names.insert(names.end(), {"nodes", "underlays", "gateways", "availability_zones"});
    }
    return names;
  }
  wrong = next + 1 < words.size() ? std::string(words[next + 1]) : wrong;
  names.clear();
  for (const uint32_t segment : inside) {
    for (const uint32_t host : resolved_.segments[segment].hosts) {
      if (resolved_.hosts[host].kind != ResolvedHost::Kind::gateway) {
        names.push_back(resolved_.hosts[host].name);
      }
    }
  }
  return names;
}

void Selectors::nothing(const SelectorTerm& term, std::vector<std::string> candidates, std::string_view wrong_word) {
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::string hint = did_you_mean(wrong_word, candidates);
  const auto near = suggestions(wrong_word, candidates);
  if (!near.empty() && !wrong_word.empty()) {
    if (const auto at = term.path.rfind(wrong_word); at != std::string::npos) {
      std::string mended = term.path;
      mended.replace(at, wrong_word.size(), near.front());
      hint = fmt::format("did you mean '{}'?", printable(mended));
    }
  }
  if (hint.empty() && term.path.size() > wrong_word.size() && !wrong_word.empty()) {
    hint = fmt::format("write '{}'", printable(term.path.substr(0, term.path.size() - wrong_word.size() - 1)));
  } else if (hint.empty()) {
    hint = "declare something there, or name another place";
  }
  findings_.error({.code = "CL1211",
                   .where = term.span,
                   .summary = fmt::format("selector '{}' matches nothing", printable(term.path)),
                   .detail = wrong_word.empty() || candidates.empty()
                                 ? ""
                                 : fmt::format("'{}' is not there", printable(wrong_word)),
                   .hint = std::move(hint)});
}

}  // namespace cloison::topology
