#include "providers/node/lower.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/findings.h"
#include "providers/node/lower_apart.h"
#include "providers/node/lower_guests.h"
#include "providers/node/lower_links.h"
#include "providers/node/lower_redundancy.h"
#include "providers/node/lower_services.h"
#include "providers/node/lower_vpn.h"
#include "providers/node/render.h"
#include "providers/node/rules.h"
#include "providers/node/schema.h"
#include "providers/node/translation.h"

namespace cloison::node {

namespace {

class NodeLowering {
 public:
  NodeLowering(const Intent& intent, const NodeIntent& node, const Facts& facts)
      : intent_(intent), node_(node), facts_(facts), platform_(platform_of(intent.settings)) {
    for (const auto& segment : node.segments) interfaces_.emplace(segment.path, interface_name(segment.name));
  }

  std::vector<Resource> resources(std::vector<NotApplied>& not_applied) {
    add(k_agent, "agent", {{"version", Value::text(sha256_hex(agent_text()).substr(0, 16))}}, node_.origins, {});
    add_packages();
    const AddResource add_here = [this](std::string_view kind, const std::string& leaf,
                                        std::vector<std::pair<std::string_view, Value>> attributes,
                                        std::vector<Origin> origins, std::vector<std::string> after) {
      for (auto& one : after) one = path(one);
      return std::ref(add(kind, leaf, std::move(attributes), std::move(origins), std::move(after)));
    };
    add_services(node_, add_here);
    if (!node_.forwards) {
      add_service_redundancy(node_, facts_, add_here, not_applied);
      return std::move(resources_);
    }
    add_switch();
    for (const auto& segment : node_.segments) add_segment(segment);
    add_firewall();
    add_links(node_, add_here);
    add_redundancy(node_, interfaces_, add_here);
    add_guests(node_, facts_, add_here, not_applied);
    add_vpn(node_, facts_, add_here);
    add_conditions(node_, facts_, forward_, add_here);
    const auto is_six = [](const IpPrefix& prefix) { return prefix.family() == Family::ipv6; };
    const auto has_six = [&](const std::vector<SegmentPrefix>& prefixes) {
      return std::any_of(prefixes.begin(), prefixes.end(),
                         [&](const SegmentPrefix& one) { return is_six(one.prefix); });
    };
    // A gateway has no segments of its own: it routes for those of its VPC.
    const bool six = std::any_of(node_.segments.begin(), node_.segments.end(),
                                 [&](const NodeSegmentIntent& segment) { return has_six(segment.prefixes); }) ||
                     std::any_of(node_.tunnels.begin(), node_.tunnels.end(),
                                 [&](const TunnelIntent& tunnel) { return has_six(tunnel.users); }) ||
                     std::any_of(node_.announced.begin(), node_.announced.end(), is_six);
    // A node forwards only once its filter stands.
    add(k_forwarding, "forwarding", {{"ipv4", Value::boolean(true)}, {"ipv6", Value::boolean(six)}}, node_.origins,
        {path("firewall")});
    return std::move(resources_);
  }

 private:
  [[nodiscard]] std::string path(std::string_view leaf) const { return fmt::format("{}.{}", node_.path, leaf); }

  Resource& add(std::string_view kind, const std::string& leaf,
                std::vector<std::pair<std::string_view, Value>> attributes, std::vector<Origin> origins,
                std::vector<std::string> after) {
    if (kind != k_agent) after.push_back(path("agent"));
    if (platform_.installs && kind != k_agent && kind != k_packages) after.push_back(path("packages"));
    return resources_.emplace_back(Resource{.address = {path(leaf)},
                                            .provider = intent_.provider,
                                            .kind = std::string(kind),
                                            .attributes = record(schema_of(kind), std::move(attributes)),
                                            .origins = std::move(origins),
                                            .after = std::move(after)});
  }

  void add_packages() {
    if (!platform_.installs) return;
    add(k_packages, "packages",
        {{"names", Value::texts(packages_for(node_, facts_, platform_))},
         {"from", Value::text(intent_.settings.at("packages"))}},
        node_.origins, {});
  }

