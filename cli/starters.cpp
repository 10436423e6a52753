#include "cli/starters.h"

#include <array>

namespace cloison::cli {

namespace {

constexpr std::array k_small{
    StarterFile{"topology.yaml", R"yaml(# One cloud, one network of three segments. What no flow names is closed.
#
#   cloison validate             checks this file
#   cloison plan --sandbox       shows what would be made, without an account
#   cloison apply --sandbox      makes it in the simulator
#   cloison plan                 the same against the account below
cloison: 1
name: example

environments:
  production: {address_space: 10.0.0.0/16}

providers:
  # `cloud` is an entry of your clouds.yaml; credentials stay there.
  cloud: {kind: openstack, cloud: my-cloud}

# Classes of trust. A segment belongs to the zone of its own name unless it says `zone:`.
zones:
  dmz:  {trust: exposed}
  app:  {trust: internal}
  data: {trust: restricted}

sites:
  cloud:
    provider: cloud
    location: {country: FR}
    vpcs:
      main:
        cidr: auto/20  # cloison gives the addresses and keeps them in cloison.lock
        segments:
          dmz:
            cidr: auto/24
            hosts:
              edge: {public: true, vm: {image: debian-12, cpu: 2, memory: 2G}}
          app:
            cidr: auto/24
            hosts:
              web: {vm: {image: debian-12, cpu: 2, memory: 4G}, replicas: 2}
          data:
            cidr: auto/24
            hosts:
              postgres: {vm: {image: debian-12, cpu: 2, memory: 8G}}

links:
  web: {kind: internet, at: cloud}

flow_defaults: {owner: network@example.org}
flows:
  - {id: F-001, from: internet, to: cloud.main.dmz.edge, ports: [https], purpose: Visitors}
  - {id: F-002, from: cloud.main.dmz.edge, to: cloud.main.app.web, ports: [https], purpose: Reverse proxy to the application}
  - {id: F-003, from: cloud.main.app, to: cloud.main.data.postgres, ports: [postgresql], purpose: Application to database}
)yaml"}};

constexpr std::array k_branches{
    StarterFile{"topology.yaml", R"yaml(# A cloud and branches on premises, one row of branches.csv each.
# Branches are checked and addressed; this version applies the cloud and says so of the rest.
cloison: 1
name: branches

environments:
  production: {address_space: 10.0.0.0/14}

providers:
  cloud: {kind: openstack, cloud: my-cloud}
  nodes: {kind: node, user: cloison}

zones:
  app:   {trust: internal}
  users: {trust: internal}

address_pools:
  sites: {cidr: 10.2.0.0/16}

sites:
  cloud:
    provider: cloud
    location: {country: FR}
    gateways: {hub: {vpc: main, segment: app, image: debian-12, cpu: 2, memory: 2G}}
    vpcs:
      main:
        cidr: auto/20
        segments:
          app:
            cidr: auto/24
            hosts:
              portal: {vm: {image: debian-12, cpu: 2, memory: 4G}, replicas: 2}

  branch:
    for_each: {csv: branches.csv, key: name}
    provider: nodes
    location: {country: FR, region: "{{city}}"}
    nodes: [{name: "{{name}}-1", address: "{{node_address}}", fingerprint: "{{fingerprint}}", trunk: lan0}]
    underlays:
      fibre: {interface: wan0, metric: 100, public: "{{node_address}}"}
    segments:
      lan: {zone: users, vlan: "{{vlan}}", cidr: auto/24, intra: allow}

links:
  wan: {kind: sdwan, hub: cloud, spokes: [branch], transport: wireguard, underlays: [fibre], spoke_to_spoke: deny}
  web: {kind: internet, at: cloud}

flow_defaults: {owner: network@example.org}
flows:
  - {id: F-001, from: branch.lan, to: cloud.main.app.portal, ports: [https], purpose: Branches use the portal}
)yaml"},
    StarterFile{"branches.csv",
                "name,city,vlan,node_address,fingerprint\n"
                "lyon-01,Lyon,120,192.0.2.21,SHA256:bzEQ+AE0fxNA9TfEZT9pLcJdNnZxzYuYm7EfcFnX73c\n"
                "metz-01,Metz,120,192.0.2.22,SHA256:5WSeXXkzAJjguWcglmTmfY/xqmBdzUpNDrRzyf5g+U8\n"}};

constexpr std::array k_starters{
    Starter{"small", "one cloud, three segments, three flows", k_small},
    Starter{"branches", "a cloud and branches from a CSV file", k_branches},
};

}  // namespace

std::span<const Starter> starters() {
  return k_starters;
}

}  // namespace cloison::cli
