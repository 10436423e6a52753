// Network policies as the documentation of Kubernetes has them, case by case.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/manifests/manifests.h"
#include "core/verify/filter.h"

namespace cloison::manifests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view k_pods =
    "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web, namespace: app}\n"
    "spec: {template: {metadata: {labels: {app: web, tier: front}}, spec: {containers: [{name: c, ports: "
    "[{name: http, containerPort: 8080}]}]}}}\n---\n"
    "kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: db, namespace: app}\n"
    "spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: "
    "[{name: http, containerPort: 9090}]}]}}}\n---\n"
    "kind: Namespace\napiVersion: v1\nmetadata: {name: ops, labels: {team: ops}}\n---\n"
    "kind: Pod\napiVersion: v1\nmetadata: {name: watch, namespace: ops, labels: {app: watch}}\nspec: {containers: "
    "[]}\n";

/// One policy in namespace `app`; web is 10.0.0.1, db 10.0.0.2, watch 10.0.0.3, each with IPv6 beside it.
class Cluster {
 public:
  explicit Cluster(const std::string& spec, const std::string& more = {}) {
    std::string text(k_pods);
    if (!spec.empty())
      text +=
          "---\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: p, namespace: app}\nspec: " +
          spec + "\n";
    text += more;
    const auto done = read("test.yaml", text, manifests);
    EXPECT_TRUE(done.has_value()) << done.error().detail;
    for (std::size_t i = 0; i < manifests.pods.size(); ++i)
      manifests.pods[i].addresses = {*IpAddress::parse("10.0.0." + std::to_string(i + 1)),
                                     *IpAddress::parse("fd00::" + std::to_string(i + 1))};
    forwarding = forwarding_of(manifests);
  }

  /// Whether a fresh packet passes at the side of the pods: "10.0.0.1" > "192.0.2.1", tcp 443.
  [[nodiscard]] bool passes(std::size_t pods, bool inward, const std::string& far, uint16_t port,
                            uint8_t ip_protocol = protocol::k_tcp, bool answer = false) const {
    const auto other = *IpAddress::parse(far);
    const auto own = manifests.pods[pods].addresses[other.family == Family::ipv4 ? 0 : 1];
    PacketBox box{.family = other.family, .protocol = {ip_protocol, ip_protocol}, .service = {port, port}};
    const auto source = inward ? other.bits : own.bits, destination = inward ? own.bits : other.bits;
    box.source = {source, source}, box.destination = {destination, destination};
    const auto& chain = inward ? forwarding.ports[pods].in : forwarding.ports[pods].out;
    if (!chain) return true;
    const verify::Filter filter(*chain);
    const auto state = answer ? verify::ConnectionState::established : verify::ConnectionState::fresh;
    const auto accepted = filter.accepted(verify::PacketSet(box), {.state = state});
    return accepted && !accepted->empty();
  }
  [[nodiscard]] bool web_hears(const std::string& far, uint16_t port, uint8_t ip_protocol = protocol::k_tcp) const {
    return passes(0, true, far, port, ip_protocol);
  }
  [[nodiscard]] bool web_says(const std::string& far, uint16_t port, uint8_t ip_protocol = protocol::k_tcp) const {
    return passes(0, false, far, port, ip_protocol);
  }
  [[nodiscard]] std::vector<std::string> unknown() const {
    std::vector<std::string> all;
    for (const auto& one : forwarding.unknown) all.push_back(one.what);
    return all;
  }

  Manifests manifests{};
  Forwarding forwarding{};
};

TEST(Policies, WithoutAnyEverythingPasses) {
  const Cluster cluster("");
  EXPECT_TRUE(cluster.web_hears("192.0.2.1", 1));
  EXPECT_TRUE(cluster.web_says("2001:db8::1", 1));
}

TEST(Policies, IsolateADirectionOnlyOfPodsThatTheySelect) {
  const Cluster cluster("{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}");
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 443));
  EXPECT_TRUE(cluster.web_says("192.0.2.1", 443)) << "egress is not isolated";
  EXPECT_TRUE(cluster.passes(1, true, "192.0.2.1", 443)) << "db is not selected";
  EXPECT_TRUE(cluster.passes(2, true, "192.0.2.1", 443)) << "another namespace";
}

TEST(Policies, AnEmptySelectorIsEveryPodOfTheNamespace) {
  const Cluster cluster("{podSelector: {}, policyTypes: [Ingress, Egress]}");
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 443));
  EXPECT_FALSE(cluster.web_says("192.0.2.1", 443));
  EXPECT_FALSE(cluster.passes(1, true, "192.0.2.1", 443));
  EXPECT_TRUE(cluster.passes(2, true, "192.0.2.1", 443));
}

