#include "tests/support/plan_text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/compile/builder.h"

namespace cloison::test_support {

namespace {

std::string plain(const Value& value) {
  if (const auto* text = value.as_text()) return *text;
  if (const auto* reference = value.as_ref()) return reference->address;
  if (const auto* list = value.as_list()) {
    std::vector<std::string> items;
    for (const Value& item : *list) items.push_back(plain(item));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  if (const auto* fields = value.as_slots()) {
    std::vector<std::string> items;
    for (const Value& item : *fields) items.push_back(plain(item));
    return fmt::format("{}", fmt::join(items, " - "));
  }
  return to_display(value);
}

/// Most of the public addresses are best read as what is left out of them.
std::string set_text(const Value& value) {
  constexpr std::size_t k_few = 8;
  const auto* items = value.as_list();
  if (items == nullptr || items->size() <= k_few) return plain(value);
  std::vector<IpPrefix> prefixes;
  for (const Value& item : *items)
    if (const auto* prefix = item.as_prefix()) prefixes.push_back(*prefix);
  std::string text = "all but";
  for (const IpPrefix& prefix : compile::without({IpPrefix::any(Family::ipv4), IpPrefix::any(Family::ipv6)}, prefixes))
    text += "\n    " + prefix.text();
  return text;
}

class Text {
 public:
  Text(const std::vector<Resource>& resources, std::span<const KindSchema> schemas) {
    for (const KindSchema& schema : schemas) schemas_.emplace(schema.kind, &schema);
    for (const Resource& resource : resources) by_address_.emplace(resource.address.text, &resource);
    for (const Resource& resource : resources)
      if (resource.kind == "security_group_rule") rules_[get(resource, "group")].push_back(rule(resource));
  }

  std::string all() {
    std::string text;
    for (const auto& [address, resource] : by_address_) text += line(address, *resource);
    return text;
  }

 private:
  const Value& value(const Resource& resource, std::string_view name) const {
    return attribute(*schemas_.at(resource.kind), resource.attributes, name);
  }
  std::string get(const Resource& resource, std::string_view name) const {
    const Value& found = value(resource, name);
    return found.is_null() ? std::string() : plain(found);
  }
  /// " name=value" for each that is set and not empty.
  std::string some(const Resource& resource, std::initializer_list<std::string_view> names) const {
    std::string text;
    for (const std::string_view name : names)
      if (const auto shown = get(resource, name); !shown.empty() && shown != "[]")
        text += fmt::format(" {}={}", name, shown);
    return text;
  }

  std::string rule(const Resource& resource) const {
    std::string match = get(resource, "protocol").empty() ? "any" : get(resource, "protocol");
    if (const auto first = get(resource, "port_min"); !first.empty()) match += "/" + first;
    if (const auto last = get(resource, "port_max"); !last.empty() && last != get(resource, "port_min"))
      match += "-" + last;
    if (const auto type = get(resource, "icmp_type"); !type.empty()) match += "/type " + type;
    if (const auto code = get(resource, "icmp_code"); !code.empty()) match += " code " + code;
    std::vector<std::string> origins;
    for (const Origin& origin : resource.origins)
      origins.push_back(origin.declared_by.starts_with("flow ") ? origin.declared_by.substr(5) : origin.declared_by);
    const bool in = get(resource, "direction") == "in";
    return fmt::format("  {} {} {} {} {}{}  ({})\n", in ? "in " : "out", get(resource, "family"), match,
                       in ? "from" : "to", get(resource, "remote_prefix"), get(resource, "remote_address_group"),
                       fmt::join(origins, ", "));
  }

  std::string line(const std::string& address, const Resource& resource) {
    const std::string& kind = resource.kind;
    if (kind == "security_group_rule") return {};
    if (kind == "security_group") {
      auto& rules = rules_[address];
      std::sort(rules.begin(), rules.end());
      return fmt::format("{}\n{}", address, fmt::join(rules, ""));
    }
    if (kind == "address_group") return fmt::format("{} {}\n", address, set_text(value(resource, "addresses")));
    return fmt::format("{}{}\n", address,
                       some(resource, {"external_network", "to", "via", "cidr", "gateway", "allocation_pools", "dns",
                                       "fixed_ips", "security_groups", "allowed_addresses", "zone"}));
  }

  std::map<std::string, const KindSchema*, std::less<>> schemas_{};
  std::map<std::string, const Resource*> by_address_{};
  std::map<std::string, std::vector<std::string>> rules_{};
};

}  // namespace

std::string plan_text(const std::vector<Resource>& resources, std::span<const KindSchema> schemas) {
  return Text(resources, schemas).all();
}

}  // namespace cloison::test_support
