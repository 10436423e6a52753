#include "providers/node/rules.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/lower_vpn.h"
#include "providers/node/rule_text.h"
#include "providers/node/translation.h"

namespace cloison::node {

namespace {

using Side = NodeRuleIntent::Side;

/// Interfaces that lead outwards; a cloud's gateway may have but one for both sides.
std::vector<std::string> outward(const NodeIntent& node) {
  std::vector<std::string> interfaces;
  for (const auto& underlay : node.underlays) interfaces.push_back(underlay.interface);
  return interfaces;
}

std::vector<std::string> tunnels_of(const NodeIntent& node, std::string_view link) {
  std::vector<std::string> interfaces;
  for (const auto& tunnel : node.tunnels)
    if (tunnel.link == link || link.empty()) interfaces.push_back(tunnel_interface(tunnel));
  return interfaces;
}

std::vector<std::string> connections_of(const NodeIntent& node, std::string_view link, const Facts& facts) {
  std::vector<std::string> interfaces;
  for (const auto& one : node.connections)
    if (one.link == link || link.empty()) interfaces.push_back(connection_interface(one.link, facts));
  std::sort(interfaces.begin(), interfaces.end());
  interfaces.erase(std::unique(interfaces.begin(), interfaces.end()), interfaces.end());
  return interfaces;
}

class Writer {
 public:
  Writer(const NodeIntent& node, const std::map<std::string, std::string>& interfaces, const Facts& facts)
      : node_(node), interfaces_(interfaces), facts_(facts) {}

  /// "" where a side has no interface.
  [[nodiscard]] std::string rule(const NodeRuleIntent& rule) const {
    const auto in = side("iifname", rule.in), out = side("oifname", rule.out);
    if (!in || !out) return {};
    return *in + *out + end_text("saddr", rule.from, rule.family) + end_text("daddr", rule.to, rule.family) +
           match_text(rule.match, rule.family) + "ct state new " +
           (rule.condition.empty() ? "accept" : "jump " + condition_chain(rule.condition)) + comment_of(rule.origins);
  }

 private:
  [[nodiscard]] std::optional<std::string> side(std::string_view word, const Side& side) const {
    switch (side.kind) {
      case Side::Kind::none:
        return "";
      case Side::Kind::underlays:
        if (node_.underlays.empty()) return std::nullopt;
        return fmt::format("{} {} ", word, quoted(outward(node_)));
      case Side::Kind::segment: {
        const auto found = interfaces_.find(side.name);
        if (found == interfaces_.end()) return std::nullopt;
        return fmt::format("{} \"{}\" ", word, found->second);
      }
      case Side::Kind::inside:
        if (node_.inside.empty()) return std::nullopt;
        return fmt::format("{} \"{}\" ", word, node_.inside);
      case Side::Kind::link: {
        auto tunnels = tunnels_of(node_, side.name);
        const auto connections = connections_of(node_, side.name, facts_);
        tunnels.insert(tunnels.end(), connections.begin(), connections.end());
        if (tunnels.empty()) return std::nullopt;
        return fmt::format("{} {} ", word, quoted(tunnels));
      }
    }
    return std::nullopt;
  }

