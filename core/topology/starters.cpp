// What `cloison init` writes: commented topologies that validate as they stand.

#include "core/topology/load.h"

namespace cloison::topology {

namespace {

constexpr std::string_view k_small =
    R"yaml(# A small network: one cloud with three zones, one office, a tunnel between them.
# Check it with: cloison validate        See what it would do: cloison plan --sandbox
cloison: 1
name: my-network
timezone: Europe/Paris          # of the dates below

# Isolation domains. Nothing crosses two environments; each owns its address space.
environments:
  production: {address_space: 10.0.0.0/16}

# Accounts and ways in. Passwords never stand here: env:NAME, file:PATH or command:LINE refer to them.
providers:
  cloud: {kind: openstack, cloud: my-cloud}     # an entry of your clouds.yaml
  nodes: {kind: node, user: cloison}            # Linux hosts, by SSH

# Trust classes. Segments carry them, guarantees name them.
zones:
  dmz:   {trust: exposed}
  app:   {trust: internal}
  data:  {trust: restricted}
  users: {trust: internal}

# Segments of sites on premises take their addresses from here; cloison.lock keeps what was given.
address_pools:
  sites: {cidr: 10.0.128.0/17}

sites:
  cloud:
    provider: cloud
    location: {country: FR}
    gateways: {hub: {vpc: production, segment: dmz, image: debian-12}}   # ends the tunnel
    vpcs:
      production:
        cidr: 10.0.0.0/18
        segments:
          dmz:  {cidr: auto/24, hosts: {edge: {vm: {image: debian-12, cpu: 2, memory: 4G}}}}
          app:  {cidr: auto/24, hosts: {portal: {vm: {image: debian-12, cpu: 2, memory: 4G}, replicas: 2}}}
          data: {cidr: auto/24, hosts: {postgres: {vm: {image: debian-12, cpu: 2, memory: 8G, disk: 100G}}}}
  office:
    provider: nodes
    location: {country: FR}
    nodes:
      - {name: office-1, address: 192.0.2.10, trunk: lan0}      # where SSH reaches it first
    underlays:
      fibre: {interface: wan0, public: 192.0.2.10}
    segments:
      users: {vlan: 10, cidr: auto/24, dhcp: {range: [50, 199]}, intra: allow}
      admin: {zone: users, vlan: 20, cidr: auto/26, intra: allow, hosts: {desk: {address: 20}}}

links:
  wan: {kind: vpn, between: [office, cloud], transport: wireguard, underlays: fibre}
  web: {kind: internet, at: cloud}

groups:
  admins: {hosts: office.admin.desk}

# Who may reach the nodes themselves, and how: through the tunnel, else directly by SSH.
management: {from: admins, reach: [tunnel, direct]}

# What is permitted. What no flow names is closed, at both ends.
flow_defaults: {owner: it@example.org}
flows:
  - {id: F-001, from: internet, to: cloud.dmz.edge, ports: https, purpose: Visitors reach the portal}
  - {id: F-002, from: cloud.dmz.edge, to: cloud.app.portal, ports: https, purpose: Reverse proxy to portal}
  - {id: F-003, from: cloud.app.portal, to: cloud.data.postgres, ports: postgresql, purpose: Portal to database}
  - {id: F-010, from: office.users, to: cloud.app.portal, ports: https, purpose: Staff use the portal}

# What must hold in every state, also in the middle of an apply. `cloison verify` proves it.
guarantees:
  - {id: G-1, unreachable: {from: internet, to: {zone: data}}}
  - {id: G-2, unreachable: {from: office.users, to: {zone: data}}}
  - {id: G-3, encrypted: {from: office, to: cloud}}

services:
  edge: {kind: haproxy, runs_on: cloud.dmz.edge, listen: https, public: true, tls: {min: 1.3, certificate: file:edge.pem}}
)yaml";

constexpr std::string_view k_labs =
    R"yaml(# One cloud and many laboratories that a CSV file lists: a row more is a laboratory more.
# Check it with: cloison validate        See what it would do: cloison plan --sandbox
cloison: 1
name: laboratories
timezone: Europe/Paris

environments:
  production:    {address_space: 10.0.0.0/10,  vars: {replicas: 2, memory: 8G}}
  preproduction: {address_space: 10.64.0.0/10, vars: {replicas: 1, memory: 4G}}

providers:
  cloud: {kind: openstack, cloud: my-cloud}
  nodes: {kind: node, user: cloison, known_hosts: known_hosts}

zones:
  dmz:     {trust: exposed}
  app:     {trust: internal}
  data:    {trust: restricted, data: health}
  users:   {trust: internal}
  tablets: {trust: exposed}

address_pools:
  sites: {cidr: 10.16.0.0/12}

sites:
  cloud:
    provider: cloud
    location: {country: FR, certifications: {HDS: {holder: the host, until: 2030-01-01}}}
    gateways: {hub: {vpc: production, segment: dmz, replicas: 2, image: debian-12}}
    vpcs:
      for_each: environments            # a VPC for each, named like it
      cidr: auto/16
      segments:
        dmz: {cidr: auto/24, hosts: {edge: {vm: {image: debian-12}}}}
        app:
          cidr: auto/24
          hosts:
            # {{env.NAME}} is the value under vars: of the VPC's environment
            portal:  {vm: {image: debian-12, memory: "{{env.memory}}"}, replicas: "{{env.replicas}}"}
            console: {vm: {image: debian-12}}
        data: {cidr: auto/24, hosts: {postgres: {vm: {image: debian-12, memory: "{{env.memory}}", disk: 100G}}}}
  lab:
    for_each: {csv: labs.csv, key: name}   # lab/lyon-03, lab/metz-01; {{column}} is the row's cell
    provider: nodes
    environment: production
    location: {country: FR, region: "{{city}}"}
    nodes: [{name: "{{name}}-1", address: "{{node_address}}", fingerprint: "{{fingerprint}}", trunk: lan0}]
    underlays:                             # the lower metric is preferred
      fibre:  {interface: wan0, metric: 100, public: "{{public_ip}}"}   # an empty cell drops the key
      mobile: {interface: wwan0, metric: 200, public: none}
    segments:
      lan:     {zone: users, vlan: "{{vlan}}", cidr: auto/24, dhcp: {range: [50, 199]}, intra: allow}
      tablets: {zone: tablets, cidr: auto/26, peers: {csv: tablets.csv}}

links:
  wan:     {kind: sdwan, hub: cloud, spokes: lab, transport: wireguard, underlays: [fibre, mobile], spoke_to_spoke: deny}
  tablets: {kind: remote-access, users: lab.tablets, to: same-site, at: same-site, transport: wireguard, tunnel: full}
  web:     {kind: internet, at: cloud}

groups:
  admins: {hosts: {site: cloud, vpc: production, host: console}}

management: {from: admins, reach: tunnel}

flow_defaults: {owner: it@example.org}
flows:
  - {id: F-001, from: internet, to: cloud.dmz.edge, ports: https, purpose: Patients read results}
  - {id: F-002, from: cloud.dmz.edge, to: cloud.app.portal, ports: https, purpose: Reverse proxy to portal}
  - {id: F-003, from: cloud.app.portal, to: cloud.data.postgres, ports: postgresql, purpose: Portal to database}
  - {id: F-010, from: lab.lan, to: cloud.app.portal, ports: https, purpose: Laboratories use the portal}
  - {id: F-014, from: lab.tablets, to: same-site.lan, ports: https, purpose: Tablets reach their laboratory}

guarantees:
  - {id: G-1, isolated: {among: lab}}
  - {id: G-2, unreachable: {from: internet, to: {zone: data}}}
  - {id: G-3, only: {from: lab.tablets, to: same-site}}
  - {id: G-4, isolated: {among: environments}}

scenarios:
  fibre-lost: {down_each: lab.underlays.fibre, requires: F-010, within: 1s}

services:
  edge: {kind: haproxy, runs_on: cloud.dmz.edge, listen: https, public: true, tls: {min: 1.3, certificate: file:edge.pem}}
)yaml";

constexpr std::string_view k_labs_csv = R"csv(name;city;node_address;fingerprint;public_ip;vlan
lyon-03;Lyon;192.0.2.33;SHA256:PUT-THE-FINGERPRINT-OF-lyon-03-1-HERE;192.0.2.33;120
metz-01;Metz;192.0.2.41;SHA256:PUT-THE-FINGERPRINT-OF-metz-01-1-HERE;;120
)csv";

constexpr std::string_view k_tablets_csv = R"csv(site;name;public_key;owner;expires
lyon-03;tablet-1;3pcNPzYyIZDvjSd7gTmwkG+YLDvLTi+JKuZ3gC8pPwg=;nurse.a@example.org;2030-01-01
)csv";

}  // namespace

std::vector<Starter> starters() {
  return {{.name = "small",
           .doc = "one cloud (dmz, app, data) and one office",
           .files = {{"topology.yaml", std::string(k_small)}}},
          {.name = "labs",
           .doc = "one cloud and many laboratories from a CSV file, two environments",
           .files = {{"topology.yaml", std::string(k_labs)},
                     {"labs.csv", std::string(k_labs_csv)},
                     {"tablets.csv", std::string(k_tablets_csv)}}}};
}

}  // namespace cloison::topology