TEST(Policies, WithoutTypesAreOfIngressAndOfEgressWhereTheyHaveRules) {
  const Cluster ingress("{podSelector: {}}");
  EXPECT_FALSE(ingress.web_hears("192.0.2.1", 443));
  EXPECT_TRUE(ingress.web_says("192.0.2.1", 443));
  const Cluster both("{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}");
  EXPECT_FALSE(both.web_hears("192.0.2.1", 443));
  EXPECT_TRUE(both.web_says("192.0.2.1", 443));
  EXPECT_FALSE(both.web_says("198.51.100.1", 443));
}

TEST(Policies, AddUp) {
  const Cluster cluster(
      "{podSelector: {}, policyTypes: [Ingress]}",
      "---\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: q, namespace: app}\n"
      "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], "
      "ports: [{port: 443}]}]}\n");
  EXPECT_TRUE(cluster.web_hears("192.0.2.1", 443));
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 80));
  EXPECT_FALSE(cluster.passes(1, true, "192.0.2.1", 443));
}

TEST(Policies, RulesWithoutPeersOrPortsAreForAllOfThem) {
  const Cluster anybody("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}");
  EXPECT_TRUE(anybody.web_hears("2001:db8::1", 80));
  EXPECT_FALSE(anybody.web_hears("2001:db8::1", 81));
  const Cluster everything("{podSelector: {}, ingress: [{}]}");
  EXPECT_TRUE(everything.web_hears("192.0.2.1", 1, protocol::k_sctp));
  const Cluster ports("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}");
  EXPECT_TRUE(ports.web_hears("192.0.2.1", 1, protocol::k_udp));
}

TEST(Policies, PortsAreOfTcpUnlessTheySayOtherwise) {
  const Cluster cluster(
      "{podSelector: {}, ingress: [{ports: [{port: 53}, {protocol: UDP}, {protocol: SCTP, port: 3000, endPort: "
      "3002}]}]}");
  EXPECT_TRUE(cluster.web_hears("192.0.2.1", 53));
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 54));
  EXPECT_TRUE(cluster.web_hears("192.0.2.1", 65535, protocol::k_udp));
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 2999, protocol::k_sctp));
  EXPECT_TRUE(cluster.web_hears("192.0.2.1", 3002, protocol::k_sctp));
  EXPECT_FALSE(cluster.web_hears("192.0.2.1", 3003, protocol::k_sctp));
}

TEST(Policies, ANamedPortIsEachPodsOwn) {
  const Cluster in("{podSelector: {}, ingress: [{ports: [{port: http}]}]}");
  EXPECT_TRUE(in.web_hears("192.0.2.1", 8080));
  EXPECT_FALSE(in.web_hears("192.0.2.1", 9090));
  EXPECT_TRUE(in.passes(1, true, "192.0.2.1", 9090));
  const Cluster out("{podSelector: {}, egress: [{ports: [{port: http}]}]}");
  EXPECT_TRUE(out.web_says("10.0.0.2", 9090));
  EXPECT_FALSE(out.web_says("10.0.0.2", 8080));
  EXPECT_FALSE(out.web_says("192.0.2.1", 8080)) << "nobody there has names for ports";
}

TEST(Policies, ABlockHasExceptions) {
  const Cluster cluster(
      "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.16/28, 192.0.2.0/30]}}, "
      "{ipBlock: {cidr: \"2001:db8::/32\", except: [\"2001:db8:1::/48\"]}}]}]}");
  EXPECT_FALSE(cluster.web_says("192.0.2.3", 1));
  EXPECT_TRUE(cluster.web_says("192.0.2.4", 1));
  EXPECT_FALSE(cluster.web_says("192.0.2.16", 1));
  EXPECT_FALSE(cluster.web_says("192.0.2.31", 1));
  EXPECT_TRUE(cluster.web_says("192.0.2.255", 1));
  EXPECT_TRUE(cluster.web_says("2001:db8::1", 1));
  EXPECT_FALSE(cluster.web_says("2001:db8:1::1", 1));
}

TEST(Policies, PodsAreChosenInOneNamespaceOrInThoseThatASelectorNames) {
  const auto from = [](const std::string& peer) {
    return Cluster("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [" + peer + "]}]}");
  };
  const auto heard = [](const Cluster& cluster) {
    return std::vector{cluster.web_hears("10.0.0.1", 1), cluster.web_hears("10.0.0.2", 1),
                       cluster.web_hears("10.0.0.3", 1)};
  };
  EXPECT_THAT(heard(from("{podSelector: {}}")), ElementsAre(true, true, false));
  EXPECT_THAT(heard(from("{namespaceSelector: {}}")), ElementsAre(true, true, true));
  EXPECT_THAT(heard(from("{namespaceSelector: {matchLabels: {team: ops}}}")), ElementsAre(false, false, true));
  EXPECT_THAT(heard(from("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: app}}, podSelector: "
                         "{matchLabels: {app: db}}}")),
              ElementsAre(false, true, false));
  EXPECT_THAT(heard(from("{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}}")),
              ElementsAre(true, false, false));
  EXPECT_THAT(heard(from("{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}")),
              ElementsAre(false, true, false));
  EXPECT_THAT(heard(from("{podSelector: {matchExpressions: [{key: tier, operator: Exists}, {key: app, operator: In, "
                         "values: [web, db]}]}}")),
              ElementsAre(true, false, false));
  EXPECT_TRUE(from("{podSelector: {}}").web_hears("fd00::2", 1)) << "pods are met in both families";
}