  const NodeIntent& node_;
  const std::map<std::string, std::string>& interfaces_;
  const Facts& facts_;
};

/// Outer packets of IPsec: IKE (RFC 7296), ESP (RFC 4303), and ESP in UDP (RFC 3948) where a NAT is on the way.
void add_outer_rules(const NodeIntent& node, const ConnectionIntent& one, FilterText& text) {
  const auto out = quoted(outward(node));
  const auto add = [&](std::vector<std::string>& chain, const std::string& match, std::string_view port) {
    for (const auto& what : {fmt::format("udp {} {{ 500, 4500 }}", port), std::string("meta l4proto 50")}) {
      auto line = fmt::format("{} {} accept comment \"S-tunnel-{}\"", match, what, one.link);
      if (std::find(chain.begin(), chain.end(), line) == chain.end()) chain.push_back(std::move(line));
    }
  };
  if (one.ways.empty()) {
    // Behind a NAT, those who dial have any port.
    add(text.input, fmt::format("iifname {}", out), "dport");
    add(text.output, fmt::format("oifname {}", out), "sport");
    return;
  }
  for (const auto& way : one.ways) {
    const auto far = way.outer.text();
    const auto word = family_word(way.outer.family);
    add(text.output, fmt::format("{} daddr {}", word, far), "dport");
    // The far end asks and renews as well, when answers to us are no longer expected.
    add(text.input, fmt::format("iifname {} {} saddr {}", out, word, far), "dport");
  }
}

/// Before everything else, also in the middle of what is established.
void drop_impostors(FilterText& text, const std::string& who) {
  for (auto* chain : {&text.input, &text.forward}) chain->insert(chain->begin(), who + " drop comment \"S-impostor\"");
}

/// What comes out of an interface of IPsec has an address behind its far ends, or goes.
void add_belief(const NodeIntent& node, const Facts& facts, const std::string& interface, FilterText& text) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    std::vector<IpPrefix> beyond;
    for (const auto& one : node.connections)
      if (connection_interface(one.link, facts) == interface)
        std::copy_if(one.beyond.begin(), one.beyond.end(), std::back_inserter(beyond),
                     [family](const IpPrefix& prefix) { return prefix.family() == family; });
    std::string list;
    for (const auto& prefix : minimised(std::move(beyond))) list += (list.empty() ? "" : ", ") + prefix.text();
    const auto others = list.empty() ? fmt::format("meta nfproto {}", family_name(family))
                                     : fmt::format("{} saddr != {{ {} }}", family_word(family), list);
    drop_impostors(text, fmt::format("iifname \"{}\" {}", interface, others));
  }
}

void add_connection_rules(const NodeIntent& node, const Facts& facts, FilterText& text) {
  for (const auto& one : node.connections) add_outer_rules(node, one, text);
  for (const auto& interface : connections_of(node, "", facts)) {
    for (const std::string_view word : {"iifname", "oifname"})
      text.forward.insert(text.forward.begin(),
                          fmt::format("{} \"{}\" tcp flags syn tcp option maxseg size set rt mtu", word, interface));
    add_belief(node, facts, interface, text);
  }
}

std::string prefix_list(const std::vector<IpPrefix>& prefixes, Family family) {
  std::string list;
  for (const auto& prefix : prefixes)
    if (prefix.family() == family) list += (list.empty() ? "" : ", ") + prefix.text();
  return list;
}

/// Those between nodes, over which routing speaks: devices have no say in it.
std::vector<std::string> tunnels_between_nodes(const NodeIntent& node) {
  std::vector<std::string> interfaces;
  for (const auto& tunnel : node.tunnels)
    if (tunnel.users.empty()) interfaces.push_back(tunnel_interface(tunnel));
  return interfaces;
}

/// Outer packets of tunnels, BGP (RFC 4271) and BFD (RFC 5881) inside them; the size of TCP segments fits the tunnel.
void add_tunnel_rules(const NodeIntent& node, FilterText& text) {
  if (node.tunnels.empty()) return;
  const auto inner = quoted(tunnels_of(node, ""));
  for (const auto& tunnel : node.tunnels) {
    if (tunnel.port != 0) {
      const auto out = quoted(outward(node));
      text.input.push_back(
          fmt::format("iifname {} udp dport {} accept comment \"S-tunnel-{}\"", out, tunnel.port, tunnel.link));
      text.output.push_back(
          fmt::format("oifname {} udp sport {} accept comment \"S-tunnel-{}\"", out, tunnel.port, tunnel.link));
    }
    for (const auto& peer : tunnel.peers)
      if (peer.outer)
        text.output.push_back(fmt::format("{} daddr {} udp dport {} accept comment \"S-tunnel-{}\"",
                                          family_word(peer.outer->family), peer.outer->text(), peer.port, tunnel.link));
  }
  const auto between = tunnels_between_nodes(node);
  for (auto [chain, word] : {std::pair(&text.input, "iifname"), std::pair(&text.output, "oifname")}) {
    if (between.empty()) break;
    chain->push_back(fmt::format("{} {} tcp dport 179 accept comment \"S-bgp\"", word, quoted(between)));
    chain->push_back(fmt::format("{} {} udp dport 3784 accept comment \"S-bfd\"", word, quoted(between)));
  }
  for (const std::string_view word : {"iifname", "oifname"})
    text.forward.insert(text.forward.begin(),
                        fmt::format("{} {} tcp flags syn tcp option maxseg size set rt mtu", word, inner));
}

