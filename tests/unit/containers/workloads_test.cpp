// What can be a container, what it is called, and what its settings come to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/containers/compose.h"
#include "core/containers/kubernetes.h"
#include "core/containers/workload.h"
#include "core/topology/load.h"

namespace cloison::containers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

constexpr std::string_view k_image =
    "artifact: {image: \"r.example/x@sha256:d0960501f8971be812f2e5494426e08cdbb2cbc3b3190ba60075f14b8da7178a\"}";

/// A cloud with these hosts in segment `app`, and these services; `IMAGE` stands for an image.
topology::Resolved network(const std::string& hosts, std::string services, const std::string& flows = "[]") {
  for (std::size_t at; (at = services.find("IMAGE")) != std::string::npos;) services.replace(at, 5, k_image);
  SourceMap sources;
  auto loaded = topology::load_texts(
      {{"topology.yaml",
        "cloison: 1\nname: t\nenvironments: {production: {address_space: [10.0.0.0/12, \"fd12::/44\"]}}\n"
        "providers: {ovh: {kind: openstack, cloud: gra}}\nzones: {app: {trust: internal}, data: {trust: restricted}}\n"
        "sites: {cloud: {provider: ovh, vpcs: {main: {cidr: auto/16, segments: {app: {cidr: auto/24, hosts: {" +
            hosts +
            "}}, data: {cidr: [auto/24, none], hosts: {db: {vm: {image: debian-12}}}}}}}}}\n"
            "links: {web: {kind: internet, at: cloud}}\n"
            "services: {" +
            services + "}\nflows: " + flows + "\n"}},
      {}, sources);
  EXPECT_TRUE(loaded.ok()) << (loaded.notes.empty() ? "" : loaded.notes.front().summary + loaded.notes.front().detail);
  auto resolved = topology::resolve(std::make_shared<const topology::Topology>(*std::move(loaded.value)), {}, {});
  EXPECT_TRUE(resolved.ok()) << (resolved.notes.empty() ? "" : resolved.notes.front().summary);
  return *std::move(resolved.value);
}

std::vector<std::string> names_of(const Workloads& workloads) {
  std::vector<std::string> names;
  for (const auto& one : workloads.all) names.push_back(one.name);
  return names;
}

TEST(Workloads, AreCalledAfterServiceAndHost) {
  const auto found = workloads_of(
      network("portal: {vm: {image: d}}, other: {vm: {image: d}}, 2x: {vm: {image: d}}",
              "portal: {IMAGE, runs_on: [cloud.app.portal, cloud.app.other]}, 2x: {IMAGE, runs_on: cloud.app.2x}"));
  EXPECT_THAT(names_of(found), ElementsAre("portal", "portal-other", "svc-2x"));
  EXPECT_EQ(found.all.front().name_space, "cloud-main-app");
}

TEST(Workloads, ThatWouldBeCalledAlikeAreToldApart) {
  const auto found = workloads_of(network("c: {vm: {image: d}}, b-c: {vm: {image: d}}",
                                          "a-b: {IMAGE, runs_on: cloud.app.c}, a: {IMAGE, runs_on: cloud.app.b-c}"));
  ASSERT_EQ(found.all.size(), 2U);
  EXPECT_NE(found.all[0].name, found.all[1].name);
  for (const auto& one : found.all) EXPECT_EQ(one.name.substr(0, 6), "a-b-c-");
}

TEST(Workloads, NamesFitInLabels) {
  const std::string longest(63, 'x');
  const auto found =
      workloads_of(network(longest + ": {vm: {image: d}}", "svc: {IMAGE, runs_on: cloud.app." + longest + "}"));
  ASSERT_EQ(found.all.size(), 1U);
  EXPECT_LE(found.all[0].name.size(), 53U);
}

TEST(Workloads, WhatIsNoneIsNamedWithItsReason) {
  const auto found = workloads_of(
      network("h: {vm: {image: d}}, none: {vm: {image: d}, replicas: 0}",
              "a: {kind: postgresql, runs_on: cloud.app.h}, b: {IMAGE, schedule: daily, runs_on: cloud.app.h}, "
              "c: {runs_on: cloud.app.h}, d: {kind: external}, e: {IMAGE, runs_on: cloud.app.none}, "
              "f: {IMAGE, runs_on: cloud.app.h, update: {max_surge: 0, max_unavailable: 0}}, "
              "g: {kind: cloud-lb, runs_on: cloud.data}"));
  EXPECT_THAT(found.all, IsEmpty());
  std::vector<std::string> services;
  for (const auto& one : found.left_out)
    if (one.what.empty()) services.push_back(one.service);
  EXPECT_THAT(services, ElementsAre("a", "b", "c", "d", "e", "f", "g"));
}

