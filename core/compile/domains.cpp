// VPCs and segments, and the routes to what lies behind gateways.

#include <algorithm>

#include "core/compile/builder.h"

namespace cloison::compile {

namespace {

/// Addresses below the tenth are the platform's (DHCP and the like): declared hosts start there (docs/language.md,
/// Addresses).
constexpr uint32_t k_first_declared = 10;

bool joins(const topology::Link& link, const topology::Site& site) {
  const auto is_site = [&site](const topology::Name& name) {
    return name.value == site.name || name.value == site.path;
  };
  return (link.hub && is_site(*link.hub)) || std::any_of(link.spokes.begin(), link.spokes.end(), is_site) ||
         std::any_of(link.between.begin(), link.between.end(), is_site);
}

}  // namespace

void Builder::add_domains() {
  for (const auto& vpc : resolved_.vpcs) {
    if (!applied(vpc.provider_kind)) continue;
    RoutedDomainIntent domain{.path = vpc.path, .name = vpc.vpc->name, .environment = vpc.environment};
    domain.outward = outward_domains_.contains(vpc.path);
    domain.external_network = external_network_of(vpc.site);
    domain.origins = {{"vpc " + vpc.path, vpc.vpc->span}};
    const auto& site = topology_.sites[vpc.site];
    for (const auto gateway : gateways_of(vpc.site, vpc.environment)) {
      const auto& host = resolved_.hosts[gateway];
      if (host.machines.empty() || resolved_.segments[host.segment].vpc_path != vpc.path) continue;
      const auto& via = host.virtual_address ? *host.virtual_address : host.machines.front();
      for (const auto& prefix : transit_prefixes(vpc.site, vpc.environment)) {
        const auto& address = prefix.family() == Family::ipv4 ? via.ipv4 : via.ipv6;
        if (address) domain.routes.push_back({prefix, *address, {{"gateway " + host.path, host.span}}});
      }
      break;  // one way out; further gateways of a site carry other links
    }
    domain.origins.push_back({"site " + site.path, site.span});
    intent_of(vpc.provider).domains.push_back(std::move(domain));
  }
  for (uint32_t index = 0; index < resolved_.segments.size(); ++index) {
    const auto& segment = resolved_.segments[index];
    if (!applied(segment.provider_kind) || !segment.segment) continue;
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

const std::vector<uint32_t>& Builder::gateways_of(uint32_t site, const std::string& environment) const {
  static const std::vector<uint32_t> k_no_gateways;
  const auto found = gateways_.find({site, environment});
  return found == gateways_.end() ? k_no_gateways : found->second;
}

std::vector<IpPrefix> Builder::transit_prefixes(uint32_t site_index, const std::string& environment) const {
  const auto& site = topology_.sites[site_index];
  std::set<std::string> far_sites;
  for (const auto& link : topology_.links) {
    if ((link.kind.value != "sdwan" && link.kind.value != "vpn") || !joins(link, site)) continue;
    const auto add = [&](const topology::Name& name) {
      if (name.value != site.name && name.value != site.path) far_sites.insert(name.value);
    };
    if (link.hub) add(*link.hub);
    for (const auto& name : link.spokes) add(name);
    for (const auto& name : link.between) add(name);
  }
  std::vector<IpPrefix> prefixes;
  for (const auto& segment : resolved_.segments) {
    const auto& far = topology_.sites[segment.site];
    if (!far_sites.contains(far.name) && !far_sites.contains(far.path)) continue;
    if (!segment.environment.empty() && segment.environment != environment) continue;
    if (segment.ipv4) prefixes.push_back(*segment.ipv4);
    if (segment.ipv6) prefixes.push_back(*segment.ipv6);
  }
  // A whole pool is routed as soon as one of its blocks lies beyond: the next laboratory then changes no route.
  for (const auto& pool : topology_.address_pools)
    for (const auto& block : pool.prefixes)
      if (std::any_of(prefixes.begin(), prefixes.end(),
                      [&](const IpPrefix& prefix) { return block.value.contains(prefix); }))
        prefixes.push_back(block.value);
  return minimised(std::move(prefixes));
}

std::string Builder::external_network_of(uint32_t site) const {
  const auto& wanted = topology_.sites[site];
  for (const auto& link : topology_.links)
    if (link.kind.value == "internet" && link.at && (link.at->value == wanted.name || link.at->value == wanted.path) &&
        link.network)
      return link.network->value;
  return {};
}

}  // namespace cloison::compile
