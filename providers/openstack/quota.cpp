#include "providers/openstack/quota.h"

#include <array>

#include <fmt/format.h>

#include "providers/openstack/fields.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

using net::Json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> k_network{
    {{"network", "network"},
     {"subnet", "subnet"},
     {"router", "router"},
     {"port", "port"},
     {"floatingip", "floating_ip"},
     {"security_group", "security_group"},
     {"security_group_rule", "security_group_rule"},
     {"address_group", "address_group"}}};

struct ComputeLimit {
  const char *limit, *used, *name;
};
constexpr std::array k_compute{ComputeLimit{"maxTotalInstances", "totalInstancesUsed", "server"},
                               ComputeLimit{"maxTotalCores", "totalCoresUsed", "cores"},
                               ComputeLimit{"maxTotalRAMSize", "totalRAMUsed", "memory_mib"}};

bool optional_failure(const Diagnostic& why) {
  return why.kind == ErrorKind::not_found || why.kind == ErrorKind::permission;
}

Result<void> network(Client& client, const std::string& project, const net::Limits& limits,
                     std::vector<Quota>& quotas) {
  auto answer = client.get(Service::network, fmt::format("/quotas/{}/details.json", project), limits);
  if (!answer) return optional_failure(answer.error()) ? Result<void>() : fail(std::move(answer.error()));
  const Json* all = answer->find("quota");
  for (const auto& [theirs, ours] : k_network) {
    const Json* one = all == nullptr ? nullptr : all->find(theirs);
    if (one == nullptr) continue;
    Fields fields("a quota in the answer", *one);
    const int64_t reserved = fields.integer("reserved").value_or(0);
    quotas.push_back(
        {std::string(ours), fields.integer("limit").value_or(-1), fields.integer("used").value_or(0) + reserved});
    if (fields.error()) return fail(*fields.error());
  }
  return {};
}

Result<void> compute(Client& client, const net::Limits& limits, std::vector<Quota>& quotas) {
  auto answer = client.get(Service::compute, "/limits", limits);
  if (!answer) return optional_failure(answer.error()) ? Result<void>() : fail(std::move(answer.error()));
  const Json* all = answer->find("limits");
  const Json* absolute = all == nullptr ? nullptr : all->find("absolute");
  if (absolute == nullptr) return {};
  Fields fields("Nova's limits", *absolute);
  for (const ComputeLimit& one : k_compute)
    quotas.push_back({one.name, fields.integer(one.limit).value_or(-1), fields.integer(one.used).value_or(0)});
  if (fields.error()) return fail(*fields.error());
  return {};
}

}  // namespace

Result<std::vector<Quota>> read_quotas(Client& client, const net::Limits& limits) {
  auto session = client.session(limits);
  if (!session) return fail(std::move(session.error()));
  std::vector<Quota> quotas;
  if (auto done = network(client, (*session)->project_id, limits, quotas); !done) return fail(std::move(done.error()));
  if (!(*session)->endpoints.contains("compute")) return quotas;
  if (auto done = compute(client, limits, quotas); !done) return fail(std::move(done.error()));
  return quotas;
}

std::map<std::string, int64_t> takes(const Resource& resource, const Facts& facts) {
  if (resource.kind == kind::k_route) return {};
  if (resource.kind == kind::k_interface) return {{"port", 1}};
  if (resource.kind != kind::k_server) return {{resource.kind, 1}};
  const KindSchema& its = schema(kind::k_server);
  const auto* cpu = attribute(its, resource.attributes, "cpu").as_integer();
  const auto* memory = attribute(its, resource.attributes, "memory").as_integer();
  int64_t cores = cpu == nullptr ? 1 : *cpu;
  int64_t mebibytes = memory == nullptr ? 1 : *memory;
  const auto flavor =
      choose_flavor(facts, attribute(its, resource.attributes, "flavor").text_or_empty(), cores, mebibytes);
  if (flavor) {
    cores = flavor->cpu;
    mebibytes = flavor->memory;
  }
  return {{"server", 1}, {"cores", cores}, {"memory_mib", mebibytes}};
}

}  // namespace cloison::openstack
