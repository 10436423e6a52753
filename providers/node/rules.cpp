#include "providers/node/rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::node {

namespace {

using Side = NodeRuleIntent::Side;

std::string_view family_word(Family family) {
  return family == Family::ipv4 ? "ip" : "ip6";
}

/// One set for each family: their elements have different types.
std::string set_name(const std::string& path, Family family) {
  std::string name;
  for (const char c : path) name += is_letter_or_digit(c) ? c : '_';
  return name + (family == Family::ipv4 ? "4" : "6");
}

std::string quoted(const std::vector<std::string>& interfaces) {
  if (interfaces.size() == 1) return '"' + interfaces.front() + '"';
  std::string text = "{ ";
  for (const auto& one : interfaces) text += (text.size() > 2 ? ", \"" : "\"") + one + '"';
  return text + " }";
}

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

std::string match_text(const TransportMatch& match, Family family) {
  if (!match.ip_protocol) return {};
  if (*match.ip_protocol == protocol::k_icmp) {
    const auto word = family == Family::ipv4 ? "icmp" : "icmpv6";
    const auto& message = family == Family::ipv4 ? match.icmp4 : match.icmp6;
    if (match.icmp_any || !message)
      return fmt::format("meta l4proto {} ", family == Family::ipv4 ? "icmp" : "ipv6-icmp");
    auto text = fmt::format("{} type {} ", word, message->type);
    if (message->code) text += fmt::format("{} code {} ", word, *message->code);
    return text;
  }
  const bool ports = *match.ip_protocol == protocol::k_tcp || *match.ip_protocol == protocol::k_udp ||
                     *match.ip_protocol == protocol::k_sctp;
  if (!ports || (match.ports.first == 0 && match.ports.last == 65535))
    return fmt::format("meta l4proto {} ", *match.ip_protocol);
  const auto* const word = *match.ip_protocol == protocol::k_tcp   ? "tcp"
                           : *match.ip_protocol == protocol::k_udp ? "udp"
                                                                   : "sctp";
  return match.ports.first == match.ports.last
             ? fmt::format("{} dport {} ", word, match.ports.first)
             : fmt::format("{} dport {}-{} ", word, match.ports.first, match.ports.last);
}

class Writer {
 public:
  Writer(const NodeIntent& node, const std::map<std::string, std::string>& interfaces)
      : node_(node), interfaces_(interfaces) {}

  /// "" where a side has no interface.
  [[nodiscard]] std::string rule(const NodeRuleIntent& rule) const {
    const auto in = side("iifname", rule.in), out = side("oifname", rule.out);
    if (!in || !out) return {};
    return *in + *out + end("saddr", rule.from, rule.family) + end("daddr", rule.to, rule.family) +
           match_text(rule.match, rule.family) + "ct state new accept" + comment(rule.origins);
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
        const auto tunnels = tunnels_of(node_, side.name);
        if (tunnels.empty()) return std::nullopt;
        return fmt::format("{} {} ", word, quoted(tunnels));
      }
    }
    return std::nullopt;
  }
  static std::string end(std::string_view word, const std::variant<IpPrefix, std::string>& end, Family family) {
    if (const auto* set = std::get_if<std::string>(&end))
      return fmt::format("{} {} @{} ", family_word(family), word, set_name(*set, family));
    const auto& prefix = std::get<IpPrefix>(end);
    if (prefix.length == 0) return fmt::format("meta nfproto {} ", family_name(family));
    const bool one = prefix.length == address_bits(family);
    return fmt::format("{} {} {} ", family_word(family), word, one ? prefix.address.text() : prefix.text());
  }
  /// Flow ids: names of the language, so nothing in them ends the text. nft takes 128 bytes.
  static std::string comment(const std::vector<Origin>& origins) {
    constexpr std::size_t k_longest = 120;
    std::string text;
    for (const auto& origin : origins) {
      const auto word = origin.declared_by.substr(origin.declared_by.rfind(' ') + 1);
      if (text.size() + word.size() > k_longest) break;
      text += (text.empty() ? "" : " ") + word;
    }
    return text.empty() ? "" : fmt::format(" comment \"{}\"", text);
  }

  const NodeIntent& node_;
  const std::map<std::string, std::string>& interfaces_;
};

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
void add_system_rules(const NodeIntent& node, const std::map<std::string, std::string>& interfaces, FilterText& text) {
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

/// IPv4 that leaves for the outside takes the address of the way by which it does (docs/language.md, Paths); IPv6 is
/// never translated.
void add_translation(const NodeIntent& node, FilterText& text) {
  std::vector<IpPrefix> inner;
  for (const auto& rule : node.rules)
    if (rule.chain == NodeRuleIntent::Chain::forward && rule.out.kind == Side::Kind::underlays &&
        rule.family == Family::ipv4)
      if (const auto* prefix = std::get_if<IpPrefix>(&rule.from)) inner.push_back(*prefix);
  for (const auto& prefix : minimised(std::move(inner)))
    text.postrouting.push_back(
        fmt::format("oifname {} ip saddr {} masquerade comment \"S-snat\"", quoted(outward(node)),
                    prefix.length == address_bits(Family::ipv4) ? prefix.address.text() : prefix.text()));
}

}  // namespace

