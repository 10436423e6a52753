// Sites -> VPCs, segments, hosts, gateways and nodes, in order of path; without addresses.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

class Structure {
 public:
  explicit Structure(Work& work) : work_(work), topology_(work.topology), out_(work.out) {}

  void run() {
    for (uint32_t i = 0; i < topology_.sites.size(); ++i) {
      vpcs_of(i);
    }
    sort_segments();
    namespaces();
    sort_segments();
    for (uint32_t i = 0; i < out_.segments.size(); ++i) {
      if (out_.segments[i].segment != nullptr) {
        hosts_of(i);
      }
    }
    for (uint32_t i = 0; i < topology_.sites.size(); ++i) {
      gateways_of(i);
      nodes_of(i);
    }
    work_.index.add_hosts(topology_, out_);
    placed_services();
    sort_hosts();
    physical_ports();
    redundant_nodes();
    attach_services();
  }

 private:
  Selectors selectors() { return {topology_, out_, work_.index, work_.service_hosts, work_.findings}; }

  void vpcs_of(uint32_t site_index) {
    const Site& site = topology_.sites[site_index];
    for (const Vpc& vpc : site.vpcs) {
      const Name& provider = vpc.provider ? *vpc.provider : site.provider;
      ResolvedVpc resolved{.path = fmt::format("{}.{}", site.path, vpc.name),
                           .site = site_index,
                           .vpc = &vpc,
                           .environment = vpc.environment.value,
                           .provider = provider.value,
                           .provider_kind = kind_of(provider.value)};
      for (const Segment& segment : vpc.segments) {
        out_.segments.push_back(segment_of(site_index, &resolved, segment));
      }
      out_.vpcs.push_back(std::move(resolved));
    }
    for (const Segment& segment : site.segments) {
      out_.segments.push_back(segment_of(site_index, nullptr, segment));
    }
  }

  [[nodiscard]] std::string kind_of(const std::string& provider) const {
    if (provider == "external") {
      return provider;
    }
    const auto at = std::find_if(topology_.providers.begin(), topology_.providers.end(),
                                 [&](const ProviderEntry& one) { return one.name == provider; });
    return at == topology_.providers.end() ? std::string{} : at->kind.value;
  }

  ResolvedSegment segment_of(uint32_t site_index, const ResolvedVpc* vpc, const Segment& segment) const {
    const Site& site = topology_.sites[site_index];
    const std::string& provider = vpc != nullptr ? vpc->provider : site.provider.value;
    return {.path = fmt::format("{}.{}", vpc != nullptr ? vpc->path : site.path, segment.name),
            .site = site_index,
            .vpc = vpc != nullptr ? vpc->vpc : nullptr,
            .segment = &segment,
            .vpc_path = vpc != nullptr ? vpc->path : "",
            .environment = vpc != nullptr ? vpc->environment : work_.sites[site_index].environment,
            .provider = work_.sites[site_index].external ? "external" : provider,
            .provider_kind = work_.sites[site_index].external ? "external" : kind_of(provider),
            .zone = segment.zone.value.empty() ? segment.name : segment.zone.value,
            .peers = peers_of(segment, vpc != nullptr ? vpc->path : site.path),
            .span = segment.span};
  }

  [[nodiscard]] std::vector<ResolvedPeer> peers_of(const Segment& segment, const std::string& place) const {
    std::vector<ResolvedPeer> peers;
    for (const Peer& peer : segment.peers) {
      peers.push_back(
          {.machine = {.path = fmt::format("{}.{}.peers.{}", place, segment.name, peer.name), .name = peer.name},
           .peer = &peer,
           .expired = peer.expires && peer.expires->at <= work_.options.now});
    }
    return peers;
  }

