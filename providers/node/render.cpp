#include "providers/node/render.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/net/json.h"
#include "providers/node/counting.h"
#include "providers/node/live_ways.h"
#include "providers/node/lower_redundancy.h"
#include "providers/node/render_guests.h"
#include "providers/node/render_links.h"
#include "providers/node/render_redundancy.h"
#include "providers/node/render_services.h"
#include "providers/node/render_vpn.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

constexpr std::string_view k_mark = "# ";
constexpr std::string_view k_settings = "# cloison settings ";

std::string unit(std::string_view what, std::string_view order, std::string_view command) {
  return fmt::format(
      "[Unit]\nDescription=cloison: {}\nDefaultDependencies=no\n{}\n"
      "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh {}\n\n[Install]\nWantedBy=sysinit.target\n",
      what, order, command);
}

/// What follows an underlay's routes is there before the tunnels, whose packets ask for them.
constexpr std::string_view k_underlays_unit =
    "[Unit]\nDescription=cloison: routes of the underlays\nAfter=systemd-networkd.service network.target\n"
    "ConditionDirectoryNotEmpty=/etc/cloison/underlays.d\nStartLimitIntervalSec=0\n\n[Service]\n"
    "ExecStartPre=/bin/sh /usr/lib/cloison/agent.sh underlays\nExecStart=/bin/sh /usr/lib/cloison/agent.sh follow\n"
    "Restart=always\nRestartSec=1\n\n[Install]\nWantedBy=multi-user.target\n";

/// What hangs on which node serves follows the addresses that it then has.
constexpr std::string_view k_redundancy_unit =
    "[Unit]\nDescription=cloison: standing in for other nodes\nAfter=systemd-networkd.service network.target\n"
    "ConditionPathExists=/etc/cloison/redundancy.conf\nStartLimitIntervalSec=0\n\n[Service]\n"
    "ExecStart=/bin/sh /usr/lib/cloison/agent.sh role\nRestart=always\nRestartSec=1\n\n[Install]\n"
    "WantedBy=multi-user.target\n";

constexpr std::string_view k_tunnels_unit =
    "[Unit]\nDescription=cloison: tunnels\nAfter=systemd-networkd.service cloison-underlays.service\n"
    "ConditionDirectoryNotEmpty=/etc/cloison/tunnels.d\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
    "ExecStart=/bin/sh /usr/lib/cloison/agent.sh activate tunnels\n\n[Install]\nWantedBy=multi-user.target\n";

/// Where the kernel has no WireGuard. An interface that it makes anew after a crash is given all that it had.
constexpr std::string_view k_wireguard_unit =
    "[Unit]\nDescription=cloison: tunnel %i\nStartLimitIntervalSec=0\n\n[Service]\n"
    "ExecStart=/usr/bin/wireguard-go -f %i\nExecStartPost=/bin/sh /usr/lib/cloison/agent.sh tunnel %i\n"
    "Restart=always\nRestartSec=0.3\n";

/// It tends what the kernel and strongSwan hold of IPsec, and dials.
constexpr std::string_view k_vpn_unit =
    "[Unit]\nDescription=cloison: IPsec connections\nAfter=strongswan.service cloison-underlays.service\n"
    "ConditionPathExists=/etc/strongswan.d/70-cloison.conf\nStartLimitIntervalSec=0\n\n[Service]\n"
    "ExecStart=/bin/sh /usr/lib/cloison/agent.sh vpn\nRestart=always\nRestartSec=1\n\n[Install]\n"
    "WantedBy=multi-user.target\n";

constexpr std::string_view k_conditions_unit =
    "[Unit]\nDescription=cloison: flows that open when tunnels are down\nAfter=cloison-firewall.service\n"
    "ConditionDirectoryNotEmpty=/etc/cloison/conditions.d\nStartLimitIntervalSec=0\n\n[Service]\n"
    "ExecStart=/bin/sh /usr/lib/cloison/agent.sh conditions\nRestart=always\nRestartSec=1\n\n[Install]\n"
    "WantedBy=multi-user.target\n";

/// They stand at a switch that has to be there first, which libvirt's own start at boot does not wait for.
constexpr std::string_view k_guests_unit =
    "[Unit]\nDescription=cloison: guests\nAfter=libvirtd.service openvswitch-switch.service cloison-switch.service\n"
    "ConditionDirectoryNotEmpty=/etc/cloison/guests.d\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
    "ExecStart=/bin/sh /usr/lib/cloison/agent.sh activate guests\n\n[Install]\nWantedBy=multi-user.target\n";

