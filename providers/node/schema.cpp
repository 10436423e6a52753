#include "providers/node/schema.h"

#include <cassert>

namespace cloison::node {

namespace {

AttributeSchema plain(std::string name, Type type, std::string doc) {
  AttributeSchema attribute;
  attribute.name = std::move(name);
  attribute.type = type;
  attribute.doc = std::move(doc);
  return attribute;
}

AttributeSchema required(AttributeSchema attribute) {
  attribute.required = true;
  return attribute;
}

AttributeSchema fixed(AttributeSchema attribute) {
  attribute.forces_replace = true;
  return required(std::move(attribute));
}

AttributeSchema integer(std::string name, int64_t minimum, int64_t maximum, std::string doc) {
  auto attribute = plain(std::move(name), Type::integer, std::move(doc));
  attribute.minimum = minimum;
  attribute.maximum = maximum;
  return attribute;
}

AttributeSchema texts(std::string name, bool unordered, std::string doc) {
  auto attribute = plain(std::move(name), Type::list, std::move(doc));
  attribute.unordered = unordered;
  attribute.fields = {plain("element", Type::text, "")};
  return attribute;
}

KindSchema kind(std::string_view name, std::string title, std::vector<AttributeSchema> attributes) {
  KindSchema schema;
  schema.kind = name;
  schema.title = std::move(title);
  schema.attributes = std::move(attributes);
  schema.attributes.push_back(plain(std::string(k_content), Type::text, "digest of its files"));
  schema.identity = KindSchema::Identity::marker;
  schema.settle = std::chrono::seconds(2);
  return schema;
}

std::vector<KindSchema> all_kinds() {
  std::vector<KindSchema> kinds;
  kinds.push_back(kind(k_agent, "way back", {required(plain("version", Type::text, "digest of the agent"))}));
  kinds.push_back(kind(k_forwarding, "forwarding",
                       {required(plain("ipv4", Type::boolean, "whether IPv4 is routed")),
                        required(plain("ipv6", Type::boolean, "whether IPv6 is routed"))}));
  kinds.push_back(kind(k_switch, "switch",
                       {fixed(plain("bridge", Type::text, "its Open vSwitch bridge")),
                        required(plain("datapath", Type::text, "system (the kernel's) or netdev (userspace)")),
                        texts("trunks", true, "interfaces that carry all VLANs")}));
  auto vlan = kind(k_vlan, "VLAN",
                   {fixed(plain("name", Type::text, "its interface on the node")),
                    fixed(plain("bridge", Type::text, "the bridge on which it is")),
                    integer("tag", 1, 4094, "VLAN id (IEEE 802.1Q); none: untagged"),
                    texts("access", true, "ports whose untagged frames are in it"),
                    texts("addresses", true, "the gateway's, with the prefix length"),
                    integer("dhcp_first", 1, 16'777'214, "first number that DHCP hands out"),
                    integer("dhcp_last", 1, 16'777'214, "last number that DHCP hands out"),
                    texts("dns", false, "resolvers that DHCP announces"),
                    plain("advertise", Type::boolean, "IPv6 router advertisements")});
  vlan.bulk = 64;
  kinds.push_back(std::move(vlan));
  kinds.push_back(kind(k_firewall, "firewall",
                       {texts("sets", false, "named sets: name, type, elements"),
                        texts("input", false, "rules of what is for the node itself, in order"),
                        texts("forward", false, "rules of what passes, in order"),
                        texts("output", false, "rules of what the node sends, in order")}));
  return kinds;
}

}  // namespace

std::span<const KindSchema> schemas() {
  static const std::vector<KindSchema> k_kinds = all_kinds();
  return k_kinds;
}

const KindSchema& schema_of(std::string_view kind) {
  const auto kinds = schemas();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindSchema& one) { return one.kind == kind; });
  assert(found != kinds.end());
  return *found;
}

}  // namespace cloison::node