namespace {

/// Who comes from outside under an address of ours is an impostor, also in the middle of what is established.
void add_impostors(const NodeIntent& node, FilterText& text) {
  std::vector<IpPrefix> ours;
  for (const auto& segment : node.segments)
    for (const auto& one : segment.prefixes) ours.push_back(one.prefix);
  for (const auto& tunnel : node.tunnels)
    for (const auto& peer : tunnel.peers) ours.insert(ours.end(), peer.beyond.begin(), peer.beyond.end());
  // A gateway with one leg has its VPC and the outside on the same side.
  const bool one_leg = !node.underlays.empty() && node.underlays.front().interface == node.inside;
  if (!one_leg) ours.insert(ours.end(), node.announced.begin(), node.announced.end());
  ours = minimised(std::move(ours));
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    const auto list = prefix_list(ours, family);
    if (list.empty() || node.underlays.empty()) continue;
    for (auto* chain : {&text.input, &text.forward})
      chain->insert(chain->begin(), fmt::format("iifname {} {} saddr {{ {} }} drop comment \"S-impostor\"",
                                                quoted(outward(node)), family_word(family), list));
  }
}

}  // namespace

namespace {

/// A device's address is believed by its tunnel alone, also where packets come from inside.
void add_impostors_of_users(const NodeIntent& node, FilterText& text) {
  for (const auto& tunnel : node.tunnels) {
    std::vector<IpPrefix> theirs;
    for (const auto& one : tunnel.users) theirs.push_back(one.prefix);
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      const auto list = prefix_list(theirs, family);
      if (list.empty()) continue;
      for (auto* chain : {&text.input, &text.forward})
        chain->insert(chain->begin(), fmt::format("iifname != {} {} saddr {{ {} }} drop comment \"S-impostor\"",
                                                  quoted({"lo", tunnel_interface(tunnel)}), family_word(family), list));
    }
  }
}

}  // namespace

FilterText filter_of(const NodeIntent& node, const std::vector<AddressSetIntent>& sets,
                     const std::map<std::string, std::string>& interfaces) {
  FilterText text;
  add_system_rules(node, interfaces, text);
  const Writer writer(node, interfaces);
  for (const auto& rule : node.rules) {
    auto line = writer.rule(rule);
    if (line.empty()) continue;
    auto& chain = rule.chain == NodeRuleIntent::Chain::input    ? text.input
                  : rule.chain == NodeRuleIntent::Chain::output ? text.output
                                                                : text.forward;
    chain.push_back(std::move(line));
  }
  add_impostors(node, text);
  add_impostors_of_users(node, text);
  add_translation(node, text);
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
