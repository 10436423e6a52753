// Sites and all that stands in them.

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

template <class T>
void sort_by_name(std::vector<T>& list) {
  std::sort(list.begin(), list.end(), [](const T& a, const T& b) { return a.name < b.name; });
}

}  // namespace

std::optional<CidrRequest> cidr_request(std::string_view text) {
  if (text.starts_with("auto/")) {
    const auto length = integer_of(text.substr(5));
    if (!length || *length < 1 || *length > 128 || (text.size() > 6 && text[5] == '0')) {
      return std::nullopt;
    }
    return CidrRequest{.how = CidrRequest::How::automatic, .length = static_cast<uint8_t>(*length)};
  }
  const auto prefix = IpPrefix::parse(text);
  return prefix ? std::optional(CidrRequest{.how = CidrRequest::How::prefix, .prefix = *prefix}) : std::nullopt;
}

CidrRequests Build::cidr(const YamlNode& node) {
  CidrRequests result;
  const YamlNode* value = node.find("cidr");
  if (value == nullptr) {
    return result;
  }
  result.span = span(*value);
  const Names parts = names(node, "cidr");
  std::vector<const Name*> opted_out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].value == "none") {
      opted_out.push_back(&parts[i]);
      continue;
    }
    auto request = cidr_request(parts[i].value);
    if (!request) {
      continue;
    }
    request->span = parts[i].span;
    const bool ipv6 = request->how == CidrRequest::How::prefix ? request->prefix.family() == Family::ipv6
                                                               : request->length > 32 || i == 1;
    CidrRequest& slot = ipv6 ? result.ipv6 : result.ipv4;
    if (slot.how != CidrRequest::How::unset) {
      notes_.add({.code = "CL1110",
                  .summary = fmt::format("'cidr' has two {} prefixes", ipv6 ? "IPv6" : "IPv4"),
                  .detail = "A segment or VPC has one prefix a family.",
                  .hint = fmt::format("keep one: cidr: {}", parts[0].value)},
                 *value);
    }
    slot = *request;
  }
  for (const Name* one : opted_out) {
    CidrRequest& slot = result.ipv4.how == CidrRequest::How::unset && (one == &parts.front() || parts.size() == 1)
                            ? result.ipv4
                            : result.ipv6;
    slot = {.how = CidrRequest::How::none, .span = one->span};
  }
  return result;
}

std::optional<VirtualMachine> Build::machine(const YamlNode* node) {
  if (node == nullptr || !node->is_map()) {
    return std::nullopt;
  }
  return VirtualMachine{.image = name_or_empty(*node, "image"),
                        .cpu = integer(*node, "cpu"),
                        .memory = size(*node, "memory"),
                        .disk = size(*node, "disk"),
                        .flavor = optional_name(*node, "flavor"),
                        .span = span(*node)};
}

Host Build::host(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Host result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  for (const Name& one : names(node, "address")) {
    if (const auto number = integer_of(one.value)) {
      result.addresses.push_back({.value = *number, .span = one.span});
    } else if (const auto address = IpAddress::parse(one.value)) {
      result.addresses.push_back({.value = *address, .span = one.span});
    }
  }
  result.vm = machine(node.find("vm"));
  if (const auto replicas = integer(node, "replicas")) {
    result.replicas = replicas->value;
    result.replicas_span = replicas->span;
  }
  result.spread = optional_name(node, "spread");
  result.is_public = boolean(node, "public");
  result.redundancy = optional_name(node, "redundancy");
  result.data = optional_name(node, "data");
  result.zone = optional_name(node, "zone");
  result.labels = labels(node);
  return result;
}

