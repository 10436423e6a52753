#include <algorithm>

#include <fmt/format.h>

#include "providers/openstack/canonical.h"
#include "providers/openstack/fields.h"
#include "providers/openstack/protocols.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using Named = std::vector<std::pair<std::string_view, Value>>;

/// Limits on what one object may hold: more is no answer of a sane server, and must not eat memory or time.
constexpr std::size_t k_most_elements = 20'000;

Value prefix_or_null(const std::optional<IpPrefix>& prefix) {
  return prefix ? Value::prefix(*prefix) : Value();
}

Value texts_of(Fields& fields, std::string_view name) {
  std::vector<Value> items;
  for (const Json& item : fields.list(name)) {
    if (const auto* text = item.as_text()) {
      items.push_back(Value::text(*text));
    } else {
      fields.complain(fmt::format("'{}' holds something else than text", name));
    }
  }
  return Value::list(std::move(items));
}

Value prefixes_of(Fields& fields, std::string_view name) {
  std::vector<Value> items;
  for (const Json& item : fields.list(name)) {
    const auto* text = item.as_text();
    const auto prefix = text == nullptr ? std::nullopt : IpPrefix::parse_loose(*text);
    if (prefix) {
      items.push_back(Value::prefix(*prefix));
    } else {
      fields.complain(fmt::format("'{}' holds something else than prefixes", name));
    }
  }
  return Value::list(std::move(items));
}

/// Records of two members each, such as {"start", "end"}; both texts.
template <class Make>
Value pairs_of(Fields& fields, std::string_view name, Make make) {
  std::vector<Value> items;
  for (const Json& item : fields.list(name)) {
    Fields inner(std::string(name), item);
    Value made = make(inner);
    if (inner.error()) fields.complain(inner.error()->detail);
    if (!made.is_null()) items.push_back(std::move(made));
  }
  return Value::list(std::move(items));
}

Named network(Fields& fields) {
  return {{"name", Value::text(fields.text("name"))},
          {"network_type", fields.optional_text("provider:network_type")},
          {"physical_network", fields.optional_text("provider:physical_network")},
          {"segmentation_id", fields.optional_integer("provider:segmentation_id")}};
}

Named subnet(Fields& fields) {
  const auto cidr = fields.prefix("cidr");
  if (!cidr) fields.complain("'cidr' is missing");
  std::string mode = fields.text("ipv6_address_mode");
  if (const std::string advertised = fields.text("ipv6_ra_mode"); advertised != mode) mode = advertised + "/" + mode;
  Value pools = pairs_of(fields, "allocation_pools",
                         [](Fields& pool) { return Value::slots({pool.address("start"), pool.address("end")}); });
  return {{"network", Value::text(fields.id("network_id"))},
          {"name", Value::text(fields.text("name"))},
          {"cidr", prefix_or_null(cidr)},
          {"gateway", fields.address("gateway_ip")},
          {"allocation_pools", std::move(pools)},
          {"dns", texts_of(fields, "dns_nameservers")},
          {"dhcp", Value::boolean(fields.boolean("enable_dhcp").value_or(true))},
          {"ipv6_mode", mode.empty() ? Value() : Value::text(mode)}};
}

Named router(Fields& fields, const Json& json) {
  Value outer;
  if (const Json* gateway = json.find("external_gateway_info"); gateway != nullptr && !gateway->is_null()) {
    Fields inner("external_gateway_info", *gateway);
    outer = inner.optional_id("network_id");
    if (inner.error()) fields.complain(inner.error()->detail);
  }
  return {{"name", Value::text(fields.text("name"))}, {"external_network", std::move(outer)}};
}

Named address_group(Fields& fields) {
  return {{"name", Value::text(fields.text("name"))}, {"addresses", prefixes_of(fields, "addresses")}};
}

std::string protocol_field(Fields& fields, const Json& json, Family family) {
  const Json* found = json.find("protocol");
  if (found != nullptr && found->as_integer() != nullptr)
    return canonical_protocol(std::to_string(*found->as_integer()), family);
  return canonical_protocol(fields.text("protocol"), family);
}