std::vector<NodeFile> agent_files() {
  constexpr std::string_view k_agent_path = "/usr/lib/cloison/agent.sh";
  const auto folder = std::string("/etc/systemd/system/");
  return {
      {.path = std::string(k_agent_path), .mode = "755", .body = std::string(agent_text())},
      {.path = folder + "cloison-boot.service",
       .body = unit("back to the confirmed configuration",
                    "After=local-fs.target\nBefore=network-pre.target systemd-networkd.service systemd-sysctl.service "
                    "cloison-firewall.service\nConditionPathExists=/var/lib/cloison/armed\n",
                    "/var/lib/cloison/restore.sh boot")},
      {.path = folder + "cloison-firewall.service",
       .body = unit("packet filter", "After=local-fs.target\nBefore=network-pre.target\nWants=network-pre.target\n",
                    fmt::format("{} activate firewall", k_agent_path))},
      {.path = folder + "cloison-switch.service",
       .body = fmt::format("[Unit]\nDescription=cloison: VLANs\nAfter=openvswitch-switch.service "
                           "ovs-vswitchd.service\nPartOf=ovs-vswitchd.service\n\n[Service]\n"
                           "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh {} activate switch\n\n[Install]\n"
                           "WantedBy=multi-user.target\n",
                           k_agent_path)},
      {.path = folder + "cloison-underlays.service", .body = std::string(k_underlays_unit)},
      {.path = folder + "cloison-redundancy.service", .body = std::string(k_redundancy_unit)},
      {.path = folder + "cloison-tunnels.service", .body = std::string(k_tunnels_unit)},
      {.path = folder + "cloison-wireguard@.service", .body = std::string(k_wireguard_unit)},
      {.path = folder + "cloison-vpn.service", .body = std::string(k_vpn_unit)},
      {.path = folder + "cloison-conditions.service", .body = std::string(k_conditions_unit)},
      {.path = folder + "cloison-guests.service", .body = std::string(k_guests_unit)},
  };
}

std::vector<NodeFile> forwarding_files(const Settings& settings) {
  const auto flag = [&](std::string_view name) { return settings.is_set(name) ? 1 : 0; };
  return {{.path = "/etc/sysctl.d/70-cloison.conf",
           .body = fmt::format("net.ipv4.ip_forward = {}\nnet.ipv6.conf.all.forwarding = {}\n"
                               "net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.all.accept_redirects = 0\n"
                               "net.ipv4.conf.all.send_redirects = 0\n",
                               flag("ipv4"), flag("ipv6"))}};
}

std::vector<NodeFile> packages_files(const Settings& settings) {
  std::string lines;
  for (const auto& name : settings.texts("names")) lines += fmt::format("package {}\n", name);
  return {{.path = "/etc/cloison/packages.conf", .body = std::move(lines)}};
}

std::vector<NodeFile> switch_files(const Settings& settings) {
  std::string lines = fmt::format("bridge {} {}\n", settings.text("bridge"), settings.text("datapath"));
  for (const auto& trunk : settings.texts("trunks"))
    lines += fmt::format("trunk {} {}\n", settings.text("bridge"), trunk);
  return {{.path = "/etc/cloison/switch.d/00-bridge.conf", .body = std::move(lines)}};
}

std::string dhcp_section(const Settings& settings) {
  const auto first = settings.number("dhcp_first");
  const auto last = settings.number("dhcp_last");
  if (!first || !last) return {};
  auto text = fmt::format("\n[DHCPServer]\nPoolOffset={}\nPoolSize={}\n", *first, *last - *first + 1);
  std::string servers;
  for (const auto& server : settings.texts("dns"))
    if (const auto address = IpAddress::parse(server); address && address->family == Family::ipv4)
      servers += "DNS=" + server + '\n';
  return text + (servers.empty() ? "EmitDNS=no\n" : servers);
}

/// Router advertisements announce the gateway's own prefixes (RFC 4861, 4862).
std::string advertisement_sections(const Settings& settings, const std::vector<std::string>& addresses) {
  if (!settings.is_set("advertise")) return {};
  std::string text = "\n[IPv6SendRA]\nEmitDNS=no\n";
  for (const auto& address : addresses)
    if (const auto prefix = IpPrefix::parse_loose(address); prefix && prefix->family() == Family::ipv6)
      text += fmt::format("\n[IPv6Prefix]\nPrefix={}\n", prefix->text());
  return text;
}

/// What the gateway of a segment does beside routing.
std::string services_of(const Settings& settings, const std::vector<std::string>& addresses) {
  std::string network;
  if (settings.number("dhcp_first")) network += "DHCPServer=yes\n";
  if (settings.is_set("advertise")) network += "IPv6SendRA=yes\n";
  return network + dhcp_section(settings) + advertisement_sections(settings, addresses);
}

