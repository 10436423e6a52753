#include "core/base/ip.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace cloison {

namespace {

uint128 mask(Family family, unsigned length) {
  const unsigned bits = address_bits(family);
  const uint128 all = bits == 128 ? ~uint128{0} : (uint128{1} << 32U) - 1;
  return length == 0 ? 0 : all & ~((length == bits) ? uint128{0} : ((uint128{1} << (bits - length)) - 1));
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  if (text.empty() || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// "10.0.0.1", by hand: most addresses are of this form, and they are read by the hundred thousand.
std::optional<IpAddress> dotted(std::string_view text) {
  IpAddress address;
  for (unsigned part = 0; part < 4; ++part) {
    const auto dot = text.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) {
      return std::nullopt;
    }
    const auto byte = number<uint8_t>(text.substr(0, dot));
    if (!byte) {
      return std::nullopt;
    }
    address.bits = address.bits << 8U | *byte;
    text.remove_prefix(part == 3 ? text.size() : dot + 1);
  }
  return address;
}

std::optional<std::pair<IpAddress, uint8_t>> address_and_length(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return std::nullopt;
  }
  const unsigned bits = address_bits(address->family);
  if (slash == std::string_view::npos) {
    return std::pair{*address, static_cast<uint8_t>(bits)};
  }
  const auto length = number<uint8_t>(text.substr(slash + 1));
  if (!length || *length > bits) {
    return std::nullopt;
  }
  return std::pair{*address, *length};
}

struct NamedProtocol {
  std::string_view name;
  uint8_t number;
};
constexpr std::array k_protocols{NamedProtocol{"icmp", protocol::k_icmp}, NamedProtocol{"igmp", protocol::k_igmp},
                                 NamedProtocol{"tcp", protocol::k_tcp},   NamedProtocol{"udp", protocol::k_udp},
                                 NamedProtocol{"gre", protocol::k_gre},   NamedProtocol{"esp", protocol::k_esp},
                                 NamedProtocol{"ah", protocol::k_ah},     NamedProtocol{"ospf", protocol::k_ospf},
                                 NamedProtocol{"vrrp", protocol::k_vrrp}, NamedProtocol{"sctp", protocol::k_sctp}};

/// A message name with its numbers in ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861); -1 = not in that family.
struct NamedMessage {
  std::string_view name;
  int type4;
  int type6;
};
constexpr std::array k_messages{NamedMessage{"echo-reply", 0, 129},
                                NamedMessage{"destination-unreachable", 3, 1},
                                NamedMessage{"echo-request", 8, 128},
                                NamedMessage{"time-exceeded", 11, 3},
                                NamedMessage{"parameter-problem", 12, 4},
                                NamedMessage{"packet-too-big", -1, 2},
                                NamedMessage{"router-solicitation", -1, 133},
                                NamedMessage{"router-advertisement", -1, 134},
                                NamedMessage{"neighbour-solicitation", -1, 135},
                                NamedMessage{"neighbour-advertisement", -1, 136}};

bool has_ports(uint8_t number) {
  return number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp;
}

std::optional<PortRange> port_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = number<uint16_t>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number<uint16_t>(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *first > *last) {
    return std::nullopt;
  }
  return PortRange{*first, *last};
}

std::optional<TransportMatch> icmp_match(std::string_view text) {
  TransportMatch match{.ip_protocol = protocol::k_icmp};
  const auto* named =
      std::find_if(k_messages.begin(), k_messages.end(), [&](const NamedMessage& m) { return m.name == text; });
  if (named == k_messages.end()) {
    return std::nullopt;
  }
  if (named->type4 >= 0) {
    match.icmp4 = IcmpMessage{static_cast<uint8_t>(named->type4), std::nullopt};
  }
  if (named->type6 >= 0) {
    match.icmp6 = IcmpMessage{static_cast<uint8_t>(named->type6), std::nullopt};
  }
  return match;
}

}  // namespace

std::string_view family_name(Family family) {
  return family == Family::ipv4 ? "ipv4" : "ipv6";
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    return dotted(text);
  }
  std::array<char, 64> buffer{};
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::memcpy(buffer.data(), text.data(), text.size());
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, buffer.data(), bytes.data()) != 1) {
    return std::nullopt;
  }
  IpAddress address{Family::ipv6, 0};
  for (const uint8_t byte : bytes) {
    address.bits = address.bits << 8U | byte;
  }
  return address;
}

