#include "tests/support/topology_generator.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <fmt/format.h>

namespace cloison::test {

namespace {

using Random = std::mt19937_64;

int below(Random& random, int limit) {
  return static_cast<int>(random() % static_cast<uint64_t>(limit));
}
bool coin(Random& random) {
  return below(random, 2) == 0;
}

/// Entries of a block or of a list whose order means nothing, put in order at the end.
class Entries {
 public:
  Entries(Random* order, char open, char close) : order_(order), open_(open), close_(close) {}
  void add(std::string entry) { entries_.push_back(std::move(entry)); }
  void add(const std::string& key, const std::string& value) { add(key + ": " + value); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// The entries of a file's top level.
  [[nodiscard]] std::vector<std::string> ordered() const {
    auto entries = entries_;
    if (order_) std::shuffle(entries.begin(), entries.end(), *order_);
    return entries;
  }
  [[nodiscard]] std::string text() const { return fmt::format("{}{}{}", open_, fmt::join(ordered(), ", "), close_); }

 private:
  Random* order_;
  char open_, close_;
  std::vector<std::string> entries_{};
};

class Writer {
 public:
  Writer(const DrawnTopology& drawn, uint64_t order)
      : drawn_(drawn), random_(order), order_(order == 0 ? nullptr : &random_) {}

  std::map<std::string, std::string> write() {
    Entries top = block();
    top.add("cloison", "1");
    top.add("name", "drawn");
    places(top);
    policies(top);
    workloads(top);
    auto result = split(top.ordered());
    if (drawn_.labs_from == DrawnTopology::Family::csv) result["labs.csv"] = lab_rows();
    if (drawn_.tablets) result["tablets.csv"] = tablet_rows();
    return result;
  }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] Entries block() const { return {order_, '{', '}'}; }
  [[nodiscard]] std::string block(const Pairs& pairs) const {
    Entries entries = block();
    for (const auto& [key, value] : pairs) entries.add(key, value);
    return entries.text();
  }
  [[nodiscard]] Entries list() const { return {order_, '[', ']'}; }

  std::map<std::string, std::string> split(const std::vector<std::string>& entries) const {
    std::map<std::string, std::string> files;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool second = order_ != nullptr && i % 2 == 1;
      files[second ? "a-part.yaml" : "topology.yaml"] += entries[i] + "\n";
    }
    return files;
  }

  [[nodiscard]] std::string environment(int number) const {
    const int third = number * 64;
    const std::string ipv4 = fmt::format("10.{}.0.0/10", third);
    return block({{"address_space", drawn_.ipv6 ? fmt::format("[{}, \"fd12:0:{:x}::/44\"]", ipv4, number * 16) : ipv4},
                  {"vars", block({{"size", number == 0 ? "4G" : "2G"}})}});
  }
  [[nodiscard]] std::vector<std::string> environment_names() const {
    const std::vector<std::string> all{"production", "preproduction", "sandbox"};
    return {all.begin(), all.begin() + drawn_.environments};
  }
  [[nodiscard]] std::string vpc_name() const { return drawn_.instances ? "production" : "main"; }

  void places(Entries& top) const {
    Entries environments = block();
    const auto names = environment_names();
    for (std::size_t i = 0; i < names.size(); ++i) environments.add(names[i], environment(static_cast<int>(i)));
    top.add("environments", environments.text());
    top.add("providers",
            block({{"ovh", "{kind: openstack, cloud: ovh-gra, availability_zones: {a: nova-a, b: nova-b, c: nova-c}}"},
                   {"nodes", "{kind: node, user: cloison}"}}));
    top.add("zones", block({{"dmz", "{trust: exposed}"},
                            {"app", "{trust: internal}"},
                            {"data", "{trust: restricted, data: health}"},
                            {"users", "{trust: internal}"},
                            {"management", "{trust: management}"},
                            {"partner", "{trust: external}"}}));
    top.add("address_pools", "{sites: {cidr: 10.16.0.0/12}}");
    top.add("ports", block({{"lims", "tcp/8443"}, {"sync", "[tcp/8444, udp/8444-8446]"}}));
    Entries sites = block();
    sites.add("cloud", cloud());
    sites.add("central", central());
    sites.add("lab", lab());
    sites.add("vendor", "{provider: external, segments: {support: {zone: partner, cidr: 198.51.100.16/28}}}");
    for (const auto& partner : drawn_.partners) {
      sites.add(partner,
                fmt::format("{{provider: external, segments: {{office: {{zone: partner, cidr: 192.0.2.{}/29}}}}}}",
                            128 + 8 * (std::stoi(partner.substr(1)) % 16)));
    }
    top.add("sites", sites.text());
    links(top);
  }

