// References by name: zones, providers, environments, pools, gateways, underlays, links, scenarios.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

class References {
 public:
  explicit References(Work& work) : work_(work), topology_(work.topology) {
    fill(zones_, topology_.zones);
    fill(providers_, topology_.providers);
    fill(environments_, topology_.environments);
    fill(pools_, topology_.address_pools);
  }

  void run() {
    work_.sites.resize(topology_.sites.size());
    for (uint32_t i = 0; i < topology_.sites.size(); ++i) {
      site(topology_.sites[i], work_.sites[i]);
    }
    for (const Cluster& one : topology_.clusters) {
      if (one.provider) {
        known("CL1206", "provider", *one.provider, providers_, "providers:");
      }
      for (const Cluster::Namespace& space : one.namespaces) {
        known("CL1205", "zone", space.zone, zones_, "zones:");
      }
    }
    for (const Flow& one : topology_.flows) {
      flow(one);
    }
  }

 private:
  using Known = std::map<std::string, SpanId>;

  template <class Entries>
  static void fill(Known& known, const Entries& entries) {
    for (const auto& entry : entries) {
      known.try_emplace(entry.name, entry.span);
    }
  }
  static std::vector<std::string> list(const Known& known) {
    std::vector<std::string> names;
    for (const auto& [name, span] : known) {
      names.push_back(name);
    }
    return names;
  }

  bool known(std::string code, std::string_view kind, const Name& name, const Known& declared, std::string_view block) {
    if (declared.contains(name.value)) {
      return true;
    }
    std::vector<std::pair<SpanId, std::string>> related;
    if (!declared.empty()) {
      related.emplace_back(declared.begin()->second, fmt::format("{}s are declared under '{}'", kind, block));
    }
    work_.findings.error({.code = std::move(code),
                          .where = name.span,
                          .summary = fmt::format("{} '{}' is not declared", kind, printable(name.value)),
                          .detail = declared.empty() ? fmt::format("nothing stands under '{}'", block) : "",
                          .hint = declared.empty() ? fmt::format("add '{}' to '{}'", printable(name.value), block)
                                                   : did_you_mean(name.value, list(declared)),
                          .related = std::move(related)});
    return false;
  }

  void zone_of_own_name(const Segment& segment) {
    if (zones_.contains(segment.name)) {
      return;
    }
    const auto names = list(zones_);
    const auto near = suggestions(segment.name, names);
    work_.findings.error(
        {.code = "CL1205",
         .where = segment.span,
         .summary = fmt::format("segment '{}' has no zone", printable(segment.name)),
         .detail = fmt::format("without 'zone:' it is the zone of the segment's own name, and '{}' is not declared",
                               printable(segment.name)),
         .hint = names.empty()  ? fmt::format("add 'zones: {{{}: {{trust: internal}}}}'", printable(segment.name))
                 : near.empty() ? fmt::format("add 'zone:' to it, with one of {}", join(names, ", "))
                                : fmt::format("did you mean 'zone: {}'?", near.front())});
  }

  [[nodiscard]] const ProviderEntry* provider(const std::string& name) const {
    const auto at = std::find_if(topology_.providers.begin(), topology_.providers.end(),
                                 [&](const ProviderEntry& one) { return one.name == name; });
    return at == topology_.providers.end() ? nullptr : &*at;
  }

  void site(const Site& site, SiteFacts& facts) {
    facts.external = site.provider.value == "external";
    if (!facts.external && known("CL1206", "provider", site.provider, providers_, "providers:")) {
      facts.provider_kind = provider(site.provider.value)->kind.value;
      facts.external = facts.provider_kind == "external";
      facts.premises = facts.provider_kind == "node";
    }
    environment(site, facts);
    if (site.pool) {
      known("CL1208", "address pool", *site.pool, pools_, "address_pools:");
    }
    for (const Vpc& vpc : site.vpcs) {
      if (vpc.provider && vpc.provider->value != "external") {
        known("CL1206", "provider", *vpc.provider, providers_, "providers:");
      }
      environment(vpc);
      segments(vpc.segments, site);
    }
    segments(site.segments, site);
    nodes(site, facts);
    const std::size_t errors = work_.findings.errors();
    gateways(site);
    transit(site);
    work_.links_broken = work_.links_broken || work_.findings.errors() > errors;
  }

  [[nodiscard]] std::string add_an_environment() const {
    return topology_.environments.empty()
               ? "declare one under 'environments:'"
               : fmt::format("add 'environment: {}' to it", topology_.environments.front().name);
  }

  void environment(const Vpc& vpc) {
    if (!vpc.environment.value.empty()) {
      known("CL1207", "environment", vpc.environment, environments_, "environments:");
      return;
    }
    work_.findings.error({.code = "CL1209",
                          .where = vpc.span,
                          .summary = fmt::format("VPC '{}' does not say its environment", vpc.name),
                          .detail = "there are several environments",
                          .hint = add_an_environment()});
  }

