#include "core/topology/load.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace cloison::topology {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

constexpr const char* k_base = R"(cloison: 1
name: demo
timezone: Europe/Paris
environments:
  production: {address_space: [10.0.0.0/10, fd12::/44], vars: {replicas: 3, size: 4G}}
  preproduction: {address_space: 10.64.0.0/10, vars: {replicas: 1, size: 2G}}
)";

constexpr const char* k_labs = R"(sites:
  lab:
    for_each: {csv: labs.csv, key: name}
    title: "Laboratoire de {{city}}"
    provider: nodes
    environment: production
    nodes: [{name: "{{name}}-1", address: "{{node}}", underlays: [fibre, "{{second}}"]}]
    underlays: {fibre: {interface: wan0, public: "{{public_ip}}"}}
    segments:
      lan: {vlan: "{{vlan}}", cidr: [auto/24, none], dhcp: {range: [50, 199]}, intra: allow}
      tablets: {cidr: auto/26, peers: {csv: tablets.csv}}
)";

Checked<Topology> read(const std::string& yaml, const Texts& more = {}, const Texts& overlays = {}) {
  static SourceMap sources;
  Texts files{{"topology.yaml", yaml}};
  files.insert(files.end(), more.begin(), more.end());
  return load_texts(files, overlays, sources);
}

std::string all(const Diagnostics& notes) {
  std::string text;
  for (const Diagnostic& note : notes) {
    text += note.code + " " + note.summary + "\n";
  }
  return text;
}

TEST(Load, MakesASiteOfEachRow) {
  SourceMap sources;
  const auto loaded = load_texts(
      {{"topology.yaml", std::string(k_base) + k_labs},
       {"labs.csv",
        "\xEF\xBB\xBFname;city;node;vlan;public_ip;second\r\n"
        "metz-01;Metz;192.0.2.41;121;;\r\n"
        "lyon-03;\"Lyon; 3e\";192.0.2.33;120;192.0.2.33;mobile\r\n"},
       {"tablets.csv",
        "site,name,public_key,expires\nlyon-03,tablet-1,3pcNPzYyIZDvjSd7gTmwkG+YLDvLTi+JKuZ3gC8pPwg=,2026-12-03\n"}},
      {}, sources);
  ASSERT_TRUE(loaded.ok()) << all(loaded.notes);
  const Topology& topology = *loaded.value;
  ASSERT_EQ(topology.sites.size(), 2U);
  const Site& lyon = topology.sites[0];
  EXPECT_EQ(lyon.path, "lab/lyon-03");
  EXPECT_EQ(lyon.title, "Laboratoire de Lyon; 3e");
  EXPECT_EQ(lyon.instance.family, "lab");
  EXPECT_EQ(sources.location(lyon.instance.row), "labs.csv:3:1");
  EXPECT_EQ(lyon.nodes[0].name, "lyon-03-1");
  EXPECT_EQ(lyon.nodes[0].underlays.size(), 2U);
  EXPECT_EQ(lyon.underlays[0].how, Underlay::Public::address);
  EXPECT_EQ(lyon.segments[0].vlan->value, 120);
  EXPECT_EQ(sources.location(lyon.segments[0].vlan->span), "labs.csv:3:31");
  EXPECT_EQ(lyon.segments[0].cidr.ipv6.how, CidrRequest::How::none);
  ASSERT_EQ(lyon.segments[1].peers.size(), 1U);
  EXPECT_EQ(rfc3339(lyon.segments[1].peers[0].expires->at), "2026-12-03T23:00:00Z") << "ends with the day in Paris";
  const Site& metz = topology.sites[1];
  EXPECT_EQ(metz.underlays[0].how, Underlay::Public::dynamic) << "an empty cell drops its key";
  EXPECT_EQ(metz.nodes[0].underlays.size(), 1U) << "and in a list its item";
  EXPECT_TRUE(metz.segments[1].has_peers);
  EXPECT_TRUE(metz.segments[1].peers.empty());
}

TEST(Load, LeavesWhatIsNoPartOfTheTopologyAlone) {
  const auto folder = std::filesystem::temp_directory_path() / ("cloison-load-" + random_hex(8));
  std::filesystem::create_directories(folder);
  for (const char* name : {"topology.yaml", "clouds.yaml", "secure.yaml", "friday.override.yaml", ".hidden.yaml"})
    std::ofstream(folder / name) << "name: demo\n";
  const auto files = files_of({.path = folder});
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(files.has_value());
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().filename(), "topology.yaml");
}

