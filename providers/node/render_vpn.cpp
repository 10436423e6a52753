#include "providers/node/render_vpn.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/lower_vpn.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

/// Suite-B-GCM-256 (RFC 6379) and CNSA (RFC 9206); all of it also in RFC 8221 and RFC 8247. Nothing weaker is offered,
/// so nothing weaker can be agreed upon.
constexpr std::string_view k_ike = "aes256gcm16-prfsha384-ecp384";
constexpr std::string_view k_esp = "aes256gcm16-ecp384";

std::string unbroken(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return {text.begin(), end};
}

/// A name of IKE or of a file, which nothing in swanctl.conf could take for something else.
std::string only_name(std::string_view text) {
  std::string found;
  for (const char c : text)
    if (is_letter_or_digit(c) || c == '.' || c == '-' || c == ':') found += c;
  return found;
}

std::string list_of(const std::vector<std::string>& texts) {
  return unbroken(join(texts, ","));
}

/// Only what these connections need is loaded: each plugin more is code that strangers' packets reach.
std::string charon_text(const Settings& settings) {
  const bool userspace = settings.text("esp") == "userspace";
  return fmt::format(
      "# strongSwan serves cloison alone. Its routes are cloison's own: a rule of its own would go before BGP's.\n"
      "charon {{\n  load_modular = no\n"
      "  load = random nonce openssl pem pkcs1 pkcs8 pubkey x509 constraints gcm hmac kdf{} kernel-netlink "
      "socket-default vici\n"
      "  install_routes = no\n  routing_table_prio = 40000\n  block_threshold = 50\n"
      "  retransmit_timeout = 1.0\n  retransmit_base = 1.2\n  retransmit_tries = 3\n}}\n"
      "swanctl {{\n  load = random openssl pem pkcs1 pkcs8 pubkey x509\n}}\n",
      userspace ? " kernel-libipsec" : "");
}

std::vector<NodeFile> ipsec_files(const Settings& settings) {
  return {{.path = "/etc/strongswan.d/70-cloison.conf", .body = charon_text(settings)},
          {.path = "/etc/cloison/vpn.d/00-interface.conf",
           .body = fmt::format("mtu - {}\n", settings.number("mtu").value_or(0))}};
}

std::string authentication(const Settings& settings, bool own) {
  const bool shared = !settings.text("secret").empty();
  const auto key = own ? "key-" + settings.text("key") : settings.text("name");
  return fmt::format("    {} {{\n      auth = {}\n      id = {}\n{}    }}\n", own ? "local" : "remote",
                     shared ? "psk" : "pubkey", only_name(settings.text(own ? "local_id" : "remote_id")),
                     shared ? "" : fmt::format("      pubkeys = cloison-{}.pem\n", only_name(key)));
}

std::string child(const Settings& settings, const std::string& name, const DialledWay* way) {
  auto text = fmt::format(
      "    children {{\n      {} {{\n        mode = tunnel\n        local_ts = {}\n        remote_ts = {}\n"
      "        esp_proposals = {}\n        rekey_time = 1h\n        start_action = none\n        close_action = none\n"
      "        dpd_action = clear\n",
      name, list_of(settings.texts("local")), list_of(settings.texts("remote")), k_esp);
  if (const auto id = settings.number("interface_id")) {
    text += fmt::format("        if_id_in = {0}\n        if_id_out = {0}\n", *id);
    // The kernel's own packets have no port by which a rule would know them before it has found their way.
    if (way != nullptr && way->mark != 0) text += fmt::format("        set_mark_out = {:#x}\n", way->mark);
  }
  return text + "      }\n    }\n";
}

/// One that dials takes `@INTERFACE@` for its address: the agent puts in what that has now.
std::string connection_text(const Settings& settings, const std::string& name, const DialledWay* way) {
  const bool any = way == nullptr || way->interface == "-";
  auto remote = way != nullptr ? way->address : unbroken(settings.text("remote_address"));
  if (remote.empty()) remote = "%any";
  return fmt::format(
             "  {} {{\n    version = 2\n    local_addrs = {}\n    remote_addrs = {}\n    proposals = {}\n"
             "    mobike = no\n    dpd_delay = {}s\n    rekey_time = 4h\n    reauth_time = 0\n    unique = replace\n"
             "    keyingtries = 1\n    fragmentation = yes\n",
             name, any ? "%any" : "@" + way->interface + "@", remote, k_ike,
             settings.number("dead_peer_detection").value_or(2)) +
         authentication(settings, true) + authentication(settings, false) + child(settings, name, way) + "  }\n";
}

std::vector<DialledWay> ways_of(const Settings& settings) {
  std::vector<DialledWay> ways;
  for (const auto& text : settings.texts("dials_by"))
    if (auto way = parse_way(text)) ways.push_back(*std::move(way));
  return ways;
}

