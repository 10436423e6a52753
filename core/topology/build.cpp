// Values that many blocks share.

#include "core/topology/build.h"

#include <array>

#include <fmt/format.h>

#include "core/topology/shape.h"

namespace cloison::topology {

Name Build::name(const YamlNode& node) {
  return {.value = std::string(node.text), .span = span(node)};
}

std::optional<Name> Build::optional_name(const YamlNode& node, std::string_view key) {
  const YamlNode* value = node.find(key);
  return value != nullptr && value->is_scalar() ? std::optional(name(*value)) : std::nullopt;
}

Name Build::name_or_empty(const YamlNode& node, std::string_view key) {
  return optional_name(node, key).value_or(Name{});
}

std::string Build::text(const YamlNode& node, std::string_view key) {
  const YamlNode* value = node.find(key);
  return value != nullptr ? std::string(value->text) : std::string();
}

Names Build::names(const YamlNode& node, std::string_view key) {
  Names result;
  const YamlNode* value = node.find(key);
  if (value == nullptr) {
    return result;
  }
  if (value->is_scalar()) {
    result.push_back(name(*value));
  }
  if (value->is_list()) {
    for (const YamlEntry& item : value->entries()) {
      if (item.value->is_scalar()) {
        result.push_back(name(*item.value));
      }
    }
  }
  return result;
}

std::optional<Spanned<bool>> Build::boolean(const YamlNode& node, std::string_view key) {
  const auto value = optional_name(node, key);
  if (!value || (value->value != "true" && value->value != "false")) {
    return std::nullopt;
  }
  return Spanned<bool>{.value = value->value == "true", .span = value->span};
}

bool Build::is_true(const YamlNode& node, std::string_view key) {
  const auto value = boolean(node, key);
  return value && value->value;
}

std::optional<Spanned<int64_t>> Build::integer(const YamlNode& node, std::string_view key) {
  const auto value = optional_name(node, key);
  const auto number = value ? integer_of(value->value) : std::nullopt;
  return number ? std::optional(Spanned<int64_t>{.value = *number, .span = value->span}) : std::nullopt;
}

std::optional<Spanned<int64_t>> Build::size(const YamlNode& node, std::string_view key) {
  const auto value = optional_name(node, key);
  const auto number = value ? parse_size(value->value) : std::nullopt;
  return number ? std::optional(Spanned<int64_t>{.value = *number, .span = value->span}) : std::nullopt;
}

std::optional<Spanned<IpPrefix>> Build::prefix(const YamlNode& node, std::string_view key) {
  const auto value = optional_name(node, key);
  const auto parsed = value ? IpPrefix::parse(value->value) : std::nullopt;
  return parsed ? std::optional(Spanned<IpPrefix>{.value = *parsed, .span = value->span}) : std::nullopt;
}

std::vector<Spanned<IpPrefix>> Build::prefixes(const YamlNode& node, std::string_view key) {
  std::vector<Spanned<IpPrefix>> result;
  for (const Name& one : names(node, key)) {
    if (const auto parsed = IpPrefix::parse(one.value)) {
      result.push_back({.value = *parsed, .span = one.span});
    }
  }
  return result;
}

std::optional<Date> Build::date(const YamlNode& node, std::string_view key, bool end) {
  const auto value = optional_name(node, key);
  const auto wall = value ? parse_wall_time(value->value) : std::nullopt;
  if (!wall) {
    return std::nullopt;
  }
  return Date{.at = end ? end_of(*wall, zone_) : beginning_of(*wall, zone_), .text = value->value, .span = value->span};
}

Labels Build::labels(const YamlNode& node) {
  Labels result;
  if (const YamlNode* block = node.find("labels"); block != nullptr && block->is_map()) {
    for (const YamlEntry& entry : block->entries()) {
      if (entry.value->is_scalar()) {
        result.emplace(entry.key, name(*entry.value));
      }
    }
  }
  return result;
}

SelectorTerm Build::term(const YamlNode& node) {
  SelectorTerm result{.span = span(node)};
  if (node.is_scalar()) {
    result.path = node.text;
    return result;
  }
  constexpr std::array<std::string_view, 7> k_keys{"site", "vpc", "environment", "segment", "zone", "host", "label"};
  for (const std::string_view key : k_keys) {
    if (Names values = names(node, key); !values.empty()) {
      result.match.emplace(key, std::move(values));
    }
  }
  return result;
}

Selector Build::selector(const YamlNode* node) {
  Selector result;
  if (node == nullptr) {
    return result;
  }
  result.span = span(*node);
  if (!node->is_list()) {
    result.terms.push_back(term(*node));
    return result;
  }
  for (const YamlEntry& item : node->entries()) {
    if (item.value->is_scalar() || item.value->is_map()) {
      result.terms.push_back(term(*item.value));
    }
  }
  return result;
}

std::optional<SecretReference> Build::reference(const YamlNode& node) {
  if (!node.is_scalar() || !is_reference(node.text)) {
    return std::nullopt;
  }
  const auto colon = node.text.find(':');
  const std::string_view scheme = node.text.substr(0, colon);
  using Source = SecretReference::Source;
  return SecretReference{.source = scheme == "env"    ? Source::environment
                                   : scheme == "file" ? Source::file
                                                      : Source::command,
                         .text = std::string(node.text.substr(colon + 1)),
                         .span = span(node)};
}

void Build::flatten(const YamlNode& node, const std::string& path, std::map<std::string, Name>& settings,
                    std::map<std::string, SecretReference>* secrets) {
  if (node.is_scalar()) {
    if (auto found = secrets == nullptr ? std::nullopt : reference(node)) {
      secrets->emplace(path, std::move(*found));
    } else {
      settings.emplace(path, name(node));
    }
    return;
  }
  std::size_t index = 0;
  for (const YamlEntry& entry : node.entries()) {
    const std::string key = node.is_list() ? std::to_string(index++) : std::string(entry.key);
    flatten(*entry.value, fmt::format("{}.{}", path, key), settings, secrets);
  }
}

Environment Build::environment(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Environment result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  result.spaces = prefixes(node, "address_space");
  if (const YamlNode* vars = node.find("vars"); vars != nullptr && vars->is_map()) {
    for (const YamlEntry& one : vars->entries()) {
      if (one.value->is_scalar()) {
        result.vars.emplace(one.key, name(*one.value));
      }
    }
  }
  return result;
}

ProviderEntry Build::provider(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  ProviderEntry result{.name = std::string(entry.key), .kind = name_or_empty(node, "kind"), .span = span(entry)};
  for (const YamlEntry& one : node.entries()) {
    if (one.key != "kind") {
      flatten(*one.value, std::string(one.key), result.settings, &result.secrets);
    }
  }
  return result;
}

Zone Build::zone(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  return {.name = std::string(entry.key),
          .title = text(node, "title"),
          .trust = name_or_empty(node, "trust"),
          .data = optional_name(node, "data"),
          .span = span(entry)};
}

AddressPool Build::address_pool(const YamlEntry& entry) {
  return {.name = std::string(entry.key), .prefixes = prefixes(*entry.value, "cidr"), .span = span(entry)};
}

PortName Build::port_name(const YamlEntry& entry) {
  PortName result{.name = std::string(entry.key), .span = span(entry)};
  const auto add = [&](const YamlNode& node) {
    if (const auto match = TransportMatch::parse(node.text)) {
      result.matches.push_back(*match);
    } else if (const auto known = known_ports().find(node.text); known != known_ports().end()) {
      result.matches.insert(result.matches.end(), known->second.begin(), known->second.end());
    } else if (node.is_scalar()) {
      notes_.add(
          {.code = "CL1115",
           .summary = fmt::format("'{}' is no port", node.text),
           .detail = "A port's name stands for protocol and number; names of the table may be used, not each other.",
           .hint = fmt::format("write {}: tcp/8443", entry.key)},
          node);
    }
  };
  if (entry.value->is_list()) {
    for (const YamlEntry& item : entry.value->entries()) {
      add(*item.value);
    }
  } else {
    add(*entry.value);
  }
  return result;
}

Cluster Build::cluster(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Cluster result{.name = std::string(entry.key),
                 .title = text(node, "title"),
                 .in = name_or_empty(node, "in"),
                 .provider = optional_name(node, "provider"),
                 .api = optional_name(node, "api"),
                 .pods = prefix(node, "pods"),
                 .span = span(entry)};
  if (const YamlNode* spaces = node.find("namespaces"); spaces != nullptr && spaces->is_map()) {
    for (const YamlEntry& one : spaces->entries()) {
      const Name zone = optional_name(*one.value, "zone").value_or(Name{std::string(one.key), span(one)});
      result.namespaces.push_back({.name = std::string(one.key), .zone = zone, .span = span(one)});
    }
  }
  std::sort(result.namespaces.begin(), result.namespaces.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return result;
}

Group Build::group(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  return {.name = std::string(entry.key),
          .title = text(node, "title"),
          .cidrs = prefixes(node, "cidrs"),
          .fqdns = names(node, "fqdns"),
          .hosts = selector(node.find("hosts")),
          .span = span(entry)};
}

}  // namespace cloison::topology
