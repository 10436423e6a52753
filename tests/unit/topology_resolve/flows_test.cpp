// Pairs, sets and paths of flows, over topologies written as people write them.
#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "core/topology/load.h"
#include "core/topology/resolved.h"

namespace cloison::topology {
namespace {

constexpr std::string_view k_network = R"(cloison: 1
name: t
environments:
  production: {address_space: 10.0.0.0/10}
  preproduction: {address_space: 10.64.0.0/10}
providers: {ovh: {kind: openstack, cloud: x}, nodes: {kind: node, user: cloison}}
zones: {dmz: {trust: exposed}, app: {trust: internal}, users: {trust: internal}, data: {trust: restricted}}
address_pools: {sites: {cidr: 10.16.0.0/12}}
sites:
  cloud:
    provider: ovh
    gateways: {hub: {vpc: production, segment: dmz, replicas: 2, image: debian-12}}
    vpcs:
      for_each: environments
      cidr: auto/16
      segments:
        dmz: {cidr: auto/24, hosts: {edge: {vm: {image: debian-12}, public: true}}}
        app: {cidr: auto/24, hosts: {portal: {vm: {image: debian-12}, replicas: 2}, mirror: {vm: {image: debian-12}}}}
        data: {cidr: auto/24, hosts: {postgres: {vm: {image: debian-12}, replicas: 2}}}
  lab:
    for_each: {csv: labs.csv, key: name}
    provider: nodes
    environment: production
    nodes: [{name: "{{name}}-1", address: "{{address}}", trunk: lan0}]
    underlays: {fibre: {interface: wan0, metric: 100}}
    segments:
      lan: {zone: users, vlan: 10, cidr: auto/24, intra: allow, dhcp: {range: [50, 199]}, hosts: {analyser: {address: 20}}}
      local: {zone: data, vlan: 11, cidr: auto/28, hosts: {db: {vm: {image: debian-12}}}}
links:
  wan: {kind: sdwan, hub: cloud, spokes: [lab], transport: wireguard, spoke_to_spoke: SPOKES}
  web: {kind: internet, at: cloud}
groups: {partner: {cidrs: [203.0.113.0/28, 198.51.100.0/28]}}
flows:
FLOWS
)";

struct Network {
  std::string spokes = "deny";
  std::string labs = "name;address\nlyon;192.0.2.1\nmetz;192.0.2.2\n";
};

Checked<Resolved> network(const std::string& flows, const Network& how = {}) {
  std::string text(k_network);
  text.replace(text.find("FLOWS"), 5, flows);
  text.replace(text.find("SPOKES"), 6, how.spokes);
  SourceMap sources;
  auto loaded = load_texts({{"t.yaml", text}, {"labs.csv", how.labs}}, {}, sources);
  EXPECT_TRUE(loaded.ok()) << (loaded.notes.empty() ? "" : loaded.notes.front().summary);
  if (!loaded.ok()) {
    return {};
  }
  return resolve(std::make_shared<const Topology>(std::move(*loaded.value)), {}, {});
}

std::vector<std::string> ids(const Checked<Resolved>& resolved, std::string_view flow) {
  std::vector<std::string> found;
  for (const FlowPair& pair : resolved.value->pairs) {
    if (resolved.value->flows[pair.flow].id == flow) {
      found.push_back(pair.id);
    }
  }
  return found;
}

const FlowPair& pair_of(const Checked<Resolved>& resolved, std::string_view id) {
  return *std::find_if(resolved.value->pairs.begin(), resolved.value->pairs.end(),
                       [&](const FlowPair& pair) { return pair.id == id; });
}

using Ids = std::vector<std::string>;

Checked<Resolved> resolved(const std::string& text) {
  SourceMap sources;
  auto loaded = load_texts({{"t.yaml", text}}, {}, sources);
  EXPECT_TRUE(loaded.ok()) << (loaded.notes.empty() ? "" : loaded.notes.front().summary);
  return loaded.ok() ? resolve(std::make_shared<const Topology>(std::move(*loaded.value)), {}, {})
                     : Checked<Resolved>{};
}

std::string codes(const Checked<Resolved>& result) {
  std::string text;
  for (const Diagnostic& note : result.notes) {
    text += note.code + " " + note.summary + "\n";
  }
  return text;
}

constexpr std::string_view k_two_environments = R"(cloison: 1
name: t
environments: {production: {address_space: 10.0.0.0/12}, dev: {address_space: 10.64.0.0/12}}
providers: {ovh: {kind: openstack, cloud: x}}
zones: {dmz: {trust: exposed}, app: {trust: internal}, data: {trust: restricted}, pods: {trust: internal}}
sites:
  cloud:
    provider: ovh
    vpcs:
      for_each: environments
      cidr: auto/16
      segments:
        dmz: {cidr: auto/24, hosts: {edge: {vm: {image: debian-12}, public: true}}}
        app:
          cidr: auto/24
          labels: {wave: 1}
          hosts: {web: {vm: {image: debian-12}}, vault: {zone: data, labels: {wave: 2}, vm: {image: debian-12}}}
        work: {zone: app, cidr: auto/24, hosts: {worker: {vm: {image: debian-12}, replicas: 2}}}
        data: {cidr: auto/24, hosts: {postgres: {vm: {image: debian-12}}}}
links: {web: {kind: internet, at: cloud}}
)";