  [[nodiscard]] std::string machine(const std::string& memory, int replicas = 1) const {
    Pairs pairs{{"vm", block({{"image", "debian-12"}, {"cpu", "1"}, {"memory", memory}})}};
    if (replicas > 1)
      pairs.insert(pairs.end(), {{"replicas", std::to_string(replicas)}, {"spread", "availability_zones"}});
    return block(pairs);
  }
  [[nodiscard]] std::string cloud_segment(const std::string& name, Pairs hosts) const {
    for (const auto& [segment, host] : drawn_.hosts)
      if (segment == name) hosts.emplace_back(host, machine("1G"));
    const bool own = name == "dmz" || name == "app" || name == "data";
    Pairs pairs{{"cidr", name == "data" && drawn_.ipv6 ? "[auto/24, none]" : "auto/24"}};
    if (!own) pairs.emplace_back("zone", "app");
    if (!hosts.empty()) pairs.emplace_back("hosts", block(hosts));
    return block(pairs);
  }
  [[nodiscard]] std::string cloud() const {
    Entries segments = block();
    segments.add("dmz", cloud_segment("dmz", {{"edge", machine("2G")}}));
    segments.add("app", cloud_segment("app", {{"portal", machine("\"{{env.size}}\"", drawn_.portal_replicas)},
                                              {"resolver", machine("1G")},
                                              {"siem", machine("2G")}}));
    segments.add("data", cloud_segment("data", {{"postgres", machine("2G")}}));
    for (const auto& name : drawn_.segments) segments.add(name, cloud_segment(name, {}));
    const Pairs common{{"cidr", "auto/16"}, {"segments", segments.text()}};
    std::string vpcs;
    if (drawn_.instances) {
      Pairs pairs = common;
      pairs.insert(pairs.begin(), {"for_each", "environments"});
      vpcs = block(pairs);
    } else {
      Pairs pairs = common;
      pairs.insert(pairs.begin(), {"environment", "production"});
      vpcs = block({{"main", block(pairs)}});
    }
    return block({{"provider", "ovh"},
                  {"location",
                   "{country: FR, tier: 3, availability_zones: [a, b, c], certifications: {HDS: {holder: "
                   "somebody, until: 2028-05-01}}}"},
                  {"gateways",
                   fmt::format("{{hub: {{vpc: {}, segment: dmz, image: debian-12, cpu: 1, memory: 2G}}}}", vpc_name())},
                  {"vpcs", vpcs}});
  }
  [[nodiscard]] std::string underlays(const std::string& address) const {
    return block({{"fibre", fmt::format("{{interface: wan0, metric: 100, public: {}}}", address)},
                  {"mobile", "{interface: wwan0, metric: 200, public: none}"}});
  }
  [[nodiscard]] std::string central() const {
    return block(
        {{"provider", "nodes"},
         {"environment", "production"},
         {"location", "{country: FR, region: Lyon}"},
         {"nodes", "[{name: central-1, address: 203.0.113.10, trunk: lan0}]"},
         {"underlays", underlays("203.0.113.10")},
         {"segments",
          block({{"users", "{zone: users, vlan: 100, cidr: auto/24, dhcp: {range: [50, 199]}, intra: allow}"},
                 {"servers",
                  "{zone: app, vlan: 110, cidr: auto/24, hosts: {lims: {vm: {image: debian-12}}, disk: {vm: "
                  "{image: debian-12, disk: 1T}}}}"},
                 {"management",
                  "{zone: management, vlan: 130, cidr: auto/26, intra: allow, hosts: {admin: {address: 10}}}"}})}});
  }
  [[nodiscard]] std::string lab() const {
    const bool csv = drawn_.labs_from == DrawnTopology::Family::csv;
    Entries keys = list();
    for (const auto& name : drawn_.labs) keys.add(name);
    Entries segments = block();
    segments.add("lan",
                 "{zone: users, vlan: 200, cidr: auto/24, dhcp: {range: [50, 199]}, intra: allow, hosts: "
                 "{analyser: {address: 20}}}");
    segments.add("local", "{zone: data, vlan: 210, cidr: auto/28, hosts: {db: {vm: {image: debian-12}}}}");
    if (drawn_.tablets) segments.add("tablets", "{zone: users, cidr: auto/26, peers: {csv: tablets.csv}}");
    const std::string name = csv ? "{{name}}" : "{{key}}";
    // Tablets need somebody to dial.
    const std::string dialled = csv ? "\"{{public_ip}}\"" : "192.0.2.99";
    return block({{"for_each", csv ? "{csv: labs.csv, key: name}" : keys.text()},
                  {"title", csv ? "\"Laboratoire {{city}}\"" : "Laboratoire"},
                  {"provider", "nodes"},
                  {"environment", "production"},
                  {"labels", "{wave: \"1\"}"},
                  {"location", "{country: FR}"},
                  {"nodes", fmt::format("[{{name: \"{}-1\", address: \"{}.example.org\", trunk: lan0}}]", name, name)},
                  {"underlays", underlays(drawn_.tablets ? dialled : "dynamic")},
                  {"segments", segments.text()}});
  }
  std::string lab_rows() {
    std::vector<std::string> rows;
    for (const auto& name : drawn_.labs)
      rows.push_back(fmt::format("{};Ville de {};192.0.2.{}\n", name, name, 100 + rows.size()));
    return "name;city;public_ip\n" + shuffled(std::move(rows));
  }
  std::string tablet_rows() {
    std::vector<std::string> rows;
    for (const auto& name : drawn_.labs)
      rows.push_back(name + ";tablet-1;1VjeOifUbKNt1t/PzDxnTHNePi2agDYhZ1oLu3wZpYQ=\n");
    return "site;name;public_key\n" + shuffled(std::move(rows));
  }
  std::string shuffled(std::vector<std::string> rows) {
    if (order_) std::shuffle(rows.begin(), rows.end(), random_);
    return fmt::format("{}", fmt::join(rows, ""));
  }

