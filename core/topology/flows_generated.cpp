// Flows that nobody writes: infrastructure, management, backups (class infrastructure) and the system's own.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/flows.h"

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
  Generated(Work& work, Flows& flows) : work_(work), flows_(flows) {}

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
    spec.from = pulls ? std::move(servers) : std::move(clients);
    spec.to = pulls ? std::move(clients) : std::move(servers);
    flows_.expand(std::move(spec));
  }

  /// Management reaches nodes, gateways and made machines by SSH.
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
    spec.route.direct = std::any_of(written.reach.begin(), written.reach.end(),
                                    [](const Name& name) { return name.value == "direct"; });
    flows_.expand(std::move(spec));
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

  /// Outer packets between gateways of cloud segments and those who dial them.
  void tunnel(uint32_t index) {
    const Link& link = work_.topology.links[index];
    if (link.kind.value != "sdwan" && link.kind.value != "vpn" && link.kind.value != "remote-access") {
      return;
    }
    const bool ipsec = link.transport && link.transport->value == "ipsec";
    std::vector<TransportMatch> matches{port(protocol::k_udp, 51820)};
    if (ipsec) {
      matches = {port(protocol::k_udp, 500), port(protocol::k_udp, 4500), only(protocol::k_esp)};
    }
    FlowSpec spec{
        .flow = flow("S-tunnel-" + link.name, "system", matches, link.span), .across = true, .written = false};
    spec.route.outer = true;
    std::vector<IpPrefix> far;
    bool known = true;
    if (link.peer) {
      const auto address = IpAddress::parse(link.peer->value);
      known = address.has_value();
      if (address) {
        far.push_back(IpPrefix::of(*address));
      }
    }
    Side gateways;
    for (const Paths::Member& member : flows_.paths().members(index)) {
      gateway_ends(member, link, gateways);
      if (member.role != Paths::Role::hub) {
        known = dialling(member, link, far) && known;
      }
    }
    if (gateways.ends.empty() && link.kind.value == "remote-access" && link.at) {
      remote_gateways(*link.at, gateways);
      known = false;
    }
    if (gateways.ends.empty()) {
      return;
    }
    End outside = known && !far.empty()
                      ? Flows::prefix_end(link.name, minimised(far))
                      : End{.end = {.kind = FlowEnd::Kind::internet}, .name = "internet", .path = "internet"};
    spec.from.ends = {outside};
    spec.to = gateways;
    FlowSpec back = spec;
    flows_.expand(std::move(spec));
    if (link.peer && known) {  // either end of a site-to-site tunnel begins
      back.flow.id += "-out";
      std::swap(back.from, back.to);
      flows_.expand(std::move(back));
    }
  }
  void gateway_ends(const Paths::Member& member, const Link& link, Side& gateways) {
    for (const uint32_t host : work_.index.site_gateways[member.site]) {
      End end = flows_.host_end(host);
      const bool here = flows_.paths().domain_of(end.site, end.segment) == member.domain;
      if (here && (link.kind.value != "sdwan" || member.role == Paths::Role::hub)) {
        gateways.ends.push_back(std::move(end));
      }
    }
  }
  void remote_gateways(const Name& at, Side& gateways) {
    const auto site = work_.index.sites.find(at.value);
    if (site != work_.index.sites.end()) {
      for (const uint32_t host : work_.index.site_gateways[site->second]) {
        gateways.ends.push_back(flows_.host_end(host));
      }
    }
  }
  /// Addresses from which a spoke dials; false when some are not known beforehand.
  bool dialling(const Paths::Member& member, const Link& link, std::vector<IpPrefix>& far) const {
    bool known = true;
    for (const Underlay& underlay : work_.topology.sites[member.site].underlays) {
      const bool used =
          link.underlays.empty() || std::any_of(link.underlays.begin(), link.underlays.end(),
                                                [&](const Name& name) { return name.value == underlay.name; });
      if (used && underlay.how == Underlay::Public::address) {
        far.push_back(IpPrefix::of(underlay.public_address));
      } else if (used) {
        known = false;
      }
    }
    return known;
  }

  void service(uint32_t index) {
    const Service& written = work_.topology.services[index];
    const auto hosts = work_.service_hosts.find(index);
    if (hosts == work_.service_hosts.end() || hosts->second.empty()) {
      return;
    }
    const Side own = side_of(hosts->second);
    std::vector<TransportMatch> listens = flows_.matches(written.listen);
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
      flows_.expand({.flow = flow("S-behind-" + written.name, "system", std::move(listens), written.span),
                     .from = side_of(work_.service_hosts[front->second.items.front()]),
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
};

}  // namespace

void expand_generated(Work& work, Flows& flows) {
  Generated(work, flows).run();
}

}  // namespace cloison::topology
