// Flows that nobody writes: infrastructure, management, backups (class infrastructure) and the system's own.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/flows.h"
#include "core/topology/underlays.h"

namespace cloison::topology {

namespace {

TransportMatch port(uint8_t ip_protocol, uint16_t number) {
  return {.ip_protocol = ip_protocol, .ports = {number, number}};
}
TransportMatch only(uint8_t ip_protocol) {
  return {.ip_protocol = ip_protocol};
}

std::vector<std::string> words(const std::vector<TransportMatch>& matches) {
  std::vector<std::string> texts;
  for (const TransportMatch& match : matches) {
    texts.push_back(match.text());
  }
  return texts;
}

class Generated {
 public:
  Generated(Work& work, Flows& flows)
      : work_(work),
        flows_(flows),
        link_ends_(flows.paths().link_ends()),
        tunnel_ports_(tunnel_ports(work.topology, link_ends_)) {}

  void run() {
    for (const InfrastructureEntry& entry : work_.topology.infrastructure) {
      infrastructure(entry);
    }
    management();
    for (const Backup& backup : work_.topology.backups) {
      backups(backup);
    }
    for (uint32_t i = 0; i < work_.topology.links.size(); ++i) {
      tunnel(i);
    }
    for (uint32_t i = 0; i < work_.topology.services.size(); ++i) {
      service(i);
    }
    vrrp();
    metadata();
  }

 private:
  static ResolvedFlow flow(std::string id, std::string flow_class, std::vector<TransportMatch> matches, SpanId span) {
    ResolvedFlow made{.id = std::move(id), .flow_class = std::move(flow_class), .matches = std::move(matches)};
    made.port_words = words(made.matches);
    made.span = span;
    return made;
  }

  void infrastructure(const InfrastructureEntry& entry) {
    std::vector<TransportMatch> matches = flows_.matches(entry.ports);
    if (entry.ports.empty()) {
      if (entry.name == "dns") {
        matches = {port(protocol::k_udp, 53), port(protocol::k_tcp, 53)};
      } else if (entry.name == "ntp") {
        matches = {port(protocol::k_udp, 123)};
      } else if (entry.name == "packages") {
        matches = {port(protocol::k_tcp, 443)};
      } else {
        work_.findings.error(
            {.code = "CL1410",
             .where = entry.span,
             .summary = fmt::format("infrastructure '{}' does not say its ports", entry.name),
             .hint = entry.name == "monitoring" ? "add 'ports: [tcp/9100]'" : "add 'ports: [tcp/6514]'"});
      }
    }
    FlowSpec spec{.flow = flow("I-" + entry.name, "infrastructure", std::move(matches), entry.span),
                  .written = false,
                  .not_self = true};
    for (const Name& word : entry.ports) {
      if (&word == &entry.ports.front()) {
        spec.flow.port_words.clear();
      }
      spec.flow.port_words.push_back(word.value);
    }
    spec.route.platform_addresses = true;
    Side servers = flows_.side(entry.servers, {.addresses = true});
    Side clients = entry.for_whom.written() ? flows_.side(entry.for_whom) : flows_.nodes_and_machines();
    const bool pulls = entry.name == "monitoring";
    spec.clients = pulls ? &FlowSpec::to : &FlowSpec::from;
    if (pulls) std::swap(servers, clients);
    spec.from = std::move(clients);
    spec.to = std::move(servers);
    flows_.expand(std::move(spec));
  }