  void add_switch() {
    if (node_.segments.empty()) return;
    const auto known = facts_.find("datapath");
    const auto datapath = platform_.linux_bridge ? k_linux_bridge : known == facts_.end() ? "system" : known->second;
    std::vector<std::string> trunks;
    if (!node_.trunk.empty()) trunks.push_back(node_.trunk);
    add(k_switch, "switch",
        {{"bridge", Value::text(k_bridge)}, {"datapath", Value::text(datapath)}, {"trunks", Value::texts(trunks)}},
        node_.origins, {});
  }

  void add_segment(const NodeSegmentIntent& segment) {
    std::vector<std::string> addresses, shared, translated, access;
    for (const auto& [interface, of] : node_.ports)
      if (of == segment.path) access.push_back(interface);
    bool six = false;
    if (node_.redundancy && node_.redundancy->segment == segment.path)
      for (const auto& own : node_.redundancy->own) addresses.push_back(IpPrefix::of(own).text());
    for (const auto& one : segment.prefixes) {
      const auto own = on_wire(one, one.gateway).text();
      (node_.redundancy ? shared : addresses).push_back(fmt::format("{}/{}", own, one.prefix.length));
      if (one.real) translated.push_back(fmt::format("{} {}", one.prefix.text(), own));
      six = six || one.prefix.family() == Family::ipv6;
    }
    const auto number = [&](bool first) {
      return segment.dhcp ? Value::integer(first ? segment.dhcp->first : segment.dhcp->second) : Value::null();
    };
    std::vector<std::pair<std::string_view, Value>> attributes{
        {"name", Value::text(interfaces_.at(segment.path))},
        {"bridge", Value::text(k_bridge)},
        {"tag", segment.vlan == 0 ? Value::null() : Value::integer(segment.vlan)},
        {"access", Value::texts(access)},
        {"addresses", Value::texts(addresses)},
        {"shared", Value::texts(shared)},
        {"translated", Value::texts(translated)},
        {"dhcp_first", number(true)},
        {"dhcp_last", number(false)},
        {"dns", Value::texts(resolvers_on_wire(segment))},
        {"outward", Value::texts(outward_tables(segment))},
        {"advertise", Value::boolean(six)}};
    add_apart(node_, segment, facts_, !platform_.linux_bridge, attributes);
    add(k_vlan, "vlan/" + segment.name, std::move(attributes), segment.origins, {path("switch")});
  }

  void add_firewall() {
    const auto text = filter_of(node_, intent_.address_sets, interfaces_, facts_);
    forward_ = text.forward;
    auto origins = node_.origins;
    for (const auto& rule : node_.rules)
      for (const auto& origin : rule.origins)
        if (std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(origin);
    add(k_firewall, "firewall",
        {{"sets", Value::texts(text.sets)},
         {"input", Value::texts(text.input)},
         {"forward", Value::texts(text.forward)},
         {"output", Value::texts(text.output)},
         {"prerouting", Value::texts(text.prerouting)},
         {"outgoing", Value::texts(text.outgoing)},
         {"postrouting", Value::texts(text.postrouting)}},
        std::move(origins), {});
  }

  const Intent& intent_;
  const NodeIntent& node_;
  const Facts& facts_;
  Platform platform_;
  std::map<std::string, std::string> interfaces_{};
  std::vector<Resource> resources_{};
  std::vector<std::string> forward_{};  // rules of what passes
};

}  // namespace

std::string interface_name(const std::string& segment) {
  return shortened(segment, k_longest_interface, 4);
}

Checked<Lowered> lower(const Intent& intent, const Facts& facts) {
  Lowered lowered;
  Diagnostics notes;
  for (const auto& node : intent.nodes) {
    append(notes, findings(node, intent.address_sets, facts, platform_of(intent.settings)));
    auto resources = NodeLowering(intent, node, facts).resources(lowered.not_applied);
    std::move(resources.begin(), resources.end(), std::back_inserter(lowered.resources));
  }
  return {std::move(lowered), std::move(notes)};
}

}  // namespace cloison::node