  void environment(const Site& site, SiteFacts& facts) {
    if (site.environment) {
      if (known("CL1207", "environment", *site.environment, environments_, "environments:")) {
        facts.environment = site.environment->value;
      }
      if (facts.external) {
        work_.findings.error({.code = "CL1225",
                              .where = site.environment->span,
                              .summary = fmt::format("external site '{}' names an environment", site.name),
                              .detail = "an external site is in all environments",
                              .hint = "remove 'environment:' from it"});
        facts.environment.clear();
      }
      return;
    }
    const bool needs = !facts.external && (!site.segments.empty() || !site.nodes.empty());
    if (topology_.environments.size() == 1 && !facts.external) {
      facts.environment = topology_.environments.front().name;
    } else if (needs) {
      work_.findings.error({.code = "CL1209",
                            .where = site.span,
                            .summary = fmt::format("site '{}' does not say its environment", site.name),
                            .detail = "there are several environments, and its segments and nodes stand in no VPC",
                            .hint = add_an_environment()});
    }
  }

  void segments(const std::vector<Segment>& list_of, const Site& site) {
    for (const Segment& segment : list_of) {
      if (segment.zone.span == segment.span && segment.zone.value == segment.name) {
        zone_of_own_name(segment);
      } else {
        known("CL1205", "zone", segment.zone, zones_, "zones:");
      }
      for (const Host& host : segment.hosts) {
        if (host.zone) {
          known("CL1205", "zone", *host.zone, zones_, "zones:");
        }
      }
      if (segment.pool) {
        known("CL1208", "address pool", *segment.pool, pools_, "address_pools:");
      }
      if (segment.egress && segment.egress->value != "local") {
        site_named("CL1213", *segment.egress, "egress", site);
      }
    }
  }

  void site_named(std::string code, const Name& name, std::string_view what, const Site& self) {
    const auto word = work_.index.words.find(name.value);
    if ((word != work_.index.words.end() && word->second.kind == NameIndex::Kind::site) ||
        work_.index.sites.contains(name.value)) {
      return;
    }
    std::vector<std::string> sites{"local"};
    for (const auto& [text, entry] : work_.index.words) {
      if (entry.kind == NameIndex::Kind::site && text != self.name) {
        sites.push_back(text);
      }
    }
    work_.findings.error({.code = std::move(code),
                          .where = name.span,
                          .summary = fmt::format("'{}' is no site", printable(name.value)),
                          .detail = fmt::format("'{}' names the site through which packets leave, or 'local'", what),
                          .hint = did_you_mean(name.value, sites)});
  }

  void nodes(const Site& site, const SiteFacts& facts) {
    std::set<std::string> names;
    Known underlays;
    fill(underlays, site.underlays);
    Known segments;
    fill(segments, site.segments);
    for (const Node& node : site.nodes) {
      if (!names.insert(node.name).second) {
        work_.findings.error({.code = "CL1219",
                              .where = node.address.span,
                              .summary = fmt::format("node '{}' is declared twice", node.name),
                              .hint = "give one of them another name"});
      }
      for (const Name& name : node.underlays) {
        known("CL1214", "underlay", name, underlays, fmt::format("sites: {}: underlays:", site.name));
      }
      for (const auto& [name, how] : node.outer)
        known("CL1214", "underlay", {name, how.span}, underlays, fmt::format("sites: {}: underlays:", site.name));
      for (const auto& [interface, segment] : node.ports)
        known("CL1229", "segment", segment, segments, fmt::format("sites: {}: segments:", site.name));
    }
    if (!site.nodes.empty() && !facts.premises && !facts.provider_kind.empty()) {
      work_.findings.error({.code = "CL1224",
                            .where = site.provider.span,
                            .summary = fmt::format("site '{}' has nodes, but its provider '{}' is of kind {}",
                                                   site.name, site.provider.value, facts.provider_kind),
                            .hint = "give it a provider of kind 'node'"});
    }
  }

