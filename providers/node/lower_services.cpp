#include "providers/node/lower_services.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/rollout.h"
#include "providers/node/lower_balancer.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

std::string program_of(const ServiceIntent& service) {
  return service.artifact.executable.empty() ? service_of_instance(service.name) : service.artifact.executable;
}

std::vector<std::string> listens_of(const ServiceIntent& service) {
  std::vector<std::string> lines;
  for (const auto& match : service.listen) {
    const auto* word = match.ip_protocol == protocol::k_tcp ? "tcp" : match.ip_protocol == protocol::k_udp ? "udp" : "";
    if (*word != 0 && match.ports.first == match.ports.last)
      lines.push_back(fmt::format("{} {}", word, match.ports.first));
  }
  return lines;
}

/// A scheduled one is not there to be asked most of the time.
std::vector<std::string> probes_of(const ServiceIntent& service) {
  const auto& health = service.health;
  if (health.port == 0 || !service.schedule.empty()) return {};
  if (health.http.empty()) return {fmt::format("tcp {}", health.port)};
  return {fmt::format("http {} {}", health.port, health.http)};
}

std::vector<std::string> assignments_of(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(fmt::format("{}={}", name, value));
  return lines;
}

std::vector<std::string> secrets_of(const ServiceIntent& service) {
  std::vector<std::string> lines;
  for (const auto& [name, reference] : service.hidden) lines.push_back(fmt::format("variable {} {}", name, reference));
  const auto& tls = service.tls;
  for (const auto& [word, reference] : {std::pair("certificate tls", tls.certificate), std::pair("key tls", tls.key),
                                        std::pair("authority clients", tls.authority)})
    if (!reference.empty()) lines.push_back(fmt::format("{} {}", word, reference));
  for (const auto& [name, reference] : service.credentials)
    lines.push_back(fmt::format("credential {} {}", name, reference));
  return lines;
}

std::vector<std::string> references_of(const ArtifactIntent& artifact) {
  std::vector<std::string> lines;
  for (const auto& [word, reference] : artifact.references) lines.push_back(fmt::format("{} {}", word, reference));
  return lines;
}

/// "NAME LINE" of each line, so that a plan shows those that change.
std::vector<std::string> configuration_of(const ServiceIntent& service) {
  std::vector<std::string> all;
  for (const auto& [name, content] : service.files) {
    auto lines = split(content, '\n');
    if (lines.back().empty()) lines.pop_back();
    if (lines.empty()) all.push_back(name);
    for (const auto line : lines) all.push_back(fmt::format("{} {}", name, line));
  }
  return all;
}

Value seconds_of(std::chrono::seconds time) {
  return Value::integer(time.count());
}

bool is_balancer(const ServiceIntent& service) {
  return !service.balances.empty();
}

std::vector<std::string> drained_of(const ServiceIntent& service) {
  std::vector<std::string> lines;
  for (const auto& one : service.drained)
    lines.push_back(fmt::format("{} {} {} {}", one.balancer, one.service, one.backend, service.server));
  return lines;
}

std::vector<std::pair<std::string_view, Value>> attributes_of(const ServiceIntent& service,
                                                              const std::vector<std::string>& after) {
  constexpr double k_percent = 100;
  const auto& health = service.health;
  return {{"name", Value::text(service.name)},
          {"title", Value::text(service.title)},
          {"release", is_balancer(service) ? Value::null() : Value::text(release_id(service.artifact))},
          {"executable", Value::text(is_balancer(service) ? "haproxy" : program_of(service))},
          {"config", is_balancer(service) ? Value::texts(haproxy_lines(service)) : Value::null()},
          {"drained", Value::texts(drained_of(service))},
          {"drain", service.drained.empty() ? Value::null() : seconds_of(service.drain)},
          {"files", Value::texts(configuration_of(service))},
          {"pause", service.pause.count() == 0 ? Value::null() : seconds_of(service.pause)},
          {"exclusive", service.exclusive ? Value::boolean(true) : Value::null()},
          {"stopped", service.stopped ? Value::boolean(true) : Value::null()},
          {"arguments", Value::texts(service.arguments)},
          {"variables", Value::texts(assignments_of(service.variables))},
          {"secrets", Value::texts(secrets_of(service))},
          {"user", service.user.empty() ? Value::null() : Value::text(service.user)},
          {"cpu_percent", service.cpu ? Value::integer(std::lround(*service.cpu * k_percent)) : Value::null()},
          {"memory", service.memory ? Value::integer(static_cast<int64_t>(*service.memory)) : Value::null()},
          {"restart", Value::text(service.restart)},
          {"makes_code", Value::boolean(service.makes_code)},
          {"listen", Value::texts(listens_of(service))},
          {"probes", Value::texts(probes_of(service))},
          {"probe_command", Value::texts(service.schedule.empty() ? health.command : std::vector<std::string>{})},
          {"interval", seconds_of(health.interval)},
          {"timeout", seconds_of(health.timeout)},
          {"retries", Value::integer(health.retries)},
          {"watch", seconds_of(health.watch)},
          {"after", Value::texts(after)},
          {"schedule", service.schedule.empty() ? Value::null() : Value::text(service.schedule)},
          {"deadline", service.deadline ? seconds_of(*service.deadline) : Value::null()}};
}

}  // namespace

void add_services(const NodeIntent& node, const AddResource& add) {
  std::set<std::string> installed;
  for (const auto& service : node.services) {
    std::vector<std::string> first, after;
    const auto base = service_of_instance(service.name);
    const auto rollout = rollout_of_service(base);
    if (!is_balancer(service)) first.push_back("release/" + base);
    if (!is_balancer(service) && installed.insert(base).second) {
      add(k_release, "release/" + base,
          {{"name", Value::text(base)},
           {"id", Value::text(release_id(service.artifact))},
           {"sha256", Value::text(service.artifact.sha256)},
           {"source", Value::text(service.artifact.source)},
           {"references", Value::texts(references_of(service.artifact))},
           {"executable", Value::text(program_of(service))},
           {"keep", Value::integer(service.keep)}},
          service.origins, {})
          .rollout = rollout;
    }
    for (const auto& name : service.after)
      for (const auto& one : node.services)
        if (service_of_instance(one.name) == name) first.push_back("service/" + one.name), after.push_back(one.name);
    auto& made = add(k_service, "service/" + service.name, attributes_of(service, after), service.origins, first);
    made.lane = rollout_of_service(service.turn.lane), made.turn = service.turn.number;
    made.rollout = rollout;
  }
}

}  // namespace cloison::node
