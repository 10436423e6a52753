// Load balancers: which service answers behind which of their ports, and where a machine is taken out while it changes.

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

std::vector<uint16_t> tcp_ports(const std::vector<TransportMatch>& listen) {
  std::vector<uint16_t> ports;
  for (const auto& match : listen)
    if (match.ip_protocol == protocol::k_tcp && match.ports.first == match.ports.last)
      ports.push_back(match.ports.first);
  return ports;
}

std::string backend_of(const BalancedIntent& balanced) {
  return fmt::format("{}_{}", balanced.service, balanced.port);
}

/// The same port of each that runs on the machine.
void add_servers(BalancedIntent& balanced, const topology::Machine& machine,
                 const std::vector<ServiceIntent>& instances, std::size_t place) {
  const auto& address = machine.ipv4 ? machine.ipv4 : machine.ipv6;
  if (!address) return;
  for (const auto& one : instances)
    if (const auto ports = tcp_ports(one.listen); place < ports.size())
      balanced.servers.emplace(server_of_instance(machine, one),
                               BalancedIntent::Server{*address, ports[place], one.health.port});
}

}  // namespace

std::string server_of_instance(const topology::Machine& machine, const ServiceIntent& service) {
  const auto at = service.name.find('@');
  return at == std::string::npos ? server_name(machine) : server_name(machine) + '_' + service.name.substr(at + 1);
}

std::string server_name(const topology::Machine& machine) {
  auto name = machine.path;
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

/// Ports belong to each other in their order: the balancer's, and those of all that stand behind it, service after
/// service as they are declared.
std::vector<BalancedIntent> Builder::balanced_by(uint32_t balancer) const {
  const auto ports = tcp_ports(resolved_.service_listens[balancer]);
  std::vector<BalancedIntent> all;
  for (uint32_t index = 0; index < topology_.services.size(); ++index) {
    const auto& service = topology_.services[index];
    if (!service.behind || service.behind->value != topology_.services[balancer].name) continue;
    const auto instances = instances_of(service, index == balancer ? ServiceIntent{} : service_intent(index));
    const auto first = tcp_ports(instances.front().listen);
    for (std::size_t place = 0; place < first.size(); ++place) {
      const auto& health = instances.front().health;
      BalancedIntent one{.service = service.name,
                         .listen = all.size() < ports.size() ? ports[all.size()] : uint16_t{0},
                         .port = first[place],
                         .http = !health.http.empty() && health.port == first[place],
                         .health = health};
      for (const auto& host : resolved_.hosts)
        if (std::find(host.services.begin(), host.services.end(), index) != host.services.end())
          for (const auto& machine : host.machines) add_servers(one, machine, instances, place);
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::vector<DrainedIntent> Builder::drained_at(uint32_t index, std::map<std::string, std::string>& settings) const {
  std::vector<DrainedIntent> all;
  const auto& behind = topology_.services[index].behind;
  if (!behind) return all;
  for (uint32_t balancer = 0; balancer < topology_.services.size(); ++balancer) {
    const auto& service = topology_.services[balancer];
    if (service.name != behind->value || service.kind.value != k_balancer_kind || !why_not_deployed(service).empty())
      continue;
    const auto balanced = balanced_by(balancer);
    std::size_t number = 0;
    for (const auto& [host, machine] : reached_machines(balancer)) {
      const auto& reached = service.nodes[number++];
      const auto name = server_name(*machine);
      const auto prefix = fmt::format("balancer.{}.", name);
      settings.insert_or_assign(prefix + "address", reached.address.value);
      if (reached.fingerprint) settings.insert_or_assign(prefix + "fingerprint", reached.fingerprint->value);
      for (const auto& one : balanced)
        if (one.service == topology_.services[index].name) all.push_back({name, service.name, backend_of(one)});
    }
  }
  return all;
}

void Builder::check_balancer(const topology::Service& service, const ServiceIntent& intent) {
  const auto ports = tcp_ports(intent.listen);
  if (ports.size() == intent.balances.size() && !ports.empty()) return;
  notes_.push_back(
      {.kind = ErrorKind::topology,
       .code = "CL5435",
       .summary = fmt::format("balancer {} and what is behind it do not have as many ports", printable(service.name)),
       .detail = fmt::format("It listens at {}, and there are {} behind it: which belongs to which?",
                             counted(ports.size(), "TCP port"), intent.balances.size()),
       .hint = "the ports of 'listen:' belong to those of the services that say 'behind:', in their order",
       .where = service.span});
}

}  // namespace cloison::compile
