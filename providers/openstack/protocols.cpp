#include "providers/openstack/protocols.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cloison::openstack {

namespace {

struct NamedProtocol {
  std::string_view name;
  uint8_t number;
};

/// The first name of a number is ours; the others are aliases that Neutron accepts and may answer.
constexpr std::array k_names{NamedProtocol{"icmp", protocol::k_icmp},
                             NamedProtocol{"igmp", protocol::k_igmp},
                             NamedProtocol{"tcp", protocol::k_tcp},
                             NamedProtocol{"udp", protocol::k_udp},
                             NamedProtocol{"gre", protocol::k_gre},
                             NamedProtocol{"esp", protocol::k_esp},
                             NamedProtocol{"ah", protocol::k_ah},
                             NamedProtocol{"icmpv6", protocol::k_icmpv6},
                             NamedProtocol{"ipv6-icmp", protocol::k_icmpv6},
                             NamedProtocol{"ospf", protocol::k_ospf},
                             NamedProtocol{"vrrp", protocol::k_vrrp},
                             NamedProtocol{"sctp", protocol::k_sctp}};

}  // namespace

std::string protocol_text(uint8_t number, Family family) {
  const uint8_t meant = number == protocol::k_icmp && family == Family::ipv6 ? protocol::k_icmpv6 : number;
  const auto* found =
      std::find_if(k_names.begin(), k_names.end(), [&](const NamedProtocol& one) { return one.number == meant; });
  return found == k_names.end() ? std::to_string(meant) : std::string(found->name);
}

std::string canonical_protocol(std::string_view text, Family family) {
  if (text.empty() || text == "any") return {};
  const auto* found =
      std::find_if(k_names.begin(), k_names.end(), [&](const NamedProtocol& one) { return one.name == text; });
  if (found != k_names.end()) return protocol_text(found->number, family);
  uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size())
    return number == 0 ? std::string() : protocol_text(number, family);
  return std::string(text);
}

std::string neutron_protocol(std::string_view canonical) {
  if (canonical == "icmpv6") return "ipv6-icmp";
  const auto* found =
      std::find_if(k_names.begin(), k_names.end(), [&](const NamedProtocol& one) { return one.name == canonical; });
  const bool everywhere = found == k_names.end() || found->number == protocol::k_tcp ||
                          found->number == protocol::k_udp || found->number == protocol::k_icmp ||
                          found->number == protocol::k_sctp;
  return everywhere ? std::string(canonical) : std::to_string(found->number);
}

}  // namespace cloison::openstack
