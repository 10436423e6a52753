// VPCs and segments, and the routes to what lies behind gateways.

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

/// Addresses below the tenth are the platform's (DHCP and the like): declared hosts start there (docs/language.md,
/// Addresses).
constexpr uint32_t k_first_declared = 10;

}  // namespace

void Builder::add_domains() {
  for (uint32_t index = 0; index < resolved_.vpcs.size(); ++index) {
    const auto& vpc = resolved_.vpcs[index];
    if (!applied(vpc.provider_kind)) continue;
    RoutedDomainIntent domain{.path = vpc.path, .name = vpc.vpc->name, .environment = vpc.environment};
    domain.outward = outward_.contains(index);
    domain.external_network = external_network_of(vpc);
    domain.origins = {{"vpc " + vpc.path, vpc.vpc->span}};
    const auto& site = topology_.sites[vpc.site];
    for (const auto gateway : gateways_of(vpc.path)) {
      const auto& host = resolved_.hosts[gateway];
      const auto& via = host.virtual_address ? *host.virtual_address : host.machines.front();
      for (const auto& prefix : transit_prefixes(vpc.path)) {
        const auto& address = prefix.family() == Family::ipv4 ? via.ipv4 : via.ipv6;
        if (address) domain.routes.push_back({prefix, *address, {{"gateway " + host.path, host.span}}});
      }
      break;  // one way; further gateways of a VPC stand by
    }
    domain.origins.push_back({"site " + site.path, site.span});
    intent_of(vpc.provider).domains.push_back(std::move(domain));
  }
  for (uint32_t index = 0; index < resolved_.segments.size(); ++index) {
    const auto& segment = resolved_.segments[index];
    if (!made_by_cloud(segment.provider_kind) || !segment.segment || is_behind_gateway(index)) continue;
    SegmentIntent intent{
        .path = segment.path, .name = segment.segment->name, .domain = segment.vpc_path, .zone = segment.zone};
    if (segment.ipv4 && segment.gateway4)
      intent.prefixes.push_back(
          {*segment.ipv4, *segment.gateway4, platform_ranges(segment, *segment.ipv4, *segment.gateway4)});
    if (segment.ipv6 && segment.gateway6)
      intent.prefixes.push_back(
          {*segment.ipv6, *segment.gateway6, platform_ranges(segment, *segment.ipv6, *segment.gateway6)});
    if (segment.segment->vlan) intent.vlan = static_cast<uint16_t>(segment.segment->vlan->value);
    if (const auto servers = resolvers_.find(index); servers != resolvers_.end()) intent.dns = servers->second;
    intent.origins = {{"segment " + segment.path, segment.span}};
    intent_of(segment.provider).segments.push_back(std::move(intent));
  }
}

std::vector<AddressRange> Builder::platform_ranges(const topology::ResolvedSegment& segment, const IpPrefix& prefix,
                                                   const IpAddress& gateway) const {
  std::vector<IpAddress> held{gateway};
  for (const auto index : segment.hosts) {
    for (const auto& address : host_prefixes(resolved_.hosts[index]))
      if (address.family() == prefix.family()) held.push_back(address.address);
  }
  std::vector<AddressRange> ranges;
  for (uint32_t number = 1; number < k_first_declared; ++number) {
    const auto address = prefix.nth(number);
    // The last address of an IPv4 prefix is its broadcast address.
    if (!address || (prefix.family() == Family::ipv4 && *address == prefix.last())) break;
    if (std::find(held.begin(), held.end(), *address) != held.end()) continue;
    if (!ranges.empty() && ranges.back().last.bits + 1 == address->bits)
      ranges.back().last = *address;
    else
      ranges.push_back({*address, *address});
  }
  return ranges;
}

std::string Builder::external_network_of(const topology::ResolvedVpc& vpc) const {
  for (const auto& link : topology_.links)
    if (link.kind.value == "internet" && link.at && link.network &&
        topology::names_place(link.at->value, topology_.sites[vpc.site], vpc.vpc->name))
      return link.network->value;
  return {};
}

}  // namespace cloison::compile