TEST(Policies, AnswersAlwaysPass) {
  const Cluster cluster("{podSelector: {}, policyTypes: [Ingress, Egress]}");
  EXPECT_TRUE(cluster.passes(0, true, "192.0.2.1", 443, protocol::k_tcp, true));
  EXPECT_TRUE(cluster.passes(0, false, "192.0.2.1", 443, protocol::k_udp, true));
}

TEST(Policies, WhatNoClusterWouldTakeIsUnknown) {
  for (const std::string spec :
       {"{podSelector: {}, ingress: [{from: [{}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}",
        "{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 70000}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: \"443\"}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 5, endPort: 4}]}]}",
        "{podSelector: {}, ingress: [{ports: [{endPort: 4}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: anywhere}}]}]}",
        "{podSelector: {}, egress: [{from: []}]}", "{podSelector: {}, policyTypes: [Sideways]}",
        "{podSelector: {}, more: x}", "{podSelector: {}, ingress: [], ingress: [{}]}",
        "{podSelector: {matchLabels: {a: b, a: c}}}", "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
        "{podSelector: [a]}", "[]", "{podSelector: {}, ingress: {from: []}}",
        "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.0.2.0/24]}}]}]}"})
    EXPECT_THAT(Cluster(spec).unknown(), SizeIs(1)) << spec;
}

TEST(Policies, OtherPoliciesAndPodsThatNoneBindAreUnknown) {
  const auto said = [](const std::string& more) { return Cluster("", "---\n" + more).unknown(); };
  EXPECT_THAT(said("kind: AdminNetworkPolicy\napiVersion: policy.networking.k8s.io/v1alpha1\nmetadata: {name: x}\n"),
              ElementsAre(HasSubstr("AdminNetworkPolicy")));
  EXPECT_THAT(said("kind: NetworkPolicy\napiVersion: crd.projectcalico.org/v1\nmetadata: {name: x, namespace: app}\n"),
              ElementsAre(HasSubstr("projectcalico")));
  EXPECT_THAT(
      said("kind: DaemonSet\nmetadata: {name: x, namespace: app}\nspec: {template: {spec: {hostNetwork: true}}}\n"),
      ElementsAre(HasSubstr("hostNetwork")));
  EXPECT_THAT(said("kind: Service\nmetadata: {name: x}\nspec: {}\n"), IsEmpty());
  EXPECT_THAT(Cluster("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]}").unknown(),
              ElementsAre(HasSubstr("labels")));
}

TEST(Manifests, AListIsItsItemsAndMayHoldItself) {
  Manifests list;
  ASSERT_TRUE(
      read("x", "kind: List\napiVersion: v1\nitems: [{kind: Namespace, apiVersion: v1, metadata: {name: a}}]\n", list)
          .has_value());
  EXPECT_EQ(list.namespaces.count("a"), 1U);
  Manifests endless;
  ASSERT_TRUE(read("x", "&a\nkind: List\nitems: [*a]\n", endless).has_value());
  EXPECT_FALSE(endless.unknown.empty());
}

TEST(Manifests, WhatIsNoYamlIsRefusedWithItsLine) {
  Manifests into;
  const auto done = read("x.yaml", "kind: A\nb: [\n", into);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, "CL6164");
  EXPECT_THAT(done.error().detail, HasSubstr("Line "));
  EXPECT_FALSE(read("x.yaml", "kind: \xFF\n", into).has_value());
}

/// yaml-cpp would find documents without end (found by mutated input).
TEST(Manifests, EndWhereADocumentBeginsWithAComma) {
  for (const auto* const text : {",", ", x\n", "kind: Service\n---\n, x\n"}) {
    Manifests manifests;
    const auto done = read("m.yaml", text, manifests);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().code, "CL6164");
  }
}

TEST(Manifests, PodsOfEachKindAreFound) {
  Manifests into;
  ASSERT_TRUE(read("x",
                   "kind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {metadata: {labels: {a: "
                   "b}}, spec: {}}}}}\n---\n"
                   "kind: Job\nmetadata: {name: j}\nspec: {}\n---\n[1, 2]\n---\n",
                   into)
                  .has_value());
  ASSERT_EQ(into.pods.size(), 1U);
  EXPECT_EQ(into.pods[0].path(), "default/c");
  EXPECT_EQ(into.pods[0].labels.at("a"), "b");
  EXPECT_EQ(into.unknown.size(), 2U);
}

}  // namespace
}  // namespace cloison::manifests