std::string swanctl_text(const Settings& settings) {
  const auto ways = ways_of(settings);
  const auto names = loaded_names(only_name(settings.text("name")), ways);
  std::string text = "connections {\n";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += connection_text(settings, names[i], ways.empty() ? nullptr : &ways[i]);
  text += "}\n";
  if (settings.text("secret").empty()) return text;
  return text + fmt::format("secrets {{\n  ike-{} {{\n    id-1 = {}\n    id-2 = {}\n    secret = {}\n  }}\n}}\n",
                            only_name(settings.text("name")), only_name(settings.text("local_id")),
                            only_name(settings.text("remote_id")), k_hidden);
}

/// Lines for the agent: what of the kernel belongs to the connection.
std::string connection_lines(const Settings& settings) {
  const auto name = only_name(settings.text("name"));
  auto text = fmt::format("interface {} {} {}\n", name, unbroken(settings.text("interface")),
                          settings.number("interface_id").value_or(0));
  const auto ways = ways_of(settings);
  const auto names = loaded_names(name, ways);
  for (std::size_t i = 0; i < names.size(); ++i)
    text += ways.empty() ? fmt::format("listen {} {}\n", name, names[i])
                         : fmt::format("way {} {} {} {}\n", name, names[i], ways[i].interface, ways[i].mark);
  const auto sources = settings.texts("sources");
  for (const auto& source : sources) text += fmt::format("address {} {}\n", name, unbroken(source));
  for (const auto& remote : settings.texts("remote")) {
    const auto prefix = IpPrefix::parse(remote);
    if (!prefix) continue;
    const auto source = std::find_if(sources.begin(), sources.end(), [&](const std::string& one) {
      const auto address = IpAddress::parse(one);
      return address && address->family == prefix->family();
    });
    text += fmt::format("route {} {} {} {}\n", name, prefix->text(), settings.number("metric").value_or(0),
                        source == sources.end() ? "-" : unbroken(*source));
  }
  return text;
}

std::vector<NodeFile> connection_files(const Settings& settings) {
  const auto name = only_name(settings.text("name"));
  std::vector<NodeFile> files{
      {.path = fmt::format("/etc/cloison/vpn.d/{}.conf", name), .body = connection_lines(settings)},
      {.path = fmt::format("/etc/cloison/vpn.d/{}.swanctl", name), .mode = "600", .body = swanctl_text(settings)}};
  if (settings.text("secret").empty())
    files.push_back({.path = fmt::format("/etc/swanctl/pubkey/cloison-{}.pem", name),
                     .body = fmt::format("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
                                         unbroken(settings.text("public_key")))});
  return files;
}

std::vector<NodeFile> condition_files(const Settings& settings) {
  const auto name = only_name(settings.text("name"));
  auto text = fmt::format("condition {} {} {}\n", name, condition_chain(name), settings.number("patience").value_or(0));
  for (const auto& one : settings.texts("neighbours")) text += fmt::format("neighbour {} {}\n", name, unbroken(one));
  for (const auto& one : settings.texts("connections")) text += fmt::format("connection {} {}\n", name, unbroken(one));
  for (const auto& one : settings.texts("closes")) text += fmt::format("close {} {}\n", name, unbroken(one));
  return {{.path = fmt::format("/etc/cloison/conditions.d/{}.conf", name), .body = std::move(text)}};
}

}  // namespace

std::string text_of(const DialledWay& way) {
  return fmt::format("{} {} {} {}", way.name, way.interface, way.mark, way.address);
}

std::optional<DialledWay> parse_way(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 4 || words[0].empty() || words[0] != only_name(words[0]) || words[1] != only_name(words[1]) ||
      !IpAddress::parse(words[3]))
    return std::nullopt;
  DialledWay way{.name = std::string(words[0]), .interface = std::string(words[1]), .address = std::string(words[3])};
  const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), way.mark);
  if (error != std::errc{} || end != words[2].data() + words[2].size()) return std::nullopt;
  return way;
}

std::vector<std::string> loaded_names(const std::string& name, const std::vector<DialledWay>& ways) {
  std::vector<std::string> names;
  for (const auto& way : ways) names.push_back(fmt::format("cloison-{}-{}", name, way.name));
  if (names.empty()) names.push_back("cloison-" + name);
  return names;
}

std::vector<NodeFile> vpn_files(std::string_view kind, const Settings& settings) {
  if (kind == k_ipsec) return ipsec_files(settings);
  if (kind == k_connection) return connection_files(settings);
  if (kind == k_condition) return condition_files(settings);
  return {};
}

bool is_ecdsa_key(std::string_view text) {
  // The head of every such key: its algorithm and curve.
  constexpr std::string_view k_head = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE";
  constexpr std::size_t k_length = 160;
  return text.size() == k_length && text.starts_with(k_head) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '+' || c == '/'; });
}

std::string key_of_pem(std::string_view text) {
  constexpr std::string_view k_begin = "-----BEGIN PUBLIC KEY-----", k_end = "-----END PUBLIC KEY-----";
  const auto begin = text.find(k_begin), end = text.find(k_end);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  std::string key;
  for (const auto line : split(text.substr(begin + k_begin.size(), end - begin - k_begin.size()), '\n')) key += line;
  return is_ecdsa_key(key) ? key : std::string();
}

std::string secret_text(std::string_view secret) {
  std::string text = "0x";
  for (const char c : secret) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace cloison::node