  /// Its machines are configured as nodes are: each replica is reached somewhere, by an entry of kind node.
  void reached(const Gateway& gateway) {
    if (gateway.nodes.empty()) return;
    if (gateway.nodes.size() != static_cast<std::size_t>(std::max<int64_t>(gateway.replicas, 0)))
      work_.findings.error({.code = "CL1230",
                            .where = gateway.nodes.front().span,
                            .summary = fmt::format("gateway '{}' has {}, and {} listed", gateway.name,
                                                   counted(static_cast<std::size_t>(gateway.replicas), "replica"),
                                                   counted(gateway.nodes.size(), "node is", "nodes are")),
                            .detail = "'nodes' says how each replica is reached, in order",
                            .hint = fmt::format("list {} of them", gateway.replicas)});
    std::vector<std::string> entries;
    for (const ProviderEntry& entry : work_.topology.providers)
      if (entry.kind.value == "node") entries.push_back(entry.name);
    const bool named =
        gateway.provider && std::find(entries.begin(), entries.end(), gateway.provider->value) != entries.end();
    if (named || (!gateway.provider && entries.size() == 1)) return;
    work_.findings.error(
        {.code = "CL1231",
         .where = gateway.provider ? gateway.provider->span : gateway.nodes.front().span,
         .summary = fmt::format("gateway '{}' does not say which entry of kind node configures it", gateway.name),
         .detail = "its machines are configured over SSH, with the user and the key of such an entry",
         .hint = entries.empty()    ? std::string("providers: {nodes: {kind: node, user: cloison}}")
                 : gateway.provider ? did_you_mean(gateway.provider->value, entries)
                                    : fmt::format("provider: {}", entries.front())});
  }

  void gateways(const Site& site) {
    for (const Gateway& gateway : site.gateways) {
      reached(gateway);
      const Vpc* vpc = nullptr;
      if (gateway.vpc) {
        const auto at = std::find_if(site.vpcs.begin(), site.vpcs.end(),
                                     [&](const Vpc& one) { return one.name == gateway.vpc->value; });
        vpc = at == site.vpcs.end() ? nullptr : &*at;
        if (vpc == nullptr) {
          missing(gateway, "VPC", *gateway.vpc, names_of(site.vpcs));
          continue;
        }
      } else if (site.vpcs.size() == 1) {
        vpc = &site.vpcs.front();
      } else if (!site.vpcs.empty()) {
        work_.findings.error({.code = "CL1215",
                              .where = gateway.span,
                              .summary = fmt::format("gateway '{}' does not say its VPC", gateway.name),
                              .detail = fmt::format("site '{}' has several", site.name),
                              .hint = fmt::format("add 'vpc: {}' to it", site.vpcs.front().name)});
        continue;
      }
      const std::vector<Segment>& inside = vpc != nullptr ? vpc->segments : site.segments;
      if (gateway.segment) {
        if (std::none_of(inside.begin(), inside.end(),
                         [&](const Segment& one) { return one.name == gateway.segment->value; })) {
          missing(gateway, "segment", *gateway.segment, names_of(inside));
        }
      } else if (inside.size() != 1) {
        work_.findings.error({.code = "CL1215",
                              .where = gateway.span,
                              .summary = fmt::format("gateway '{}' does not say its segment", gateway.name),
                              .hint = inside.empty() ? "declare a segment for it"
                                                     : fmt::format("add 'segment: {}' to it", inside.front().name)});
      }
    }
  }
  void missing(const Gateway& gateway, std::string_view kind, const Name& name, const std::vector<std::string>& there) {
    work_.findings.error({.code = "CL1215",
                          .where = name.span,
                          .summary = fmt::format("gateway '{}' stands in {} '{}', which is not there", gateway.name,
                                                 kind, printable(name.value)),
                          .hint = did_you_mean(name.value, there)});
  }

  void transit(const Site& site) {
    for (const auto& [first, second] : site.transit) {
      for (const Name* name : {&first, &second}) {
        link(*name, "transit");
      }
    }
  }
  void link(const Name& name, std::string_view what) {
    const auto word = work_.index.words.find(name.value);
    if (word != work_.index.words.end() && word->second.kind == NameIndex::Kind::link) {
      return;
    }
    work_.findings.error({.code = "CL1216",
                          .where = name.span,
                          .summary = fmt::format("link '{}' is not declared", printable(name.value)),
                          .detail = fmt::format("'{}' names links", what),
                          .hint = topology_.links.empty()
                                      ? fmt::format("declare it under 'links:', or remove '{}'", what)
                                      : did_you_mean(name.value, names_of(topology_.links))});
  }

  void flow(const Flow& flow) {
    if (flow.via) {
      link(*flow.via, "via");
    }
    if (flow.when) {
      const auto word = work_.index.words.find(flow.when->value);
      if (word == work_.index.words.end() || word->second.kind != NameIndex::Kind::scenario) {
        work_.findings.error({.code = "CL1217",
                              .where = flow.when->span,
                              .summary = fmt::format("scenario '{}' is not declared", printable(flow.when->value)),
                              .detail = "'when' names the scenario in which the flow opens",
                              .hint = topology_.scenarios.empty()
                                          ? fmt::format("add 'scenarios: {{{}: {{down: [SITE]}}}}', or remove 'when:'",
                                                        printable(flow.when->value))
                                          : did_you_mean(flow.when->value, names_of(topology_.scenarios))});
      }
    }
  }

  Work& work_;
  const Topology& topology_;
  Known zones_{}, providers_{}, environments_{}, pools_{};
};

}  // namespace

void check_references(Work& work) {
  References(work).run();
}

}  // namespace cloison::topology