  /// A namespace is a segment at its nodes' place; outside the cluster it has its nodes' addresses.
  void namespaces() {
    work_.index.add_hosts(topology_, out_);
    std::vector<ResolvedSegment> made;
    Selectors selectors_now = selectors();
    for (const Cluster& cluster : topology_.clusters) {
      std::set<uint32_t> places;
      const std::size_t errors = work_.findings.errors();
      for (const Chosen& chosen :
           selectors_now.choose(SelectorTerm{.path = cluster.in.value, .span = cluster.in.span}, {})) {
        for (const uint32_t segment : selectors_now.segments_of(chosen)) {
          places.insert(segment);
        }
      }
      if (!one_place_each(cluster, places, work_.findings.errors() == errors)) {
        continue;
      }
      for (const uint32_t place : places) {
        const ResolvedSegment& nodes = out_.segments[place];
        const std::string head =
            places.size() == 1 ? cluster.name : fmt::format("{}/{}", cluster.name, nodes.environment);
        for (const Cluster::Namespace& space : cluster.namespaces) {
          ResolvedSegment segment = nodes;
          segment.path = fmt::format("{}.{}", head, space.name);
          segment.segment = nullptr;
          segment.zone = space.zone.value.empty() ? space.name : space.zone.value;
          segment.span = space.span;
          work_.hosted_in.emplace(segment.path, nodes.path);
          made.push_back(std::move(segment));
        }
      }
    }
    std::move(made.begin(), made.end(), std::back_inserter(out_.segments));
  }

  /// A cluster's nodes stand in one segment of each environment.
  bool one_place_each(const Cluster& cluster, const std::set<uint32_t>& places, bool found) {
    std::map<std::string, uint32_t> by_environment;
    for (const uint32_t place : places) {
      const auto [at, added] = by_environment.try_emplace(out_.segments[place].environment, place);
      if (!added) {
        work_.findings.error(
            {.code = "CL1228",
             .where = cluster.in.span,
             .summary = fmt::format("cluster '{}' stands in several segments", cluster.name),
             .detail = fmt::format("'{}' holds '{}' and '{}'", printable(cluster.in.value),
                                   out_.segments[at->second].path, out_.segments[place].path),
             .hint = fmt::format("name the segment of its nodes: 'in: {}'", out_.segments[at->second].path)});
        return false;
      }
    }
    if (places.empty() && found) {
      work_.findings.error({.code = "CL1228",
                            .where = cluster.in.span,
                            .summary = fmt::format("cluster '{}' stands in '{}', which is no segment", cluster.name,
                                                   printable(cluster.in.value)),
                            .hint = "name the segment of its nodes, for example 'in: cloud.nodes'"});
    }
    return !places.empty();
  }

  void sort_segments() {
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(out_.vpcs.begin(), out_.vpcs.end(), by_path);
    std::stable_sort(out_.segments.begin(), out_.segments.end(), by_path);
    work_.index.add_segments(topology_, out_);
    for (ResolvedVpc& vpc : out_.vpcs) {
      vpc.segments.clear();
    }
    for (uint32_t i = 0; i < out_.segments.size(); ++i) {
      const ResolvedSegment& segment = out_.segments[i];
      if (!segment.vpc_path.empty() && segment.segment != nullptr) {
        out_.vpcs[work_.index.vpcs.at(segment.vpc_path)].segments.push_back(i);
      }
    }
  }

  /// Replicas are numbered as soon as `replicas:` is written, so that going from 2 to 1 removes the second and renames
  /// nothing.
  void machines(ResolvedHost& host, int64_t replicas, bool numbered, const std::optional<Name>& spread) {
    const auto& zones = topology_.sites[out_.segments[host.segment].site].location.availability_zones;
    for (int64_t k = 1; k <= replicas; ++k) {
      const std::string suffix = numbered ? fmt::format("-{}", k) : "";
      Machine machine{.path = host.path + suffix, .name = host.name + suffix, .replica = static_cast<uint32_t>(k)};
      if (spread && spread->value == "availability_zones" && !zones.empty()) {
        machine.zone = zones[static_cast<std::size_t>(k - 1) % zones.size()].value;
      }
      host.machines.push_back(std::move(machine));
    }
  }

