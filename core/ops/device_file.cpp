#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/enroll.h"

namespace cloison::ops {

namespace {

constexpr std::string_view k_private_key = "PrivateKey = ";
constexpr std::string_view k_placeholder = "PUT-THE-PRIVATE-KEY-OF-THIS-DEVICE-HERE";
constexpr int k_keepalive = 25;  // seconds: NATs forget UDP after 30 (RFC 4787 asks for 120)

template <class Items>
std::string listed(const Items& items) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(item.text());
  return join(texts, ", ");
}

std::vector<IpPrefix> as_prefixes(const std::vector<IpAddress>& addresses) {
  std::vector<IpPrefix> prefixes;
  for (const auto& address : addresses) prefixes.push_back(IpPrefix::of(address));
  return prefixes;
}

}  // namespace

Secret device_file(const compile::RemoteAccess& access, const compile::RemoteDevice& device,
                   const std::string& node_key, const Secret& private_key) {
  auto text =
      fmt::format("# {} of {}. With its private key, this file is the device's alone.\n", device.name, access.segment);
  text += fmt::format("[Interface]\n{}{}\n", k_private_key, private_key.empty() ? k_placeholder : private_key.reveal());
  text += fmt::format("Address = {}\n", listed(as_prefixes(device.addresses)));
  if (!access.dns.empty()) text += fmt::format("DNS = {}\n", listed(access.dns));
  text += fmt::format("MTU = {}\n\n[Peer]\nPublicKey = {}\n", access.mtu, node_key);
  const bool six = access.outer.family == Family::ipv6;
  text += fmt::format("Endpoint = {}{}{}:{}\n", six ? "[" : "", access.outer.text(), six ? "]" : "", access.port);
  text += fmt::format("AllowedIPs = {}\nPersistentKeepalive = {}\n", listed(access.reached), k_keepalive);
  return Secret(std::move(text));
}

Secret private_key_in(const Secret& file) {
  for (const auto line : split(file.reveal(), '\n'))
    if (line.starts_with(k_private_key)) return Secret(std::string(trimmed(line.substr(k_private_key.size()))));
  return {};
}

}  // namespace cloison::ops
