// Services on machines that are reached over SSH. Each such machine is a provider of its own, as nodes are.

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/compile/builder.h"
#include "core/compile/service_findings.h"
#include "core/topology/units.h"

namespace cloison::compile {

namespace {

using Reference = topology::SecretReference;

std::string source_text(const Reference& reference) {
  const auto* word = reference.source == Reference::Source::environment ? "env:"
                     : reference.source == Reference::Source::file      ? "file:"
                                                                        : "command:";
  return word + reference.text;
}

/// The flat settings of one service, as its block wrote them.
class Written {
 public:
  explicit Written(const topology::Service& service) : service_(service) {}

  [[nodiscard]] std::string text(const std::string& key) const {
    const auto found = service_.settings.find(key);
    return found == service_.settings.end() ? std::string() : found->second.value;
  }
  /// A text, or the reference that stands for it.
  [[nodiscard]] std::string reference(const std::string& key) const {
    const auto found = service_.secrets.find(key);
    return found == service_.secrets.end() ? text(key) : source_text(found->second);
  }
  [[nodiscard]] std::optional<std::chrono::seconds> duration(const std::string& key) const {
    return topology::parse_duration(text(key));
  }
  [[nodiscard]] std::optional<uint32_t> number(const std::string& key) const {
    const auto written = text(key);
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), number);
    return error == std::errc{} && end == written.data() + written.size() ? std::optional(number) : std::nullopt;
  }
  /// One item, or a list of them: "arguments", "arguments.0", "arguments.1".
  [[nodiscard]] std::vector<std::string> texts(const std::string& key) const {
    std::vector<std::string> all;
    if (const auto one = text(key); !one.empty()) all.push_back(one);
    for (std::size_t i = 0;; ++i) {
      const auto item = service_.settings.find(fmt::format("{}.{}", key, i));
      if (item == service_.settings.end()) return all;
      all.push_back(item->second.value);
    }
  }
  [[nodiscard]] std::map<std::string, std::string> plain(std::string_view block) const {
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : service_.settings)
      if (key.starts_with(block)) all.emplace(key.substr(block.size()), value.value);
    return all;
  }
  [[nodiscard]] std::map<std::string, std::string> references(std::string_view block) const {
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : service_.secrets)
      if (key.starts_with(block)) all.emplace(key.substr(block.size()), source_text(value));
    return all;
  }

 private:
  const topology::Service& service_;
};

HealthIntent health_of(const Written& written, const std::vector<TransportMatch>& listen) {
  HealthIntent health{.http = written.text("health.http"), .command = written.texts("health.command")};
  const auto first_tcp = std::find_if(listen.begin(), listen.end(), [](const TransportMatch& one) {
    return one.ip_protocol == protocol::k_tcp && one.ports.first != 0;
  });
  if (const auto port = TransportMatch::parse(written.text("health.tcp")))
    health.port = port->ports.first;
  else if (first_tcp != listen.end() && health.command.empty())
    health.port = first_tcp->ports.first;
  if (const auto interval = written.duration("health.interval")) health.interval = *interval;
  if (const auto timeout = written.duration("health.timeout")) health.timeout = *timeout;
  if (const auto retries = written.number("health.retries")) health.retries = *retries;
  if (const auto watch = written.duration("update.watch")) health.watch = *watch;
  return health;
}

}  // namespace

std::string Builder::why_not_deployed(const topology::Service& service) const {
  const Written written(service);
  if (service.kind.value != "binary")
    return "this version does not deploy services of kind '" + service.kind.value + "'";
  if (written.reference("artifact.file").empty())
    return service.settings.contains("artifact.url") || service.settings.contains("artifact.package")
               ? "this version deploys an artifact by 'file:' only"
               : "no 'artifact:' says what is installed";
  if (service.nodes.empty()) return "'nodes:' says how its machines are reached, once they are there";
  if (std::none_of(topology_.providers.begin(), topology_.providers.end(),
                   [](const auto& entry) { return entry.kind.value == "node"; }))
    return "no provider entry of kind node says who logs in";
  return {};
}

