#include <array>
#include <cassert>

#include "core/model/schema.h"
#include "providers/openstack/protocols.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;

/// One resource's attributes by name.
class Wanted {
 public:
  Wanted(std::string_view kind, const Value& attributes) : schema_(schema(kind)), attributes_(attributes) {}
  [[nodiscard]] const Value& operator[](std::string_view name) const { return attribute(schema_, attributes_, name); }
  [[nodiscard]] bool has(std::string_view name) const { return !(*this)[name].is_null(); }

 private:
  const KindSchema& schema_;
  const Value& attributes_;
};

/// Full-length prefixes as bare addresses: what Neutron gives back for an address pair.
std::string prefix_text(const IpPrefix& prefix) {
  return prefix.length == address_bits(prefix.family()) ? prefix.first().text() : prefix.text();
}

Json json_of(const Value& value) {
  if (const auto* text = value.as_text()) return Json::text(*text);
  if (const auto* integer = value.as_integer()) return Json::integer(*integer);
  if (const auto* boolean = value.as_boolean()) return Json::boolean(*boolean);
  if (const auto* prefix = value.as_prefix()) return Json::text(prefix->text());
  Json::Array items;
  if (const auto* list = value.as_list())
    for (const Value& item : *list) items.push_back(json_of(item));
  return value.as_list() != nullptr ? Json::array(std::move(items)) : Json::null();
}

/// A list of records of two texts as objects with the API's member names.
Json pairs(const Value& value, const char* first, const char* second) {
  Json::Array items;
  if (const auto* list = value.as_list()) {
    for (const Value& item : *list) {
      const auto* slots = item.as_slots();
      if (slots != nullptr && slots->size() == 2)
        items.push_back(Json::object({{first, json_of((*slots)[0])}, {second, json_of((*slots)[1])}}));
    }
  }
  return Json::array(std::move(items));
}

void set_if(Json& body, const char* member, const Value& value) {
  if (!value.is_null()) body.set(member, json_of(value));
}

void network(Json& body, const Wanted& wanted, bool create) {
  if (!create) return;
  if (!wanted.has("segmentation_id")) return;
  set_if(body, "provider:network_type", wanted["network_type"]);
  set_if(body, "provider:physical_network", wanted["physical_network"]);
  set_if(body, "provider:segmentation_id", wanted["segmentation_id"]);
}

void subnet(Json& body, const Wanted& wanted, bool create) {
  const IpPrefix* cidr = wanted["cidr"].as_prefix();
  if (create) {
    body.set("network_id", json_of(wanted["network"]));
    body.set("cidr", json_of(wanted["cidr"]));
    body.set("ip_version", Json::integer(cidr != nullptr && cidr->family() == Family::ipv6 ? 6 : 4));
    set_if(body, "ipv6_address_mode", wanted["ipv6_mode"]);
    set_if(body, "ipv6_ra_mode", wanted["ipv6_mode"]);
  }
  body.set("gateway_ip", json_of(wanted["gateway"]));
  body.set("allocation_pools", pairs(wanted["allocation_pools"], "start", "end"));
  body.set("dns_nameservers", json_of(wanted["dns"]));
  body.set("enable_dhcp", json_of(wanted["dhcp"]));
}

void router(Json& body, const Wanted& wanted, bool create) {
  if (wanted.has("external_network")) {
    body.set("external_gateway_info", Json::object({{"network_id", json_of(wanted["external_network"])}}));
  } else if (!create) {
    body.set("external_gateway_info", Json::object());
  }
}

void rule(Json& body, const Wanted& wanted) {
  body.set("security_group_id", json_of(wanted["group"]));
  body.set("direction", Json::text(wanted["direction"].text_or_empty() == "in" ? "ingress" : "egress"));
  body.set("ethertype", Json::text(wanted["family"].text_or_empty() == "ipv6" ? "IPv6" : "IPv4"));
  if (wanted.has("protocol")) body.set("protocol", Json::text(neutron_protocol(wanted["protocol"].text_or_empty())));
  set_if(body, "port_range_min", wanted["port_min"]);
  set_if(body, "port_range_max", wanted["port_max"]);
  set_if(body, "port_range_min", wanted["icmp_type"]);
  set_if(body, "port_range_max", wanted["icmp_code"]);
  set_if(body, "remote_ip_prefix", wanted["remote_prefix"]);
  set_if(body, "remote_address_group_id", wanted["remote_address_group"]);
}

void port(Json& body, const Wanted& wanted, bool create) {
  if (create) body.set("network_id", json_of(wanted["network"]));
  body.set("fixed_ips", pairs(wanted["fixed_ips"], "subnet_id", "ip_address"));
  body.set("security_groups", json_of(wanted["security_groups"]));
  Json::Array allowed;
  if (const auto* list = wanted["allowed_addresses"].as_list())
    for (const Value& item : *list)
      if (const auto* prefix = item.as_prefix())
        allowed.push_back(Json::object({{"ip_address", Json::text(prefix_text(*prefix))}}));
  body.set("allowed_address_pairs", Json::array(std::move(allowed)));
  // Where it is on by default, as it is almost everywhere, asking for it may already be forbidden.
  const bool* security = wanted["port_security"].as_boolean();
  if (!create || (security != nullptr && !*security))
    body.set("port_security_enabled", json_of(wanted["port_security"]));
}

void floating_ip(Json& body, const Wanted& wanted, bool create) {
  if (create) body.set("floating_network_id", json_of(wanted["external_network"]));
  body.set("port_id", json_of(wanted["port"]));
}

}  // namespace

Json write_object(std::string_view kind, const Value& attributes, const std::string& marker) {
  const Wanted wanted(kind, attributes);
  const bool create = !marker.empty();
  Json body = Json::object();
  if (schema(kind).slot("name")) body.set("name", json_of(wanted["name"]));
  if (create) body.set("description", Json::text(marker));
  if (kind == kind::k_network) network(body, wanted, create);
  if (kind == kind::k_subnet) subnet(body, wanted, create);
  if (kind == kind::k_router) router(body, wanted, create);
  if (kind == kind::k_address_group && create) body.set("addresses", json_of(wanted["addresses"]));
  if (kind == kind::k_rule) rule(body, wanted);
  if (kind == kind::k_port) port(body, wanted, create);
  if (kind == kind::k_floating_ip) floating_ip(body, wanted, create);
  return body;
}

Names names_of(std::string_view kind) {
  struct Row {
    std::string_view kind;
    Names names;
  };
  constexpr std::array k_rows{
      Row{kind::k_network, {"/networks", "networks", "network"}},
      Row{kind::k_subnet, {"/subnets", "subnets", "subnet"}},
      Row{kind::k_router, {"/routers", "routers", "router"}},
      Row{kind::k_route, {"/routers", "routers", "router"}},
      Row{kind::k_interface, {"/ports", "ports", "port"}},
      Row{kind::k_group, {"/security-groups", "security_groups", "security_group"}},
      Row{kind::k_rule, {"/security-group-rules", "security_group_rules", "security_group_rule"}},
      Row{kind::k_address_group, {"/address-groups", "address_groups", "address_group"}},
      Row{kind::k_port, {"/ports", "ports", "port"}},
      Row{kind::k_floating_ip, {"/floatingips", "floatingips", "floatingip"}},
      Row{kind::k_server, {"/servers", "servers", "server"}}};
  const auto* found = std::find_if(k_rows.begin(), k_rows.end(), [&](const Row& row) { return row.kind == kind; });
  assert(found != k_rows.end());
  return found->names;
}

}  // namespace cloison::openstack
