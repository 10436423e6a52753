// Services on machines that are reached over SSH. Each such machine is a provider of its own, as nodes are.

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/compile/builder.h"
#include "core/compile/service_findings.h"
#include "core/topology/load.h"
#include "core/topology/service_settings.h"
#include "core/topology/units.h"

namespace cloison::compile {

namespace {

using Written = topology::ServiceSettings;

HealthIntent health_of(const Written& written, const topology::Topology& topology,
                       const std::vector<TransportMatch>& listen) {
  HealthIntent health{.http = written.text("health.http"), .command = written.words("health.command")};
  const auto first_tcp = std::find_if(listen.begin(), listen.end(), [](const TransportMatch& one) {
    return one.ip_protocol == protocol::k_tcp && one.ports.first != 0;
  });
  if (const auto named = topology::port_matches(topology, written.text("health.tcp")); !named.empty())
    health.port = named.front().ports.first;
  else if (first_tcp != listen.end() && health.command.empty())
    health.port = first_tcp->ports.first;
  if (const auto interval = written.duration("health.interval")) health.interval = *interval;
  if (const auto timeout = written.duration("health.timeout")) health.timeout = *timeout;
  if (const auto retries = written.number("health.retries")) health.retries = static_cast<uint32_t>(*retries);
  if (const auto watch = written.duration("update.watch")) health.watch = *watch;
  return health;
}

std::string source_of(const Written& written) {
  const auto file = written.text_or_reference("artifact.file");
  return file.empty() ? written.text_or_reference("artifact.url") : file;
}

/// What a service that is deployed asks for in vain.
std::vector<std::string> not_deployed_of(const topology::Service& service) {
  const Written written(service);
  std::vector<std::string> all;
  if (service.kind.value == k_balancer_kind && written.text("waf") != "none" && written.has("waf"))
    all.emplace_back("'waf:': the balancer passes on requests as they come");
  if (service.kind.value != k_balancer_kind &&
      (!written.texts_of("tls").empty() || !written.references_of("tls").empty()))
    all.emplace_back("'tls:': a program reads its own certificate; 'credentials:' can bring it");
  const auto spare =
      std::count_if(service.nodes.begin(), service.nodes.end(), [](const auto& one) { return one.spare; });
  if (const auto surge = written.number("update.max_surge"); surge && *surge != spare)
    all.push_back(fmt::format("'max_surge: {}': it is as many as its nodes say 'spare: true', {}", *surge, spare));
  if (written.number("update.max_unavailable") == 0 && spare == 0)
    all.emplace_back(
        "'max_unavailable: 0': without a node that says 'spare: true' one machine changes while it serves nobody");
  return all;
}

}  // namespace

std::string Builder::why_not_deployed(const topology::Service& service) const {
  const Written written(service);
  const bool balancer = service.kind.value == k_balancer_kind;
  if (service.kind.value != "binary" && !balancer)
    return "this version does not deploy services of kind '" + service.kind.value + "'";
  if (!balancer && source_of(written).empty())
    return written.has("artifact.package")
               ? "'package:' is installed by nobody; 'file:' or 'url:' of a Debian package is unpacked"
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
                       .artifact = {.source = source_of(written),
                                    .sha256 = written.text("artifact.sha256"),
                                    .version = written.text("artifact.version"),
                                    .executable = written.text("artifact.executable")},
                       .arguments = written.words("arguments"),
                       .variables = written.texts_of("variables"),
                       .hidden = written.references_of("variables"),
                       .credentials = written.references_of("credentials"),
                       .user = written.text("user"),
                       .makes_code = written.text("runtime") == "jit",
                       .listen = resolved_.service_listens[index],
                       .after = written.words("after"),
                       .schedule = service.schedule && service.schedule->value != "continuous" ? service.schedule->value
                                                                                               : std::string()};
  for (const auto* const word : {"signature", "public_key", "username", "password", "token"})
    if (auto reference = written.text_or_reference(fmt::format("artifact.{}", word)); !reference.empty())
      intent.artifact.references.emplace(word, std::move(reference));
  intent.health = health_of(written, topology_, intent.listen);
  if (const auto restart = written.text("restart"); !restart.empty()) intent.restart = restart;
  if (const auto cpu = written.text("limits.cpu"); !cpu.empty()) intent.cpu = std::strtod(cpu.c_str(), nullptr);
  if (const auto memory = topology::parse_size(written.text("limits.memory")); memory && *memory > 0)
    intent.memory = static_cast<uint64_t>(*memory);
  intent.deadline = written.duration("deadline");
  if (const auto keep = written.number("keep")) intent.keep = static_cast<uint32_t>(*keep);
  if (const auto drain = written.duration("update.drain")) intent.drain = *drain;
  if (const auto pause = written.duration("update.pause")) intent.pause = *pause;
  intent.exclusive = written.text("update.together") == "false";
  if (service.kind.value == k_balancer_kind) {
    intent.health.http.clear();
    intent.tls = {.least = written.text("tls.min"),
                  .certificate = written.text_or_reference("tls.certificate"),
                  .key = written.text_or_reference("tls.key"),
                  .authority = written.text_or_reference("tls.ca"),
                  .client = written.text("tls.client")};
    intent.balances = balanced_by(index);
  }
  intent.origins = {{"service " + service.name, service.span}};
  return intent;
}