void Build::peers_from_csv(Segment& segment, const YamlNode& file, std::string_view site_key) {
  const YamlNode* name_node = file.find("csv");
  const Csv* csv = name_node == nullptr ? nullptr : files_.get(*name_node);
  if (csv == nullptr) {
    return;
  }
  const auto site = files_.column(*csv, "site", *name_node);
  const auto name_column = files_.column(*csv, "name", *name_node);
  const auto key_column = files_.column(*csv, "public_key", *name_node);
  if (!site || !name_column || !key_column) {
    return;
  }
  const auto& rows = files_.index(*csv, *site);
  files_.used(*csv, std::string(site_key));
  const auto found = rows.find(std::string(site_key));
  if (found == rows.end()) {
    return;
  }
  const auto owner = csv->column("owner");
  const auto expires = csv->column("expires");
  for (const std::size_t row : found->second) {
    const auto cell = [&](std::optional<std::size_t> column) {
      return column ? csv->cell(row, *column, notes_.sources()) : std::string();
    };
    Peer peer{.name = cell(name_column),
              .public_key = cell(key_column),
              .owner = cell(owner),
              .span = csv->span(row, *name_column, notes_.sources())};
    if (const std::string until = cell(expires); !until.empty()) {
      if (const auto wall = parse_wall_time(until)) {
        peer.expires = {.at = end_of(*wall, zone_), .text = until, .span = csv->span(row, *expires, notes_.sources())};
      } else {
        notes_.add({.code = "CL1113",
                    .summary = fmt::format("'{}' is no value for 'expires'", until),
                    .detail = "It must be a date such as 2026-12-03 or 2026-12-03T18:00.",
                    .hint = "write for example 2026-12-03"},
                   csv->span(row, *expires, notes_.sources()));
      }
    }
    if (!is_wireguard_key(peer.public_key)) {
      notes_.add({.code = "CL1125",
                  .summary = fmt::format("'{}' is no value for 'public_key'", peer.public_key),
                  .detail = "It must be a WireGuard public key: 32 bytes in base64, as wg pubkey prints them.",
                  .hint = "write the device's own key, for example xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="},
                 csv->span(row, *key_column, notes_.sources()));
    }
    if (!is_name(peer.name)) {
      const std::string proposed = proposed_name(peer.name);
      notes_.add({.code = "CL1107",
                  .summary = fmt::format("'{}' is no name", peer.name),
                  .detail = "Names have a-z, 0-9 and '-', at most 63, no '-' first or last.",
                  .hint = fmt::format("write {}", proposed.empty() ? "tablet-1" : proposed)},
                 peer.span);
      continue;
    }
    segment.peers.push_back(std::move(peer));
  }
}

void Build::peers(Segment& segment, const YamlNode& node, std::string_view site_key) {
  const YamlNode* block = node.find("peers");
  if (block == nullptr) {
    return;
  }
  segment.has_peers = true;
  if (block->is_map()) {
    peers_from_csv(segment, *block, site_key);
  } else {
    for (const YamlEntry& item : block->entries()) {
      segment.peers.push_back({.name = text(*item.value, "name"),
                               .public_key = text(*item.value, "public_key"),
                               .owner = text(*item.value, "owner"),
                               .expires = date(*item.value, "expires", true),
                               .span = span(*item.value)});
    }
  }
  sort_by_name(segment.peers);
  for (std::size_t i = 1; i < segment.peers.size(); ++i) {
    if (segment.peers[i].name == segment.peers[i - 1].name) {
      notes_.add({.code = "CL1120",
                  .summary = fmt::format("peer '{}' is there twice", segment.peers[i].name),
                  .detail = "A peer's name names its key and its address.",
                  .hint = fmt::format("rename one of them, for example {}-2", segment.peers[i].name),
                  .related = {{segment.peers[i - 1].span, "first here"}}},
                 segment.peers[i].span);
    }
  }
}

Segment Build::segment(const YamlEntry& entry, std::string_view site_key) {
  const YamlNode& node = *entry.value;
  Segment result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  result.zone = optional_name(node, "zone").value_or(Name{result.name, result.span});
  result.cidr = cidr(node);
  result.vlan = integer(node, "vlan");
  if (const YamlEntry* vlan = node.entry("vlan"); vlan != nullptr && vlan->value->kind == YamlNode::Kind::dropped) {
    result.empty_vlan = span(*vlan->value);
  }
  if (const YamlNode* dhcp = node.find("dhcp"); dhcp != nullptr) {
    const Names range = names(*dhcp, "range");
    if (range.size() == 2) {
      result.dhcp = DhcpRange{.first = integer_of(range[0].value).value_or(0),
                              .last = integer_of(range[1].value).value_or(0),
                              .span = span(*dhcp->find("range"))};
    }
  }
  if (const auto intra = optional_name(node, "intra")) {
    result.intra = intra->value == "allow"  ? Segment::Intra::allow
                   : intra->value == "deny" ? Segment::Intra::deny
                                            : Segment::Intra::unset;
    result.intra_span = intra->span;
  }
  if (const YamlNode* hosts = node.find("hosts"); hosts != nullptr && hosts->is_map()) {
    for (const YamlEntry& one : hosts->entries()) {
      result.hosts.push_back(host(one));
    }
    sort_by_name(result.hosts);
  }
  peers(result, node, site_key);
  result.egress = optional_name(node, "egress");
  result.pool = optional_name(node, "pool");
  result.provider_name = optional_name(node, "provider_name");
  result.data = optional_name(node, "data");
  result.real = prefix(node, "real");
  result.labels = labels(node);
  return result;
}