  /// Management reaches nodes, gateways and made machines by SSH; with `reach: direct` nodes also at their underlays.
  void management() {
    if (!work_.topology.management) {
      return;
    }
    const Management& written = *work_.topology.management;
    FlowSpec spec{.flow = flow("I-management", "infrastructure", {port(protocol::k_tcp, 22)}, written.span),
                  .from = flows_.side(written.from),
                  .to = flows_.nodes_and_machines(),
                  .across = true,
                  .written = false,
                  .not_self = true};
    const bool direct = std::any_of(written.reach.begin(), written.reach.end(),
                                    [](const Name& name) { return name.value == "direct"; });
    if (direct) {
      FlowSpec outer = spec;
      outer.flow.id = "I-management-direct";
      outer.route.underlays = true;
      outer.to.ends = outer_ends(spec.to.ends);
      // From inside, a node is reached inside; what leaves has another address than the member's.
      std::erase_if(outer.from.ends, [](const End& end) {
        return end.end.kind != FlowEnd::Kind::prefixes && end.end.kind != FlowEnd::Kind::internet;
      });
      std::set<std::string> reached;
      for (const End& end : outer.to.ends) {
        reached.insert(end.path);
      }
      outer.silent = true;
      const std::size_t pairs = work_.out.pairs.size();
      flows_.expand(std::move(outer));
      spec.silent = work_.out.pairs.size() > pairs;  // either way will do
      const auto before = static_cast<std::ptrdiff_t>(work_.out.dropped.size());
      flows_.expand(std::move(spec));
      // what is reached directly needs no tunnel
      const auto same = [&](const DroppedPair& pair) { return reached.contains(pair.to); };
      auto& dropped = work_.out.dropped;
      dropped.erase(std::remove_if(dropped.begin() + before, dropped.end(), same), dropped.end());
      return;
    }
    flows_.expand(std::move(spec));
  }
  /// The nodes among them at the public addresses of their underlays, or else at the one that is written for the first
  /// contact; those without any cannot be reached there.
  [[nodiscard]] std::vector<End> outer_ends(const std::vector<End>& ends) const {
    std::vector<End> outer;
    for (const End& end : ends) {
      if (end.end.kind != FlowEnd::Kind::node) {
        continue;
      }
      std::vector<IpPrefix> addresses;
      for (const Underlay& underlay :
           underlays_of(work_.topology.sites[end.site], *work_.out.nodes[end.end.index].node)) {
        if (underlay.how == Underlay::Public::address) {
          addresses.push_back(IpPrefix::of(underlay.public_address));
        }
      }
      const auto first = IpAddress::parse(work_.out.nodes[end.end.index].node->address.value);
      if (addresses.empty() && first && is_public_prefix(IpPrefix::of(*first))) {
        addresses.push_back(IpPrefix::of(*first));
      }
      if (!addresses.empty()) {
        outer.push_back(end);
        outer.back().end.prefixes = minimised(std::move(addresses));
        outer.back().end.set.clear();  // the set of a for_each holds inner addresses
      }
    }
    return outer;
  }

  /// Opened by the protected host: SSH to a host, HTTPS to an object store.
  void backups(const Backup& backup) {
    Selector places = backup.to;  // the platform's snapshots send no packet of ours
    std::erase_if(places.terms, [](const SelectorTerm& term) { return term.path == "provider"; });
    if (!places.written()) {
      return;
    }
    Side to = flows_.side(places);
    Side from = flows_.side(backup.of);
    for (const auto kind : {FlowEnd::Kind::host, FlowEnd::Kind::prefixes}) {
      const bool host = kind == FlowEnd::Kind::host;
      Side part{.span = to.span};
      std::copy_if(to.ends.begin(), to.ends.end(), std::back_inserter(part.ends), [&](const End& end) {
        return (end.end.kind == FlowEnd::Kind::prefixes || end.end.kind == FlowEnd::Kind::internet) != host;
      });
      if (part.ends.empty()) {
        continue;
      }
      FlowSpec spec{.flow = flow("I-backup-" + backup.name, "infrastructure",
                                 {port(protocol::k_tcp, host ? uint16_t{22} : uint16_t{443})}, backup.span),
                    .from = from,
                    .to = std::move(part),
                    .across = true,
                    .written = true,
                    .not_self = true};
      flows_.expand(std::move(spec));
    }
  }