std::vector<std::pair<const topology::ResolvedHost*, const topology::Machine*>> Builder::reached_machines(
    uint32_t index) const {
  std::vector<std::pair<const topology::ResolvedHost*, const topology::Machine*>> all;
  for (const auto& host : resolved_.hosts)
    if (std::find(host.services.begin(), host.services.end(), index) != host.services.end())
      for (const auto& machine : host.machines)
        if (all.size() < topology_.services[index].nodes.size()) all.emplace_back(&host, &machine);
  return all;
}

namespace {

/// The machine stands in for the others of its host.
void share_address(const topology::ResolvedHost& host, const topology::Machine& machine,
                   const topology::Service& service, const std::string& name, NodeIntent& node) {
  if (!node.redundancy) {
    node.redundancy = RedundancyIntent{.place = host.path,
                                       .own = addresses_of(machine),
                                       .shared = addresses_of(*host.virtual_address),
                                       .origins = {{"service " + service.name, service.span}}};
    for (const auto& other : host.machines)
      if (other.name != machine.name)
        for (const auto& address : addresses_of(other)) node.redundancy->others.push_back(address);
  }
  node.redundancy->services.push_back(name);
}

/// Its ports are shared out among those of one machine in their order: as many for each.
std::size_t instances_asked_for(const topology::Service& service) {
  return static_cast<std::size_t>(std::max<int64_t>(0, Written(service).number("instances").value_or(0)));
}

/// "{instance}", "{port}" and "{port.2}" in arguments and variables.
std::string for_instance(std::string text, std::size_t number, std::span<const TransportMatch> own) {
  const auto put = [&](const std::string& what, const std::string& value) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + value.size()))
      text.replace(at, what.size(), value);
  };
  put("{instance}", std::to_string(number));
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto port = std::to_string(own[i].ports.first);
    if (i == 0) put("{port}", port);
    put(fmt::format("{{port.{}}}", i + 1), port);
  }
  return text;
}

/// The port at the same place of what another one listens at.
uint16_t port_like(uint16_t port, const std::vector<TransportMatch>& first, std::span<const TransportMatch> own) {
  for (std::size_t i = 0; i < own.size() && i < first.size(); ++i)
    if (first[i].ports.first == port) return own[i].ports.first;
  return port;
}

bool is_spare(const topology::Gateway::Reached& machine) {
  return machine.spare;
}

}  // namespace

std::vector<ServiceIntent> instances_of(const topology::Service& service, const ServiceIntent& intent) {
  const auto count = instances_asked_for(service);
  if (count == 0) return {intent};
  const std::span all(intent.listen);
  const auto each = all.size() / count;
  std::vector<ServiceIntent> instances;
  for (std::size_t number = 1; number <= count; ++number) {
    auto one = intent;
    const auto own = all.subspan((number - 1) * each, each);
    one.name = fmt::format("{}@{}", intent.name, number);
    one.title = fmt::format("{} {}", intent.title, number);
    one.listen.assign(own.begin(), own.end());
    one.health.port = port_like(intent.health.port, intent.listen, own);
    for (auto& argument : one.arguments) argument = for_instance(argument, number, own);
    for (auto& [name, value] : one.variables) value = for_instance(value, number, own);
    one.variables.emplace("INSTANCE", std::to_string(number));
    instances.push_back(std::move(one));
  }
  return instances;
}