Named rule(Fields& fields, const Json& json) {
  const std::string direction = fields.text("direction");
  const std::string type = fields.text("ethertype");
  if (direction != "ingress" && direction != "egress") fields.complain("'direction' is neither ingress nor egress");
  if (type != "IPv4" && type != "IPv6") fields.complain("'ethertype' is neither IPv4 nor IPv6");
  const Family family = type == "IPv6" ? Family::ipv6 : Family::ipv4;
  const std::string protocol = protocol_field(fields, json, family);
  const bool icmp = protocol == "icmp" || protocol == "icmpv6";
  auto prefix = fields.prefix("remote_ip_prefix");
  Value named = fields.optional_id("remote_address_group_id");
  Value group = fields.optional_id("remote_group_id");
  // Neutron holds "no remote" and "any address" for the same rule
  if (!prefix && named.is_null() && group.is_null()) prefix = IpPrefix::any(family);
  return {{"group", Value::text(fields.id("security_group_id"))},
          {"direction", Value::text(direction == "ingress" ? "in" : "out")},
          {"family", Value::text(std::string(family_name(family)))},
          {"protocol", protocol.empty() ? Value() : Value::text(protocol)},
          {icmp ? "icmp_type" : "port_min", fields.optional_integer("port_range_min")},
          {icmp ? "icmp_code" : "port_max", fields.optional_integer("port_range_max")},
          {"remote_prefix", prefix_or_null(prefix)},
          {"remote_address_group", std::move(named)},
          {"remote_group", std::move(group)}};
}

Named port(Fields& fields) {
  Value addresses = pairs_of(fields, "fixed_ips", [](Fields& one) {
    return Value::slots({Value::text(one.id("subnet_id")), one.address("ip_address")});
  });
  Value allowed =
      pairs_of(fields, "allowed_address_pairs", [](Fields& one) { return prefix_or_null(one.prefix("ip_address")); });
  return {{"network", Value::text(fields.id("network_id"))},
          {"name", Value::text(fields.text("name"))},
          {"fixed_ips", std::move(addresses)},
          {"security_groups", texts_of(fields, "security_groups")},
          {"allowed_addresses", std::move(allowed)},
          {"port_security", Value::boolean(fields.boolean("port_security_enabled").value_or(true))}};
}

Named floating_ip(Fields& fields) {
  return {{"external_network", Value::text(fields.id("floating_network_id"))},
          {"port", fields.optional_id("port_id")},
          {"address", fields.address("floating_ip_address")}};
}

Named attributes_of(std::string_view kind, Fields& fields, const Json& json) {
  if (kind == kind::k_network) return network(fields);
  if (kind == kind::k_subnet) return subnet(fields);
  if (kind == kind::k_router) return router(fields, json);
  if (kind == kind::k_group) return {{"name", Value::text(fields.text("name"))}};
  if (kind == kind::k_address_group) return address_group(fields);
  if (kind == kind::k_rule) return rule(fields, json);
  if (kind == kind::k_port) return port(fields);
  return floating_ip(fields);
}

bool too_many(const Json& json) {
  const auto* members = json.as_object();
  return members != nullptr && std::any_of(members->begin(), members->end(), [](const auto& member) {
           return member.second.as_array() != nullptr && member.second.as_array()->size() > k_most_elements;
         });
}

std::string container_of(std::string_view kind, const Value& attributes) {
  const KindSchema& its = schema(kind);
  return its.container.empty() ? std::string() : attribute(its, attributes, its.container).text_or_empty();
}

std::string owner_of(const Json& port) {
  return std::string(port.text_at("device_owner"));
}

}  // namespace

