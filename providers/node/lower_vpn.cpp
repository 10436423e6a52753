#include "providers/node/lower_vpn.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/closing.h"
#include "providers/node/lower.h"
#include "providers/node/render_vpn.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

/// A route of this metric loses against each of BGP: FRR takes its first byte for a distance, the kernel all of it.
constexpr int64_t k_last_metric = 4'278'198'272, k_first_metric = 100;
constexpr int64_t k_detection_own = 2, k_detection_others = 10;  // seconds

/// As IKE names an end (RFC 7296, 3.5, ID_FQDN); two links of the same two ends stay apart.
std::string identity(const std::string& link, const std::string& node) {
  return link + "." + short_name(node);
}

std::string connection_name(const ConnectionIntent& one) {
  constexpr std::size_t k_longest = 40;
  auto name = one.link + "-" + short_name(one.name);
  std::replace(name.begin(), name.end(), '.', '-');
  return shortened(name, k_longest, 8);
}

Value prefix_texts(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> texts;
  for (const auto& prefix : prefixes) texts.push_back(prefix.text());
  return Value::texts(texts);
}

std::vector<DialledWay> ways_of(const NodeIntent& node, const ConnectionIntent& one) {
  std::vector<DialledWay> ways;
  for (const auto& way : one.ways) {
    const auto* underlay = chosen_underlay(node, way.underlay);
    DialledWay mine{.name = way.underlay.empty() ? "only" : way.underlay, .address = way.outer.text()};
    if (underlay != nullptr) mine.interface = underlay->interface, mine.mark = mark_of(underlay->name);
    ways.push_back(std::move(mine));
  }
  return ways;
}

class Vpn {
 public:
  Vpn(const NodeIntent& node, const Facts& facts, const AddResource& add) : node_(node), facts_(facts), add_(add) {}

  void all() {
    if (node_.connections.empty()) return;
    // IPv4, UDP, ESP with its longest padding, sequence number, IV and integrity value (RFC 4303, RFC 4106).
    constexpr int64_t k_overhead = 100;
    int64_t mtu = 1500;
    for (const auto& underlay : node_.underlays) mtu = std::min(mtu, underlay.mtu);
    add_(k_ipsec, "ipsec",
         {{"esp", Value::text(kernel_encrypts(facts_) ? "kernel" : "userspace")},
          {"mtu", Value::integer(mtu - k_overhead)},
          {k_other_connections, Value::texts({})}},
         node_.origins, {"firewall"});
    for (const auto& one : node_.connections) add_connection(one);
  }

 private:
  void add_connection(const ConnectionIntent& one) {
    std::vector<std::string> after{"ipsec"};
    if (one.secret.empty()) {
      after.push_back("key/" + one.link);
      if (keys_.insert(one.link).second)
        add_(k_key, "key/" + one.link,
             {{"name", Value::text(one.link)}, {"algorithm", Value::text(std::string(k_ecdsa))}}, one.origins, {});
    }
    std::vector<std::string> ways;
    for (const auto& way : ways_of(node_, one)) ways.push_back(text_of(way));
    for (const auto& way : one.ways)
      if (chosen_underlay(node_, way.underlay) != nullptr) after.push_back("underlay/" + way.underlay);
    const bool own = one.secret.empty();
    const auto local = one.outer ? one.outer->text() : identity(one.link, node_.path);
    const auto remote = one.peer ? one.peer->text() : identity(one.link, one.node);
    const auto name = connection_name(one);
    add_(k_connection, "connection/" + name,
         {{"name", Value::text(name)},
          {"interface", Value::text(connection_interface(one.link, facts_))},
          {"interface_id", kernel_encrypts(facts_) ? Value::integer(interface_id(one.link)) : Value::null()},
          {"dials_by", Value::texts(ways)},
          {"local_id", Value::text(local)},
          {"remote_id", Value::text(remote)},
          {"key", own ? Value::text(one.link) : Value::null()},
          {"public_key", own ? Value::ref(fmt::format("{}.key/{}", one.node, one.link), "public_key") : Value::null()},
          {"secret", own ? Value::null() : Value::text(one.secret)},
          {"remote_address", one.peer ? Value::text(one.peer->text()) : Value::null()},
          {"local", prefix_texts(one.here)},
          {"remote", prefix_texts(one.beyond)},
          {"sources", Value::texts(sources())},
          {"metric", Value::integer(one.standby ? k_last_metric : k_first_metric)},
          {"dead_peer_detection", Value::integer(one.peer ? k_detection_others : k_detection_own)}},
         one.origins, std::move(after));
  }

  /// What the node itself sends has a source that the far end lets in; and strongSwan in userspace serves no selector
  /// in which the node has no address.
  [[nodiscard]] std::vector<std::string> sources() const {
    std::vector<std::string> texts;
    for (const auto& own : node_.own) texts.push_back(own.text());
    return texts;
  }

  static int64_t interface_id(const std::string& link) { return 1 + short_hash("interface " + link); }

  const NodeIntent& node_;
  const Facts& facts_;
  const AddResource& add_;
  std::set<std::string> keys_{};
};

}  // namespace

bool kernel_encrypts(const Facts& facts) {
  return !facts.contains("os") || (facts.contains("kernel/esp4") && facts.contains("kernel/xfrm_interface"));
}

std::string connection_interface(const std::string& link, const Facts& facts) {
  return kernel_encrypts(facts) ? shortened("vpn-" + link, k_longest_interface, 4) : "ipsec0";
}

std::string condition_chain(const std::string& name) {
  std::string chain = "when_";
  for (const char c : name) chain += is_letter_or_digit(c) ? c : '_';
  return chain;
}

void add_vpn(const NodeIntent& node, const Facts& facts, const AddResource& add) {
  Vpn(node, facts, add).all();
}

void add_conditions(const NodeIntent& node, const Facts& facts, const std::vector<std::string>& forward,
                    const AddResource& add) {
  (void)facts;
  for (const auto& one : node.conditions) {
    std::set<std::string> neighbours, connections;
    std::vector<std::string> after{"firewall"};
    for (const auto& tunnel : node.tunnels)
      for (const auto& peer : tunnel.peers)
        if (one.links.contains(tunnel.link) || one.nodes.contains(peer.node)) neighbours.insert(peer.inner.text());
    for (const auto& connection : node.connections)
      if (one.links.contains(connection.link) || one.nodes.contains(connection.name))
        for (const auto& name : loaded_names(connection_name(connection), ways_of(node, connection)))
          connections.insert(name);
    // A third of the time is for seeing that the last tunnel is down, a third for waiting whether it stays so.
    constexpr int64_t k_longest = 10;
    const auto patience = std::clamp<int64_t>(one.within.count() / 3, 1, k_longest);
    if (!neighbours.empty()) after.emplace_back("routing");
    add(k_condition, "condition/" + one.name,
        {{"name", Value::text(one.name)},
         {"neighbours", Value::texts({neighbours.begin(), neighbours.end()})},
         {"connections", Value::texts({connections.begin(), connections.end()})},
         {"patience", Value::integer(patience)},
         {"closes", Value::texts(opened_through(forward, condition_chain(one.name)))}},
        one.origins, std::move(after));
  }
}

}  // namespace cloison::node
