// Network policies: everything closed, then what each flow permits, by one policy for each workload and flow.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/containers/kubernetes_parts.h"

namespace cloison::containers {

namespace {

constexpr std::size_t k_flow_name = 63;  // an id has no more letters

/// The id as a part of an object's name: small letters, digits, '-' and single '.', each part beginning and ending with
/// a letter or digit.
std::string flow_name(const std::string& id) {
  std::string name = lowered(id);
  std::replace_if(name.begin(), name.end(), [](char c) { return !is_letter_or_digit(c) && c != '.'; }, '-');
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool beside = i == 0 || i + 1 == name.size() || name[i - 1] == '.' || name[i + 1] == '.';
    if (!is_letter_or_digit(name[i]) && beside) name[i] = '0';
  }
  if (name == lowered(id)) return name;
  constexpr std::size_t k_digits = 8;
  return shortened(name, k_flow_name, k_digits) + '-' + sha256_hex(id).substr(0, k_digits);
}

Yaml peer(const Peer& one, const Workloads& workloads) {
  Yaml made;
  if (one.workload) {
    const auto& far = workloads.all[*one.workload];
    Yaml spaces, pods;
    spaces.add("matchLabels", map_of({{"kubernetes.io/metadata.name", far.name_space}}));
    pods.add("matchLabels", map_of(identity_of(far)));
    return made.add("namespaceSelector", std::move(spaces)).add("podSelector", std::move(pods));
  }
  Yaml block, except = Yaml::list();
  block.add("cidr", one.block.text());
  for (const auto& prefix : one.except) except.add(prefix.text());
  if (!except.empty()) block.add("except", std::move(except));
  return made.add("ipBlock", std::move(block));
}

/// None: every port, which is what a flow of `any` permits.
Yaml ports(const std::vector<TransportMatch>& matches) {
  Yaml list = Yaml::list();
  std::set<TransportMatch> once(matches.begin(), matches.end());
  for (const auto& match : once) {
    if (!match.ip_protocol) return Yaml::list();
    Yaml one;
    one.add("protocol", *match.ip_protocol == protocol::k_tcp   ? "TCP"
                        : *match.ip_protocol == protocol::k_udp ? "UDP"
                                                                : "SCTP");
    if (!match.ports.all()) one.add("port", match.ports.first);
    if (!match.ports.all() && match.ports.last > match.ports.first) one.add("endPort", match.ports.last);
    list.add(std::move(one));
  }
  return list;
}

/// Never without peers: a rule that names none is for everybody.
void add_direction(const Permit& permit, bool inward, const Workloads& workloads, Yaml& spec) {
  const auto& far = inward ? permit.from : permit.to;
  if (far.empty()) return;
  Yaml rule, peers = Yaml::list();
  for (const auto& one : far) peers.add(peer(one, workloads));
  rule.add(inward ? "from" : "to", std::move(peers));
  if (auto which = ports(permit.matches); !which.empty()) rule.add("ports", std::move(which));
  spec.add(inward ? "ingress" : "egress", Yaml::list({std::move(rule)}));
}

Yaml policy(const topology::Resolved& resolved, const Workloads& workloads, const Workload& workload,
            const Permit& permit, const std::string& name) {
  const auto& flow = resolved.flows[permit.flow];
  Texts annotations{{"cloison/flow", flow.id}};
  if (flow.flow != nullptr && flow.flow->governance.purpose)
    annotations.emplace_back("cloison/purpose", flow.flow->governance.purpose->value);
  if (flow.flow != nullptr && flow.flow->governance.owner)
    annotations.emplace_back("cloison/owner", flow.flow->governance.owner->value);
  Yaml spec, pods, types = Yaml::list();
  pods.add("matchLabels", map_of(identity_of(workload)));
  if (!permit.from.empty()) types.add("Ingress");
  if (!permit.to.empty()) types.add("Egress");
  spec.add("podSelector", std::move(pods)).add("policyTypes", std::move(types));
  add_direction(permit, true, workloads, spec);
  add_direction(permit, false, workloads, spec);
  return object("networking.k8s.io/v1", "NetworkPolicy",
                metadata(name, workload.name_space, labels_of(resolved, workload), annotations))
      .add("spec", std::move(spec));
}

}  // namespace

Yaml default_deny(const topology::Resolved& resolved, const std::string& name_space) {
  Yaml spec;
  spec.add("podSelector", Yaml()).add("policyTypes", Yaml::list({"Ingress", "Egress"}));
  return object("networking.k8s.io/v1", "NetworkPolicy",
                metadata("default-deny", name_space,
                         {{"app.kubernetes.io/managed-by", "cloison"},
                          {"app.kubernetes.io/part-of", resolved.topology->name}}))
      .add("spec", std::move(spec));
}

std::vector<Yaml> network_policies(const topology::Resolved& resolved, const Workloads& workloads,
                                   const Workload& workload) {
  std::vector<Yaml> all;
  std::set<std::string> names;
  for (const auto& permit : workload.permits) {
    const auto& id = resolved.flows[permit.flow].id;
    auto name = fmt::format("{}.{}", workload.name, flow_name(id));
    constexpr std::size_t k_digits = 8;
    if (!names.insert(name).second) name += '-' + sha256_hex(id).substr(0, k_digits);  // ids may differ in case alone
    all.push_back(policy(resolved, workloads, workload, permit, name));
  }
  return all;
}

}  // namespace cloison::containers
