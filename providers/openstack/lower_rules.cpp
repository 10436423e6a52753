#include <unordered_set>

#include <fmt/format.h>

#include "providers/openstack/lowering.h"
#include "providers/openstack/protocols.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

namespace {

using Attributes = std::vector<std::pair<std::string_view, Value>>;

bool has_ports(uint8_t number) {
  return number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp;
}

/// The match as rules write it, and its part of the rule's key ("tcp-443", "icmp-echo-request", "any").
struct Match {
  Attributes attributes{};
  std::string key{};
};

Match match_of(TransportMatch match, Family family, SharedLeaves& leaves) {
  if (match.ports.first <= 1 && match.ports.last == 65535) match.ports = {};  // one rule, as Neutron sees it
  Match result;
  result.key = match.text();
  std::replace(result.key.begin(), result.key.end(), '/', '-');
  if (!match.ip_protocol) return result;
  result.attributes.emplace_back("protocol", leaves.text(protocol_text(*match.ip_protocol, family)));
  if (*match.ip_protocol == protocol::k_icmp && !match.icmp_any) {
    const auto& message = family == Family::ipv4 ? match.icmp4 : match.icmp6;
    if (!message) return result;
    result.attributes.emplace_back("icmp_type", Value::integer(message->type));
    if (message->code) result.attributes.emplace_back("icmp_code", Value::integer(*message->code));
    // a message without a name of its own, or one narrowed to a code
    if (result.key == "icmp" || message->code)
      result.key +=
          fmt::format("-{}{}", message->type, message->code ? fmt::format("-{}", *message->code) : std::string());
  } else if (has_ports(*match.ip_protocol) && !match.ports.all()) {
    result.attributes.emplace_back("port_min", Value::integer(match.ports.first));
    result.attributes.emplace_back("port_max", Value::integer(match.ports.last));
  }
  return result;
}

std::string prefix_key(const IpPrefix& prefix) {
  std::string key = prefix.text();
  std::replace(key.begin(), key.end(), '/', '_');
  return key;
}

/// Lowers permits one by one; what repeats (sets, choice) is looked up.
class Rules {
 public:
  explicit Rules(Lowering& lowering) : lowering_(lowering), named_(uses_address_groups()) {
    for (const AddressSetIntent& set : lowering.intent.address_sets) sets_.emplace(set.path, &set);
  }

  void groups() {
    for (const GroupIntent& group : lowering_.intent.groups)
      lowering_.add(group.path, kind::k_group, {{"name", Value::text(object_name(group.path))}}, group.origins);
    if (!lowering_.intent.address_sets.empty() && lowering_.has_facts())
      lowering_.out.choices["choice/remotes"] = named_ ? "address_group" : "prefixes";
  }

  void permit(const PermitIntent& permit) {
    if (!permit.match.exists_in(permit.family)) return;
    if (const auto* prefix = std::get_if<IpPrefix>(&permit.remote)) {
      to_prefix(permit, *prefix);
      return;
    }
    const auto found = sets_.find(std::get<std::string>(permit.remote));
    // A set without members permits nothing, so it needs neither group nor rule until its first member is there.
    if (found == sets_.end() || found->second->prefixes.empty()) return;
    const AddressSetIntent& set = *found->second;
    if (named_) {
      to_set(permit, set);
      return;
    }
    for (const IpPrefix& prefix : set.prefixes)
      if (prefix.family() == permit.family) to_prefix(permit, prefix);
  }

 private:
  [[nodiscard]] bool uses_address_groups() const {
    const auto choice = lowering_.facts.find("choice/remotes");
    if (choice != lowering_.facts.end()) return choice->second == "address_group";
    const auto extension = lowering_.facts.find("extension/address-group");
    return !lowering_.has_facts() || (extension != lowering_.facts.end() && extension->second == "yes");
  }

  void to_prefix(const PermitIntent& permit, const IpPrefix& prefix) {
    rule(permit, prefix_key(prefix), {"remote_prefix", lowering_.leaves.prefix(prefix)});
  }

  void to_set(const PermitIntent& permit, const AddressSetIntent& set) {
    const std::string address = set.path + ".address_group";
    if (made_.insert(set.path).second) {
      std::vector<Value> addresses;
      for (const IpPrefix& prefix : set.prefixes) addresses.push_back(Value::prefix(prefix));
      lowering_.add(address, kind::k_address_group,
                    {{"name", Value::text(object_name(set.path))}, {"addresses", Value::list(std::move(addresses))}},
                    set.origins);
    }
    rule(permit, set.path, {"remote_address_group", lowering_.leaves.ref(address)});
  }

  void rule(const PermitIntent& permit, const std::string& remote_key, std::pair<std::string_view, Value> remote) {
    SharedLeaves& leaves = lowering_.leaves;
    Match match = match_of(permit.match, permit.family, leaves);
    const std::string_view direction = permit.direction == Direction::in ? "in" : "out";
    match.attributes.emplace_back("group", leaves.ref(permit.group));
    match.attributes.emplace_back("direction", leaves.text(direction));
    match.attributes.emplace_back("family", leaves.text(family_name(permit.family)));
    match.attributes.push_back(std::move(remote));
    lowering_.add(
        fmt::format("{}.rule/{}-{}-{}-{}", permit.group, direction, family_name(permit.family), match.key, remote_key),
        kind::k_rule, std::move(match.attributes), permit.origins);
  }

  Lowering& lowering_;
  bool named_;
  std::unordered_map<std::string, const AddressSetIntent*> sets_{};
  std::unordered_set<std::string> made_{};
};

}  // namespace

void lower_rules(Lowering& lowering) {
  Rules rules(lowering);
  rules.groups();
  for (const PermitIntent& permit : lowering.intent.permits) rules.permit(permit);
}

}  // namespace cloison::openstack
