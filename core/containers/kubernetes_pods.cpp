// Deployments, and how their pods are contained.

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/containers/kubernetes_parts.h"

namespace cloison::containers {

namespace {

constexpr uint16_t k_first_unprivileged_port = 1024;  // those below are root's, unless the pod says otherwise
constexpr int64_t k_start = 60;                       // seconds that a container has at least until it answers

/// What stands in a label: at most 63 letters, digits, '-', '_' and '.', letters or digits first and last.
bool is_label_value(std::string_view text) {
  constexpr std::size_t k_longest = 63;
  return !text.empty() && text.size() <= k_longest && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

/// `$(NAME)` stands for a variable there; doubled, the dollar stands for itself.
std::string argument(const std::string& word) {
  std::string doubled;
  for (const char c : word) doubled.append(c == '$' ? 2 : 1, c);
  return word.find("$(") == std::string::npos && word.find("$$") == std::string::npos ? word : doubled;
}

Yaml probe(const Probe& asked, int64_t failures) {
  Yaml made, how;
  if (!asked.path.empty()) how.add("path", asked.path);
  how.add("port", asked.port);
  if (!asked.path.empty()) how.add("scheme", asked.tls ? "HTTPS" : "HTTP");
  made.add(asked.path.empty() ? "tcpSocket" : "httpGet", std::move(how));
  made.add("periodSeconds", asked.interval).add("timeoutSeconds", asked.timeout).add("failureThreshold", failures);
  return made;
}

/// Readiness takes it out of its Service, liveness starts it anew; neither is asked before the first answer.
void add_probes(const Settings& settings, Yaml& container) {
  if (!settings.probe) return;
  const auto& asked = *settings.probe;
  const auto start = std::max(asked.retries, (k_start + asked.interval - 1) / asked.interval);
  container.add("startupProbe", probe(asked, start));
  container.add("readinessProbe", probe(asked, asked.retries));
  container.add("livenessProbe", probe(asked, asked.retries));
}

void add_environment(const Workload& workload, Yaml& container) {
  const auto& settings = workload.settings;
  Yaml variables = Yaml::list();
  for (const auto& [name, reference] : settings.secret_variables) {
    Yaml key, from, one;
    key.add("name", workload.name).add("key", name);
    from.add("secretKeyRef", std::move(key));
    one.add("name", name).add("valueFrom", std::move(from));
    variables.add(std::move(one));
  }
  if (!variables.empty()) container.add("env", std::move(variables));
  if (settings.variables.empty()) return;
  Yaml map, source;
  map.add("name", workload.name);
  source.add("configMapRef", std::move(map));
  container.add("envFrom", Yaml::list({std::move(source)}));
}

std::string cpu_text(int64_t millicores) {
  return millicores % 1000 == 0 ? std::to_string(millicores / 1000) : fmt::format("{}m", millicores);
}
std::string memory_text(int64_t bytes) {
  for (const std::string_view unit : {"", "Ki", "Mi", "Gi"}) {
    if (bytes % 1024 != 0) return fmt::format("{}{}", bytes, unit);
    bytes /= 1024;
  }
  return fmt::format("{}Ti", bytes);
}

void add_limits(const Settings& settings, Yaml& container) {
  Yaml limits, resources;
  if (settings.millicores > 0) limits.add("cpu", cpu_text(settings.millicores));
  if (settings.memory > 0) limits.add("memory", memory_text(settings.memory));
  if (limits.empty()) return;
  resources.add("limits", std::move(limits));
  container.add("resources", std::move(resources));
}

Yaml container_security() {
  Yaml made, capabilities;
  capabilities.add("drop", Yaml::list({"ALL"}));
  made.add("allowPrivilegeEscalation", false)
      .add("readOnlyRootFilesystem", true)
      .add("capabilities", std::move(capabilities));
  return made;
}

Yaml mount(const std::string& name, const std::string& path, bool read_only) {
  Yaml made;
  made.add("name", name).add("mountPath", path);
  if (read_only) made.add("readOnly", true);
  return made;
}

Yaml container(const Workload& workload) {
  const auto& settings = workload.settings;
  Yaml made, ports = Yaml::list(), words = Yaml::list(), mounts = Yaml::list();
  made.add("name", workload.service_name).add("image", settings.image);
  for (const auto& word : settings.arguments) words.add(argument(word));
  if (!words.empty()) made.add("args", std::move(words));
  add_environment(workload, made);
  for (const auto& port : settings.ports) {
    Yaml one;
    one.add("containerPort", port.number)
        .add("protocol", port.protocol == protocol::k_tcp   ? "TCP"
                         : port.protocol == protocol::k_udp ? "UDP"
                                                            : "SCTP");
    ports.add(std::move(one));
  }
  if (!ports.empty()) made.add("ports", std::move(ports));
  add_probes(settings, made);
  add_limits(settings, made);
  made.add("securityContext", container_security());
  mounts.add(mount("tmp", "/tmp", false));
  if (!settings.files.empty()) mounts.add(mount("secrets", "/run/secrets", true));
  made.add("volumeMounts", std::move(mounts));
  return made;
}

Yaml volumes(const Workload& workload) {
  Yaml list = Yaml::list(), temporary;
  temporary.add("name", "tmp").add("emptyDir", Yaml());
  list.add(std::move(temporary));
  if (workload.settings.files.empty()) return list;
  Yaml items = Yaml::list(), secret, one;
  for (const auto& file : workload.settings.files) {
    Yaml item;
    item.add("key", file.key).add("path", file.key);
    items.add(std::move(item));
  }
  secret.add("secretName", workload.name).add("items", std::move(items));
  one.add("name", "secrets").add("secret", std::move(secret));
  list.add(std::move(one));
  return list;
}

Yaml pod_security(const Settings& settings) {
  Yaml made, profile;
  made.add("runAsNonRoot", true);
  if (!settings.user.empty()) made.add("runAsUser", std::stoll(settings.user));
  profile.add("type", "RuntimeDefault");
  made.add("seccompProfile", std::move(profile));
  const bool low = std::any_of(settings.ports.begin(), settings.ports.end(),
                               [](const Port& port) { return port.number < k_first_unprivileged_port; });
  if (!low) return made;
  Yaml lowest;
  lowest.add("name", "net.ipv4.ip_unprivileged_port_start").add("value", "0");
  return made.add("sysctls", Yaml::list({std::move(lowest)}));
}

/// Over zones, or over nodes, each version of the pods by itself.
Yaml spread(const Workload& workload) {
  Yaml selector, made;
  selector.add("matchLabels", map_of(identity_of(workload)));
  made.add("maxSkew", 1)
      .add("topologyKey", workload.over_zones ? "topology.kubernetes.io/zone" : "kubernetes.io/hostname")
      .add("whenUnsatisfiable", "DoNotSchedule")
      .add("labelSelector", std::move(selector))
      .add("matchLabelKeys", Yaml::list({"pod-template-hash"}));
  return Yaml::list({std::move(made)});
}

Yaml pod(const Workload& workload) {
  Yaml made;
  made.add("automountServiceAccountToken", false).add("enableServiceLinks", false);
  made.add("securityContext", pod_security(workload.settings));
  if (!workload.nameservers.empty()) {
    Yaml servers = Yaml::list(), names;
    for (const auto& address : workload.nameservers) servers.add(address.text());
    names.add("nameservers", std::move(servers));
    made.add("dnsPolicy", "None").add("dnsConfig", std::move(names));
  }
  if (workload.over_zones || workload.over_nodes) made.add("topologySpreadConstraints", spread(workload));
  if (workload.settings.registry_login) {
    Yaml login;
    login.add("name", fmt::format("{}-registry", workload.name));
    made.add("imagePullSecrets", Yaml::list({std::move(login)}));
  }
  made.add("containers", Yaml::list({container(workload)}));
  return made.add("volumes", volumes(workload));
}

/// By which what reads the manifests knows for what the pods stand; other variables make other pods.
Texts annotations_of(const topology::Resolved& resolved, const Workload& workload, bool of_pods) {
  Texts all{{"cloison/host", resolved.hosts[workload.host].path}, {"cloison/service", workload.service_name}};
  const auto& title = resolved.topology->services[workload.service].title;
  if (!of_pods && !title.empty()) all.emplace_back("cloison/title", title);
  if (of_pods && !workload.settings.variables.empty()) {
    std::string bytes;
    for (const auto& [name, value] : workload.settings.variables)
      bytes += fmt::format("{}={}:{}\n", name, value.size(), value);
    constexpr std::size_t k_digits = 16;
    all.emplace_back("cloison/variables", "sha256-" + sha256_hex(bytes).substr(0, k_digits));
  }
  return all;
}

}  // namespace

Texts identity_of(const Workload& workload) {
  return {{"app.kubernetes.io/instance", workload.name}, {"app.kubernetes.io/name", workload.service_name}};
}

Texts labels_of(const topology::Resolved& resolved, const Workload& workload) {
  Texts labels{{"app.kubernetes.io/component", resolved.topology->services[workload.service].kind.value}};
  for (auto& one : identity_of(workload)) labels.push_back(std::move(one));
  labels.emplace_back("app.kubernetes.io/managed-by", "cloison");
  labels.emplace_back("app.kubernetes.io/part-of", resolved.topology->name);
  if (is_label_value(workload.settings.version))
    labels.emplace_back("app.kubernetes.io/version", workload.settings.version);
  return labels;
}

Yaml deployment(const topology::Resolved& resolved, const Workload& workload) {
  const auto& settings = workload.settings;
  Yaml spec, strategy, rolling, selector, pods, about;
  rolling.add("maxSurge", settings.max_surge).add("maxUnavailable", settings.max_unavailable);
  strategy.add("type", settings.together ? "RollingUpdate" : "Recreate");
  if (settings.together) strategy.add("rollingUpdate", std::move(rolling));
  selector.add("matchLabels", map_of(identity_of(workload)));
  about.add("labels", map_of(labels_of(resolved, workload)))
      .add("annotations", map_of(annotations_of(resolved, workload, true)));
  pods.add("metadata", std::move(about)).add("spec", pod(workload));
  spec.add("replicas", workload.replicas).add("selector", std::move(selector)).add("strategy", std::move(strategy));
  if (settings.pause > 0) spec.add("minReadySeconds", settings.pause);
  spec.add("template", std::move(pods));
  return object("apps/v1", "Deployment",
                metadata(workload.name, workload.name_space, labels_of(resolved, workload),
                         annotations_of(resolved, workload, false)))
      .add("spec", std::move(spec));
}

}  // namespace cloison::containers
