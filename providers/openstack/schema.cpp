#include "providers/openstack/schema.h"

#include <algorithm>
#include <cassert>

namespace cloison::openstack {

namespace {

using Identity = KindSchema::Identity;
using OnRemoval = AttributeSchema::OnRemoval;

AttributeSchema plain(std::string name, Type type, std::string doc) {
  AttributeSchema attribute;
  attribute.name = std::move(name);
  attribute.type = type;
  attribute.doc = std::move(doc);
  return attribute;
}

AttributeSchema text(std::string name, std::string doc) {
  return plain(std::move(name), Type::text, std::move(doc));
}

AttributeSchema required(AttributeSchema attribute) {
  attribute.required = true;
  return attribute;
}

AttributeSchema fixed(AttributeSchema attribute) {
  attribute.forces_replace = true;
  return attribute;
}

AttributeSchema computed(AttributeSchema attribute) {
  attribute.computed = true;
  return attribute;
}

/// Asked for at creation; Nova shows what it chose (image id, flavor name), never what it was asked.
AttributeSchema hidden(AttributeSchema attribute) {
  attribute.write_only = true;
  return attribute;
}

/// Read by cloud-init at the first boot only.
AttributeSchema initial(AttributeSchema attribute) {
  attribute.initial = true;
  return hidden(std::move(attribute));
}

AttributeSchema refers(AttributeSchema attribute, std::string_view kind, OnRemoval on_removal) {
  attribute.refers_to = kind;
  attribute.on_removal = on_removal;
  return attribute;
}

AttributeSchema known(AttributeSchema attribute, std::string fact) {
  attribute.fact = std::move(fact);
  return attribute;
}

AttributeSchema among(AttributeSchema attribute, std::vector<std::string> values) {
  attribute.one_of = std::move(values);
  return attribute;
}

AttributeSchema between(AttributeSchema attribute, int64_t minimum, int64_t maximum) {
  attribute.minimum = minimum;
  attribute.maximum = maximum;
  return attribute;
}

AttributeSchema integer(std::string name, int64_t minimum, int64_t maximum, std::string doc) {
  return between(plain(std::move(name), Type::integer, std::move(doc)), minimum, maximum);
}

AttributeSchema simulated(AttributeSchema attribute, std::string how) {
  attribute.simulated = std::move(how);
  return attribute;
}

AttributeSchema list(std::string name, AttributeSchema element, bool unordered, std::string doc) {
  AttributeSchema attribute = plain(std::move(name), Type::list, std::move(doc));
  attribute.unordered = unordered;
  attribute.fields.push_back(std::move(element));
  return attribute;
}

AttributeSchema record_of(std::vector<AttributeSchema> fields, std::string doc) {
  AttributeSchema attribute = plain("", Type::record, std::move(doc));
  attribute.fields = std::move(fields);
  return attribute;
}

AttributeSchema name_attribute() {
  return required(between(text("name", "what people see in the console: the declared path"), 1, 255));
}

KindSchema kind_of(std::string_view name, std::string title, std::vector<AttributeSchema> attributes) {
  KindSchema schema;
  schema.kind = name;
  schema.title = std::move(title);
  schema.attributes = std::move(attributes);
  schema.marker_attribute = "description";
  return schema;
}

KindSchema network() {
  KindSchema schema =
      kind_of(kind::k_network, "network",
              {name_attribute(), fixed(text("network_type", "provider:network_type, with a VLAN id")),
               fixed(text("physical_network", "provider:physical_network, with a VLAN id")),
               fixed(integer("segmentation_id", 1, 4094, "VLAN id; absent where the platform chooses"))});
  schema.unique = {{"physical_network", "segmentation_id"}};
  schema.bulk = 50;
  return schema;
}

KindSchema subnet() {
  AttributeSchema pool =
      record_of({required(text("first", "lowest address")), required(text("last", "highest address"))},
                "a range that the platform may give out by itself");
  KindSchema schema = kind_of(
      kind::k_subnet, "subnet",
      {required(fixed(refers(text("network", "its network"), kind::k_network, OnRemoval::cascades))), name_attribute(),
       required(fixed(plain("cidr", Type::prefix, "its prefix"))), text("gateway", "address of the router"),
       list("allocation_pools", pool, true, "addresses that no declared host has"),
       list("dns", text("", "resolver"), false, "resolvers that DHCP announces, in order"),
       plain("dhcp", Type::boolean, "whether DHCP answers"),
       fixed(text("ipv6_mode", "address and advertisement mode of an IPv6 subnet"))});
  schema.unique = {{"network", "cidr"}};
  schema.disjoint = {{"network", "cidr"}};
  schema.inside = {{"gateway", "cidr"}, {"allocation_pools.first", "cidr"}, {"allocation_pools.last", "cidr"}};
  schema.bulk = 50;
  return schema;
}

KindSchema router() {
  return kind_of(
      kind::k_router, "router",
      {name_attribute(),
       known(text("external_network",
                  "identifier of the network by which it reaches the Internet; absent without a flow outward"),
             "external_network")});
}

KindSchema router_interface() {
  KindSchema schema = kind_of(
      kind::k_interface, "router interface",
      {required(fixed(refers(text("router", "its router"), kind::k_router, OnRemoval::refused))),
       required(fixed(refers(text("subnet", "subnet whose gateway it is"), kind::k_subnet, OnRemoval::refused)))});
  schema.identity = Identity::natural;
  schema.marker_attribute.clear();
  schema.natural_key = {"router", "subnet"};
  schema.container = "router";
  schema.unique = {{"router", "subnet"}};
  schema.disjoint = {{"router", "subnet.cidr"}};
  schema.can_update = false;
  schema.exclusive = {"router"};
  return schema;
}

KindSchema router_route() {
  KindSchema schema =
      kind_of(kind::k_route, "router route",
              {required(fixed(refers(text("router", "its router"), kind::k_router, OnRemoval::cascades))),
               required(fixed(plain("to", Type::prefix, "destination"))),
               required(fixed(text("via", "address of the next hop, on a segment of the router")))});
  schema.identity = Identity::natural;
  schema.marker_attribute.clear();
  schema.natural_key = {"router", "to", "via"};
  schema.container = "router";
  schema.closed = true;
  schema.unique = {{"router", "to", "via"}};
  schema.can_update = false;
  schema.exclusive = {"router"};
  return schema;
}

KindSchema security_group() {
  KindSchema schema = kind_of(kind::k_group, "security group", {name_attribute()});
  schema.bulk = 20;
  return schema;
}

KindSchema address_group() {
  return kind_of(kind::k_address_group, "address group",
                 {name_attribute(), list("addresses", plain("", Type::prefix, "prefix"), true, "the far addresses")});
}

KindSchema security_group_rule() {
  KindSchema schema = kind_of(
      kind::k_rule, "security group rule",
      {required(fixed(refers(text("group", "its security group"), kind::k_group, OnRemoval::cascades))),
       required(fixed(among(text("direction", "as seen from the port"), {"in", "out"}))),
       required(fixed(among(text("family", "of the packets"), {"ipv4", "ipv6"}))),
       fixed(text("protocol", "tcp, udp, icmp, icmpv6, a number…; absent: any")),
       fixed(integer("port_min", 0, 65535, "first port")), fixed(integer("port_max", 0, 65535, "last port")),
       fixed(integer("icmp_type", 0, 255, "ICMP message")), fixed(integer("icmp_code", 0, 255, "its code")),
       fixed(plain("remote_prefix", Type::prefix, "far addresses")),
       fixed(refers(text("remote_address_group", "far addresses by name"), kind::k_address_group, OnRemoval::refused)),
       fixed(
           refers(text("remote_group",
                       "far security group: never set by cloison, since removing that group silently removes the rule"),
                  kind::k_group, OnRemoval::cascades))});
  schema.identity = Identity::natural;
  schema.natural_key = {"group",       "direction", "family",    "protocol",      "port_min",
                        "port_max",    "icmp_type", "icmp_code", "remote_prefix", "remote_address_group",
                        "remote_group"};
  schema.container = "group";
  schema.closed = true;
  schema.unique = {schema.natural_key};
  schema.ordered = {{"port_min", "port_max"}};
  // Neutron's writers of one group wait for each other and repeat: one at a time is three times as fast.
  schema.exclusive = {"group"};
  schema.can_update = false;
  schema.bulk = 50;
  return schema;
}

KindSchema port() {
  AttributeSchema address =
      record_of({required(refers(text("subnet", "its subnet"), kind::k_subnet, OnRemoval::refused)),
                 required(text("address", "the address"))},
                "a fixed address");
  KindSchema schema =
      kind_of(kind::k_port, "port",
              {required(fixed(refers(text("network", "its network"), kind::k_network, OnRemoval::refused))),
               name_attribute(), list("fixed_ips", address, true, "its addresses"),
               list("security_groups", refers(text("", "group"), kind::k_group, OnRemoval::refused), true,
                    "groups whose rules it has"),
               list("allowed_addresses", plain("", Type::prefix, "prefix"), true, "other addresses it may send from"),
               plain("port_security", Type::boolean, "whether groups and address checks apply")});
  schema.unique = {{"network", "fixed_ips"}};
  schema.inside = {{"fixed_ips.address", "fixed_ips.subnet.cidr"}};
  schema.bulk = 50;
  return schema;
}

KindSchema floating_ip() {
  KindSchema schema = kind_of(
      kind::k_floating_ip, "floating address",
      {required(fixed(known(text("external_network", "identifier of the network it comes from"), "external_network"))),
       refers(text("port", "port that it leads to"), kind::k_port, OnRemoval::clears),
       simulated(computed(text("address", "the public address")), "address 198.51.100.0/24")});
  schema.sole = {"port"};
  return schema;
}

KindSchema server() {
  KindSchema schema = kind_of(
      kind::k_server, "server",
      {name_attribute(),
       hidden(required(fixed(known(text("image", "as requested: identifier, name or folded name"), "image")))),
       hidden(fixed(known(text("flavor", "as requested, where the topology names one"), "flavor_name"))),
       hidden(known(fixed(integer("cpu", 1, 1024, "least number of virtual processors")), "flavor:0")),
       hidden(known(fixed(integer("memory", 1, int64_t{1} << 30U, "least memory, MiB")), "flavor:1")),
       fixed(known(text("zone", "availability zone of the platform"), "zone")),
       required(fixed(list("ports", refers(text("", "port"), kind::k_port, OnRemoval::clears), true, "its ports"))),
       initial(text("account", "account that cloud-init makes at the first boot")),
       initial(list("authorized_keys", text("", "reference to a public key"), true, "its keys: references")),
       computed(text("image_id", "image it was made from")), computed(text("flavor_name", "flavor it has"))});
  schema.marker_attribute = "metadata";
  schema.unique = {{"ports"}};
  schema.settle = std::chrono::seconds(5);
  return schema;
}

}  // namespace

std::span<const KindSchema> schemas() {
  static const std::vector<KindSchema> all = {network(),          subnet(),       router(),
                                              router_interface(), router_route(), security_group(),
                                              address_group(),    port(),         security_group_rule(),
                                              floating_ip(),      server()};
  return all;
}

const KindSchema& schema(std::string_view kind) {
  const auto all = schemas();
  const auto found = std::find_if(all.begin(), all.end(), [&](const KindSchema& one) { return one.kind == kind; });
  assert(found != all.end());
  return *found;
}

}  // namespace cloison::openstack