  void hosts_of(uint32_t index) {
    const ResolvedSegment& segment = out_.segments[index];
    std::map<std::string, SpanId> names;
    for (const Host& host : segment.segment->hosts) {
      ResolvedHost resolved{.path = fmt::format("{}.{}", segment.path, host.name),
                            .name = host.name,
                            .segment = index,
                            .kind = ResolvedHost::Kind::host,
                            .made = host.vm.has_value(),
                            .vm = host.vm,
                            .is_public = host.is_public && host.is_public->value,
                            .vrrp = host.redundancy && host.redundancy->value == "vrrp",
                            .labels = host.labels,
                            .host = &host,
                            .span = host.span};
      machines(resolved, std::max<int64_t>(host.replicas, 0), host.replicas_span != 0 || host.replicas > 1,
               host.spread);
      spread_needs_zones("host", host.name, host.spread, topology_.sites[segment.site]);
      if (host.replicas > 1 && !host.addresses.empty()) {
        work_.findings.error(
            {.code = "CL1319",
             .where = host.addresses.front().span,
             .summary = fmt::format("host '{}' has one address for {} replicas", host.name, host.replicas),
             .hint = "remove 'address:', then each replica gets its own, or remove 'replicas:'"});
      }
      names.try_emplace(host.name, host.span);
      out_.hosts.push_back(std::move(resolved));
    }
    replica_names(segment, names);
  }
  void spread_needs_zones(std::string_view kind, const std::string& name, const std::optional<Name>& spread,
                          const Site& site) {
    if (spread && spread->value == "availability_zones" && site.location.availability_zones.empty()) {
      work_.findings.error(
          {.code = "CL1226",
           .where = spread->span,
           .summary =
               fmt::format("{} '{}' is spread over availability zones, but site '{}' has none", kind, name, site.name),
           .hint = fmt::format("add 'location: {{availability_zones: [a, b]}}' to site '{}', or remove "
                               "'spread:'",
                               site.name)});
    }
  }
  void replica_names(const ResolvedSegment& segment, const std::map<std::string, SpanId>& names) {
    for (const Host& host : segment.segment->hosts) {
      const auto dash = host.name.rfind('-');
      const auto stem = dash == std::string::npos ? names.end() : names.find(host.name.substr(0, dash));
      if (stem == names.end()) {
        continue;
      }
      const auto other = std::find_if(segment.segment->hosts.begin(), segment.segment->hosts.end(),
                                      [&](const Host& one) { return one.name == stem->first; });
      for (int64_t k = 1; other->replicas_span != 0 && k <= other->replicas; ++k) {
        if (host.name == fmt::format("{}-{}", other->name, k)) {
          work_.findings.error(
              {.code = "CL1220",
               .where = host.span,
               .summary = fmt::format("host '{}' has the name of replica {} of host '{}'", host.name, k, other->name),
               .hint = fmt::format("rename it, for example to '{}{}'", other->name, k),
               .related = {{stem->second, "its replicas are named after it"}}});
        }
      }
    }
  }

  void gateways_of(uint32_t site_index) {
    const Site& site = topology_.sites[site_index];
    for (const Gateway& gateway : site.gateways) {
      const Vpc* vpc = nullptr;
      for (const Vpc& one : site.vpcs) {
        if (gateway.vpc ? one.name == gateway.vpc->value : site.vpcs.size() == 1) {
          vpc = &one;
        }
      }
      const auto& inside = vpc != nullptr ? vpc->segments : site.segments;
      const std::string name = gateway.segment ? gateway.segment->value : inside.size() == 1 ? inside.front().name : "";
      const auto segment = work_.index.segments.find(
          fmt::format("{}.{}", vpc != nullptr ? site.path + "." + vpc->name : site.path, name));
      if (segment == work_.index.segments.end()) {
        continue;  // reported as a reference
      }
      if (vpc != nullptr) {
        work_.sites[site_index].gateway_vpc.push_back(work_.index.vpcs.at(site.path + "." + vpc->name));
      }
      ResolvedHost host{.path = fmt::format("{}.gateways.{}", site.path, gateway.name),
                        .name = gateway.name,
                        .segment = segment->second,
                        .kind = ResolvedHost::Kind::gateway,
                        .made = !gateway.kind || gateway.kind->value != "cloud-vpn",
                        .vm = gateway.vm,
                        .is_public = gateway.is_public ? gateway.is_public->value : ends_tunnels(site, vpc),
                        .gateway = &gateway,
                        .span = gateway.span};
      machines(host, std::max<int64_t>(gateway.replicas, 0), gateway.replicas_span != 0 || gateway.replicas > 1,
               gateway.spread);
      // The VPC's router knows one way to what lies beyond: whichever replica serves has that address.
      host.vrrp = host.made && host.machines.size() > 1;
      spread_needs_zones("gateway", gateway.name, gateway.spread, site);
      out_.hosts.push_back(std::move(host));
    }
  }
  /// Spokes, far gateways and tablets dial it, so it needs an address of the outside.
  [[nodiscard]] bool ends_tunnels(const Site& site, const Vpc* vpc) const {
    const auto here = [&](const Name& name) {
      return names_place(name.value, site, vpc != nullptr ? vpc->name : std::string());
    };
    return std::any_of(topology_.links.begin(), topology_.links.end(), [&](const Link& link) {
      return (link.hub && here(*link.hub)) || std::any_of(link.spokes.begin(), link.spokes.end(), here) ||
             (link.kind.value == "vpn" && std::any_of(link.between.begin(), link.between.end(), here)) ||
             (link.kind.value == "remote-access" && link.at && (here(*link.at) || users_here(link, site)));
    });
  }
  [[nodiscard]] static bool users_here(const Link& link, const Site& site) {
    return link.at->value == "same-site" && link.users &&
           std::any_of(link.users->terms.begin(), link.users->terms.end(),
                       [&](const SelectorTerm& term) { return names_place(term.path, site, ""); });
  }