std::string IpAddress::text() const {
  if (family == Family::ipv4) {
    std::array<char, INET_ADDRSTRLEN> buffer{};
    char* end = buffer.data();
    for (unsigned shift = 24;; shift -= 8) {
      end = std::to_chars(end, buffer.data() + buffer.size(), static_cast<uint8_t>(bits >> shift)).ptr;
      if (shift == 0) {
        return {buffer.data(), end};
      }
      *end++ = '.';
    }
  }
  std::array<uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes.at(i) = static_cast<uint8_t>(bits >> (8U * (bytes.size() - 1 - i)));
  }
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto parsed = address_and_length(text);
  if (!parsed || (parsed->first.bits & ~mask(parsed->first.family, parsed->second)) != 0) {
    return std::nullopt;
  }
  return IpPrefix{parsed->first, parsed->second};
}

std::optional<IpPrefix> IpPrefix::parse_loose(std::string_view text) {
  const auto parsed = address_and_length(text);
  if (!parsed) {
    return std::nullopt;
  }
  return IpPrefix{parsed->first, parsed->second}.without_host_bits();
}

IpPrefix IpPrefix::without_host_bits() const {
  return {{family(), address.bits & mask(family(), length)}, length};
}

std::string IpPrefix::text() const {
  std::string written = address.text();
  written += '/';
  return written += std::to_string(length);
}

uint128 IpPrefix::size() const {
  const unsigned free_bits = address_bits(family()) - length;
  return free_bits == 128 ? 0 : uint128{1} << free_bits;
}

IpAddress IpPrefix::last() const {
  return {family(), address.bits + (size() - 1)};
}

std::optional<IpAddress> IpPrefix::nth(uint128 n) const {
  if (size() != 0 && n >= size()) {
    return std::nullopt;
  }
  return IpAddress{family(), address.bits + n};
}

bool IpPrefix::contains(const IpAddress& other) const {
  return other.family == family() && (other.bits & mask(family(), length)) == address.bits;
}

bool IpPrefix::contains(const IpPrefix& other) const {
  return other.length >= length && contains(other.address);
}

std::vector<IpPrefix> minimised(std::vector<IpPrefix> prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  std::vector<IpPrefix> kept;
  for (const IpPrefix& prefix : prefixes) {
    // sorted by address, then length: whatever covers a prefix comes before it, and stays last until left behind
    if (kept.empty() || !kept.back().contains(prefix)) {
      kept.push_back(prefix);
    }
  }
  return kept;
}

std::optional<TransportMatch> TransportMatch::parse(std::string_view text) {
  if (text == "any") {
    return TransportMatch{};
  }
  const auto slash = text.find('/');
  const std::string_view name = text.substr(0, slash);
  const auto* known =
      std::find_if(k_protocols.begin(), k_protocols.end(), [&](const NamedProtocol& p) { return p.name == name; });
  if (known == k_protocols.end()) {
    return std::nullopt;
  }
  TransportMatch match{.ip_protocol = known->number};
  if (slash == std::string_view::npos) {
    match.icmp_any = known->number == protocol::k_icmp;
    return match;
  }
  const std::string_view rest = text.substr(slash + 1);
  if (known->number == protocol::k_icmp) {
    return icmp_match(rest);
  }
  const auto ports = port_range(rest);
  if (!has_ports(known->number) || !ports) {
    return std::nullopt;
  }
  match.ports = *ports;
  return match;
}

std::string TransportMatch::text() const {
  if (!ip_protocol) {
    return "any";
  }
  const auto* known = std::find_if(k_protocols.begin(), k_protocols.end(),
                                   [&](const NamedProtocol& p) { return p.number == *ip_protocol; });
  std::string name = known != k_protocols.end() ? std::string(known->name) : fmt::format("protocol-{}", *ip_protocol);
  if (*ip_protocol == protocol::k_icmp && !icmp_any) {
    const auto* message = std::find_if(k_messages.begin(), k_messages.end(), [&](const NamedMessage& m) {
      return (!icmp4 || icmp4->type == m.type4) && (!icmp6 || icmp6->type == m.type6) &&
             icmp4.has_value() == (m.type4 >= 0) && icmp6.has_value() == (m.type6 >= 0);
    });
    return message != k_messages.end() ? fmt::format("icmp/{}", message->name) : name;
  }
  if (!has_ports(*ip_protocol) || ports.all()) {
    return name;
  }
  return ports.first == ports.last ? fmt::format("{}/{}", name, ports.first)
                                   : fmt::format("{}/{}-{}", name, ports.first, ports.last);
}

bool TransportMatch::exists_in(Family family) const {
  if (ip_protocol != protocol::k_icmp || icmp_any) {
    return true;
  }
  return family == Family::ipv4 ? icmp4.has_value() : icmp6.has_value();
}

}  // namespace cloison
