#include "providers/node/live_vpn.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/ip.h"
#include "core/base/strings.h"
#include "providers/node/render_vpn.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

std::string_view told(const Report& report, std::string_view section) {
  const auto found = report.find(section);
  return found == report.end() ? std::string_view() : std::string_view(found->second.text);
}

/// What stands between two marks, the nearest after the first; "" where they are not there.
std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  return text.substr(0, text.find(end));
}

std::vector<std::string> prefixes_in(std::string_view list) {
  std::vector<std::string> prefixes;
  for (const auto word : split(list, ' '))
    if (const auto prefix = IpPrefix::parse(word)) prefixes.push_back(prefix->text());
  return prefixes;
}

std::vector<DialledWay> dialled(const std::vector<std::string>& texts) {
  std::vector<DialledWay> ways;
  for (const auto& text : texts)
    if (auto way = parse_way(text)) ways.push_back(*std::move(way));
  return ways;
}

bool same_members(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace

LiveVpn::LiveVpn(const Report& report) {
  for (const auto line : split(told(report, "vpn/connections"), '\n')) read_loaded(line);
  for (const auto line : split(told(report, "redundancy"), '\n')) rests_ = rests_ || line == "role standing-by";
  for (const std::string_view section : {"vpn/state", "conditions"})
    for (const auto line : split(told(report, section), '\n'))
      if (const auto words = split(line, ' '); words.size() == 2 && words[1] == "ok")
        right_.insert(std::string(section) + " " + std::string(words[0]));
  constexpr std::string_view k_start = "file/etc/swanctl/pubkey/cloison-", k_end = ".pem";
  for (const auto& [name, section] : report)
    if (name.starts_with(k_start) && name.ends_with(k_end))
      keys_.emplace(name.substr(k_start.size(), name.size() - k_start.size() - k_end.size()), key_of_pem(section.text));
}

/// "list-conn event {NAME {local_addrs=[…] remote_addrs=[…] version=IKEv2 … local-1 {class=… id=… } remote-1 {…}
/// children {NAME {… local-ts=[…] remote-ts=[…]}}}}".
void LiveVpn::read_loaded(std::string_view line) {
  constexpr std::string_view k_start = "list-conn event {";
  if (!line.starts_with(k_start)) return;
  const auto name = between(line, k_start, " ");
  if (name.empty()) return;
  auto& loaded = loaded_[std::string(name)];  // whatever its form, it is there
  if (line.find(" version=IKEv2 ") == std::string_view::npos) return;
  const auto local = between(line, " local-1 {", "}"), remote = between(line, " remote-1 {", "}");
  const bool shared = local.find("class=pre-shared key") != std::string_view::npos;
  if (!shared && local.find("class=public key") == std::string_view::npos) return;
  loaded = Loaded{.remote_address = std::string(between(line, "remote_addrs=[", "]")),
                  .local_id = std::string(between(local, "id=", " ")),
                  .remote_id = std::string(between(remote, "id=", " ")),
                  .shared_key = shared,
                  .local = prefixes_in(between(line, "local-ts=[", "]")),
                  .remote = prefixes_in(between(line, "remote-ts=[", "]"))};
}

void LiveVpn::declare(std::string_view kind, const Value& settings) {
  if (kind != k_connection) return;
  const Settings one(kind, settings);
  for (auto& name : loaded_names(one.text("name"), dialled(one.texts("dials_by")))) declared_.insert(std::move(name));
}

Value LiveVpn::live(std::string_view kind, Value attributes) const {
  const auto& schema = schema_of(kind);
  if (kind == k_ipsec) live_ipsec(schema, attributes);
  if (kind == k_connection) live_connection(schema, attributes);
  const auto name = std::string("conditions ") + attribute(schema, attributes, "name").text_or_empty();
  if (kind == k_condition && !right_.contains(name))
    attributes = with_attribute(schema, attributes, "patience", Value::null());
  return attributes;
}

void LiveVpn::live_ipsec(const KindSchema& schema, Value& attributes) const {
  std::vector<std::string> others;
  for (const auto& [name, one] : loaded_)
    if (!declared_.contains(name)) others.push_back(printable(name));
  attributes = with_attribute(schema, attributes, k_other_connections, Value::texts(others));
  if (!right_.contains("vpn/state -")) attributes = with_attribute(schema, attributes, "esp", Value::null());
}

void LiveVpn::live_connection(const KindSchema& schema, Value& attributes) const {
  const Settings asked(k_connection, attributes);
  const auto& name = asked.text("name");
  const auto ways = dialled(asked.texts("dials_by"));
  const auto local = asked.texts("local"), remote = asked.texts("remote");
  const auto &local_id = asked.text("local_id"), &remote_id = asked.text("remote_id");
  const bool shared = !asked.text("secret").empty();
  const auto& heard = asked.text("remote_address");
  const auto set = [&](std::string_view one, Value value) {
    attributes = with_attribute(schema, attributes, one, std::move(value));
  };
  // While another node serves, nothing is loaded here.
  const auto names = rests_ ? std::vector<std::string>{} : loaded_names(name, ways);
  for (std::size_t i = 0; i < names.size(); ++i) {
    static const Loaded k_none;
    const auto found = loaded_.find(names[i]);
    const auto& one = found == loaded_.end() ? k_none : found->second;
    if (!same_members(one.local, local)) set("local", Value::texts(one.local));
    if (!same_members(one.remote, remote)) set("remote", Value::texts(one.remote));
    if (one.local_id != local_id) set("local_id", Value::text(printable(one.local_id)));
    if (one.remote_id != remote_id) set("remote_id", Value::text(printable(one.remote_id)));
    if (one.shared_key != shared) set(shared ? "secret" : "key", Value::null());
    const auto& expected = !ways.empty() ? ways[i].address : heard.empty() ? std::string("%any") : heard;
    if (one.remote_address != expected)
      set(ways.empty() ? "remote_address" : "dials_by",
          ways.empty() ? Value::text(printable(one.remote_address)) : Value::texts({}));
  }
  if (!right_.contains("vpn/state " + name)) set("interface", Value::null());
  if (shared) return;
  const auto key = keys_.find(name);
  set("public_key", key == keys_.end() || key->second.empty() ? Value::null() : Value::text(key->second));
}

SecretDigests secret_digests(const Report& report) {
  SecretDigests digests;
  for (const auto line : split(told(report, "vpn/secrets"), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == "-")
      digests.salt = words[1];
    else if (words.size() == 2)
      digests.by_connection.emplace(words[0], words[1]);
  }
  return digests;
}

ServiceDigests service_digests(const Report& report, std::string_view service) {
  ServiceDigests digests;
  for (const auto line : split(told(report, "services/secrets"), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == "-") digests.salt = words[1];
    if (words.size() == 4 && words[0] == service)
      digests.by_secret.emplace(fmt::format("{} {}", words[1], words[2]), words[3]);
  }
  return digests;
}

}  // namespace cloison::node