TEST(Workloads, SettingsComeToQuantitiesOfTheirOwn) {
  const auto found = workloads_of(network(
      "h: {vm: {image: d}}",
      "a: {IMAGE, runs_on: cloud.app.h, listen: [tcp/9000-9002, udp/53, ping], limits: {cpu: 1.2345, memory: 1536M}, "
      "health: {tcp: tcp/9001}, user: root, variables: {A: \"1\", B: file:b, \"no way\": x}, "
      "arguments: [zero, env:ONE, \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\", ten]}"));
  ASSERT_EQ(found.all.size(), 1U);
  const auto& settings = found.all[0].settings;
  EXPECT_EQ(settings.millicores, 1235);
  EXPECT_EQ(settings.memory, int64_t{1536} << 20U);
  EXPECT_EQ(settings.ports.size(), 4U);
  EXPECT_EQ(settings.probe->port, 9001);
  EXPECT_THAT(settings.variables, ElementsAre(Pair("A", "1")));
  EXPECT_EQ(settings.secret_variables.size(), 1U);
  EXPECT_THAT(settings.arguments, ElementsAre("zero", "env:ONE", "2", "3", "4", "5", "6", "7", "8", "9", "ten"));
  std::vector<std::string> what;
  for (const auto& one : found.left_out) what.push_back(one.what);
  EXPECT_THAT(what, Contains("listen"));
  EXPECT_THAT(what, Contains("user"));
  EXPECT_THAT(what, Contains("variables"));
}

TEST(Workloads, APeerIsPodsAndWhatElseRunsThere) {
  const auto resolved =
      network("a: {vm: {image: d}}, b: {vm: {image: d}}, c: {vm: {image: d}}",
              "a: {IMAGE, runs_on: cloud.app.a}, b: {IMAGE, runs_on: cloud.app.b}, c: {IMAGE, runs_on: cloud.app.c}, "
              "kept: {kind: postgresql, runs_on: cloud.app.c}",
              "[{id: F-1, from: cloud.app.a, to: [cloud.app.b, cloud.app.c, cloud.data.db], ports: https}]");
  const auto found = workloads_of(resolved);
  ASSERT_EQ(found.all.size(), 3U);
  ASSERT_EQ(found.all[0].permits.size(), 1U);
  std::size_t pods = 0, ipv4 = 0, ipv6 = 0;
  for (const auto& peer : found.all[0].permits[0].to) {
    pods += peer.workload ? 1 : 0;
    if (!peer.workload) ++(peer.block.family() == Family::ipv4 ? ipv4 : ipv6);
  }
  EXPECT_EQ(pods, 2U);
  EXPECT_EQ(ipv4, 2U) << "c as a machine, and the database";
  EXPECT_EQ(ipv6, 1U) << "c alone has one";
  EXPECT_THAT(found.all[0].permits[0].from, IsEmpty());
}

TEST(Workloads, AFileOfOneIsTheSameWhateverElseIsChosen) {
  const auto resolved = network("a: {vm: {image: d}}, b: {vm: {image: d}}",
                                "a: {IMAGE, runs_on: cloud.app.a}, b: {IMAGE, runs_on: cloud.app.b}",
                                "[{id: F-1, from: cloud.app.a, to: cloud.app.b, ports: https}]");
  const auto workloads = workloads_of(resolved);
  std::vector<LeftOut> left_out;
  const auto all = kubernetes(resolved, workloads, {}, left_out);
  const auto one = kubernetes(resolved, workloads, {.services = {"a"}}, left_out);
  ASSERT_EQ(one.size(), 2U);
  EXPECT_EQ(one[1].text, all[1].text);
  EXPECT_THAT(one[1].text, HasSubstr("app.kubernetes.io/instance: b"));
}

TEST(Workloads, ComposeNamesSecretsAndHoldsNone) {
  const auto resolved = network(
      "a: {vm: {image: d}}",
      "a: {IMAGE, runs_on: cloud.app.a, listen: https, tls: {certificate: file:a.pem, key: command:pass show key}, "
      "variables: {X: env:OTHER, PASS: command:pass show y}}");
  std::vector<LeftOut> left_out;
  const auto text = compose(resolved, workloads_of(resolved), {}, left_out).text;
  EXPECT_THAT(text, HasSubstr("X: \"${OTHER:?}\""));
  EXPECT_THAT(text, HasSubstr("${PASS:?}"));
  EXPECT_THAT(text, HasSubstr("file: a.pem"));
  EXPECT_THAT(text, HasSubstr("environment: A_TLS_KEY"));
  EXPECT_THAT(text, Not(HasSubstr("pass show")));
}

}  // namespace
}  // namespace cloison::containers