TEST(Load, MakesAVpcOfEachEnvironment) {
  const auto loaded = read(std::string(k_base) + R"(sites:
  cloud:
    provider: ovh
    vpcs:
      for_each: environments
      cidr: auto/16
      segments:
        app:
          cidr: auto/24
          hosts: {portal: {vm: {image: debian-12, memory: "{{env.size}}"}, replicas: "{{env.replicas}}"}}
services:
  gateway: {runs_on: {site: cloud, segment: app, replicas: "{{env.replicas}}"}, listen: tcp/3000}
)");
  ASSERT_TRUE(loaded.ok()) << all(loaded.notes);
  const std::vector<Vpc>& vpcs = loaded.value->sites[0].vpcs;
  ASSERT_EQ(vpcs.size(), 2U);
  EXPECT_EQ(vpcs[0].name, "preproduction");
  EXPECT_EQ(vpcs[0].environment.value, "preproduction");
  EXPECT_EQ(vpcs[0].segments[0].hosts[0].replicas, 1);
  EXPECT_EQ(vpcs[1].segments[0].hosts[0].replicas, 3);
  EXPECT_EQ(vpcs[1].segments[0].hosts[0].vm->memory->value, int64_t{4} << 30U);
  const Service::Placement& placement = loaded.value->services[0].runs_on;
  EXPECT_EQ(placement.by_environment.at("production").replicas, 3);
  EXPECT_EQ(placement.by_environment.at("preproduction").replicas, 1);
}

TEST(Load, OrderOfKeysAndFilesHasNoMeaning) {
  const std::string zones = "zones: {app: {trust: internal}, data: {trust: restricted}}\n";
  const std::string turned = "zones: {data: {trust: restricted}, app: {trust: internal}}\n";
  const std::string sites = "sites: {office: {provider: external}}\n";
  const std::string one = "flows:\n  - {id: F-1, from: office, to: internet, ports: https}\n";
  const std::string two = "flows:\n  - {to: internet, id: F-2, ports: https, from: office}\n";
  const auto a = read(k_base + zones + sites + one, {{"b.yaml", two}});
  const auto b = read(two, {{"b.yaml", one + sites + turned + k_base}});
  ASSERT_TRUE(a.ok() && b.ok()) << all(a.notes) << all(b.notes);
  ASSERT_EQ(a.value->zones.size(), 2U);
  ASSERT_EQ(a.value->flows.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(a.value->zones[i].name, b.value->zones[i].name);
    EXPECT_EQ(a.value->flows[i].id, b.value->flows[i].id);
    EXPECT_EQ(a.value->flows[i].from.terms[0].path, b.value->flows[i].from.terms[0].path);
  }
}

TEST(Load, OverlaysMergeReplaceAndRemove) {
  const std::string base = std::string(k_base) +
                           "sites: {office: {provider: external, title: Old}}\n"
                           "zones: {app: {trust: internal, title: App}, old: {trust: exposed}}\n"
                           "flows:\n  - {id: F-1, from: office, to: internet, ports: [https, http], purpose: old}\n";
  const auto loaded = read(base, {},
                           {{"a", "zones: {app: {title: null}, old: null}\n"},
                            {"b",
                             "flows:\n  - {id: F-1, ports: [ssh], purpose: new}\n"
                             "  - {id: F-2, from: office, to: internet, ports: dns}\n"}});
  ASSERT_TRUE(loaded.ok()) << all(loaded.notes);
  ASSERT_EQ(loaded.value->zones.size(), 1U);
  EXPECT_EQ(loaded.value->zones[0].title, "");
  ASSERT_EQ(loaded.value->flows.size(), 2U);
  ASSERT_EQ(loaded.value->flows[0].ports.size(), 1U);
  EXPECT_EQ(loaded.value->flows[0].ports[0].value, "ssh");
  EXPECT_EQ(loaded.value->flows[0].governance.purpose->value, "new");
}

TEST(Load, DatesEndWithTheirDayInTheTopologysZone) {
  const auto loaded =
      read(std::string(k_base) +
           "sites: {office: {provider: external}}\nflow_defaults: {owner: dsi}\nflows:\n"
           "  - {id: F-1, from: office, to: internet, ports: any, starts: 2026-07-01, expires: 2026-07-01}\n"
           "  - {id: F-2, from: office, to: internet, ports: any, expires: 2026-12-03T18:00, owner: me}\n");
  ASSERT_TRUE(loaded.ok()) << all(loaded.notes);
  EXPECT_EQ(rfc3339(loaded.value->flows[0].starts->at), "2026-06-30T22:00:00Z");
  EXPECT_EQ(rfc3339(loaded.value->flows[0].expires->at), "2026-07-01T22:00:00Z");
  EXPECT_EQ(rfc3339(loaded.value->flows[1].expires->at), "2026-12-03T17:00:00Z");
  EXPECT_EQ(loaded.value->flows[0].governance.owner->value, "dsi");
  EXPECT_EQ(loaded.value->flows[1].governance.owner->value, "me");
}

