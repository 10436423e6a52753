// Links, flows and what is said of them.

#include <array>

#include "core/topology/build.h"
#include "core/topology/shape.h"

namespace cloison::topology {

Link Build::link(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Link result{.name = std::string(entry.key), .title = text(node, "title"), .kind = name_or_empty(node, "kind")};
  result.span = span(entry);
  result.hub = optional_name(node, "hub");
  result.transport = optional_name(node, "transport");
  result.role = optional_name(node, "role");
  result.to = optional_name(node, "to");
  result.at = optional_name(node, "at");
  result.tunnel = optional_name(node, "tunnel");
  result.spoke_to_spoke = optional_name(node, "spoke_to_spoke");
  result.network = optional_name(node, "network");
  if (const YamlNode* users = node.find("users")) {
    result.users = selector(users);
  }
  result.spokes = names(node, "spokes");
  result.between = names(node, "between");
  result.underlays = names(node, "underlays");
  result.peer = optional_name(node, "peer");
  if (const YamlNode* psk = node.find("psk")) {
    result.psk = reference(*psk);
  }
  for (const std::string_view key : {"mtu", "port", "asn", "proposal"}) {
    if (auto value = optional_name(node, key)) {
      result.settings.emplace(key, std::move(*value));
    }
  }
  return result;
}

InfrastructureEntry Build::infrastructure(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  InfrastructureEntry result{.name = std::string(entry.key)};
  for (const std::string_view key : {"servers", "to", "from"}) {
    if (const YamlNode* servers = node.find(key)) {
      result.servers = selector(servers);
    }
  }
  result.for_whom = selector(node.find("for"));
  result.ports = names(node, "ports");
  result.denied = is_true(node, "denied");
  result.span = span(entry);
  return result;
}

Management Build::management(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  return {.from = selector(node.find("from")), .reach = names(node, "reach"), .span = span(entry)};
}

Governance Build::governance(const YamlNode& node) {
  Governance result;
  result.owner = optional_name(node, "owner");
  result.application = optional_name(node, "application");
  result.protocol = optional_name(node, "protocol");
  result.purpose = optional_name(node, "purpose");
  result.ticket = optional_name(node, "ticket");
  result.requester = optional_name(node, "requester");
  result.approver = optional_name(node, "approver");
  result.data = optional_name(node, "data");
  result.encryption = optional_name(node, "encryption");
  result.tier = optional_name(node, "tier");
  result.control = optional_name(node, "control");
  result.review = date(node, "review", true);
  return result;
}

Flow Build::flow(const YamlNode& node, const Governance& defaults) {
  Flow result{.id = text(node, "id"), .span = span(node)};
  if (const YamlNode* id = node.find("id")) {
    result.id_span = span(*id);
  }
  result.from = selector(node.find("from"));
  result.to = selector(node.find("to"));
  result.ports = names(node, "ports");
  if (const YamlNode* ports = node.find("ports")) {
    result.ports_span = span(*ports);
  }
  result.via = optional_name(node, "via");
  result.when = optional_name(node, "when");
  result.across = optional_name(node, "across");
  result.within = optional_name(node, "within");
  result.starts = date(node, "starts", false);
  result.expires = date(node, "expires", true);
  result.disabled = is_true(node, "disabled");
  result.governance = governance(node);
  const auto inherit = [](auto& own, const auto& general) {
    if (!own) {
      own = general;
    }
  };
  Governance& own = result.governance;
  inherit(own.owner, defaults.owner);
  inherit(own.application, defaults.application);
  inherit(own.purpose, defaults.purpose);
  inherit(own.ticket, defaults.ticket);
  inherit(own.requester, defaults.requester);
  inherit(own.approver, defaults.approver);
  inherit(own.data, defaults.data);
  inherit(own.protocol, defaults.protocol);
  inherit(own.control, defaults.control);
  inherit(own.encryption, defaults.encryption);
  inherit(own.tier, defaults.tier);
  inherit(own.review, defaults.review);
  return result;
}

Guarantee Build::guarantee(const YamlNode& node) {
  Guarantee result{.id = text(node, "id"), .span = span(node)};
  if (const YamlNode* id = node.find("id")) {
    result.id_span = span(*id);
  }
  constexpr std::array<std::string_view, 7> k_kinds{"isolated", "unreachable", "reachable", "only",
                                                    "through",  "located",     "encrypted"};
  for (const std::string_view kind : k_kinds) {
    const YamlNode* block = node.find(kind);
    if (block == nullptr) {
      continue;
    }
    result.kind = kind;
    result.among = selector(block->find("among"));
    result.from = selector(block->find("from"));
    result.to = selector(block->find("to"));
    result.via = selector(block->find("via"));
    result.ports = names(*block, "ports");
    for (const std::string_view key : {"data", "country", "certification", "tier"}) {
      if (Names values = names(*block, key); !values.empty()) {
        result.located.emplace(key, std::move(values));
      }
    }
  }
  const auto add = [&](const YamlNode& exception) {
    Exception one{.reason = text(exception, "reason"), .span = span(exception)};
    for (const std::string_view what : {"flow", "site", "host"}) {
      if (const YamlNode* which = exception.find(what)) {
        one.what = what;
        one.which = selector(which);
      }
    }
    result.except.push_back(std::move(one));
  };
  if (const YamlNode* except = node.find("except"); except != nullptr) {
    if (except->is_list()) {
      for (const YamlEntry& item : except->entries()) {
        add(*item.value);
      }
    } else {
      add(*except);
    }
  }
  return result;
}

Scenario Build::scenario(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Scenario result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  result.each = node.find("down_each") != nullptr;
  result.down = selector(node.find(result.each ? "down_each" : "down"));
  result.requires_ = names(node, "requires");
  if (const auto within = optional_name(node, "within")) {
    result.within = parse_duration(within->value);
  }
  return result;
}

Service::Placement Build::placement(const YamlNode* node) {
  Service::Placement result;
  result.on = selector(node);
  if (node == nullptr) {
    return result;
  }
  result.span = span(*node);
  const auto read = [&](const YamlNode& map) {
    if (const auto replicas = integer(map, "replicas")) {
      result.replicas = replicas->value;
    }
    if (map.find("vm") != nullptr) {
      result.vm = machine(map.find("vm"));
    }
  };
  if (node->is_map()) {
    read(*node);
    return result;
  }
  for (const YamlEntry& item : node->entries()) {
    if (item.value->find("replicas") == nullptr && item.value->find("vm") == nullptr) {
      continue;
    }
    read(*item.value);
    if (node->count > 1) {
      notes_.add({.code = "CL1122",
                  .summary = "a map with 'replicas' stands beside others in 'runs_on'",
                  .detail = "It makes hosts for this service; hosts that are there already belong to another.",
                  .hint = "write one map alone, runs_on: {site: cloud, segment: app, replicas: 2}, or only paths"},
                 *item.value);
    }
  }
  return result;
}

Service Build::service(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Service result{.name = std::string(entry.key), .title = text(node, "title"), .span = span(entry)};
  result.kind = optional_name(node, "kind").value_or(Name{"binary", result.span});
  result.runs_on = placement(node.find("runs_on"));
  result.listen = names(node, "listen");
  result.is_public = boolean(node, "public");
  result.behind = optional_name(node, "behind");
  result.redundancy = optional_name(node, "redundancy");
  result.schedule = optional_name(node, "schedule");
  result.provider = optional_name(node, "provider");
  result.nodes = all_reached(node);
  constexpr std::array<std::string_view, 10> k_own{"title",  "kind",       "runs_on",  "listen",   "public",
                                                   "behind", "redundancy", "schedule", "provider", "nodes"};
  for (const YamlEntry& one : node.entries()) {
    if (std::find(k_own.begin(), k_own.end(), one.key) == k_own.end()) {
      flatten(*one.value, std::string(one.key), result.settings, &result.secrets);
    }
  }
  return result;
}

Backup Build::backup(const YamlEntry& entry) {
  const YamlNode& node = *entry.value;
  Backup result{.name = std::string(entry.key)};
  result.of = selector(node.find("of"));
  result.to = selector(node.find("to"));
  result.schedule = name_or_empty(node, "schedule");
  result.span = span(entry);
  for (const YamlEntry& one : node.entries()) {
    if (one.key != "of" && one.key != "to" && one.key != "schedule" && one.value->is_scalar()) {
      result.settings.emplace(one.key, name(*one.value));
    }
  }
  return result;
}

}  // namespace cloison::topology