Vpc Build::vpc(const YamlEntry& entry, std::string_view site_key, const std::vector<std::string>& environments) {
  const YamlNode& node = *entry.value;
  Vpc result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  if (node.row != 0) {
    result.instance = {.family = {}, .key = result.name, .row = node.row};
  }
  if (auto environment = optional_name(node, "environment")) {
    result.environment = std::move(*environment);
  } else if (environments.size() == 1) {
    result.environment = {.value = environments.front(), .span = result.span};
  }
  result.provider = optional_name(node, "provider");
  result.cidr = cidr(node);
  if (const YamlNode* segments = node.find("segments"); segments != nullptr && segments->is_map()) {
    for (const YamlEntry& one : segments->entries()) {
      result.segments.push_back(segment(one, site_key));
    }
    sort_by_name(result.segments);
  }
  result.labels = labels(node);
  return result;
}

Location Build::location(const YamlNode* node) {
  Location result;
  if (node == nullptr || !node->is_map()) {
    return result;
  }
  result.span = span(*node);
  result.country = text(*node, "country");
  result.region = text(*node, "region");
  if (const auto tier = integer(*node, "tier")) {
    result.tier = tier->value;
  }
  result.availability_zones = names(*node, "availability_zones");
  if (const YamlNode* held = node->find("certifications"); held != nullptr && held->is_map()) {
    for (const YamlEntry& entry : held->entries()) {
      Certification one{.name = std::string(entry.key), .holder = text(*entry.value, "holder"), .span = span(entry)};
      if (const auto until = date(*entry.value, "until", true)) {
        one.until = until;
      }
      result.certifications.push_back(std::move(one));
    }
    sort_by_name(result.certifications);
  }
  return result;
}

std::map<std::string, Name> Build::names_by_key(const YamlNode& node, std::string_view key) {
  std::map<std::string, Name> result;
  const YamlNode* map = node.find(key);
  if (map == nullptr || !map->is_map()) return result;
  for (const YamlEntry& one : map->entries())
    if (one.value->is_scalar()) result.emplace(one.key, name(*one.value));
  return result;
}

std::vector<Node> Build::nodes(const YamlNode& site) {
  std::vector<Node> result;
  const YamlNode* list = site.find("nodes");
  if (list == nullptr) {
    return result;
  }
  const auto add = [&](const YamlNode& node) {
    if (!node.is_map()) {
      return;
    }
    Node one{.name = text(node, "name"),
             .address = name_or_empty(node, "address"),
             .fingerprint = optional_name(node, "fingerprint"),
             .trunk = optional_name(node, "trunk"),
             .bastion = optional_name(node, "bastion"),
             .underlays = names(node, "underlays"),
             .outer = names_by_key(node, "public"),
             .ports = names_by_key(node, "ports"),
             .labels = labels(node)};
    const YamlNode* name_node = node.find("name");
    one.span = name_node != nullptr ? span(*name_node) : span(node);
    for (const std::string_view key : {"port", "user", "interface", "arch", "mirror"}) {
      if (auto value = optional_name(node, key)) {
        one.settings.emplace(key, std::move(*value));
      }
    }
    result.push_back(std::move(one));
  };
  if (list->is_map()) {
    add(*list);
  } else {
    for (const YamlEntry& item : list->entries()) {
      add(*item.value);
    }
  }
  sort_by_name(result);
  for (std::size_t i = 1; i < result.size(); ++i) {
    if (result[i].name == result[i - 1].name && !result[i].name.empty()) {
      notes_.add({.code = "CL1120",
                  .summary = fmt::format("node '{}' is there twice", result[i].name),
                  .detail = "Nodes of a site have names of their own.",
                  .hint = fmt::format("rename one of them, for example {}-2", result[i].name),
                  .related = {{result[i - 1].span, "first here"}}},
                 result[i].span);
    }
  }
  return result;
}

Underlay Build::underlay(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Underlay result{.name = std::string(entry.key), .interface = name_or_empty(node, "interface"), .span = span(entry)};
  if (const auto metric = integer(node, "metric")) {
    result.metric = metric->value;
  }
  if (const auto how = optional_name(node, "public")) {
    result.public_span = how->span;
    if (const auto address = IpAddress::parse(how->value)) {
      result.how = Underlay::Public::address;
      result.public_address = *address;
    } else if (how->value == "none") {
      result.how = Underlay::Public::none;
    }
  }
  result.mtu = integer(node, "mtu");
  return result;
}