  void nodes_of(uint32_t site_index) {
    const Site& site = topology_.sites[site_index];
    for (const Node& node : site.nodes) {
      out_.nodes.push_back({.path = node_path(site, node),
                            .site = site_index,
                            .node = &node,
                            .environment = work_.sites[site_index].environment});
    }
  }

  /// Services that make their hosts: a map with replicas, and load balancers of the platform in a segment.
  void placed_services() {
    Selectors selectors_now = selectors();
    for (const Service& service : topology_.services) {
      const bool balancer = service.kind.value == "cloud-lb";
      const auto& variants = service.runs_on.by_environment;
      if (!service.runs_on.replicas && variants.empty() && !balancer) {
        continue;
      }
      for (const Chosen& chosen : selectors_now.choose(service.runs_on.on)) {
        for (const uint32_t segment : selectors_now.segments_of(chosen)) {
          const auto own = variants.find(out_.segments[segment].environment);
          const Service::Placement& placement = own == variants.end() ? service.runs_on : own->second;
          if (placement.replicas || (balancer && hosts_in(segment) == 0)) {
            make_service_host(service, placement, segment);
          }
        }
      }
    }
  }
  [[nodiscard]] std::ptrdiff_t hosts_in(uint32_t segment) const {
    return std::count_if(out_.hosts.begin(), out_.hosts.end(), [&](const ResolvedHost& host) {
      return host.segment == segment && host.kind == ResolvedHost::Kind::host;
    });
  }
  void make_service_host(const Service& service, const Service::Placement& placement, uint32_t segment) {
    const std::string path = fmt::format("{}.{}", out_.segments[segment].path, service.name);
    if (const auto there = work_.index.hosts.find(path); there != work_.index.hosts.end()) {
      work_.findings.error(
          {.code = "CL1220",
           .where = service.span,
           .summary = fmt::format("service '{}' makes hosts of its name, but '{}' is declared", service.name, path),
           .hint = fmt::format("write 'runs_on: {}', or rename one of them", path),
           .related = {{out_.hosts[there->second].span, "the host is declared here"}}});
      return;
    }
    ResolvedHost host{.path = path,
                      .name = service.name,
                      .segment = segment,
                      .kind = ResolvedHost::Kind::service,
                      .made = true,
                      .vm = placement.vm,
                      .span = service.span};
    machines(host, std::max<int64_t>(placement.replicas.value_or(1), 0), placement.replicas.has_value(), std::nullopt);
    out_.hosts.push_back(std::move(host));
  }

  void sort_hosts() {
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::stable_sort(out_.hosts.begin(), out_.hosts.end(), by_path);
    std::stable_sort(out_.nodes.begin(), out_.nodes.end(), by_path);
    for (uint32_t i = 0; i < out_.hosts.size(); ++i) {
      out_.segments[out_.hosts[i].segment].hosts.push_back(i);
    }
    work_.index.add_hosts(topology_, out_);
  }

