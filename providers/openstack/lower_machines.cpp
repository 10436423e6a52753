#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/openstack/choose.h"
#include "providers/openstack/lowering.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/session.h"

namespace cloison::openstack {

namespace {

constexpr std::string_view k_report = "this is a bug of cloison: please report it with the topology";
constexpr uint64_t k_mebibyte = uint64_t{1} << 20U;
constexpr uint64_t k_gibibyte = uint64_t{1} << 30U;
constexpr std::size_t k_most_address_pairs = 10;  // of a port, as Neutron is delivered (max_allowed_address_pair)

Diagnostic wrong(const char* code, std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::topology,
          .code = code,
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

class Machines {
 public:
  explicit Machines(Lowering& lowering) : lowering_(lowering) {}

  void endpoint(const EndpointIntent& endpoint) {
    if (endpoint.exists) return;
    const auto segment = lowering_.segments.find(endpoint.segment);
    if (segment == lowering_.segments.end()) {
      lowering_.complain(wrong("CL2059", fmt::format("'{}' is on no segment of this provider", endpoint.path),
                               endpoint.segment, std::string(k_report)),
                         endpoint.path, endpoint.origins);
      return;
    }
    port(endpoint, *segment->second);
    if (endpoint.machine) server(endpoint, *endpoint.machine, *segment->second);
    if (endpoint.is_public) floating_ip(endpoint, *segment->second);
  }

 private:
  void port(const EndpointIntent& endpoint, const SegmentIntent& segment) {
    SharedLeaves& leaves = lowering_.leaves;
    std::vector<Value> addresses, groups, also;
    for (const IpAddress& address : endpoint.addresses) {
      const bool inside = std::any_of(segment.prefixes.begin(), segment.prefixes.end(),
                                      [&](const SegmentPrefix& one) { return one.prefix.contains(address); });
      if (!inside) {
        lowering_.complain(wrong("CL2059", fmt::format("{} is in no prefix of {}", address.text(), segment.path), "",
                                 std::string(k_report)),
                           endpoint.path, endpoint.origins);
        continue;
      }
      addresses.push_back(
          Value::slots({leaves.ref(subnet_address(segment.path, address.family)), Value::text(address.text())}));
    }
    for (const std::string& group : endpoint.groups) groups.push_back(leaves.ref(group));
    for (const IpPrefix& prefix : address_pairs(endpoint)) also.push_back(leaves.prefix(prefix));
    lowering_.add(endpoint.path + ".port", kind::k_port,
                  {{"network", leaves.ref(network_address(segment.path))},
                   {"name", leaves.text(object_name(endpoint.path))},
                   {"fixed_ips", Value::list(std::move(addresses))},
                   {"security_groups", Value::list(std::move(groups))},
                   {"allowed_addresses", Value::list(std::move(also))},
                   {"port_security", Value::boolean(true)}},
                  endpoint.origins);
  }

  /// More than a port may have are replaced by all of their family: this only guards against forged sources, what may
  /// pass is the rules'.
  static std::vector<IpPrefix> address_pairs(const EndpointIntent& endpoint) {
    if (endpoint.also_from.size() <= k_most_address_pairs) return endpoint.also_from;
    std::vector<IpPrefix> all;
    for (const IpPrefix& prefix : endpoint.also_from) all.push_back(IpPrefix::any(prefix.family()));
    return minimised(std::move(all));
  }

  /// The platform's zone, or null when none is asked for.
  Value zone(const EndpointIntent& endpoint, const std::string& declared) {
    if (declared.empty()) return {};
    const std::string mapped = lowering_.setting("availability_zones." + declared);
    if (mapped.empty()) {
      lowering_.complain(
          wrong("CL2054", fmt::format("zone '{}' is not mapped", declared),
                fmt::format("provider '{}' does not say which zone of the platform it is", lowering_.intent.provider),
                fmt::format("availability_zones: {{{}: nova}} in the provider entry", declared)),
          endpoint.path, endpoint.origins);
      return {};
    }
    if (lowering_.has_facts() && !lowering_.facts.contains("zone/" + mapped)) {
      std::vector<std::string> known;
      for (const Named& one : facts_of(lowering_.facts, "zone")) known.push_back(one.id);
      lowering_.complain(wrong("CL2055", fmt::format("the platform has no availability zone '{}'", mapped),
                               fmt::format("mapped from '{}'", declared), did_you_mean(mapped, known)),
                         endpoint.path, endpoint.origins);
    }
    return Value::text(mapped);
  }

  void disk(const EndpointIntent& endpoint, const VirtualMachineIntent& machine, const Flavor& flavor) {
    const uint64_t has = flavor.disk <= 0 ? 0 : static_cast<uint64_t>(flavor.disk) * k_gibibyte;
    if (machine.disk <= has) return;
    lowering_.out.not_applied.push_back(
        {.block = "hosts",
         .entry = endpoint.path,
         .reason = NotApplied::Reason::comes_later,
         .text = fmt::format("disk of {} GiB: flavor {} has {} GiB, and volumes are not attached yet",
                             (machine.disk + k_gibibyte - 1) / k_gibibyte, printable(flavor.name), flavor.disk),
         .where = endpoint.origins.empty() ? 0 : endpoint.origins.front().span,
         .group = "disk"});
  }

  /// Images and flavors are checked here and chosen again at create: what is new at the platform replaces nothing.
  void check(const EndpointIntent& endpoint, const VirtualMachineIntent& machine, int64_t cpu, int64_t memory) {
    if (!lowering_.has_facts() || !has_services(endpoint)) return;
    auto [image, new_image] = images_.try_emplace(machine.image);
    if (new_image) image->second = choose_image(lowering_.facts, machine.image);
    if (!*image->second) lowering_.complain(image->second->error(), endpoint.path, endpoint.origins);
    auto [flavor, new_flavor] = flavors_.try_emplace({machine.flavor, cpu, memory});
    if (new_flavor) flavor->second = choose_flavor(lowering_.facts, machine.flavor, cpu, memory);
    if (*flavor->second) {
      disk(endpoint, machine, **flavor->second);
    } else {
      lowering_.complain(flavor->second->error(), endpoint.path, endpoint.origins);
    }
  }

  /// A service that the catalogue lacks is named: nobody should look for the image that it would have.
  bool has_services(const EndpointIntent& endpoint) {
    for (const Service service : {Service::compute, Service::image}) {
      const auto known = lowering_.facts.find(fmt::format("service/{}", service_type(service)));
      if (known == lowering_.facts.end() || known->second == "yes") continue;
      if (std::exchange(told_lack_, true)) return false;
      const auto catalogue = lowering_.facts.find("catalogue");
      lowering_.complain(lacks_service(service, catalogue == lowering_.facts.end() ? std::string() : catalogue->second),
                         endpoint.path, endpoint.origins);
      return false;
    }
    return true;
  }

  void server(const EndpointIntent& endpoint, const VirtualMachineIntent& machine, const SegmentIntent& segment) {
    const auto cpu = static_cast<int64_t>(std::max<uint32_t>(machine.cpu, 1));
    const auto memory = static_cast<int64_t>(std::max<uint64_t>((machine.memory + k_mebibyte - 1) / k_mebibyte, 1));
    check(endpoint, machine, cpu, memory);
    // The first boot fetches its keys over the segment's gateway.
    std::vector<std::string> after;
    for (const SegmentPrefix& prefix : segment.prefixes)
      if (!segment.domain.empty()) after.push_back(interface_address(segment, prefix.prefix.family()));
    SharedLeaves& leaves = lowering_.leaves;
    lowering_.add(endpoint.path + ".server", kind::k_server,
                  {{"name", leaves.text(object_name(endpoint.path))},
                   {"image", leaves.text(machine.image)},
                   {"flavor", machine.flavor.empty() ? Value() : leaves.text(machine.flavor)},
                   {"cpu", Value::integer(cpu)},
                   {"memory", Value::integer(memory)},
                   {"zone", zone(endpoint, machine.zone)},
                   {"ports", Value::list({Value::ref(endpoint.path + ".port")})},
                   {"account", machine.account.empty() ? Value() : leaves.text(machine.account)},
                   {"authorized_keys", Value::texts(machine.authorized_keys)}},
                  endpoint.origins, std::move(after));
  }

  void floating_ip(const EndpointIntent& endpoint, const SegmentIntent& segment) {
    const bool has_ipv4 = std::any_of(endpoint.addresses.begin(), endpoint.addresses.end(),
                                      [](const IpAddress& one) { return one.family == Family::ipv4; });
    if (!has_ipv4) return;
    const std::string address = endpoint.path + ".floating_ip";
    const std::string outer = lowering_.external_network(address, endpoint.origins);
    if (outer.empty()) return;
    // Neutron associates only over a router that has both the segment and the external network.
    std::vector<std::string> after;
    if (!segment.domain.empty()) after = {router_address(segment.domain), interface_address(segment, Family::ipv4)};
    lowering_.add(address, kind::k_floating_ip,
                  {{"external_network", Value::text(outer)}, {"port", Value::ref(endpoint.path + ".port")}},
                  endpoint.origins, std::move(after));
  }

  Lowering& lowering_;
  bool told_lack_ = false;  // once for all machines
  // Many machines ask for the same: each answer is looked up once.
  std::map<std::string, std::optional<Result<Named>>> images_{};
  std::map<std::tuple<std::string, int64_t, int64_t>, std::optional<Result<Flavor>>> flavors_{};
};

}  // namespace

void lower_machines(Lowering& lowering) {
  Machines machines(lowering);
  for (const EndpointIntent& endpoint : lowering.intent.endpoints) machines.endpoint(endpoint);
}

}  // namespace cloison::openstack