TEST(Load, KeepsReferencesAndHidesSecrets) {
  SourceMap whole;
  const std::string key =
      "services:\n  edge:\n    runs_on: office\n    variables:\n      TLS: |\n"
      "        -----BEGIN PRIVATE "  // cut, so that this file holds no key's mark
      "KEY-----\n        canary-3\n        -----END PRIVATE KEY-----\n";
  const auto bad =
      load_texts({{"topology.yaml", std::string(k_base) +
                                        "sites: {office: {provider: external}}\n"
                                        "providers: {ovh: {kind: openstack, password: canary-1, project: env:P}}\n"
                                        "links: {a: {kind: vpn, psk: \"canary-2\"}}\n" +
                                        key}},
                 {}, whole);
  EXPECT_FALSE(bad.ok());
  ASSERT_EQ(bad.notes.size(), 3U) << all(bad.notes);
  for (const Diagnostic& note : bad.notes) {
    EXPECT_EQ(note.code, "CL1116");
    EXPECT_EQ((note.summary + note.detail + note.hint).find("canary"), std::string::npos);
    EXPECT_EQ(whole.file_text(whole.span(note.where).file).find("canary"), std::string::npos);
  }
  ASSERT_TRUE(bad.value.has_value());
  EXPECT_EQ(bad.value->providers[0].secrets.at("project").text, "P");
}

TEST(Load, FindsEverythingAtOnce) {
  const auto loaded = read(std::string(k_base) +
                           "sites: {office: {provider: external, colour: red}}\n"
                           "zones: {Bad Name: {trust: internal}, app: {trust: none}}\n"
                           "flows:\n  - {id: F-1, from: office, ports: 443}\n");
  EXPECT_EQ(all(loaded.notes),
            "CL1101 'colour' is no key of site 'office'\n"
            "CL1107 'Bad Name' is no name\n"
            "CL1103 'none' is no value for 'trust'\n"
            "CL1104 flow 'F-1' lacks 'to'\n"
            "CL1115 '443' is no value for 'ports'\n");
}

TEST(Load, OddScalarsAreErrorsNotCrashes) {
  for (const char* odd : {"*", "a*", "*.", ".", "{{", "}}", "{{}}", "auto/", "auto/999", "env:", "tcp/", "/", "-", "+",
                          "9999999999999999999999"}) {
    const std::string text = std::string("\"") + odd + "\"";
    const auto loaded =
        read(std::string(k_base) + "sites: {office: {provider: external, segments: {a: {cidr: " + text +
             ", vlan: " + text + ", hosts: {h: {address: " + text + "}}}}}}\ngroups: {g: {fqdns: " + text +
             "}}\nlinks: {l: {kind: vpn, psk: " + text + "}}\nflows:\n  - {id: " + text +
             ", from: office, to: office, ports: " + text + ", expires: " + text + "}\n");
    EXPECT_FALSE(loaded.ok()) << odd;
  }
}

TEST(Load, TenThousandRowsStaySmall) {
  std::string rows = "name;city;node;vlan;public_ip;second\n";
  for (int i = 0; i < 10'000; ++i) {
    rows += "lab-" + std::to_string(i) + ";Town;192.0.2.1;120;;\n";
  }
  SourceMap sources;
  const auto loaded = load_texts(
      {{"topology.yaml", std::string(k_base) + k_labs}, {"labs.csv", rows}, {"tablets.csv", "site,name,public_key\n"}},
      {}, sources);
  ASSERT_TRUE(loaded.ok()) << all(loaded.notes);
  EXPECT_EQ(loaded.value->sites.size(), 10'000U);
  EXPECT_LT(sources.size(), 100'000U) << "what a template does not fill in has one span for all instances";
}

TEST(Load, StartersValidate) {
  for (const Starter& starter : starters()) {
    SourceMap sources;
    const auto loaded = load_texts(starter.files, {}, sources);
    EXPECT_TRUE(loaded.ok() && loaded.notes.empty()) << starter.name << "\n" << all(loaded.notes);
  }
}

}  // namespace
}  // namespace cloison::topology