  void physical_ports() {
    for (ResolvedSegment& segment : out_.segments) {
      if (segment.segment == nullptr) {
        continue;
      }
      const SiteFacts& facts = work_.sites[segment.site];
      const Segment& written = *segment.segment;
      const bool present = std::any_of(written.hosts.begin(), written.hosts.end(),
                                       [](const Host& host) { return !host.vm.has_value(); });
      segment.physical_ports =
          facts.external || (facts.premises && written.vlan && (written.dhcp || present || segment.hosts.empty()));
    }
  }

  /// Nodes that stand in for each other share their gateway addresses, so each needs one by which it alone is reached,
  /// and by which they speak with each other (docs/links.md, Standing in).
  void redundant_nodes() {
    for (ResolvedNode& node : out_.nodes) {
      const Site& site = topology_.sites[node.site];
      if (!site.redundancy || site.redundancy->value != "vrrp" || site.nodes.size() < 2) {
        continue;
      }
      node.segment = segment_of_nodes(node.site);
      if (node.segment != k_none) {
        node.own = Machine{.path = fmt::format("{}.node/{}", out_.segments[node.segment].path, node.node->name),
                           .name = node.node->name};
      }
    }
  }
  /// That of management; else one in which only machines of ours are, which speak for nobody else; else the first.
  [[nodiscard]] uint32_t segment_of_nodes(uint32_t site) const {
    const auto rank = [&](const ResolvedSegment& segment) {
      const auto zone = std::find_if(topology_.zones.begin(), topology_.zones.end(),
                                     [&](const Zone& one) { return one.name == segment.zone; });
      const bool management = zone != topology_.zones.end() && zone->trust.value == "management";
      return management ? 0 : segment.physical_ports ? 2 : 1;
    };
    uint32_t best = k_none;
    for (const uint32_t index : work_.index.site_segments[site]) {
      const ResolvedSegment& segment = out_.segments[index];
      if (segment.segment == nullptr || segment.vpc != nullptr || segment.segment->has_peers) {
        continue;
      }
      if (best == k_none || rank(segment) < rank(out_.segments[best])) {
        best = index;
      }
    }
    return best;
  }

  void attach_services() {
    Selectors selectors_now = selectors();
    for (uint32_t i = 0; i < topology_.services.size(); ++i) {
      const Service& service = topology_.services[i];
      std::set<uint32_t> hosts;
      bool somewhere = false;  // a namespace of a cluster: declared, not a host
      for (const Chosen& chosen : selectors_now.choose(service.runs_on.on)) {
        for (const uint32_t segment : selectors_now.segments_of(chosen)) {
          somewhere = somewhere || out_.segments[segment].segment == nullptr;
        }
        const bool makes = service.runs_on.replicas || !service.runs_on.by_environment.empty();
        for (const uint32_t host : selectors_now.hosts_of(chosen)) {
          if (!makes || out_.hosts[host].name == service.name) {
            hosts.insert(host);
          }
        }
      }
      if (hosts.empty() && !somewhere && service.runs_on.on.written() && service.kind.value != "external" &&
          work_.findings.errors() == 0) {
        work_.findings.error({.code = "CL1506",
                              .where = service.runs_on.span != 0 ? service.runs_on.span : service.span,
                              .summary = fmt::format("service '{}' runs on no host", service.name),
                              .detail = "the place that 'runs_on' names has no hosts",
                              .hint = "declare hosts there, or write 'runs_on: {site: …, segment: …, replicas: 2}'"});
      }
      for (const uint32_t host : hosts) {
        out_.hosts[host].services.push_back(i);
        out_.hosts[host].is_public = out_.hosts[host].is_public || (service.is_public && service.is_public->value);
        out_.hosts[host].vrrp = out_.hosts[host].vrrp || (service.redundancy && service.redundancy->value == "vrrp");
      }
      work_.service_hosts[i] = {hosts.begin(), hosts.end()};
    }
    for (ResolvedHost& host : out_.hosts) {
      if (host.vrrp) {
        host.virtual_address = Machine{.path = host.path + ".virtual", .name = host.name + "-virtual", .replica = 0};
      }
    }
  }

  Work& work_;
  const Topology& topology_;
  Resolved& out_;
};

}  // namespace

void build_structure(Work& work) {
  Structure(work).run();
}

}  // namespace cloison::topology