  /// Outer packets of tunnels that end at gateways of cloud segments. Spokes and remote users dial, and so does either
  /// end of a site-to-site tunnel; answers follow by state.
  void tunnel(uint32_t index) {
    const Link& link = work_.topology.links[index];
    if (link.kind.value != "sdwan" && link.kind.value != "vpn" && link.kind.value != "remote-access") {
      return;
    }
    const bool ipsec = link.transport && link.transport->value == "ipsec";
    const TunnelPorts& ports = tunnel_ports_[index];
    std::vector<TransportMatch> matches{
        {.ip_protocol = protocol::k_udp,
         .ports = {ports.first, static_cast<uint16_t>(ports.first + ports.count() - 1)}}};
    if (ipsec) {
      matches = {port(protocol::k_udp, 500), port(protocol::k_udp, 4500), only(protocol::k_esp)};
    }
    const FlowSpec spec{
        .flow = flow("S-tunnel-" + link.name, "system", matches, link.span), .across = true, .written = false};
    // gateways by who dials them, and by whom they dial
    std::map<FlowEnd, Side> dialled, dialling;
    const Gateways all = tunnel_gateways(index);
    for (const auto& [domain, gateways] : all) {
      const auto dials = outer_addresses(index, domain, false, all);
      const auto dialler = outer_addresses(index, domain, true, all);
      if (dials) {
        add_ends(dialling[outside(*dials)], gateways);
      }
      // a gateway that nobody can dial needs nothing open where it dials itself
      if (dialler && (!dials || can_be_dialled(gateways))) {
        add_ends(dialled[outside(*dialler)], gateways);
      }
    }
    for (const bool out : {false, true}) {
      for (auto& [far, gateways] : out ? dialling : dialled) {
        FlowSpec one = spec;
        one.flow.id += out ? "-out" : "";
        one.route.own_way_out = true;
        one.route.outer = true;
        const bool anywhere = far.kind == FlowEnd::Kind::internet;
        const std::string name = anywhere ? "internet" : link.name;
        (out ? one.to : one.from).ends = {End{.end = far, .name = name, .path = name}};
        (out ? one.from : one.to) = gateways;
        flows_.expand(std::move(one));
      }
    }
  }
  static void add_ends(Side& side, const std::vector<End>& ends) {
    side.ends.insert(side.ends.end(), ends.begin(), ends.end());
  }
  /// No addresses: they are not known beforehand, so it may be any.
  static FlowEnd outside(const std::vector<IpPrefix>& addresses) {
    return addresses.empty() ? FlowEnd{.kind = FlowEnd::Kind::internet}
                             : FlowEnd{.kind = FlowEnd::Kind::prefixes, .prefixes = minimised(addresses)};
  }
  using Gateways = std::map<Domain, std::vector<End>>;
  /// Gateways in VPCs where the link ends, by VPC.
  [[nodiscard]] Gateways tunnel_gateways(uint32_t index) const {
    Gateways gateways;
    for (const LinkEnd& one : link_ends_[index]) {
      if (one.domain < work_.topology.sites.size() || gateways.contains(one.domain)) {
        continue;
      }
      const uint32_t site = work_.out.vpcs[one.domain - work_.topology.sites.size()].site;
      for (const uint32_t host : work_.index.site_gateways[site]) {
        End end = flows_.host_end(host);
        if (flows_.paths().domain_of(end.site, end.segment) == one.domain) {
          gateways[one.domain].push_back(std::move(end));
        }
      }
    }
    return gateways;
  }
  static bool can_be_dialled(const std::vector<End>& gateways) {
    return std::any_of(gateways.begin(), gateways.end(), [](const End& end) { return end.is_public; });
  }
  /// Outer addresses of those who dial the link's end in `domain` (or whom it dials): none where some of them are not
  /// known beforehand, nullopt where nobody does.
  [[nodiscard]] std::optional<std::vector<IpPrefix>> outer_addresses(uint32_t index, Domain domain, bool inward,
                                                                     const Gateways& gateways) const {
    const Link& link = work_.topology.links[index];
    std::vector<IpPrefix> addresses;
    bool anybody = false;
    bool known = true;
    for (const LinkEnd& here : link_ends_[index]) {
      if (here.domain != domain || here.role == LinkEnd::Role::users) {
        continue;
      }
      for (const LinkEnd& there : link_ends_[index]) {
        if (!(inward ? dials(link, there, here) : dials(link, here, there))) {
          continue;
        }
        const auto far = far_addresses(link, there, inward, gateways);
        anybody = anybody || !far || !far->empty();
        known = known && far.has_value();
        if (far) {
          addresses.insert(addresses.end(), far->begin(), far->end());
        }
      }
    }
    return !anybody ? std::nullopt : std::optional(known ? std::move(addresses) : std::vector<IpPrefix>{});
  }
  static bool dials(const Link& link, const LinkEnd& from, const LinkEnd& to) {
    if (link.kind.value == "remote-access") {
      return from.role == LinkEnd::Role::users && from.domain == to.domain && to.role != LinkEnd::Role::users;
    }
    if (link.kind.value == "sdwan") {
      return from.role == LinkEnd::Role::spoke && to.role == LinkEnd::Role::hub;
    }
    return from.domain != to.domain && (from.side != to.side || link.between.size() == 1);
  }
  /// nullopt: not known beforehand. Empty: it cannot be dialled.
  [[nodiscard]] std::optional<std::vector<IpPrefix>> far_addresses(const Link& link, const LinkEnd& far, bool it_dials,
                                                                   const Gateways& gateways) const {
    std::vector<IpPrefix> addresses;
    if (far.role == LinkEnd::Role::users) {
      return std::nullopt;
    }
    if (far.domain >= work_.topology.sites.size()) {
      const auto there = gateways.find(far.domain);  // floating addresses are known once they are made
      const bool any = it_dials || (there != gateways.end() && can_be_dialled(there->second));
      return any ? std::nullopt : std::optional(addresses);
    }
    if (work_.sites[far.domain].external) {
      const auto peer = link.peer ? IpAddress::parse(link.peer->value) : std::nullopt;
      return peer ? std::optional(std::vector{IpPrefix::of(*peer)}) : std::nullopt;
    }
    bool all_known = true;
    for (const Underlay& underlay : work_.topology.sites[far.domain].underlays) {
      const bool used =
          link.underlays.empty() || std::any_of(link.underlays.begin(), link.underlays.end(),
                                                [&](const Name& name) { return name.value == underlay.name; });
      if (used && underlay.how == Underlay::Public::address) {
        addresses.push_back(IpPrefix::of(underlay.public_address));
      }
      all_known = all_known && (!used || underlay.how == Underlay::Public::address);
    }
    return it_dials && (!all_known || addresses.empty()) ? std::nullopt : std::optional(addresses);
  }

