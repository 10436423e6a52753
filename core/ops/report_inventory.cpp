#include "core/ops/report_inventory.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/ops/report_drawing.h"
#include "core/ops/report_words.h"

namespace cloison::ops {

namespace {

using topology::Machine;
using topology::Resolved;

template <class Text>
void add_text_of(const std::optional<Text>& value, std::vector<std::string>& into) {
  if (value) into.push_back(value->text());
}

std::vector<std::string> machine_addresses(const Machine& machine) {
  std::vector<std::string> all;
  add_text_of(machine.ipv4, all), add_text_of(machine.ipv6, all);
  return all;
}

class Inventory {
 public:
  Inventory(const Resolved& resolved, const SourceMap& sources)
      : resolved_(resolved), topology_(*resolved.topology), sources_(sources) {
    for (const auto& zone : topology_.zones) zones_.emplace(zone.name, &zone);
  }

  report::InventoryData run() {
    for (const auto& site : topology_.sites) add(site);
    for (const auto& segment : resolved_.segments) add(segment);
    for (const auto& host : resolved_.hosts) add(host);
    for (const auto& node : resolved_.nodes) add(node);
    for (uint32_t i = 0; i < topology_.links.size(); ++i) add_link(i);
    for (uint32_t i = 0; i < topology_.services.size(); ++i) add_service(i);
    data_.drawing = drawing_of(resolved_, "segments");
    return std::move(data_);
  }

 private:
  void add(const topology::Site& site) {
    report::SiteItem item{.path = site.path,
                          .title = site.title,
                          .provider = site.provider.value,
                          .country = site.location.country,
                          .region = site.location.region,
                          .declared = sources_.location(site.span)};
    for (const auto& one : site.location.certifications) item.certifications.push_back(certification_text(one));
    data_.sites.push_back(std::move(item));
  }

  [[nodiscard]] std::string data_of(const topology::ResolvedSegment& segment) const {
    if (segment.segment != nullptr && segment.segment->data) return segment.segment->data->value;
    const auto zone = zones_.find(segment.zone);
    return zone != zones_.end() && zone->second->data ? zone->second->data->value : std::string();
  }

  void add(const topology::ResolvedSegment& segment) {
    const auto zone = zones_.find(segment.zone);
    report::SegmentItem item{.path = segment.path,
                             .title = segment.segment == nullptr ? std::string() : segment.segment->title,
                             .site = topology_.sites[segment.site].path,
                             .environment = segment.environment,
                             .zone = segment.zone,
                             .trust = zone == zones_.end() ? std::string() : zone->second->trust.value,
                             .data = data_of(segment),
                             .declared = sources_.location(segment.span)};
    add_text_of(segment.ipv4, item.prefixes), add_text_of(segment.ipv6, item.prefixes);
    if (segment.segment != nullptr && segment.segment->vlan)
      item.vlan = static_cast<std::size_t>(segment.segment->vlan->value);
    for (const auto host : segment.hosts) item.machines += resolved_.hosts[host].machines.size();
    data_.segments.push_back(std::move(item));
    for (const auto& peer : segment.peers)
      data_.devices.push_back({.path = peer.machine.path,
                               .owner = peer.peer->owner,
                               .expires = peer.peer->expires ? peer.peer->expires->text : std::string(),
                               .addresses = machine_addresses(peer.machine),
                               .over = peer.expired});
  }

  void add(const topology::ResolvedHost& host) {
    using Kind = topology::ResolvedHost::Kind;
    report::MachineItem item{.title = host.host == nullptr ? std::string() : host.host->title,
                             .kind = host.kind == Kind::gateway ? "gateway" : "machine",
                             .declared = sources_.location(host.span),
                             .is_public = host.is_public};
    if (host.segment != topology::k_none) {
      const auto& segment = resolved_.segments[host.segment];
      item.site = topology_.sites[segment.site].path, item.environment = segment.environment;
      item.zone = segment.zone, item.data = data_of(segment);
    }
    if (host.host != nullptr && host.host->zone) item.zone = host.host->zone->value;
    if (host.host != nullptr && host.host->data) item.data = host.host->data->value;
    if (host.vm) item.image = host.vm->image.value;
    for (const auto service : host.services) item.services.push_back(topology_.services[service].name);
    for (const auto& machine : host.machines) {
      auto one = item;
      one.path = machine.path, one.addresses = machine_addresses(machine);
      data_.machines.push_back(std::move(one));
    }
  }

  void add(const topology::ResolvedNode& node) {
    report::MachineItem item{.path = node.path,
                             .kind = "node",
                             .site = topology_.sites[node.site].path,
                             .environment = node.environment,
                             .declared = sources_.location(node.node->span)};
    if (node.own) item.addresses = machine_addresses(*node.own);
    for (const auto& address : node.inner) item.addresses.push_back(address.text());
    data_.machines.push_back(std::move(item));
  }

  [[nodiscard]] std::string domain_text(topology::Domain domain) const {
    return domain < topology_.sites.size() ? topology_.sites[domain].path
                                           : resolved_.vpcs[domain - topology_.sites.size()].path;
  }

  void add_link(uint32_t number) {
    const auto& link = topology_.links[number];
    report::LinkItem item{.name = link.name,
                          .title = link.title,
                          .kind = link.kind.value,
                          .transport = link.transport ? link.transport->value
                                       : link.tunnel  ? link.tunnel->value
                                                      : std::string(),
                          .declared = sources_.location(link.span)};
    for (const auto& end : resolved_.link_ends[number]) {
      auto text = end.segment != topology::k_none  ? resolved_.segments[end.segment].path
                  : end.domain != topology::k_none ? domain_text(end.domain)
                                                   : std::string();
      if (!text.empty() && std::find(item.ends.begin(), item.ends.end(), text) == item.ends.end())
        item.ends.push_back(std::move(text));
    }
    data_.links.push_back(std::move(item));
  }

  void add_service(uint32_t number) {
    const auto& service = topology_.services[number];
    report::ServiceItem item{.name = service.name,
                             .title = service.title,
                             .kind = service.kind.value,
                             .behind = service.behind ? service.behind->value : std::string(),
                             .declared = sources_.location(service.span)};
    if (const auto version = service.settings.find("version"); version != service.settings.end())
      item.version = version->second.value;
    for (const auto& host : resolved_.hosts)
      if (std::find(host.services.begin(), host.services.end(), number) != host.services.end())
        for (const auto& machine : host.machines) item.machines.push_back(machine.path);
    for (const auto& match : resolved_.service_listens[number]) item.listens.push_back(match.text());
    data_.services.push_back(std::move(item));
  }

  const Resolved& resolved_;
  const topology::Topology& topology_;
  const SourceMap& sources_;
  std::map<std::string_view, const topology::Zone*> zones_{};
  report::InventoryData data_{};
};

}  // namespace

report::InventoryData inventory_of(const Resolved& resolved, const SourceMap& sources) {
  return Inventory(resolved, sources).run();
}

}  // namespace cloison::ops