ServiceIntent Builder::service_intent(uint32_t index) const {
  const auto& service = topology_.services[index];
  const Written written(service);
  ServiceIntent intent{.name = service.name,
                       .title = service.title.empty() ? service.name : service.title,
                       .artifact = {.source = written.reference("artifact.file"),
                                    .sha256 = written.text("artifact.sha256"),
                                    .version = written.text("artifact.version"),
                                    .executable = written.text("artifact.executable")},
                       .arguments = written.texts("arguments"),
                       .variables = written.plain("variables."),
                       .hidden = written.references("variables."),
                       .credentials = written.references("credentials."),
                       .user = written.text("user"),
                       .makes_code = written.text("runtime") == "jit",
                       .listen = resolved_.service_listens[index],
                       .after = written.texts("after"),
                       .schedule = service.schedule && service.schedule->value != "continuous" ? service.schedule->value
                                                                                               : std::string()};
  intent.health = health_of(written, intent.listen);
  if (const auto restart = written.text("restart"); !restart.empty()) intent.restart = restart;
  if (const auto cpu = written.text("limits.cpu"); !cpu.empty()) intent.cpu = std::strtod(cpu.c_str(), nullptr);
  if (const auto memory = topology::parse_size(written.text("limits.memory")); memory && *memory > 0)
    intent.memory = static_cast<uint64_t>(*memory);
  intent.deadline = written.duration("deadline");
  if (const auto keep = written.number("keep")) intent.keep = *keep;
  intent.origins = {{"service " + service.name, service.span}};
  return intent;
}

void Builder::add_services() {
  if (!applied("node")) return;
  std::map<std::string, NodeIntent> machines;  // by provider
  for (uint32_t index = 0; index < topology_.services.size(); ++index) {
    const auto& service = topology_.services[index];
    if (!why_not_deployed(service).empty()) continue;
    std::string entry = service.provider ? service.provider->value : std::string();
    for (const auto& one : topology_.providers)
      if (entry.empty() && one.kind.value == "node") entry = one.name;
    auto intent = service_intent(index);
    append(notes_, service_findings(intent));
    const auto lanes = std::max<uint32_t>(1, Written(service).number("update.max_unavailable").value_or(1));
    std::size_t number = 0;
    for (const auto& host : resolved_.hosts) {
      if (std::find(host.services.begin(), host.services.end(), index) == host.services.end()) continue;
      for (const auto& machine : host.machines) {
        if (number == service.nodes.size()) break;  // said as not applied
        const auto& reached = service.nodes[number];
        const auto provider = node_provider(entry, machine.path);
        auto& node = machines[provider];
        if (node.path.empty())
          node = {.path = machine.path,
                  .name = machine.name,
                  .site = topology_.sites[resolved_.segments[host.segment].site].path,
                  .forwards = false,
                  .origins = {{"host " + host.path, host.span}}};
        auto& settings = compiled_.machines[provider];
        settings.emplace("address", reached.address.value);
        if (reached.fingerprint) settings.emplace("fingerprint", reached.fingerprint->value);
        intent.turn = {.lane = fmt::format("{} {}", service.name, number % lanes),
                       .number = static_cast<uint32_t>(number / lanes)};
        node.services.push_back(intent);
        ++number;
      }
    }
  }
  for (auto& [provider, node] : machines) intent_of(provider).nodes.push_back(std::move(node));
}

void Builder::add_services_not_applied() {
  for (uint32_t index = 0; index < topology_.services.size(); ++index) {
    const auto& service = topology_.services[index];
    const auto note = [&](std::string text) {
      compiled_.not_applied.push_back(
          {"services", service.name, NotApplied::Reason::comes_later, std::move(text), service.span, {}});
    };
    if (auto why = why_not_deployed(service); !why.empty()) {
      if (service.kind.value != "external") note(std::move(why));
      continue;
    }
    std::size_t machines = 0;
    for (const auto& host : resolved_.hosts)
      if (std::find(host.services.begin(), host.services.end(), index) != host.services.end())
        machines += host.machines.size();
    if (machines > service.nodes.size())
      note(fmt::format("{} of its {}: 'nodes:' says of no more how they are reached", machines - service.nodes.size(),
                       counted(machines, "machine")));
  }
}

}  // namespace cloison::compile
