// What is declared and has no effect yet, each with its reason, so that the plan never looks more complete than it is.

#include <algorithm>

#include "core/base/strings.h"
#include "core/compile/builder.h"
#include "core/topology/paths.h"

namespace cloison::compile {

void Builder::add_hosts_not_applied() {
  for (const auto& host : resolved_.hosts) {
    const auto& segment = resolved_.segments[host.segment];
    if (!applied(segment.provider_kind)) continue;
    if (segment.provider_kind == "node") {
      // Who says how a machine is reached has made it already.
      const bool there = std::any_of(host.services.begin(), host.services.end(), [this](uint32_t service) {
        return why_not_deployed(topology_.services[service]).empty();
      });
      if (auto why = host.made && !there ? why_not_run(host) : std::string(); !why.empty())
        compiled_.not_applied.push_back(
            {"hosts", host.path, NotApplied::Reason::unsupported, std::move(why), host.span, "on nodes"});
      continue;
    }
    const auto note = [&](std::string text, std::string group) {
      compiled_.not_applied.push_back(
          {"hosts", host.path, NotApplied::Reason::unsupported, std::move(text), host.span, std::move(group)});
    };
    if (host.gateway != nullptr && !host.made) {
      note("the platform's own VPN gateway is not made by this version; without 'kind: cloud-vpn' it is a machine",
           "gateway");
      continue;
    }
    if (!host.made)
      note(
          "exists already: its port is not cloison's, so nothing is closed there; only the other ends keep to the "
          "flows",
          "existing");
    const auto prefixes = host_prefixes(host);
    const bool reachable = std::any_of(prefixes.begin(), prefixes.end(), [](const IpPrefix& prefix) {
      return prefix.family() == Family::ipv4 || topology::is_public_prefix(prefix);
    });
    if (host.made && host.is_public && !reachable)
      note("public, but it has neither IPv4, which floating addresses are, nor a global IPv6 address", "public");
  }
}

void Builder::add_not_applied() {
  auto& list = compiled_.not_applied;
  const auto later = [&list](std::string block, std::string entry, std::string text, SpanId where,
                             std::string group = {}) {
    list.push_back({std::move(block), std::move(entry), NotApplied::Reason::comes_later, std::move(text), where,
                    std::move(group)});
  };
  std::vector<const topology::Site*> applied_sites;
  for (const auto& site : topology_.sites) {
    const auto provider = providers_.find(site.provider.value);
    const std::string kind = provider == providers_.end() ? site.provider.value : provider->second->kind.value;
    if (kind == "external") continue;  // declared only so that others can name it
    if (applied(kind)) {
      applied_sites.push_back(&site);
      continue;
    }
    list.push_back({"sites", site.path, NotApplied::Reason::no_provider,
                    "this version has no provider of kind '" + kind + "' that applies", site.span,
                    site.instance.family});
  }
  for (const auto& link : topology_.links) {
    const bool here = link.at && std::any_of(applied_sites.begin(), applied_sites.end(), [&](const auto* site) {
                        return topology::names_place(link.at->value, *site, "");
                      });
    if (const auto unserved = unserved_.find(link.name); unserved != unserved_.end()) {
      later("links", link.name,
            counted(unserved->second.size(), "segment") + " of its users without tunnels, such as " +
                unserved->second.front() + ": no node is reached where they come in",
            link.span);
      continue;
    }
    if ((link.kind.value == "internet" && here) || made_links_.contains(link.name)) continue;
    later("links", link.name,
          link.kind.value == "peering" ? "routers of two VPCs are not joined yet; the rules of flows over it stand"
          : link.kind.value == "sdwan"
              ? "its hub's gateways are not reached: 'nodes:' of the gateway says how, once they are there"
          : unmade_.contains(link.name) ? unmade_.find(link.name)->second
          : link.kind.value == "vpn"    ? "no two of its ends are nodes of which one can be dialled"
                                        : "tunnels of this kind come later",
          link.span);
  }
  for (const auto& segment : resolved_.segments)
    if (segment.segment != nullptr && segment.segment->real && made_by_cloud(segment.provider_kind))
      list.push_back({"segments", segment.path, NotApplied::Reason::unsupported,
                      "'real:' is translated by nodes only: here machines have the declared addresses",
                      segment.segment->real->span, "real"});
  add_hosts_not_applied();
  // Nodes log what they refuse; of a cloud's machines and their groups nobody tells.
  const bool in_clouds = std::any_of(resolved_.hosts.begin(), resolved_.hosts.end(), [&](const auto& host) {
    return host.made && made_by_cloud(resolved_.segments[host.segment].provider_kind);
  });
  for (const auto& entry : topology_.infrastructure)
    if (entry.denied && in_clouds)
      list.push_back({"infrastructure",
                      entry.name,
                      NotApplied::Reason::unsupported,
                      "'denied: true': nodes log what they refuse, security groups of clouds do not",
                      entry.span,
                      {}});
  for (const auto& cluster : topology_.clusters)
    later("clusters", cluster.name, "network policies come later", cluster.span);
  for (const auto& flow : resolved_.flows)
    if (flow.in_force && flow.conditional && !opened_.contains(static_cast<uint32_t>(&flow - resolved_.flows.data())))
      later("flows", flow.id, "closed: no node can tell that its scenario happens, or none stands at one of its ends",
            flow.span);
  add_services_not_applied();
  for (const auto& backup : topology_.backups)
    later("backups", backup.name, "backup jobs come later; their flows are applied", backup.span);
}

}  // namespace cloison::compile
