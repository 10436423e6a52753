#pragma once
// Small topologies for tests of the program.

#include <string>

namespace cloison::cli_test {

/// One cloud with two segments; `flows` are the lines below `flows:`.
[[nodiscard]] inline std::string clinic(const std::string& flows,
                                        const std::string& providers = "{ovh: {kind: openstack, cloud: ovh-gra}}") {
  return "cloison: 1\n"
         "name: clinic\n"
         "environments: {production: {address_space: 10.0.0.0/12}}\n"
         "providers: " +
         providers +
         "\n"
         "zones: {dmz: {trust: exposed}, app: {trust: internal}}\n"
         "sites:\n"
         "  cloud:\n"
         "    provider: ovh\n"
         "    vpcs: {main: {cidr: auto/16, segments: {\n"
         "      dmz: {cidr: auto/24, hosts: {edge: {vm: {image: debian-12, cpu: 1, memory: 2G}, public: true}}},\n"
         "      app: {cidr: auto/24, hosts: {web: {vm: {image: debian-12, cpu: 1, memory: 2G}, replicas: 2}}}}}}\n"
         "links: {web: {kind: internet, at: cloud}}\n"
         "flows:\n"
         "  - {id: F-1, from: internet, to: cloud.dmz.edge, ports: [https], purpose: The public site}\n" +
         flows;
}

constexpr const char* k_proxy_flow =
    "  - {id: F-2, from: cloud.dmz.edge, to: cloud.app.web, ports: [tcp/8080], purpose: Proxy to application";

/// The proxy's flow, with what else is said of it (", expires: 2026-11-26").
[[nodiscard]] inline std::string proxy_flow(const std::string& more = "") {
  return k_proxy_flow + more + "}\n";
}

}  // namespace cloison::cli_test
