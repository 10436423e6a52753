#include "providers/node/translation.h"

#include <algorithm>

#include <fmt/format.h>

#include "providers/node/rule_text.h"

namespace cloison::node {

namespace {

using Chain = NodeRuleIntent::Chain;
using Side = NodeRuleIntent::Side;

std::vector<std::string> outward(const NodeIntent& node, bool dialled) {
  std::vector<std::string> interfaces;
  for (const auto& underlay : node.underlays)
    if (!dialled || underlay.outer) interfaces.push_back(underlay.interface);
  return interfaces;
}

void add_once(std::vector<std::string>& lines, std::string line) {
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
}

}  // namespace

IpAddress on_wire(const SegmentPrefix& segment, const IpAddress& declared) {
  if (!segment.real || !segment.prefix.contains(declared)) return declared;
  return {declared.family, segment.real->address.bits + (declared.bits - segment.prefix.address.bits)};
}

std::vector<std::string> resolvers_on_wire(const NodeSegmentIntent& segment) {
  std::vector<std::string> all;
  for (auto server : segment.dns) {
    for (const auto& one : segment.prefixes) server = on_wire(one, server);
    all.push_back(server.text());
  }
  return all;
}

Translation::Translation(const NodeIntent& node, const std::map<std::string, std::string>& interfaces) : node_(node) {
  for (const auto& segment : node.segments)
    for (const auto& one : segment.prefixes)
      if (one.real) reals_.push_back({one, segment.path, interfaces.at(segment.path)});
}

/// `segment`: the only one of which it is translated; "" for any.
IpPrefix Translation::real_of(const IpPrefix& declared, const std::string& segment) const {
  for (const auto& real : reals_)
    if (real.prefix.prefix.contains(declared) && (segment.empty() || segment == real.path))
      return {on_wire(real.prefix, declared.address), declared.length};
  return declared;
}

NodeRuleIntent Translation::as_filtered(NodeRuleIntent rule) const {
  if (reals_.empty()) return rule;
  if (auto* to = std::get_if<IpPrefix>(&rule.to)) *to = real_of(*to, "");
  // What the node sends elsewhere than into the segment itself comes from its declared address there.
  const auto& near = rule.chain == Chain::output ? rule.out : rule.in;
  auto* from = std::get_if<IpPrefix>(&rule.from);
  if (from != nullptr && near.kind == Side::Kind::segment) *from = real_of(*from, near.name);
  return rule;
}

/// What the node answers itself at its outer addresses stays with it, whatever else is asked for there.
std::vector<std::string> Translation::kept() const {
  std::vector<std::string> lines;
  const auto ways = quoted(outward(node_, true));
  for (const auto& tunnel : node_.tunnels)
    if (tunnel.port != 0)
      add_once(lines,
               fmt::format("iifname {} udp dport {} accept comment \"S-tunnel-{}\"", ways, tunnel.port, tunnel.link));
  for (const auto& rule : node_.rules)
    if (rule.chain == Chain::input && rule.in.kind == Side::Kind::underlays && rule.family == Family::ipv4)
      add_once(lines, fmt::format("iifname {} {}{}accept{}", ways, end_text("saddr", rule.from, rule.family),
                                  match_text(rule.match, rule.family), comment_of(rule.origins)));
  return lines;
}

std::vector<std::string> Translation::inward() const {
  std::vector<std::string> lines;
  const auto ways = outward(node_, true);
  if (ways.empty()) return lines;
  for (const auto& rule : node_.rules) {
    const auto* to = std::get_if<IpPrefix>(&rule.to);
    if (!rule.at_public_address || rule.family != Family::ipv4 || to == nullptr) continue;
    const bool here = std::any_of(node_.segments.begin(), node_.segments.end(), [&](const NodeSegmentIntent& segment) {
      return segment.path == rule.out.name && !segment.prefixes.empty();
    });
    if (here)
      add_once(lines, fmt::format("iifname {} {}fib daddr . iif type local {}dnat ip to {}{}", quoted(ways),
                                  end_text("saddr", rule.from, rule.family), match_text(rule.match, rule.family),
                                  real_of(*to, "").address.text(), comment_of(rule.origins)));
  }
  if (lines.empty()) return lines;
  auto all = kept();
  all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

std::vector<std::string> Translation::sent() const {
  std::vector<std::string> lines;
  for (const auto& real : reals_) {
    const auto word = family_word(real.prefix.prefix.family());
    lines.push_back(fmt::format("{0} daddr {1} dnat {0} prefix to {2} comment \"S-real\"", word,
                                real.prefix.prefix.text(), real.prefix.real->text()));
  }
  return lines;
}

std::vector<std::string> Translation::arriving() const {
  auto lines = inward();
  for (auto& line : sent()) lines.push_back(std::move(line));
  return lines;
}

/// IPv4 that leaves for the outside takes the address of the way by which it does (docs/language.md, Paths); IPv6 is
/// never translated there. Towards the rest, a segment's real addresses become the declared ones, except between two
/// segments of this node that both have real ones: their hosts know each other so.
std::vector<std::string> Translation::leaving() const {
  std::vector<IpPrefix> inner;
  for (const auto& rule : node_.rules)
    if (rule.chain == Chain::forward && rule.out.kind == Side::Kind::underlays && rule.family == Family::ipv4)
      if (const auto* prefix = std::get_if<IpPrefix>(&rule.from))
        inner.push_back(rule.in.kind == Side::Kind::segment ? real_of(*prefix, rule.in.name) : *prefix);
  std::vector<std::string> lines;
  for (const auto& prefix : minimised(std::move(inner)))
    lines.push_back(fmt::format("oifname {} ip saddr {} masquerade comment \"S-snat\"", quoted(outward(node_, false)),
                                plain_text(prefix)));
  std::vector<std::string> among;
  for (const auto& real : reals_) add_once(among, real.interface);
  for (const auto& real : reals_) {
    const auto word = family_word(real.prefix.prefix.family());
    lines.push_back(
        fmt::format("iifname \"{0}\" oifname != {1} {2} saddr {3} snat {2} prefix to {4} comment \"S-real\"",
                    real.interface, quoted(among), word, real.prefix.real->text(), real.prefix.prefix.text()));
  }
  return lines;
}

}  // namespace cloison::node
