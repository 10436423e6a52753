// Selectors written as a map, and what a choice contains.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/selector.h"

namespace cloison::topology {

namespace {

bool among(const Names& wanted, std::string_view value) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Name& name) { return name.value == value; });
}

const Names* wanted(const SelectorTerm& term, const std::string& key) {
  const auto at = term.match.find(key);
  return at == term.match.end() ? nullptr : &at->second;
}

std::string written(const SelectorTerm& term) {
  std::vector<std::string> parts;
  for (const auto& [key, values] : term.match) {
    std::vector<std::string> words;
    for (const Name& value : values) {
      words.push_back(printable(value.value));
    }
    parts.push_back(words.size() == 1 ? fmt::format("{}: {}", key, words.front())
                                      : fmt::format("{}: [{}]", key, join(words, ", ")));
  }
  return fmt::format("{{{}}}", join(parts, ", "));
}

}  // namespace

bool Selectors::label_matches(const Names& wanted_labels, const std::vector<const Labels*>& labels) const {
  return std::any_of(wanted_labels.begin(), wanted_labels.end(), [&](const Name& one) {
    const auto equals = one.value.find('=');
    const std::string key = one.value.substr(0, equals);
    for (const Labels* map : labels) {  // the innermost that has the key decides
      if (const auto at = map->find(key); at != map->end()) {
        return equals == std::string::npos || at->second.value == one.value.substr(equals + 1);
      }
    }
    return false;
  });
}

std::vector<Chosen> Selectors::map(const SelectorTerm& term) {
  const Names* sites = wanted(term, "site");
  const Names* vpcs = wanted(term, "vpc");
  const Names* environments = wanted(term, "environment");
  const Names* segments = wanted(term, "segment");
  const Names* zones = wanted(term, "zone");
  const Names* hosts = wanted(term, "host");
  const Names* labels = wanted(term, "label");
  const bool open = sites == nullptr || std::none_of(sites->begin(), sites->end(), [](const Name& n) {
                      return n.value.find('/') != std::string::npos;
                    });
  std::vector<Chosen> found;
  if (sites != nullptr && term.match.size() == 1) {
    for (uint32_t i = 0; i < topology_.sites.size(); ++i) {
      const Site& site = topology_.sites[i];
      if (among(*sites, site.name) || among(*sites, site.path)) {
        found.push_back(Chosen{.kind = Chosen::Kind::site,
                               .index = i,
                               .any_instance = !site.instance.family.empty() && !among(*sites, site.path)});
      }
    }
  }
  const auto consider = [&](uint32_t index) {
    const ResolvedSegment& one = resolved_.segments[index];
    const Site& site = topology_.sites[one.site];
    const std::string_view name = one.segment != nullptr ? std::string_view(one.segment->name)
                                                         : std::string_view(one.path).substr(one.path.find('.') + 1);
    if ((sites != nullptr && !among(*sites, site.name) && !among(*sites, site.path)) ||
        (vpcs != nullptr && (one.vpc == nullptr || !among(*vpcs, one.vpc->name))) ||
        (environments != nullptr && !among(*environments, one.environment)) ||
        (segments != nullptr && !among(*segments, name))) {
      return;
    }
    Chosen base{.any_instance = open && !site.instance.family.empty(),
                .any_vpc = vpcs == nullptr && one.vpc != nullptr};
    std::vector<const Labels*> inherited;
    if (one.segment != nullptr) {
      inherited.push_back(&one.segment->labels);
    }
    if (one.vpc != nullptr) {
      inherited.push_back(&one.vpc->labels);
    }
    inherited.push_back(&site.labels);
    const auto matches = [&](const ResolvedHost& host) {
      std::vector<const Labels*> own{&host.labels};
      own.insert(own.end(), inherited.begin(), inherited.end());
      const std::string& zone = host.host != nullptr && host.host->zone ? host.host->zone->value : one.zone;
      return (hosts == nullptr || among(*hosts, host.name)) && (zones == nullptr || among(*zones, zone)) &&
             (labels == nullptr || label_matches(*labels, own));
    };
    const bool segment_matches = hosts == nullptr && (zones == nullptr || among(*zones, one.zone)) &&
                                 (labels == nullptr || label_matches(*labels, inherited));
    // a host may have a zone or labels of its own: then the segment is not meant as a whole
    const auto other = std::find_if(one.hosts.begin(), one.hosts.end(), [&](uint32_t host) {
      return resolved_.hosts[host].kind != ResolvedHost::Kind::gateway && !matches(resolved_.hosts[host]);
    });
    if (segment_matches && other == one.hosts.end()) {
      base.kind = Chosen::Kind::segment;
      base.index = index;
      found.push_back(base);
      return;
    }
    if (segment_matches && one.physical_ports) {
      part_of_segment(written(term), term.span, one, resolved_.hosts[*other]);
    }
    for (const uint32_t host : one.hosts) {
      if (resolved_.hosts[host].kind != ResolvedHost::Kind::gateway && matches(resolved_.hosts[host])) {
        base.kind = Chosen::Kind::host;
        base.index = host;
        found.push_back(base);
      }
    }
  };
  const std::size_t errors = findings_.errors();
  if (found.empty()) {
    for (uint32_t i = 0; i < resolved_.segments.size(); ++i) {
      consider(i);
    }
  }
  if (found.empty() && findings_.errors() == errors) {
    findings_.error({.code = "CL1211",
                     .where = term.span,
                     .summary = fmt::format("selector {} matches nothing", written(term)),
                     .detail = "all entries of a map must match the same segment or host",
                     .hint = map_hint(term)});
  }
  return found;
}

