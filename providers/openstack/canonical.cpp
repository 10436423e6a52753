#include "providers/openstack/canonical.h"

#include <algorithm>

#include "core/model/provider.h"
#include "core/model/schema.h"
#include "providers/openstack/protocols.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

Value without_host_bits(const Value& value) {
  const IpPrefix* prefix = value.as_prefix();
  if (prefix == nullptr) return value;
  const IpPrefix cleared = prefix->without_host_bits();
  return cleared == *prefix ? value : Value::prefix(cleared);
}

/// RFC 5952 text of an address; anything else, also a reference, as it is.
Value address_text(const Value& value) {
  const std::string* text = value.as_text();
  const auto address = text == nullptr ? std::nullopt : IpAddress::parse(*text);
  if (!address) return value;
  std::string written = address->text();
  return written == *text ? value : Value::text(std::move(written));
}

/// Ranges that overlap or touch are one range: Neutron stores free space, not how it was written.
Value merged_pools(const Value& value) {
  const auto* items = value.as_list();
  if (items == nullptr) return value;
  std::vector<std::pair<IpAddress, IpAddress>> ranges;
  for (const Value& item : *items) {
    const auto* slots = item.as_slots();
    if (slots == nullptr || slots->size() != 2) return value;
    const auto first = IpAddress::parse((*slots)[0].text_or_empty());
    const auto last = IpAddress::parse((*slots)[1].text_or_empty());
    if (!first || !last) return value;
    ranges.emplace_back(*first, *last);
  }
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<IpAddress, IpAddress>> merged;
  for (const auto& range : ranges) {
    const bool joins = !merged.empty() && merged.back().second.family == range.first.family &&
                       merged.back().second.bits + 1 >= range.first.bits;
    if (joins) {
      merged.back().second = std::max(merged.back().second, range.second);
    } else {
      merged.push_back(range);
    }
  }
  std::vector<Value> result;
  for (const auto& [first, last] : merged)
    result.push_back(Value::slots({Value::text(first.text()), Value::text(last.text())}));
  return Value::list(std::move(result));
}

template <class Each>
Value mapped(const Value& value, Each each) {
  const auto* items = value.as_list();
  if (items == nullptr) return value;
  std::vector<Value> result;
  result.reserve(items->size());
  for (const Value& item : *items) result.push_back(each(item));
  return result == *items ? value : Value::list(std::move(result));
}

Value fixed_ip(const Value& value) {
  const auto* slots = value.as_slots();
  if (slots == nullptr || slots->size() != 2) return value;
  Value address = address_text((*slots)[1]);
  return address == (*slots)[1] ? value : Value::slots({(*slots)[0], std::move(address)});
}

/// Invisible to the API, so null in what is seen: see `read_server`.
bool keeps_null(std::string_view kind, const AttributeSchema& attribute) {
  return kind == kind::k_server && attribute.name == "authorized_keys";
}

Value canonical_rule(const KindSchema& schema, Value rule) {
  const Family family = attribute(schema, rule, "family").text_or_empty() == "ipv6" ? Family::ipv6 : Family::ipv4;
  if (const auto* protocol = attribute(schema, rule, "protocol").as_text()) {
    const std::string text = canonical_protocol(*protocol, family);
    if (text != *protocol || text.empty())
      rule = with_attribute(schema, rule, "protocol", text.empty() ? Value() : Value::text(text));
  }
  // Neutron takes all ports for no port at all
  const auto* first = attribute(schema, rule, "port_min").as_integer();
  const auto* last = attribute(schema, rule, "port_max").as_integer();
  if (first != nullptr && last != nullptr && *first <= 1 && *last == 65535) {
    rule = with_attribute(schema, rule, "port_min", {});
    rule = with_attribute(schema, rule, "port_max", {});
  }
  const bool anyone = attribute(schema, rule, "remote_prefix").is_null() &&
                      attribute(schema, rule, "remote_address_group").is_null() &&
                      attribute(schema, rule, "remote_group").is_null();
  return anyone ? with_attribute(schema, rule, "remote_prefix", Value::prefix(IpPrefix::any(family))) : rule;
}

/// How an attribute is brought into the platform's form, by its type and name.
Value canonical_slot(std::string_view kind, const AttributeSchema& attribute, const Value& value) {
  if (value.is_null()) {
    if (attribute.type == Type::list && !keeps_null(kind, attribute)) return Value::list({});
    return attribute.type == Type::boolean ? Value::boolean(true) : value;
  }
  if (attribute.type == Type::prefix) return without_host_bits(value);
  if (attribute.type == Type::list) {
    if (attribute.name == "allocation_pools") return merged_pools(value);
    if (attribute.name == "addresses" || attribute.name == "allowed_addresses") return mapped(value, without_host_bits);
    if (attribute.name == "fixed_ips") return mapped(value, fixed_ip);
    return attribute.name == "dns" ? mapped(value, address_text) : value;
  }
  if (attribute.type != Type::text) return value;
  if (attribute.name == "gateway" || attribute.name == "via" || attribute.name == "address") return address_text(value);
  return value;
}

/// A subnet asked for without pools gets, like one with an empty list, everything but its gateway.
Value canonical_subnet(const KindSchema& schema, const Value& subnet) {
  const IpPrefix* cidr = attribute(schema, subnet, "cidr").as_prefix();
  const auto* pools = attribute(schema, subnet, "allocation_pools").as_list();
  if (cidr == nullptr || pools == nullptr || !pools->empty() || cidr->length + 2U > address_bits(cidr->family()))
    return subnet;
  const IpAddress first = *cidr->nth(1);
  const IpAddress last = cidr->family() == Family::ipv4 ? *cidr->nth(cidr->size() - 2) : cidr->last();
  const auto gateway = IpAddress::parse(attribute(schema, subnet, "gateway").text_or_empty());
  std::vector<Value> ranges;
  const auto add = [&](IpAddress from, IpAddress to) {
    if (from <= to) ranges.push_back(Value::slots({Value::text(from.text()), Value::text(to.text())}));
  };
  if (gateway && *gateway >= first && *gateway <= last) {
    add(first, {gateway->family, gateway->bits - 1});
    add({gateway->family, gateway->bits + 1}, last);
  } else {
    add(first, last);
  }
  return with_attribute(schema, subnet, "allocation_pools", Value::list(std::move(ranges)));
}

}  // namespace

Value canonical_attributes(std::string_view kind, const Value& attributes) {
  const KindSchema& its = schema(kind);
  const auto* slots = attributes.as_slots();
  if (slots == nullptr) return attributes;
  const std::size_t count = its.attributes.size();
  std::vector<Value> items;
  items.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    items.push_back(canonical_slot(kind, its.attributes[i], i < slots->size() ? (*slots)[i] : Value()));
  Value result = slots->size() == count && items == *slots ? attributes : Value::slots(std::move(items));
  if (kind == kind::k_subnet) result = canonical_subnet(its, result);
  if (kind == kind::k_rule) result = canonical_rule(its, std::move(result));
  return normalised(its, result);
}

Resource canonical_resource(Resource resource) {
  if (find_kind(schemas(), resource.kind) != nullptr)
    resource.attributes = canonical_attributes(resource.kind, resource.attributes);
  return resource;
}

}  // namespace cloison::openstack