  void links(Entries& top) const {
    Entries links = block();
    links.add("wan",
              "{kind: sdwan, hub: cloud, spokes: [lab, central], transport: wireguard, underlays: [fibre, mobile], "
              "spoke_to_spoke: deny}");
    if (drawn_.backup_link)
      links.add("backup", "{kind: vpn, between: [lab, central], transport: ipsec, underlays: [fibre], role: standby}");
    if (drawn_.tablets)
      links.add("tablets",
                "{kind: remote-access, users: lab.tablets, to: same-site, at: same-site, transport: "
                "wireguard, tunnel: full}");
    links.add("support", "{kind: vpn, between: [central, vendor], transport: ipsec, peer: 198.51.100.9, psk: env:PSK}");
    links.add("web", "{kind: internet, at: cloud, network: Ext-Net}");
    top.add("links", links.text());
    top.add("groups", block({{"admins", "{hosts: [central.management.admin]}"},
                             {"partners", "{cidrs: [203.0.113.64/28, 203.0.113.96/28]}"}}));
    top.add("management", "{from: [admins], reach: [tunnel, direct]}");
  }

  void policies(Entries& top) const {
    top.add("infrastructure", block({{"dns", "{servers: [cloud.app.resolver], for: [lab.lan, cloud]}"},
                                     {"ntp", "{servers: [cloud.app.resolver]}"},
                                     {"packages", "{servers: [cloud.app.resolver], ports: [https]}"},
                                     {"monitoring", "{from: cloud.app.siem, ports: [tcp/9100]}"},
                                     {"logs", "{to: cloud.app.siem, ports: [tcp/6514], denied: true}"}}));
    top.add("flow_defaults", "{owner: somebody@example.org, review: 2027-03-01}");
    Entries flows = list();
    flows.add("{id: F-1, from: internet, to: cloud.dmz.edge, ports: [https], purpose: Portal, encryption: tls1.3}");
    flows.add("{id: F-2, from: cloud.dmz.edge, to: cloud.app.portal, ports: [https], purpose: Proxy}");
    flows.add("{id: F-3, from: cloud.app, to: cloud.data, ports: [postgresql], purpose: Database}");
    flows.add("{id: F-4, from: [lab.lan, central.users], to: cloud.app.portal, ports: [https], purpose: Portal}");
    flows.add("{id: F-5, from: lab.lan, to: lab.local.db, ports: [postgresql], purpose: Local}");
    flows.add(
        "{id: F-6, from: vendor.support, to: central.servers.lims, ports: [ssh], starts: 2026-12-01, expires: "
        "2026-12-03T18:00, purpose: Maintenance}");
    flows.add("{id: F-7, from: central.users, to: central.servers, ports: [lims], disabled: true, purpose: Question}");
    flows.add("{id: F-8, from: partners, to: cloud.dmz.edge, ports: [sync], purpose: Partners}");
    if (drawn_.backup_link)
      flows.add(
          "{id: F-9, from: lab.lan, to: central.servers.lims, ports: [lims], via: backup, when: cloud-lost, "
          "purpose: Continuity}");
    for (const auto& [from, to] : drawn_.flows)
      flows.add(
          fmt::format("{{id: X-{0}-{1}, from: cloud.{0}, to: cloud.{1}, ports: [tcp/7000], purpose: More}}", from, to));
    top.add("flows", flows.text());
    Entries guarantees = list();
    guarantees.add("{id: G-1, isolated: {among: lab}}");
    guarantees.add("{id: G-2, unreachable: {from: internet, to: {zone: data}}}");
    guarantees.add("{id: G-3, only: {from: lab.local, to: same-site}, except: [{flow: F-5, reason: needed}]}");
    guarantees.add("{id: G-4, encrypted: {from: lab, to: cloud}}");
    guarantees.add("{id: G-5, located: {data: health, country: FR}}");
    top.add("guarantees", guarantees.text());
    top.add("scenarios", block({{"cloud-lost", "{down: [cloud], requires: [F-5], within: 30s}"},
                                {"fibre-lost", "{down_each: [lab.underlays.fibre], requires: [F-4], within: 30s}"}}));
  }