/// Machines that nobody declares are in the segment's zone; their addresses are those that no declared host has.
void Selectors::part_of_segment(const std::string& term, SpanId where, const ResolvedSegment& segment,
                                const ResolvedHost& other) {
  findings_.error({.code = "CL1227",
                   .where = where,
                   .summary = fmt::format("selector {} matches a part of segment '{}'", term, segment.path),
                   .detail = fmt::format("host '{}' has a zone or label of its own, and the addresses of the other "
                                         "machines behind its physical ports are not known",
                                         other.name),
                   .hint = fmt::format("move host '{}' to a segment of its own, or name segment or hosts by path: '{}'",
                                       other.name, segment.path),
                   .related = {{other.span, "the host is declared here"}}});
}

std::string Selectors::map_hint(const SelectorTerm& term) const {
  for (const auto& [key, values] : term.match) {
    std::vector<std::string> known;
    if (key == "site") {
      for (const Site& site : topology_.sites) {
        known.push_back(site.name);
      }
    } else if (key == "zone") {
      known = names_of(topology_.zones);
    } else if (key == "environment") {
      known = names_of(topology_.environments);
    } else if (key == "segment" || key == "vpc" || key == "host") {
      for (const ResolvedSegment& one : resolved_.segments) {
        if (key == "segment" && one.segment != nullptr) {
          known.push_back(one.segment->name);
        } else if (key == "vpc" && one.vpc != nullptr) {
          known.push_back(one.vpc->name);
        }
      }
      for (std::size_t i = 0; key == "host" && i < resolved_.hosts.size(); ++i) {
        known.push_back(resolved_.hosts[i].name);
      }
    } else {
      continue;
    }
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    for (const Name& value : values) {
      const bool site_path = key == "site" && index_.sites.contains(value.value);
      if (!site_path && !std::binary_search(known.begin(), known.end(), value.value)) {
        return did_you_mean(value.value, known);
      }
    }
  }
  return "drop one of the entries";
}

std::vector<uint32_t> Selectors::segments_of(const Chosen& chosen) const {
  std::vector<uint32_t> segments;
  switch (chosen.kind) {
    case Chosen::Kind::segment:
      return {chosen.index};
    case Chosen::Kind::vpc:
      return resolved_.vpcs[chosen.index].segments;
    case Chosen::Kind::site:
      for (const uint32_t segment : index_.site_segments[chosen.index]) {
        if (resolved_.segments[segment].segment != nullptr) {
          segments.push_back(segment);
        }
      }
      return segments;
    case Chosen::Kind::environment:
      for (uint32_t i = 0; i < resolved_.segments.size(); ++i) {
        if (resolved_.segments[i].environment == chosen.name) {
          segments.push_back(i);
        }
      }
      return segments;
    default:
      return {};
  }
}

std::vector<uint32_t> Selectors::hosts_of(const Chosen& chosen) const {
  if (chosen.kind == Chosen::Kind::host || chosen.kind == Chosen::Kind::machine) {
    return {chosen.index};
  }
  std::vector<uint32_t> hosts;
  for (const uint32_t segment : segments_of(chosen)) {
    for (const uint32_t host : resolved_.segments[segment].hosts) {
      if (resolved_.hosts[host].kind != ResolvedHost::Kind::gateway) {
        hosts.push_back(host);
      }
    }
  }
  return hosts;
}

std::string Selectors::text(const Chosen& chosen) const {
  switch (chosen.kind) {
    case Chosen::Kind::site:
      return topology_.sites[chosen.index].path;
    case Chosen::Kind::vpc:
      return resolved_.vpcs[chosen.index].path;
    case Chosen::Kind::segment:
      return resolved_.segments[chosen.index].path;
    case Chosen::Kind::host:
      return resolved_.hosts[chosen.index].path;
    case Chosen::Kind::node:
      return resolved_.nodes[chosen.index].path;
    case Chosen::Kind::underlay:
      return fmt::format("{}.underlays.{}", topology_.sites[chosen.index].path, chosen.name);
    case Chosen::Kind::availability_zone:
      return fmt::format("{}.availability_zones.{}", topology_.sites[chosen.index].path, chosen.name);
    case Chosen::Kind::same_site:
      return chosen.name.empty() ? "same-site" : fmt::format("same-site.{}", chosen.name);
    default:
      return chosen.name;
  }
}

}  // namespace cloison::topology