void Builder::check_instances(const topology::Service& service, const ServiceIntent& intent) {
  const auto count = instances_asked_for(service);
  const bool balancer = service.kind.value == k_balancer_kind;
  if (count == 0 || (!balancer && intent.listen.size() % count == 0)) return;
  notes_.push_back(
      {.kind = ErrorKind::topology,
       .code = "CL5431",
       .summary = fmt::format("service {} cannot be deployed as it is written", printable(service.name)),
       .detail = balancer ? std::string("A balancer runs once on a machine.")
                          : fmt::format("{} on each machine share {} among them: not as many for each.",
                                        counted(count, "instance"), counted(intent.listen.size(), "port")),
       .hint = balancer ? "leave 'instances:' out" : "listen: [tcp/3001, tcp/3002], as many for each instance",
       .where = service.settings.at("instances").span});
}

void Builder::check_spare(const topology::Service& service) {
  const auto spare = std::find_if(service.nodes.begin(), service.nodes.end(), is_spare);
  const bool balancer = service.kind.value == k_balancer_kind;
  const bool all = std::all_of(service.nodes.begin(), service.nodes.end(), is_spare);
  if (spare == service.nodes.end() || (!balancer && !all)) return;
  notes_.push_back({.kind = ErrorKind::topology,
                    .code = "CL5431",
                    .summary = fmt::format("service {} cannot be deployed as it is written", printable(service.name)),
                    .detail = balancer ? "A spare machine runs only while others change their release, and a balancer "
                                         "has none: it is reloaded."
                                       : "All its machines are spare: nothing would run.",
                    .hint = "leave 'spare: true' out",
                    .where = spare->span});
}

void Builder::add_services() {
  if (!applied("node")) return;
  std::map<std::string, NodeIntent> machines;  // by provider
  const auto places = options_.templates.empty() ? TemplateValues{} : service_places();
  for (uint32_t index = 0; index < topology_.services.size(); ++index) {
    const auto& service = topology_.services[index];
    if (!why_not_deployed(service).empty()) continue;
    std::string entry = service.provider ? service.provider->value : std::string();
    for (const auto& one : topology_.providers)
      if (entry.empty() && one.kind.value == "node") entry = one.name;
    auto intent = service_intent(index);
    if (service.kind.value == k_balancer_kind)
      check_balancer(service, intent);
    else
      append(notes_, service_findings(intent));
    check_instances(service, intent);
    const auto lanes =
        static_cast<std::size_t>(std::max<int64_t>(1, Written(service).number("update.max_unavailable").value_or(1)));
    std::map<std::string, std::string> ways;
    intent.drained = drained_at(index, ways);
    check_spare(service);
    std::size_t number = 0, turn = 0;  // a spare machine's turn is before and after all others
    for (const auto& [host, machine] : reached_machines(index)) {
      const auto& reached = service.nodes[number];
      const auto provider = node_provider(entry, machine->path);
      auto& node = machines[provider];
      if (node.path.empty())
        node = {.path = machine->path,
                .name = machine->name,
                .site = topology_.sites[resolved_.segments[host->segment].site].path,
                .forwards = false,
                .origins = {{"host " + host->path, host->span}}};
      auto& settings = compiled_.machines[provider];
      settings.emplace("address", reached.address.value);
      if (reached.fingerprint) settings.emplace("fingerprint", reached.fingerprint->value);
      // One of a pair is enough to warn of what both show.
      if (number == 0 && !intent.tls.certificate.empty())
        settings.emplace("certificate." + service.name, intent.tls.certificate);
      intent.stopped = reached.spare;
      intent.turn = {.lane = fmt::format("{} {}", service.name, turn % lanes),
                     .number = static_cast<uint32_t>(turn / lanes)};
      if (!reached.spare) ++turn;
      Diagnostics wrong_files;
      intent.files = service_files(index, *host, *machine, places, wrong_files);
      if (number == 0) append(notes_, std::move(wrong_files));  // the others have the same templates
      settings.insert(ways.begin(), ways.end());
      for (auto& one : instances_of(service, intent)) {
        one.server = server_of_instance(*machine, one);
        if (host->virtual_address) share_address(*host, *machine, service, one.name, node);
        node.services.push_back(std::move(one));
      }
      ++number;
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
    for (auto& text : not_deployed_of(service)) note(std::move(text));
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