Result<Observed> read_object(std::string_view kind, const Json& json) {
  Fields fields(fmt::format("a {} in the answer", schema(kind).title), json);
  if (json.as_object() == nullptr) fields.complain("it is no object");
  if (too_many(json)) fields.complain("one of its lists is too long");
  if (fields.error()) return fail(*fields.error());
  Observed seen;
  seen.kind = kind;
  seen.remote_id = fields.id("id");
  seen.attributes = canonical_attributes(kind, record(schema(kind), attributes_of(kind, fields, json)));
  if (json.find("description") != nullptr) seen.marker = Marker::parse(json.text_at("description"));
  seen.container_id = container_of(kind, seen.attributes);
  if (fields.error()) return fail(*fields.error());
  return seen;
}

bool is_router_port(const Json& port) {
  const std::string owner = owner_of(port);
  return owner.starts_with("network:router_interface") || owner == "network:ha_router_replicated_interface";
}

bool is_platform_port(const Json& port) {
  return owner_of(port).starts_with("network:");
}

std::string interface_id(std::string_view router, std::string_view subnet) {
  return fmt::format("{}/{}", router, subnet);
}

std::string route_id(std::string_view router, const IpPrefix& to, std::string_view via) {
  return fmt::format("{}/{}/{}", router, to.text(), via);
}

Result<std::vector<Observed>> read_interfaces(const Json& port) {
  Fields fields("a router's port in the answer", port);
  const std::string router = fields.id("device_id");
  std::vector<Observed> found;
  for (const Json& address : fields.list("fixed_ips")) {
    Fields inner("fixed_ips", address);
    const std::string subnet = inner.id("subnet_id");
    if (inner.error()) fields.complain(inner.error()->detail);
    Observed seen;
    seen.kind = kind::k_interface;
    seen.remote_id = interface_id(router, subnet);
    seen.container_id = router;
    seen.attributes =
        record(schema(kind::k_interface), {{"router", Value::text(router)}, {"subnet", Value::text(subnet)}});
    found.push_back(std::move(seen));
  }
  if (fields.error()) return fail(*fields.error());
  return found;
}

Result<std::vector<Observed>> read_routes(const Json& router) {
  Fields fields("a router in the answer", router);
  const std::string id = fields.id("id");
  std::vector<Observed> found;
  for (const Json& route : fields.list("routes")) {
    Fields inner("routes", route);
    const auto to = inner.prefix("destination");
    const Value via = inner.address("nexthop");
    if (inner.error() || !to || via.is_null()) {
      fields.complain("a route without destination or next hop");
      break;
    }
    Observed seen;
    seen.kind = kind::k_route;
    seen.remote_id = route_id(id, *to, via.text_or_empty());
    seen.container_id = id;
    seen.attributes =
        record(schema(kind::k_route), {{"router", Value::text(id)}, {"to", Value::prefix(*to)}, {"via", via}});
    found.push_back(std::move(seen));
  }
  if (fields.error()) return fail(*fields.error());
  return found;
}

Result<Observed> read_server(const Json& server, const std::vector<std::string>& ports) {
  Fields fields("a server in the answer", server);
  Observed seen;
  seen.kind = kind::k_server;
  seen.remote_id = fields.id("id");
  const Json* image = server.find("image");
  const Json* flavor = server.find("flavor");
  const Json* metadata = server.find("metadata");
  const std::string image_id(image == nullptr ? std::string_view() : image->text_at("id"));
  const std::string flavor_name(flavor == nullptr ? std::string_view() : flavor->text_at("original_name"));
  const auto optional = [](const std::string& text) { return text.empty() ? Value() : Value::text(text); };
  // What was asked for (image, size, keys) cannot be read back: null means "not visible".
  seen.attributes = canonical_attributes(
      kind::k_server, record(schema(kind::k_server), {{"name", Value::text(fields.text("name"))},
                                                      {"zone", fields.optional_text("OS-EXT-AZ:availability_zone")},
                                                      {"ports", Value::texts(ports)},
                                                      {"image_id", optional(image_id)},
                                                      {"flavor_name", optional(flavor_name)}}));
  if (metadata != nullptr) seen.marker = Marker::parse(metadata->text_at("cloison"));
  if (fields.error()) return fail(*fields.error());
  return seen;
}

}  // namespace cloison::openstack
