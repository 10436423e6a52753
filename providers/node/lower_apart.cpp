#include "providers/node/lower_apart.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "providers/node/lower.h"
#include "providers/node/lower_guests.h"
#include "providers/node/translation.h"

namespace cloison::node {

namespace {

using Side = NodeRuleIntent::Side;

bool is_inside(const NodeRuleIntent& rule, const NodeSegmentIntent& segment) {
  const Side here{Side::Kind::segment, segment.path};
  return rule.chain == NodeRuleIntent::Chain::forward && rule.in == here && rule.out == here;
}

/// One machine's, or nothing.
const IpPrefix* one_address(const std::variant<IpPrefix, std::string>& end) {
  const auto* prefix = std::get_if<IpPrefix>(&end);
  return prefix != nullptr && prefix->length == address_bits(prefix->family()) ? prefix : nullptr;
}

/// The node's own interface on a segment, or another node's.
std::string interface_address(const std::string& node, const NodeSegmentIntent& segment) {
  return hardware_address(fmt::format("{} on {}", node, segment.path));
}

/// Whether nobody is on it whom no node switches: all its machines are run, as far as this node knows.
bool is_whole(const NodeIntent& node, const NodeSegmentIntent& segment, const Facts& facts) {
  return segment.whole && std::all_of(node.guests.begin(), node.guests.end(), [&](const EndpointIntent& guest) {
           return guest.segment != segment.path || is_made(segment, guest, facts);
         });
}

}  // namespace

std::vector<std::string> answered_for(const NodeIntent& node, const NodeSegmentIntent& segment) {
  std::set<std::string> all;
  for (const auto& rule : node.rules) {
    if (!is_inside(rule, segment)) continue;
    if (rule.family == Family::ipv4) all.insert("ipv4");
    if (rule.family == Family::ipv6)
      for (const auto* end : {one_address(rule.from), one_address(rule.to)})
        if (end != nullptr) {
          auto address = end->address;
          for (const auto& one : segment.prefixes) address = on_wire(one, address);
          all.insert(address.text());
        }
  }
  return {all.begin(), all.end()};
}

std::vector<std::string> not_passed_on(const NodeIntent& node, const NodeSegmentIntent& segment) {
  std::vector<std::string> all;
  for (const auto& rule : node.rules) {
    if (!is_inside(rule, segment)) continue;
    const bool unnamed =
        rule.family == Family::ipv6 && (one_address(rule.from) == nullptr || one_address(rule.to) == nullptr);
    const bool multicast = rule.match.ip_protocol == protocol::k_vrrp;
    if (!unnamed && !multicast) continue;
    for (const auto& origin : rule.origins) {
      auto line =
          fmt::format("{}: {}", origin.declared_by,
                      multicast ? "VRRP goes to all at once" : "by IPv6, a node answers for single addresses alone");
      if (std::find(all.begin(), all.end(), line) == all.end()) all.push_back(std::move(line));
    }
  }
  return all;
}

void add_apart(const NodeIntent& node, const NodeSegmentIntent& segment, const Facts& facts, bool addressed,
               std::vector<std::pair<std::string_view, Value>>& attributes) {
  if (!segment.apart) return;
  std::vector<std::string> from;
  for (const auto& other : segment.other_nodes) from.push_back("node " + interface_address(other, segment));
  for (const auto& guest : segment.other_guests) from.push_back("machine " + hardware_address(guest));
  if (!is_whole(node, segment, facts)) from.emplace_back("any");
  attributes.emplace_back("apart", Value::boolean(true));
  attributes.emplace_back("from_trunk", Value::texts(from));
  // By it the other nodes tell what this one has passed on.
  if (addressed && !segment.other_nodes.empty())
    attributes.emplace_back("hardware_address", Value::text(interface_address(node.path, segment)));
  attributes.emplace_back("answers_for", Value::texts(answered_for(node, segment)));
}

}  // namespace cloison::node