Gateway::Reached Build::reached(const YamlNode& node) {
  return {.address = name_or_empty(node, "address"),
          .fingerprint = optional_name(node, "fingerprint"),
          .outer = optional_name(node, "public"),
          .spare = boolean(node, "spare").value_or(Spanned<bool>{}).value,
          .span = span(node)};
}

std::vector<Gateway::Reached> Build::all_reached(const YamlNode& node) {
  std::vector<Gateway::Reached> all;
  const auto* nodes = node.find("nodes");
  if (nodes != nullptr && nodes->is_list())
    for (const YamlEntry& item : nodes->entries()) all.push_back(reached(*item.value));
  if (nodes != nullptr && nodes->is_map()) all.push_back(reached(*nodes));
  return all;
}

Gateway Build::gateway(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Gateway result{.name = std::string(entry.key),
                 .vpc = optional_name(node, "vpc"),
                 .segment = optional_name(node, "segment"),
                 .kind = optional_name(node, "kind"),
                 .is_public = boolean(node, "public"),
                 .spread = optional_name(node, "spread"),
                 .provider = optional_name(node, "provider"),
                 .interface = optional_name(node, "interface"),
                 .uplink = optional_name(node, "uplink"),
                 .span = span(entry)};
  result.nodes = all_reached(node);
  if (const auto replicas = integer(node, "replicas")) {
    result.replicas = replicas->value;
    result.replicas_span = replicas->span;
  }
  const bool direct = node.find("image") != nullptr || node.find("cpu") != nullptr || node.find("memory") != nullptr ||
                      node.find("disk") != nullptr || node.find("flavor") != nullptr;
  result.vm = machine(direct ? &node : node.find("vm"));
  return result;
}

std::vector<std::pair<Name, Name>> Build::transit(const YamlNode& site) {
  std::vector<std::pair<Name, Name>> result;
  const YamlNode* list = site.find("transit");
  if (list == nullptr || !list->is_list()) {
    return result;
  }
  const bool single = list->count == 2 && list->first[0].value->is_scalar() && list->first[1].value->is_scalar();
  if (single) {
    result.emplace_back(name(*list->first[0].value), name(*list->first[1].value));
    return result;
  }
  for (const YamlEntry& item : list->entries()) {
    const YamlNode& pair = *item.value;
    if (pair.is_list() && pair.count == 2) {
      result.emplace_back(name(*pair.first[0].value), name(*pair.first[1].value));
    } else if (pair.is_scalar()) {
      notes_.add({.code = "CL1122",
                  .summary = fmt::format("'{}' stands alone in 'transit'", pair.text),
                  .detail = "transit lists pairs of links between which traffic may pass.",
                  .hint = "write transit: [[wan, backup], [wan, sih]]"},
                 pair);
    }
  }
  return result;
}

Site Build::site(std::string_view family, const Instance& instance, const YamlNode& node, SpanId at,
                 const std::vector<std::string>& environments) {
  Site result{.name = std::string(family), .title = text(node, "title"), .instance = instance, .span = at};
  result.path = instance.family.empty() ? result.name : fmt::format("{}/{}", instance.family, instance.key);
  const std::string_view key = instance.key.empty() ? std::string_view(result.name) : std::string_view(instance.key);
  result.provider = name_or_empty(node, "provider");
  result.environment = optional_name(node, "environment");
  result.location = location(node.find("location"));
  result.redundancy = optional_name(node, "redundancy");
  result.pool = optional_name(node, "pool");
  result.bastion = optional_name(node, "bastion");
  result.nodes = nodes(node);
  const auto each = [&](std::string_view block, auto&& make) {
    if (const YamlNode* entries = node.find(block); entries != nullptr && entries->is_map()) {
      for (const YamlEntry& entry : entries->entries()) {
        make(entry);
      }
    }
  };
  each("underlays", [&](const YamlEntry& entry) { result.underlays.push_back(underlay(entry)); });
  each("gateways", [&](const YamlEntry& entry) { result.gateways.push_back(gateway(entry)); });
  each("vpcs", [&](const YamlEntry& entry) { result.vpcs.push_back(vpc(entry, key, environments)); });
  each("segments", [&](const YamlEntry& entry) { result.segments.push_back(segment(entry, key)); });
  sort_by_name(result.underlays);
  sort_by_name(result.gateways);
  sort_by_name(result.vpcs);
  sort_by_name(result.segments);
  result.transit = transit(node);
  result.labels = labels(node);
  return result;
}

}  // namespace cloison::topology
