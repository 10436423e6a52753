#include "providers/node/render_links.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/routing.h"

namespace cloison::node {

namespace {

/// Keys of a far end are its own to choose: what is more than one line would be more than one setting.
std::string one_line(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return {text.begin(), end};
}

std::vector<NodeFile> key_files(const Settings& settings) {
  const auto& name = settings.text("name");
  const auto& algorithm = settings.text("algorithm");
  return {{.path = fmt::format("/etc/cloison/keys.d/{}.conf", name),
           .body = fmt::format("key {}{}{}\n", one_line(name), algorithm.empty() ? "" : " ", one_line(algorithm))}};
}

std::vector<NodeFile> tunnel_files(const Settings& settings) {
  const auto name = one_line(settings.text("name"));
  auto lines =
      fmt::format("tunnel {} {} {}\n", name, one_line(settings.text("key")), settings.number("mtu").value_or(0));
  for (const auto& address : settings.texts("addresses"))
    lines += fmt::format("address {} {}\n", name, one_line(address));
  std::string text = "[Interface]\n";
  if (const auto port = settings.number("listen_port")) text += fmt::format("ListenPort = {}\n", *port);
  if (const auto mark = settings.number("mark")) text += fmt::format("FwMark = {:#x}\n", *mark);
  return {{.path = fmt::format("/etc/cloison/tunnels.d/{}.conf", name), .body = std::move(lines)},
          {.path = fmt::format("/etc/wireguard/cloison/{}.conf", name), .body = std::move(text)}};
}

std::vector<NodeFile> peer_files(const Settings& settings) {
  auto text = fmt::format("[Peer]\nPublicKey = {}\n", one_line(settings.text("public_key")));
  if (const auto allowed = settings.texts("allowed"); !allowed.empty())
    text += fmt::format("AllowedIPs = {}\n", one_line(join(allowed, ", ")));
  if (const auto& endpoint = settings.text("endpoint"); !endpoint.empty())
    text += fmt::format("Endpoint = {}\n", one_line(endpoint));
  const auto seconds = settings.number("keepalive");
  text += fmt::format("PersistentKeepalive = {}\n", seconds ? std::to_string(*seconds) : "off");
  return {{.path = fmt::format("/etc/wireguard/cloison/{}.d/{}.conf", settings.text("tunnel"), settings.text("name")),
           .body = std::move(text)}};
}

std::vector<NodeFile> underlay_files(const Settings& settings) {
  const auto& name = settings.text("name");
  return {{.path = fmt::format("/etc/cloison/underlays.d/{}.conf", name),
           .body = fmt::format("underlay {} {} {} {}\n", one_line(name), one_line(settings.text("interface")),
                               settings.number("mark").value_or(0), settings.number("metric").value_or(0))}};
}

/// First the daemons' file: FRR itself writes the other one anew, without our mark, when asked to by hand.
std::vector<NodeFile> routing_files(const Settings& settings) {
  Routing routing;
  routing.autonomous_system = static_cast<uint32_t>(settings.number("autonomous_system").value_or(0));
  routing.router_id = one_line(settings.text("router_id"));
  for (const auto& prefix : settings.texts("announce"))
    if (const auto one = IpPrefix::parse(prefix)) routing.announce.push_back(*one);
  routing.known_only = settings.is_set("known_only");
  for (const auto& line : settings.texts("neighbours"))
    if (auto one = parse_neighbour(line)) routing.neighbours.push_back(*std::move(one));
  for (const auto& line : settings.texts("routes"))
    if (const auto one = parse_route(line)) routing.routes.push_back(*one);
  return {{.path = "/etc/frr/daemons",
           .mode = "640",
           .body = "bgpd=yes\nbfdd=yes\nvtysh_enable=yes\nzebra_options=\"-A 127.0.0.1 -s 90000000\"\n"
                   "staticd_options=\"-A 127.0.0.1\"\nbgpd_options=\"-A 127.0.0.1\"\nbfdd_options=\"-A 127.0.0.1\"\n"},
          {.path = "/etc/frr/frr.conf", .mode = "640", .body = frr_text(routing)}};
}

}  // namespace

std::vector<NodeFile> link_files(std::string_view kind, const Settings& settings) {
  if (kind == k_key) return key_files(settings);
  if (kind == k_tunnel) return tunnel_files(settings);
  if (kind == k_peer) return peer_files(settings);
  if (kind == k_underlay) return underlay_files(settings);
  if (kind == k_routing) return routing_files(settings);
  return {};
}

bool is_wireguard_key(std::string_view text) {
  constexpr std::size_t k_length = 44;
  return text.size() == k_length && text.back() == '=' && std::all_of(text.begin(), text.end() - 1, [](char c) {
           return is_letter_or_digit(c) || c == '+' || c == '/';
         });
}

}  // namespace cloison::node