  void service(uint32_t index) {
    const Service& written = work_.topology.services[index];
    std::vector<TransportMatch> listens = flows_.matches(written.listen);
    work_.out.service_listens.push_back(listens);
    const auto hosts = work_.service_hosts.find(index);
    if (hosts == work_.service_hosts.end() || hosts->second.empty()) {
      return;
    }
    const Side own = side_of(hosts->second);
    const bool replicates = std::any_of(written.settings.begin(), written.settings.end(), [](const auto& setting) {
      return setting.first == "replication" || setting.first.starts_with("replication.");
    });
    if (replicates) {
      const bool database = listens.empty() && written.kind.value == "postgresql";
      flows_.expand({.flow = flow("S-replication-" + written.name, "system",
                                  database ? std::vector{port(protocol::k_tcp, 5432)} : listens, written.span),
                     .from = own,
                     .to = own,
                     .written = false});
    }
    if (!written.behind) {
      return;
    }
    const auto front = work_.index.words.find(written.behind->value);
    if (front != work_.index.words.end() && front->second.kind == NameIndex::Kind::service) {
      const Side before = side_of(work_.service_hosts[front->second.items.front()]);
      const auto probed = written.settings.find("health.tcp");
      flows_.expand(
          {.flow = flow("S-probe-" + written.name, "system",
                        probed == written.settings.end() ? listens : flows_.matches({probed->second}), written.span),
           .from = before,
           .to = own,
           .written = false,
           .not_self = true});
      flows_.expand({.flow = flow("S-behind-" + written.name, "system", std::move(listens), written.span),
                     .from = before,
                     .to = own,
                     .written = false,
                     .not_self = true});
    }
  }
  [[nodiscard]] Side side_of(const std::vector<uint32_t>& hosts) const {
    Side side;
    for (const uint32_t host : hosts) {
      End end = flows_.host_end(host);
      end.tag = end.key;
      end.vpc_tag = end.vpc_key.empty() ? end.environment : end.vpc_key;
      side.ends.push_back(std::move(end));
    }
    return side;
  }

  /// The platform's own service, of which a machine asks at its first boot who it is and what to set up. DHCP and
  /// neighbour discovery need no flow there: platforms let every port have them.
  void metadata() {
    std::vector<uint32_t> machines;
    for (uint32_t i = 0; i < work_.out.hosts.size(); ++i) {
      const ResolvedSegment& segment = work_.out.segments[work_.out.hosts[i].segment];
      if (work_.out.hosts[i].made && !segment.vpc_path.empty()) {
        machines.push_back(i);
      }
    }
    FlowSpec spec{.flow = flow("S-metadata", "system", {port(protocol::k_tcp, 80)}, work_.topology.name_span),
                  .from = side_of(machines),
                  .written = false};
    spec.to.ends = {Flows::prefix_end("metadata", {*IpPrefix::parse("169.254.169.254/32")})};
    spec.route.platform_addresses = true;
    flows_.expand(std::move(spec));
  }

  /// VRRP (RFC 9568) among the replicas that hold one address.
  void vrrp() {
    for (uint32_t i = 0; i < work_.out.hosts.size(); ++i) {
      const ResolvedHost& host = work_.out.hosts[i];
      if (!host.vrrp || !host.made || host.machines.size() < 2) {
        continue;
      }
      const Side own = side_of({i});
      flows_.expand({.flow = flow("S-vrrp-" + host.path, "system", {only(protocol::k_vrrp)}, host.span),
                     .from = own,
                     .to = own,
                     .written = false});
    }
  }

  Work& work_;
  Flows& flows_;
  std::vector<std::vector<LinkEnd>> link_ends_;
  std::vector<TunnelPorts> tunnel_ports_;
};

}  // namespace

void expand_generated(Work& work, Flows& flows) {
  Generated(work, flows).run();
}

}  // namespace cloison::topology
