// Hosts' and gateways' replicas as ports, and the groups that hold their rules.

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

std::string group_path(const std::string& path) {
  return path + ".group";
}

}  // namespace

const FirstAccount* Builder::first_account(const std::string& provider) const {
  auto found = options_.first_accounts.find(provider);
  if (found == options_.first_accounts.end()) found = options_.first_accounts.find("");
  return found == options_.first_accounts.end() ? nullptr : &found->second;
}

void Builder::add_endpoints() {
  collect_sides();
  choose_segment_groups();
  for (const auto& host : resolved_.hosts) {
    const auto& segment = resolved_.segments[host.segment];
    // `address:` without `vm:` exists already: its address is kept free, nothing is made for it.
    if (!made_by_cloud(segment.provider_kind) || !host.made) continue;
    auto& intent = intent_of(segment.provider);
    intent.groups.push_back({group_path(host.path), host.path, {{"host " + host.path, host.span}}});
    note_families(group_path(host.path), host);
    if (segment_group_flows_.contains(segment.path)) note_families(group_path(segment.path), host);
    for (const auto& machine : host.machines) add_endpoint(host, machine, false);
    if (host.virtual_address) add_endpoint(host, *host.virtual_address, true);
  }
  for (const auto& segment : resolved_.segments)
    if (segment_group_flows_.contains(segment.path))
      intent_of(segment.provider)
          .groups.push_back({group_path(segment.path), segment.path, {{"segment " + segment.path, segment.span}}});
}

VirtualMachineIntent Builder::virtual_machine(const topology::ResolvedHost& host,
                                              const topology::Machine& machine) const {
  const auto& wanted = *host.vm;
  VirtualMachineIntent vm{.image = wanted.image.value, .zone = machine.zone};
  if (wanted.cpu) vm.cpu = static_cast<uint32_t>(std::clamp<int64_t>(wanted.cpu->value, 0, UINT32_MAX));
  if (wanted.memory) vm.memory = static_cast<uint64_t>(std::max<int64_t>(wanted.memory->value, 0));
  if (wanted.disk) vm.disk = static_cast<uint64_t>(std::max<int64_t>(wanted.disk->value, 0));
  if (wanted.flavor) vm.flavor = wanted.flavor->value;
  if (const FirstAccount* account = first_account(resolved_.segments[host.segment].provider)) {
    vm.account = account->name;
    vm.authorized_keys = account->keys;
  }
  return vm;
}

void Builder::add_endpoint(const topology::ResolvedHost& host, const topology::Machine& machine, bool virtual_address) {
  const auto& segment = resolved_.segments[host.segment];
  EndpointIntent endpoint{.path = machine.path, .name = machine.name, .segment = segment.path};
  endpoint.groups = {group_path(host.path)};
  if (segment_group_flows_.contains(segment.path)) endpoint.groups.push_back(group_path(segment.path));
  if (machine.ipv4) endpoint.addresses.push_back(*machine.ipv4);
  if (machine.ipv6) endpoint.addresses.push_back(*machine.ipv6);
  endpoint.virtual_address = virtual_address;
  // A gateway's replicas are dialled one by one; what they share is for the VPC alone.
  const bool gateway = host.kind == topology::ResolvedHost::Kind::gateway;
  endpoint.is_public = host.is_public && (gateway ? !virtual_address : virtual_address || !host.virtual_address);
  if (!virtual_address) {
    if (host.vm) endpoint.machine = virtual_machine(host, machine);
    if (host.virtual_address)
      for (const auto& address : {host.virtual_address->ipv4, host.virtual_address->ipv6})
        if (address) endpoint.also_from.push_back(IpPrefix::of(*address));
    if (gateway)
      for (const auto& prefix : transit_prefixes(segment.vpc_path)) endpoint.also_from.push_back(prefix);
  }
  endpoint.origins = {{"host " + host.path, host.span}};
  intent_of(segment.provider).endpoints.push_back(std::move(endpoint));
}

}  // namespace cloison::compile
