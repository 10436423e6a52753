#include "providers/node/live_links.h"

#include <charconv>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"
#include "providers/node/render_links.h"
#include "providers/node/render_vpn.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

std::vector<std::vector<std::string_view>> words_of(const Report& report, std::string_view section) {
  std::vector<std::vector<std::string_view>> rows;
  const auto found = report.find(section);
  if (found == report.end()) return rows;
  for (const auto line : split(found->second.text, '\n')) rows.push_back(split(line, ' '));
  return rows;
}

/// 0 for what is no number: "off", "(none)".
int64_t number_of(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

Value unless_zero(int64_t number) {
  return number == 0 ? Value::null() : Value::integer(number);
}

}  // namespace

LiveLinks::LiveLinks(const Report& report) {
  for (const auto& words : words_of(report, "keys"))
    if (words.size() == 2 && (is_wireguard_key(words[1]) || is_ecdsa_key(words[1]))) keys_.emplace(words[0], words[1]);
  read_tunnels(report);
  read_interfaces(report);
  for (const auto& words : words_of(report, "underlays"))
    if (words.size() == 4)
      underlays_.insert_or_assign(std::string(words[0]),
                                  Underlay{number_of(words[1]), words[2] == "ok", words[3] == "ok"});
  if (const auto told = report.find("routing"); told != report.end() && told->second.status == 0)
    routing_ = read_running(told->second.text);
}

void LiveLinks::read_tunnels(const Report& report) {
  for (const auto& words : words_of(report, "tunnels")) {
    if (words.size() == 5 && words[0] == "interface") {
      auto& tunnel = tunnels_[std::string(words[1])];
      tunnel.public_key = words[2];
      tunnel.port = number_of(words[3]);
      tunnel.mark = number_of(words[4]);
    } else if (words.size() == 6 && words[0] == "peer") {
      Peer peer{.keepalive = number_of(words[5])};
      if (words[3] != "(none)") peer.endpoint = words[3];
      for (const auto text : split(words[4], ','))
        if (const auto prefix = IpPrefix::parse(text)) peer.allowed.push_back(prefix->text());
      tunnels_[std::string(words[1])].peers.insert_or_assign(std::string(words[2]), std::move(peer));
    }
  }
}

void LiveLinks::read_interfaces(const Report& report) {
  const auto told = report.find("addresses");
  const auto links = told == report.end() ? net::Json{} : net::parse_json(told->second.text).value_or(net::Json{});
  if (links.as_array() == nullptr) return;
  for (const auto& link : *links.as_array()) {
    const auto tunnel = tunnels_.find(link.text_at("ifname"));
    if (tunnel == tunnels_.end()) continue;
    if (const auto* mtu = link.find("mtu"); mtu != nullptr && mtu->as_integer() != nullptr)
      tunnel->second.mtu = *mtu->as_integer();
    const auto* infos = link.find("addr_info");
    if (infos == nullptr || infos->as_array() == nullptr) continue;
    for (const auto& info : *infos->as_array())
      if (const auto* length = info.find("prefixlen"); length != nullptr && length->as_integer() != nullptr)
        tunnel->second.addresses.push_back(fmt::format("{}/{}", info.text_at("local"), *length->as_integer()));
  }
}

void LiveLinks::declare(std::string_view kind, const Value& settings) {
  if (kind != k_peer) return;
  const auto& schema = schema_of(k_peer);
  declared_[attribute(schema, settings, "tunnel").text_or_empty()].insert(
      attribute(schema, settings, "public_key").text_or_empty());
}

Value LiveLinks::live(std::string_view kind, Value attributes) const {
  const auto& schema = schema_of(kind);
  if (kind == k_key) live_key(schema, attributes);
  if (kind == k_tunnel) live_tunnel(schema, attributes);
  if (kind == k_peer) live_peer(schema, attributes);
  if (kind == k_underlay) live_underlay(schema, attributes);
  if (kind == k_routing) live_routing(schema, attributes);
  return attributes;
}