  void workloads(Entries& top) const {
    Entries services = block();
    services.add("edge",
                 "{kind: haproxy, runs_on: cloud.dmz.edge, listen: [https], public: true, tls: {min: \"1.3\", "
                 "certificate: \"file:edge.pem\"}}");
    if (drawn_.services)
      services.add("postgres", "{kind: postgresql, runs_on: cloud.data.postgres, replication: {mode: async}}");
    top.add("services", services.text());
    if (drawn_.services)
      top.add("backups", "{daily: {of: postgres, to: central.servers.disk, schedule: \"02:00\", keep: 30d, rpo: 24h}}");
  }

  const DrawnTopology& drawn_;
  mutable Random random_;
  Random* order_;
};

template <class T>
void remove_one(std::vector<T>& from, Random& random) {
  if (!from.empty()) from.erase(from.begin() + below(random, static_cast<int>(from.size())));
}

const char* any_segment(Random& random) {
  const char* const names[] = {"dmz", "app", "data"};
  return names[below(random, 3)];
}

void add_flow(DrawnTopology& drawn, Random& random) {
  const std::pair<std::string, std::string> flow{any_segment(random), any_segment(random)};
  const bool there = std::find(drawn.flows.begin(), drawn.flows.end(), flow) != drawn.flows.end();
  if (!there && flow.first != flow.second) drawn.flows.push_back(flow);
}

void add_host(DrawnTopology& drawn, Random& random) {
  std::string segment = any_segment(random);
  if (!drawn.segments.empty() && coin(random)) segment = drawn.segments.back();
  drawn.hosts.emplace_back(segment, fmt::format("more-{}", ++drawn.named));
}

void remove_segment(DrawnTopology& drawn, Random& random) {
  remove_one(drawn.segments, random);
  std::erase_if(drawn.hosts, [&](const auto& host) {
    return host.first.starts_with("s") &&
           std::find(drawn.segments.begin(), drawn.segments.end(), host.first) == drawn.segments.end();
  });
}

}  // namespace

DrawnTopology draw_written_topology(uint64_t seed) {
  Random random(seed);
  DrawnTopology drawn;
  drawn.ipv6 = coin(random);
  drawn.instances = coin(random);
  drawn.labs_from = coin(random) ? DrawnTopology::Family::csv : DrawnTopology::Family::list;
  drawn.environments = 1 + below(random, 3);
  drawn.portal_replicas = 1 + below(random, 3);
  drawn.services = coin(random);
  drawn.tablets = coin(random);
  drawn.backup_link = coin(random);
  for (int i = 1 + below(random, 4); i > 0; --i) drawn.labs.push_back(fmt::format("lab-{}", ++drawn.named));
  for (int i = below(random, 3); i > 0; --i) drawn.segments.push_back(fmt::format("s{}", ++drawn.named));
  for (int i = below(random, 3); i > 0; --i) add_host(drawn, random);
  for (int i = below(random, 3); i > 0; --i) add_flow(drawn, random);
  return drawn;
}

DrawnTopology edited(DrawnTopology drawn, uint64_t seed) {
  Random random(seed);
  switch (below(random, 11)) {
    case 0:
      add_flow(drawn, random);
      break;
    case 1:
      remove_one(drawn.flows, random);
      break;
    case 2:
      add_host(drawn, random);
      break;
    case 3:
      remove_one(drawn.hosts, random);
      break;
    case 4:
      drawn.segments.push_back(fmt::format("s{}", ++drawn.named));
      break;
    case 5:
      remove_segment(drawn, random);
      break;
    case 6:
      drawn.labs.push_back(fmt::format("lab-{}", ++drawn.named));
      break;
    case 7:
      if (drawn.labs.size() > 1) remove_one(drawn.labs, random);
      break;
    case 8:
      drawn.partners.push_back(fmt::format("p{}", ++drawn.named));
      break;
    case 9:
      remove_one(drawn.partners, random);
      break;
    default:
      drawn.portal_replicas = 1 + drawn.portal_replicas % 3;
  }
  return drawn;
}

std::map<std::string, std::string> files_of(const DrawnTopology& drawn, uint64_t order) {
  return Writer(drawn, order).write();
}

}  // namespace cloison::test