/// The node itself asks for declared addresses as one of the segment, before they are translated.
std::string translated_sections(const Settings& settings) {
  std::string text;
  for (const auto& line : settings.texts("translated")) {
    const auto words = split(line, ' ');  // "PREFIX ADDRESS"
    if (words.size() == 2)
      text += fmt::format("\n[Route]\nDestination={}\nPreferredSource={}\nScope=link\n", words[0], words[1]);
  }
  return text;
}

/// What comes from the segment finds all inner places as ever; only the outside, which the main table knows as the
/// default, is looked for in another one, and nowhere else.
std::string outward_sections(const Settings& settings) {
  std::string text;
  for (const auto& line : settings.texts("outward")) {
    const auto words = split(line, ' ');  // "FAMILY TABLE"
    if (words.size() != 2) continue;
    const auto rule = [&](int64_t priority, std::string_view what) {
      text += fmt::format("\n[RoutingPolicyRule]\nIncomingInterface={}\nFamily={}\nPriority={}\n{}\n",
                          settings.text("name"), words[0], priority, what);
    };
    rule(k_inner_rule, "Table=254\nSuppressPrefixLength=0");
    rule(k_inner_rule + 1, fmt::format("Table={}", words[1]));
    rule(k_inner_rule + 2, "Type=unreachable");
  }
  return text;
}

std::vector<NodeFile> vlan_files(const Settings& settings) {
  const auto& name = settings.text("name");
  const auto& bridge = settings.text("bridge");
  const auto tag = settings.number("tag").value_or(0);
  const auto shared = settings.texts("shared");
  const auto& hardware = settings.text("hardware_address");
  std::string lines = fmt::format("vlan {} {} {}{}{}\n", bridge, name, tag, hardware.empty() ? "" : " ", hardware);
  for (const auto& port : settings.texts("access")) lines += fmt::format("access {} {} {}\n", bridge, port, tag);
  if (settings.is_set("apart")) {
    lines += fmt::format("apart {} {} {}\n", bridge, name, tag);
    for (const auto& who : settings.texts("from_trunk")) lines += fmt::format("from {} {} {}\n", bridge, name, who);
    for (const auto& whom : settings.texts("answers_for"))
      lines += fmt::format("answers {} {} {}\n", bridge, name, whom);
  }
  std::string network =
      fmt::format("[Match]\nName={}\n\n[Network]\nConfigureWithoutCarrier=yes\nIPv6AcceptRA=no\n", name);
  for (const auto& address : settings.texts("addresses")) network += "Address=" + address + '\n';
  // Hosts know the router by the link-local address that comes with the shared ones, and by no other.
  if (!shared.empty()) network += "IPv6LinkLocalAddressGenerationMode=none\nKeepConfiguration=static\n";
  if (shared.empty()) network += services_of(settings, settings.texts("addresses"));
  network += translated_sections(settings) + outward_sections(settings);
  std::vector<NodeFile> files{
      {.path = fmt::format("/etc/systemd/network/70-cloison-{}.network", name), .body = std::move(network)},
      {.path = fmt::format("/etc/cloison/switch.d/{}.conf", name), .body = std::move(lines)}};
  const auto services = services_of(settings, shared);
  if (shared.empty() || services.empty()) return files;
  std::string serving = "[Network]\n";
  for (const auto& address : shared) serving += "Address=" + address + '\n';
  if (settings.is_set("advertise")) serving += fmt::format("Address={}/64\n", k_shared_link_local);
  files.push_back({.path = fmt::format("/etc/cloison/master.d/{}.conf", name), .body = serving + services});
  return files;
}

std::set<std::string> jumped_to(const Settings& settings) {
  constexpr std::string_view k_jump = " ct state new jump ";
  std::set<std::string> chains;
  for (const std::string_view chain : {"input", "forward", "output"})
    for (const auto& rule : settings.texts(chain))
      if (const auto at = rule.find(k_jump); at != std::string::npos)
        chains.emplace(split(std::string_view(rule).substr(at + k_jump.size()), ' ').front());
  return chains;
}