void LiveLinks::live_key(const KindSchema& schema, Value& attributes) const {
  const auto key = keys_.find(attribute(schema, attributes, "name").text_or_empty());
  if (key != keys_.end()) {
    attributes = with_attribute(schema, attributes, "public_key", Value::text(key->second));
    return;
  }
  // What nobody asked for is not compared, so a lost private key shows where the files do.
  attributes = with_attribute(schema, attributes, "public_key", Value::null());
  attributes = with_attribute(schema, attributes, k_content, Value::null());
}

void LiveLinks::live_tunnel(const KindSchema& schema, Value& attributes) const {
  static const Tunnel k_none;
  const auto name = attribute(schema, attributes, "name").text_or_empty();
  const auto found = tunnels_.find(name);
  const auto& tunnel = found == tunnels_.end() ? k_none : found->second;
  const auto set = [&](std::string_view one, Value value) {
    attributes = with_attribute(schema, attributes, one, std::move(value));
  };
  const auto key = keys_.find(attribute(schema, attributes, "key").text_or_empty());
  if (key == keys_.end() || key->second != tunnel.public_key) set("key", Value::null());
  // One that only dials has the port that it was given.
  if (!attribute(schema, attributes, "listen_port").is_null()) set("listen_port", unless_zero(tunnel.port));
  set("mark", unless_zero(tunnel.mark));
  set("mtu", unless_zero(tunnel.mtu));
  set("addresses", Value::texts(tunnel.addresses));
  std::vector<std::string> foreign;
  const auto declared = declared_.find(name);
  for (const auto& [public_key, peer] : tunnel.peers)
    if (declared == declared_.end() || !declared->second.contains(public_key)) foreign.push_back(printable(public_key));
  set(k_foreign_peers, Value::texts(foreign));
}

void LiveLinks::live_peer(const KindSchema& schema, Value& attributes) const {
  const auto set = [&](std::string_view one, Value value) {
    attributes = with_attribute(schema, attributes, one, std::move(value));
  };
  const auto tunnel = tunnels_.find(attribute(schema, attributes, "tunnel").text_or_empty());
  const Peer* peer = nullptr;
  if (tunnel != tunnels_.end())
    if (const auto found = tunnel->second.peers.find(attribute(schema, attributes, "public_key").text_or_empty());
        found != tunnel->second.peers.end())
      peer = &found->second;
  if (peer == nullptr) set("public_key", Value::null());
  set("allowed", Value::texts(peer == nullptr ? std::vector<std::string>{} : peer->allowed));
  set("keepalive", unless_zero(peer == nullptr ? 0 : peer->keepalive));
  // A peer that dials is where it spoke from last, and it may roam.
  if (!attribute(schema, attributes, "endpoint").is_null())
    set("endpoint", peer == nullptr || peer->endpoint.empty() ? Value::null() : Value::text(printable(peer->endpoint)));
}

void LiveLinks::live_underlay(const KindSchema& schema, Value& attributes) const {
  const auto found = underlays_.find(attribute(schema, attributes, "name").text_or_empty());
  const auto underlay = found == underlays_.end() ? Underlay{} : found->second;
  attributes = with_attribute(schema, attributes, "mark", underlay.rules ? unless_zero(underlay.mark) : Value::null());
  if (!underlay.routes) attributes = with_attribute(schema, attributes, "interface", Value::null());
}

void LiveLinks::live_routing(const KindSchema& schema, Value& attributes) const {
  const auto set = [&](std::string_view one, Value value) {
    attributes = with_attribute(schema, attributes, one, std::move(value));
  };
  const auto& routing = routing_.routing;
  set("autonomous_system", unless_zero(routing.autonomous_system));
  set("router_id", routing.router_id.empty() ? Value::null() : Value::text(printable(routing.router_id)));
  std::vector<std::string> announce, neighbours, routes;
  for (const auto& prefix : routing.announce) announce.push_back(prefix.text());
  for (const auto& one : routing.neighbours) neighbours.push_back(printable(text_of(one)));
  for (const auto& one : routing.routes) routes.push_back(text_of(one));
  set("known_only", routing.known_only ? Value::boolean(true) : Value::null());
  set("routes", Value::texts(routes));
  set("announce", Value::texts(announce));
  set("neighbours", Value::texts(neighbours));
  set(k_other_lines, Value::texts(routing_.other_lines));
}

}  // namespace cloison::node