/// VRRP (RFC 9568) from and to the nodes of the same place, by their own addresses.
void add_redundancy_rules(const NodeIntent& node, const std::map<std::string, std::string>& interfaces,
                          FilterText& text) {
  if (!node.redundancy) return;
  const auto& segment = node.redundancy->segment;
  const auto& interface = segment.empty() ? node.inside : interfaces.at(segment);
  for (const auto& other : node.redundancy->others) {
    const auto rule = [&](std::string_view way, std::string_view end) {
      return fmt::format("{} \"{}\" {} {} {} meta l4proto {} accept comment \"S-vrrp\"", way, interface,
                         family_word(other.family), end, other.text(), protocol::k_vrrp);
    };
    text.input.push_back(rule("iifname", "saddr"));
    text.output.push_back(rule("oifname", "daddr"));
  }
}

/// Neighbour discovery and path MTU (RFC 4890), which nothing works without; DHCP of the segments that have it.
void add_system_rules(const NodeIntent& node, const std::map<std::string, std::string>& interfaces, const Facts& facts,
                      FilterText& text) {
  const std::string known = "ct state established,related accept";
  const std::string neighbours =
      "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept";
  text.input = {known, "ct state invalid drop", "iifname \"lo\" accept", neighbours};
  text.forward = {known, "ct state invalid drop"};
  text.output = {
      known, "oifname \"lo\" accept",
      "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept"};
  add_tunnel_rules(node, text);
  add_redundancy_rules(node, interfaces, text);
  add_connection_rules(node, facts, text);
  for (const auto& segment : node.segments) {
    if (!segment.dhcp) continue;
    text.input.push_back(
        fmt::format("iifname \"{}\" udp sport 68 udp dport 67 accept comment \"S-dhcp\"", interfaces.at(segment.path)));
    text.output.push_back(
        fmt::format("oifname \"{}\" udp sport 67 udp dport 68 accept comment \"S-dhcp\"", interfaces.at(segment.path)));
  }
}

}  // namespace

std::string tunnel_interface(const TunnelIntent& tunnel) {
  return shortened(tunnel.link + '-' + tunnel.name, k_longest_interface, 4);
}

namespace {

/// Who comes from outside under an address of ours is an impostor, also in the middle of what is established.
void add_impostors(const NodeIntent& node, FilterText& text) {
  std::vector<IpPrefix> ours;
  for (const auto& segment : node.segments)
    for (const auto& one : segment.prefixes) {
      ours.push_back(one.prefix);
      if (one.real) ours.push_back(*one.real);
    }
  for (const auto& tunnel : node.tunnels)
    for (const auto& peer : tunnel.peers) ours.insert(ours.end(), peer.beyond.begin(), peer.beyond.end());
  for (const auto& one : node.connections) ours.insert(ours.end(), one.beyond.begin(), one.beyond.end());
  // A gateway with one leg has its VPC and the outside on the same side.
  const bool one_leg = !node.underlays.empty() && node.underlays.front().interface == node.inside;
  if (!one_leg) ours.insert(ours.end(), node.announced.begin(), node.announced.end());
  ours = minimised(std::move(ours));
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    const auto list = prefix_list(ours, family);
    if (list.empty() || node.underlays.empty()) continue;
    drop_impostors(text, fmt::format("iifname {} {} saddr {{ {} }}", quoted(outward(node)), family_word(family), list));
  }
}