constexpr std::array<std::string_view, 3> k_filters{"input", "forward", "output"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_translations{
    {{"prerouting", "prerouting priority dstnat"},
     {"outgoing", "output priority -100"},
     {"postrouting", "postrouting priority srcnat"}}};

/// One transaction that leaves the table and its counters where they are (engine decision 27).
std::vector<NodeFile> firewall_files(const Settings& settings) {
  std::string text;
  for (const auto& set : settings.texts("sets")) {
    const auto words = split(set, ' ');  // "NAME TYPE ELEMENT..."
    if (words.size() < 2) continue;
    text += fmt::format("add set inet cloison {} {{ type {}; flags interval; auto-merge; }}\n", words[0], words[1]);
    text += fmt::format("flush set inet cloison {}\n", words[0]);
    if (words.size() > 2)
      text += fmt::format("add element inet cloison {} {{ {} }}\n", words[0],
                          fmt::join(words.begin() + 2, words.end(), ", "));
  }
  // Chains that rules jump to are filled by the node itself, so what is in them stays.
  for (const auto& name : jumped_to(settings)) text += fmt::format("add chain inet cloison {}\n", name);
  std::set<std::string> counters;  // those that are there already keep what they have counted
  const auto add_rule = [&](std::string_view chain, const std::string& rule) {
    auto [line, counter] = counted(chain, rule);
    text += fmt::format("add rule inet cloison {} {}\n", chain, line);
    if (!counter.empty()) counters.insert(std::move(counter));
  };
  for (const auto chain : k_filters) {
    text += fmt::format("add chain inet cloison {0} {{ type filter hook {0} priority filter; policy drop; }}\n", chain);
    text += fmt::format("flush chain inet cloison {}\n", chain);
    for (const auto& rule : settings.texts(chain)) add_rule(chain, rule);
    add_rule(chain, {});
  }
  for (const auto& [chain, hook] : k_translations) {
    text += fmt::format("add chain inet cloison {0} {{ type nat hook {1}; policy accept; }}\n", chain, hook);
    text += fmt::format("flush chain inet cloison {}\n", chain);
    for (const auto& rule : settings.texts(chain)) add_rule(chain, rule);
  }
  std::string head = "add table inet cloison\n";
  for (const auto& name : counters) head += fmt::format("add counter inet cloison {}\n", name);
  return {{.path = "/etc/cloison/firewall.nft", .mode = "600", .body = head + text}};
}

net::Json to_json(const Value& value) {
  if (const auto* flag = value.as_boolean()) return net::Json::boolean(*flag);
  if (const auto* number = value.as_integer()) return net::Json::integer(*number);
  if (const auto* text = value.as_text()) return net::Json::text(*text);
  if (const auto* items = value.as_list()) {
    net::Json::Array all;
    for (const auto& item : *items) all.push_back(to_json(item));
    return net::Json::array(std::move(all));
  }
  return net::Json::null();
}

/// Null where the type is not the schema's: what a file says is hostile input.
Value from_json(const net::Json& json, const AttributeSchema& schema) {
  switch (schema.type) {
    case Type::boolean:
      return json.as_boolean() == nullptr ? Value::null() : Value::boolean(*json.as_boolean());
    case Type::integer:
      return json.as_integer() == nullptr ? Value::null() : Value::integer(*json.as_integer());
    case Type::list: {
      if (json.as_array() == nullptr || schema.fields.empty()) return Value::null();
      std::vector<Value> items;
      for (const auto& item : *json.as_array()) items.push_back(from_json(item, schema.fields.front()));
      return Value::list(std::move(items));
    }
    default:
      return json.as_text() == nullptr ? Value::null() : Value::text(*json.as_text());
  }
}

std::string settings_line(std::string_view kind, const Value& attributes) {
  const auto& schema = schema_of(kind);
  auto json = net::Json::object();
  json.set("kind", net::Json::text(std::string(kind)));
  for (const auto& one : schema.attributes) {
    const auto& value = attribute(schema, attributes, one.name);
    const bool told = one.name == k_content || one.computed || one.name == k_foreign_peers ||
                      one.name == k_other_lines || one.name == k_faults || one.name == k_other_connections;
    if (!told && !value.is_null()) json.set(one.name, to_json(value));
  }
  return std::string(k_settings) + net::to_text(json) + '\n';
}

}  // namespace

std::vector<NodeFile> files_of(std::string_view kind, const Value& attributes) {
  const Settings settings(kind, attributes);
  if (kind == k_agent) return agent_files();
  if (kind == k_packages) return packages_files(settings);
  if (kind == k_forwarding) return forwarding_files(settings);
  if (kind == k_switch) return switch_files(settings);
  if (kind == k_vlan) return vlan_files(settings);
  if (kind == k_firewall) return firewall_files(settings);
  if (kind == k_ipsec || kind == k_connection || kind == k_condition) return vpn_files(kind, settings);
  if (kind == k_redundancy) return redundancy_files(settings);
  if (kind == k_disk) return disk_files(settings);
  if (kind == k_guest) return guest_files(settings);
  if (kind == k_release) return release_files(settings);
  if (kind == k_service) return service_files(settings);
  return link_files(kind, settings);
}

