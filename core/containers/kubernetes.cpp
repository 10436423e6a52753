#include "core/containers/kubernetes.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/containers/kubernetes_parts.h"

namespace cloison::containers {

namespace {

std::string protocol_name(uint8_t number) {
  return number == protocol::k_tcp ? "TCP" : number == protocol::k_udp ? "UDP" : "SCTP";
}

/// Whether pods under these labels may run at all: the cluster refuses any that is less contained than ours.
Yaml name_space(const topology::Resolved& resolved, const Workload& first) {
  const auto& segment = resolved.segments[first.segment];
  Texts labels{{"app.kubernetes.io/managed-by", "cloison"}, {"app.kubernetes.io/part-of", resolved.topology->name}};
  if (!segment.environment.empty()) labels.emplace_back("cloison/environment", segment.environment);
  if (!segment.zone.empty()) labels.emplace_back("cloison/zone", segment.zone);
  labels.emplace_back("pod-security.kubernetes.io/enforce", "restricted");
  return object("v1", "Namespace", metadata(first.name_space, {}, labels, {{"cloison/segment", segment.path}}));
}

Yaml config_map(const topology::Resolved& resolved, const Workload& workload) {
  Yaml data;
  for (const auto& [name, value] : workload.settings.variables) data.add(name, value);
  return object("v1", "ConfigMap", metadata(workload.name, workload.name_space, labels_of(resolved, workload)))
      .add("data", std::move(data));
}

/// A public one keeps the address of who asks, by which policies know him.
Yaml service(const topology::Resolved& resolved, const Workload& workload) {
  Yaml spec, ports = Yaml::list();
  if (workload.settings.is_public) spec.add("type", "LoadBalancer").add("externalTrafficPolicy", "Local");
  const auto& machine = resolved.hosts[workload.host].machines.front();
  if (machine.ipv4 && machine.ipv6) spec.add("ipFamilyPolicy", "PreferDualStack");
  spec.add("selector", map_of(identity_of(workload)));
  for (const auto& port : workload.settings.ports) {
    const auto name = protocol_name(port.protocol);
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    Yaml one;
    one.add("name", fmt::format("{}-{}", lower, port.number))
        .add("protocol", name)
        .add("port", port.number)
        .add("targetPort", port.number);
    ports.add(std::move(one));
  }
  spec.add("ports", std::move(ports));
  return object("v1", "Service", metadata(workload.name, workload.name_space, labels_of(resolved, workload)))
      .add("spec", std::move(spec));
}

Yaml disruption_budget(const topology::Resolved& resolved, const Workload& workload) {
  Yaml selector, spec;
  selector.add("matchLabels", map_of(identity_of(workload)));
  const auto most = static_cast<int64_t>(workload.replicas) - 1;  // one is always left
  spec.add("maxUnavailable", std::clamp<int64_t>(workload.settings.max_unavailable, 1, most)).add("selector", selector);
  return object("policy/v1", "PodDisruptionBudget",
                metadata(workload.name, workload.name_space, labels_of(resolved, workload)))
      .add("spec", std::move(spec));
}

/// What must be there before: the cluster's secrets, of which a manifest holds names alone.
std::vector<std::string> needs(const Workload& workload) {
  std::vector<std::string> keys;
  for (const auto& [name, reference] : workload.settings.secret_variables) keys.push_back(name);
  for (const auto& file : workload.settings.files) keys.push_back(file.key);
  std::vector<std::string> lines;
  if (!keys.empty())
    lines.push_back(fmt::format("It needs the Secret {} with the keys {}.", workload.name, fmt::join(keys, ", ")));
  if (workload.settings.registry_login)
    lines.push_back(
        fmt::format("It needs the Secret {}-registry, which logs in to the image's registry.", workload.name));
  return lines;
}

std::string file_text(const topology::Resolved& resolved, const std::vector<std::string>& more,
                      const std::vector<Yaml>& objects) {
  std::string text(k_kubernetes_head);
  text += fmt::format(" from the topology {}. The next export writes it anew.\n", resolved.topology->name);
  text += yaml_comment(more);
  for (const auto& one : objects) text += "---\n" + yaml_text(one, Reader::kubernetes);
  return text;
}

Document workload_file(const topology::Resolved& resolved, const Workloads& workloads, const Workload& workload) {
  std::vector<Yaml> objects;
  if (!workload.settings.variables.empty()) objects.push_back(config_map(resolved, workload));
  objects.push_back(deployment(resolved, workload));
  if (!workload.settings.ports.empty()) objects.push_back(service(resolved, workload));
  if (workload.replicas > 1) objects.push_back(disruption_budget(resolved, workload));
  for (auto& policy : network_policies(resolved, workloads, workload)) objects.push_back(std::move(policy));
  return {fmt::format("{}/{}.yaml", workload.name_space, workload.name), file_text(resolved, needs(workload), objects)};
}

}  // namespace

Yaml map_of(const Texts& texts) {
  Yaml map;
  for (const auto& [key, value] : texts) map.add(key, value);
  return map;
}

Yaml metadata(const std::string& name, const std::string& name_space, const Texts& labels, const Texts& annotations) {
  Yaml made;
  made.add("name", name);
  if (!name_space.empty()) made.add("namespace", name_space);
  made.add("labels", map_of(labels));
  if (!annotations.empty()) made.add("annotations", map_of(annotations));
  return made;
}

Yaml object(std::string api_version, std::string kind, Yaml metadata) {
  Yaml made;
  made.add("apiVersion", std::move(api_version)).add("kind", std::move(kind)).add("metadata", std::move(metadata));
  return made;
}

std::vector<Document> kubernetes(const topology::Resolved& resolved, const Workloads& workloads,
                                 const Selection& selection, std::vector<LeftOut>& left_out) {
  std::vector<Document> documents;
  std::set<std::string> begun;
  for (const auto& workload : workloads.all) {
    if (!selection.has(workload)) continue;
    if (begun.insert(workload.name_space).second)
      documents.push_back(
          {fmt::format("{}/00-namespace.yaml", workload.name_space),
           file_text(resolved, {}, {name_space(resolved, workload), default_deny(resolved, workload.name_space)})});
    documents.push_back(workload_file(resolved, workloads, workload));
    const auto& written = resolved.topology->services[workload.service];
    for (const auto& [key, after] : written.settings)
      if (key == "after" || key.starts_with("after."))
        left_out.push_back({written.name, {}, "after", "a cluster starts everything at once", after.span});
  }
  return documents;
}

}  // namespace cloison::containers