/// A device's address is believed by its tunnel alone, also where packets come from inside.
void add_impostors_of_users(const NodeIntent& node, FilterText& text) {
  for (const auto& tunnel : node.tunnels) {
    std::vector<IpPrefix> theirs;
    for (const auto& one : tunnel.users) theirs.push_back(one.prefix);
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto list = prefix_list(theirs, family);
      if (list.empty()) continue;
      drop_impostors(text, fmt::format("iifname != {} {} saddr {{ {} }}", quoted({"lo", tunnel_interface(tunnel)}),
                                       family_word(family), list));
    }
  }
}

/// What comes from a segment has an address of that segment: under a neighbour's, one could speak in the middle of what
/// is established. Among nodes that stand in for each other the serving one passes on what others sent.
void add_impostors_of_segments(const NodeIntent& node, const std::map<std::string, std::string>& interfaces,
                               FilterText& text) {
  std::set<Family> families;
  for (const auto& segment : node.segments)
    for (const auto& one : segment.prefixes) families.insert(one.prefix.family());
  for (const auto& segment : node.segments) {
    if (node.redundancy && node.redundancy->segment == segment.path) continue;
    for (const auto family : families) {
      // Who has no address yet asks for one, or for its neighbours.
      std::vector<std::string> believed{family == Family::ipv4 ? "0.0.0.0" : "::"};
      for (const auto& one : segment.prefixes)
        if (one.prefix.family() == family) believed.push_back(one.real.value_or(one.prefix).text());
      if (family == Family::ipv6) believed.emplace_back("fe80::/10");
      drop_impostors(text, fmt::format("iifname \"{}\" {} saddr != {{ {} }}", interfaces.at(segment.path),
                                       family_word(family), join(believed, ", ")));
    }
  }
}

}  // namespace

FilterText filter_of(const NodeIntent& node, const std::vector<AddressSetIntent>& sets,
                     const std::map<std::string, std::string>& interfaces, const Facts& facts) {
  FilterText text;
  add_system_rules(node, interfaces, facts, text);
  const Writer writer(node, interfaces, facts);
  const Translation translation(node, interfaces);
  for (const auto& rule : node.rules) {
    auto line = writer.rule(translation.as_filtered(rule));
    if (line.empty()) continue;
    auto& chain = rule.chain == NodeRuleIntent::Chain::input    ? text.input
                  : rule.chain == NodeRuleIntent::Chain::output ? text.output
                                                                : text.forward;
    chain.push_back(std::move(line));
  }
  add_impostors(node, text);
  add_impostors_of_users(node, text);
  add_impostors_of_segments(node, interfaces, text);
  // To the kernel's log, a few a second: whoever floods a node with what it refuses must not fill its disk.
  if (node.logs_refusals)
    for (const auto& [chain, name] :
         {std::pair(&text.input, "input"), {&text.forward, "forward"}, {&text.output, "output"}})
      chain->push_back(
          fmt::format("limit rate 10/second burst 20 packets log prefix \"cloison refused {}: \" level info", name));
  text.prerouting = translation.arriving();
  text.outgoing = translation.sent();
  text.postrouting = translation.leaving();
  // What the node itself may not send is refused at once: what asks for a name must not wait until its time is over.
  text.output.emplace_back("reject with icmpx type admin-prohibited");
  for (const auto& set : sets)
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      auto line = fmt::format("{} {}", set_name(set.path, family), family == Family::ipv4 ? "ipv4_addr" : "ipv6_addr");
      for (const auto& prefix : set.prefixes)
        if (prefix.family() == family) line += ' ' + prefix.text();
      text.sets.push_back(std::move(line));
    }
  return text;
}

}  // namespace cloison::node