std::vector<std::string> areas_of(std::string_view kind) {
  if (kind == k_agent) return {"units"};
  if (kind == k_packages) return {"packages"};
  if (kind == k_forwarding) return {"sysctl"};
  if (kind == k_switch) return {"switch"};
  if (kind == k_vlan) return {"switch", "network", "roles"};
  if (kind == k_redundancy) return {"redundancy"};
  if (kind == k_firewall) return {"firewall"};
  if (kind == k_key) return {"keys"};
  if (kind == k_tunnel || kind == k_peer) return {"tunnels"};
  if (kind == k_underlay) return {"underlays"};
  if (kind == k_routing) return {"routing"};
  if (kind == k_ipsec || kind == k_connection) return {"vpn"};
  if (kind == k_condition) return {"conditions"};
  if (kind == k_guest || kind == k_disk) return {"guests"};
  if (kind == k_release) return {"releases"};
  if (kind == k_service) return {"services"};
  return {};
}

namespace {

/// Keys are born on other nodes, so a plan may not know them; they show by themselves. Who may log in to a machine is
/// read when that is written, and matters at its first boot alone.
std::string without_born(const NodeFile& file) {
  if (file.path.starts_with("/etc/swanctl/pubkey/") || file.path.ends_with(k_first_boot_suffix)) return {};
  std::string rest;
  for (const auto line : split(file.body, '\n'))
    if (!line.starts_with("PublicKey = ")) rest.append(line).push_back('\n');
  return rest;
}

}  // namespace

std::string content_of(const std::vector<NodeFile>& files) {
  std::vector<const NodeFile*> sorted;
  for (const auto& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(), [](const NodeFile* a, const NodeFile* b) { return a->path < b->path; });
  std::string all;
  for (const auto* file : sorted) {
    const auto body = without_born(*file);
    all += fmt::format("{} {}\n{}", file->path, body.size(), body);
  }
  return sha256_hex(all);
}

Value with_content(std::string_view kind, const Value& attributes) {
  const auto& schema = schema_of(kind);
  auto all = with_attribute(schema, attributes, k_content, Value::text(content_of(files_of(kind, attributes))));
  for (const auto none : {k_foreign_peers, k_other_lines, k_faults, k_other_connections})
    if (schema.slot(none)) all = with_attribute(schema, all, none, Value::texts({}));
  return all;
}

std::string marked(const NodeFile& file, std::string_view kind, const Value& attributes, const Marker& marker,
                   bool first) {
  std::string_view body = file.body;
  std::string text;
  if (body.starts_with("#!")) {
    const auto end = body.find('\n') + 1;
    text = body.substr(0, end);
    body = body.substr(end);
  }
  text += std::string(k_mark) + marker.text() + '\n';
  if (first) text += settings_line(kind, attributes);
  return text.append(body);
}

std::optional<MarkedFile> parse_marked(std::string_view text) {
  MarkedFile file;
  if (text.starts_with("#!")) {
    const auto end = std::min(text.size(), text.find('\n'));
    file.body = text.substr(0, std::min(text.size(), end + 1));
    text = text.substr(file.body.size());
  }
  const auto next_line = [&text] {
    const auto end = std::min(text.size(), text.find('\n'));
    const auto line = text.substr(0, end);
    text = text.substr(std::min(text.size(), end + 1));
    return line;
  };
  const auto mark = next_line();
  if (!mark.starts_with(k_mark)) return std::nullopt;
  auto marker = Marker::parse(mark.substr(k_mark.size()));
  if (!marker) return std::nullopt;
  file.marker = *std::move(marker);
  if (text.starts_with(k_settings)) {
    const auto json = net::parse_json(next_line().substr(k_settings.size()));
    const auto kind = json ? json->text_at("kind") : std::string_view();
    const auto kinds = schemas();
    const auto schema =
        std::find_if(kinds.begin(), kinds.end(), [&](const KindSchema& one) { return one.kind == kind; });
    if (schema != kinds.end()) {
      file.kind = kind;
      file.settings = record(*schema, {});
      for (const auto& one : schema->attributes)
        if (const auto* value = json->find(one.name); value != nullptr && one.name != k_content)
          file.settings = with_attribute(*schema, file.settings, one.name, from_json(*value, one));
    }
  }
  file.body.append(text);
  return file;
}

}  // namespace cloison::node