TEST(Flows, AMapLeavesOutHostsOfAnotherZoneOrLabel) {
  const auto r = resolved(std::string(k_two_environments) + R"(flows:
  - {id: F-1, from: cloud.production.dmz.edge, to: {zone: app, segment: app}, ports: [https]}
  - {id: F-2, from: cloud.production.dmz.edge, to: {label: wave=1}, ports: [https]}
  - {id: F-3, from: cloud.production.dmz.edge, to: {zone: data}, ports: [https]}
  - {id: F-4, from: cloud.production.dmz.edge, to: {label: wave}, ports: [https]}
)");
  ASSERT_TRUE(r.ok()) << codes(r);
  const auto ends = [&](std::string_view flow) {
    Ids paths;
    for (const FlowPair& pair : r.value->pairs) {
      if (r.value->flows[pair.flow].id == flow) {
        paths.push_back(r.value->hosts[pair.to.index].path);
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  };
  EXPECT_EQ(ends("F-1"), (Ids{"cloud.production.app.web"}));
  EXPECT_EQ(ends("F-2"), (Ids{"cloud.production.app.web"}));
  EXPECT_EQ(ends("F-3"), (Ids{"cloud.production.app.vault", "cloud.production.data.postgres"}));
  EXPECT_EQ(ends("F-4"), (Ids{"cloud.production.app.vault", "cloud.production.app.web"}));
}

FlowEnd host_end(const Checked<Resolved>& resolved, std::string_view path) {
  for (uint32_t i = 0; i < resolved.value->hosts.size(); ++i) {
    if (resolved.value->hosts[i].path == path) {
      return {.kind = FlowEnd::Kind::host, .index = i};
    }
  }
  return {};
}

TEST(Flows, ANamespaceIsItsNodesOutsideTheCluster) {
  const auto r = resolved(std::string(k_two_environments) + R"(clusters:
  aks: {in: cloud.work, namespaces: {front: {zone: pods}, back: {zone: pods}}}
flows:
  - {id: F-1, from: aks.front, to: cloud.data.postgres, ports: [postgresql]}
  - {id: F-2, from: cloud.dmz.edge, to: aks, ports: [https]}
  - {id: F-3, from: aks.front, to: aks.back, ports: [https]}
infrastructure: {logs: {to: aks.back, ports: [tcp/3100]}}
)");
  ASSERT_TRUE(r.ok()) << codes(r);
  EXPECT_EQ(ids(r, "F-1"), (Ids{"F-1/dev", "F-1/production"}));
  EXPECT_EQ(r.value->hosts[pair_of(r, "F-1/production").from.index].path, "cloud.production.work.worker");
  EXPECT_EQ(pair_of(r, "F-1/production").from.kind, FlowEnd::Kind::host);
  EXPECT_EQ(ids(r, "F-2"), (Ids{"F-2/dev", "F-2/production"}));  // two namespaces, the same nodes
  EXPECT_EQ(r.value->hosts[pair_of(r, "F-2/dev").to.index].path, "cloud.dev.work.worker");
  EXPECT_EQ(pair_of(r, "F-3/dev").from.kind, FlowEnd::Kind::segment);  // inside: declared, not enforced by us
  // nodes send their logs to a pod that may be on another of them
  EXPECT_EQ(pair_of(r, "I-logs/production/worker").to, host_end(r, "cloud.production.work.worker"));
  EXPECT_EQ(codes(r).find("CL1424"), std::string::npos) << codes(r);
}

TEST(Flows, APlainAddressStaysInItsEnvironment) {
  const auto r = resolved(std::string(k_two_environments) +
                          "infrastructure: {ntp: {servers: [10.0.0.10, 192.168.7.7]}, dns: {servers: 203.0.113.53}}\n");
  ASSERT_TRUE(r.ok()) << codes(r);
  std::size_t to_host = 0;
  std::size_t to_platform = 0;
  for (const FlowPair& pair : r.value->pairs) {
    if (r.value->flows[pair.flow].id != "I-ntp") {
      continue;
    }
    to_host += pair.to.kind == FlowEnd::Kind::host ? 1U : 0U;
    to_platform += pair.to.kind == FlowEnd::Kind::prefixes ? 1U : 0U;
    if (pair.to.kind == FlowEnd::Kind::host) {
      EXPECT_EQ(pair.environment, "production") << pair.id;
    } else {
      EXPECT_EQ(pair.to.prefixes.front().text(), "192.168.7.7/32");
    }
  }
  EXPECT_EQ(to_host, 4U);  // all hosts of production but the one that has the address
  EXPECT_EQ(to_platform, 10U);
}

TEST(Flows, TransitServesBothDirections) {
  const std::string text = R"(cloison: 1
name: t
environments: {production: {address_space: 10.0.0.0/10}}
providers: {ovh: {kind: openstack, cloud: x}, nodes: {kind: node, user: cloison}}
zones: {dmz: {trust: exposed}, users: {trust: internal}, sih: {trust: external}}
address_pools: {sites: {cidr: 10.16.0.0/12}}
sites:
  cloud:
    provider: ovh
    transit: [[wan, sih]]
    gateways: {hub: {vpc: main, segment: dmz, image: debian-12}}
    vpcs: {main: {cidr: auto/16, segments: {dmz: {cidr: auto/24}}}}
  lab:
    provider: nodes
    nodes: [{name: lab-1, address: 192.0.2.1, trunk: lan0}]
    underlays: {fibre: {interface: wan0}}
    segments: {lan: {zone: users, vlan: 10, cidr: auto/24, intra: allow}}
  hospital: {provider: external, segments: {sih: {cidr: 192.0.2.128/28}}}
  clinic: {provider: external, segments: {sih: {cidr: 192.0.2.160/28}}}
links:
  wan: {kind: sdwan, hub: cloud, spokes: [lab], transport: wireguard, spoke_to_spoke: deny}
  sih: {kind: vpn, between: [cloud, hospital], transport: ipsec, peer: 198.51.100.4}
  other: {kind: vpn, between: [cloud, clinic], transport: ipsec, peer: 198.51.100.5}
  web: {kind: internet, at: cloud}
flows:
)";
  const auto both = resolved(text + "  - {id: F-1, from: lab.lan, to: hospital.sih, ports: [https]}\n" +
                             "  - {id: F-2, from: hospital.sih, to: lab.lan, ports: [https]}\n");
  ASSERT_TRUE(both.ok()) << codes(both);
  EXPECT_EQ(pair_of(both, "F-1").path, (Ids{"wan", "sih"}));
  EXPECT_EQ(pair_of(both, "F-2").path, (Ids{"sih", "wan"}));
  // an underlay's public address may be of a space of ours: it is outside of the tunnel all the same
  std::string own = text;
  own.replace(own.find("10.0.0.0/10"), 11, "[10.0.0.0/10, 203.0.113.0/24]");
  own.replace(own.find("interface: wan0"), 15, "interface: wan0, public: 203.0.113.7");
  const auto spoke = resolved(own + "  - {id: F-1, from: lab.lan, to: hospital.sih, ports: [https]}\n");
  ASSERT_TRUE(spoke.ok()) << codes(spoke);
  EXPECT_EQ(pair_of(spoke, "S-tunnel-wan").from.prefixes.front().text(), "203.0.113.7/32");
  const auto other = resolved(text + "  - {id: F-1, from: clinic.sih, to: lab.lan, ports: [https]}\n");
  EXPECT_FALSE(other.ok());  // no transit between those links, though its addresses look public
}

TEST(Flows, AnIdNamesWhatVaries) {
  const auto r = network(R"(  - {id: F-1, from: internet, to: cloud.dmz.edge, ports: [https]}
  - {id: F-2, from: lab.lan, to: cloud.app.portal, ports: [https]}
  - {id: F-3, from: lab.lan, to: lab.local.db, ports: [postgresql]}
  - {id: F-4, from: cloud.app, to: cloud.data, ports: [postgresql]}
  - {id: F-5, from: cloud.production.app.portal, to: cloud.production.data, ports: [postgresql]})");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(ids(r, "F-1"), (Ids{"F-1/preproduction", "F-1/production"}));
  EXPECT_EQ(ids(r, "F-2"), (Ids{"F-2/lyon", "F-2/metz"}));  // one environment: the other has no laboratories
  EXPECT_EQ(ids(r, "F-3"), (Ids{"F-3/lyon", "F-3/metz"}));  // never from one laboratory to another
  EXPECT_EQ(ids(r, "F-4"), (Ids{"F-4/preproduction/mirror", "F-4/preproduction/portal", "F-4/production/mirror",
                                "F-4/production/portal"}));
  EXPECT_EQ(ids(r, "F-5"), (Ids{"F-5"}));
}

TEST(Flows, AcrossSitesPairsDifferentInstances) {
  const auto r =
      network("  - {id: F-1, from: lab.lan, to: lab.local.db, ports: [https], across: sites}", {.spokes = "via-hub"});
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(ids(r, "F-1"), (Ids{"F-1/lyon/lyon", "F-1/lyon/metz", "F-1/metz/lyon", "F-1/metz/metz"}));
  EXPECT_EQ(pair_of(r, "F-1/lyon/metz").path, (std::vector<std::string>{"wan", "wan"}));
  EXPECT_TRUE(pair_of(r, "F-1/lyon/lyon").path.empty());
}

TEST(Flows, ASegmentWithPhysicalPortsIsOneEndAndOthersAreTheirHosts) {
  const auto r = network("  - {id: F-1, from: lab/lyon.lan, to: cloud.production.app, ports: [https]}");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(ids(r, "F-1"), (Ids{"F-1/mirror", "F-1/portal"}));
  EXPECT_EQ(pair_of(r, "F-1/portal").from.kind, FlowEnd::Kind::segment);
  EXPECT_EQ(pair_of(r, "F-1/portal").to.kind, FlowEnd::Kind::host);
  EXPECT_EQ(pair_of(r, "F-1/portal").path, (std::vector<std::string>{"wan"}));
  EXPECT_TRUE(pair_of(r, "F-1/portal").from.set.empty());
}

TEST(Flows, ASetHoldsEveryMemberOfItsSelector) {
  const auto r = network(R"(  - {id: F-1, from: lab.lan, to: cloud.app.portal, ports: [https]}
  - {id: F-2, from: partner, to: cloud.dmz.edge, ports: [https]})");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(pair_of(r, "F-1/lyon").from.set, "lab.lan");
  EXPECT_EQ(r.value->sets.at("production lab.lan").size(), 2U);
  EXPECT_EQ(r.value->sets.at("production partner").size(), 2U);
  EXPECT_EQ(r.value->sets.at("preproduction partner"), r.value->sets.at("production partner"));
}

TEST(Flows, SameSiteIsTheSiteOfTheOtherEnd) {
  const auto r = network("  - {id: F-1, from: lab.lan, to: same-site.local, ports: [https]}");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(ids(r, "F-1").size(), 2U);
  EXPECT_TRUE(pair_of(r, "F-1/lyon").path.empty());
  EXPECT_TRUE(pair_of(r, "F-1/metz").path.empty());
}

TEST(Flows, AnotherLaboratoryAndAnotherOrderChangeNothingOfTheOthers) {
  const std::string first = "  - {id: F-1, from: lab.lan, to: cloud.app.portal, ports: [https]}\n";
  const std::string second = "  - {id: F-2, from: lab.lan, to: lab.local.db, ports: [https]}\n";
  const auto before = network(first + second);
  const auto turned = network(second + first, {.labs = "address;name\n192.0.2.2;metz\n192.0.2.1;lyon\n"});
  ASSERT_TRUE(before.ok() && turned.ok());
  EXPECT_EQ(before.value->allocations, turned.value->allocations);
  const auto list = [](const Checked<Resolved>& r) {
    Ids all;
    for (const FlowPair& pair : r.value->pairs) {
      all.push_back(pair.id);
    }
    return all;
  };
  EXPECT_EQ(list(before), list(turned));
  const auto more = network(first + second, {.labs = "name;address\nlyon;192.0.2.1\nmetz;192.0.2.2\nnice;192.0.2.3\n"});
  ASSERT_TRUE(more.ok());
  const Ids now = list(more);
  for (const std::string& id : list(before)) {
    EXPECT_NE(std::find(now.begin(), now.end(), id), now.end()) << id;
  }
}

TEST(SelectedPaths, AreDeclaredPathsBelowTheSelector) {
  const auto r = network("  - {id: F-1, from: lab.lan, to: cloud.app.portal, ports: [https]}");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(*selected_paths(*r.value, "lab/lyon.local").value,
            (std::vector<std::string>{"lab/lyon.local", "lab/lyon.local.db"}));
  EXPECT_EQ(*selected_paths(*r.value, "cloud.production.app.portal-2").value,
            (std::vector<std::string>{"cloud.production.app.portal-2"}));
  const auto wrong = selected_paths(*r.value, "lab/lyom.local");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.notes.front().hint.find("lyon"), std::string::npos);
}

}  // namespace
}  // namespace cloison::topology
