#pragma once
// Addresses, prefixes and transport matches, IPv4 and IPv6. Pure values; text forms follow RFC 4632 and RFC 5952.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloison {

__extension__ typedef unsigned __int128 uint128;

enum class Family : uint8_t { ipv4, ipv6 };

[[nodiscard]] constexpr unsigned address_bits(Family family) {
  return family == Family::ipv4 ? 32U : 128U;
}
[[nodiscard]] std::string_view family_name(Family family);  // "ipv4" or "ipv6"

struct IpAddress {
  Family family = Family::ipv4;
  uint128 bits = 0;  // IPv4 in the low 32 bits

  /// Strict: no leading zeros, no zone, no IPv4-mapped tail beyond what RFC 4291 writes.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  std::strong_ordering operator<=>(const IpAddress&) const = default;
};

struct IpPrefix {
  IpAddress address{};
  uint8_t length = 0;

  /// "10.0.0.0/8" or a bare address (full length). Host bits set: nullopt; use `parse_loose` to tell the reason.
  [[nodiscard]] static std::optional<IpPrefix> parse(std::string_view text);
  /// As `parse`, but clears host bits.
  [[nodiscard]] static std::optional<IpPrefix> parse_loose(std::string_view text);
  [[nodiscard]] static IpPrefix of(const IpAddress& address) {
    return {address, static_cast<uint8_t>(address_bits(address.family))};
  }
  [[nodiscard]] static IpPrefix any(Family family) { return {{family, 0}, 0}; }

  [[nodiscard]] Family family() const { return address.family; }
  [[nodiscard]] IpPrefix without_host_bits() const;
  [[nodiscard]] std::string text() const;  // always with the length
  [[nodiscard]] IpAddress first() const { return address; }
  [[nodiscard]] IpAddress last() const;
  /// The n-th address (0 = the network address); nullopt outside the prefix.
  [[nodiscard]] std::optional<IpAddress> nth(uint128 n) const;
  /// 2^(bits - length); 0 stands for 2^128.
  [[nodiscard]] uint128 size() const;
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] bool contains(const IpPrefix& other) const;
  [[nodiscard]] bool overlaps(const IpPrefix& other) const { return contains(other) || other.contains(*this); }
  std::strong_ordering operator<=>(const IpPrefix&) const = default;
};

/// Removes duplicates and prefixes covered by others; sorted.
[[nodiscard]] std::vector<IpPrefix> minimised(std::vector<IpPrefix> prefixes);

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 65535;
  [[nodiscard]] bool all() const { return first == 0 && last == 65535; }
  auto operator<=>(const PortRange&) const = default;
};

struct IcmpMessage {
  uint8_t type = 0;
  std::optional<uint8_t> code{};
  auto operator<=>(const IcmpMessage&) const = default;
};

/// IANA protocol numbers that the language names.
namespace protocol {
constexpr uint8_t k_icmp = 1, k_igmp = 2, k_tcp = 6, k_udp = 17, k_gre = 47, k_esp = 50, k_ah = 51, k_icmpv6 = 58,
                  k_ospf = 89, k_vrrp = 112, k_sctp = 132;
}

/// One permitted kind of traffic: "tcp/443", "udp/5000-5010", "icmp/echo-request", "esp", "any". ICMP is one word for
/// both families.
struct TransportMatch {
  std::optional<uint8_t> ip_protocol{};  // nullopt = any protocol; k_icmp stands for ICMP of either family
  PortRange ports{};                     // tcp, udp, sctp
  std::optional<IcmpMessage> icmp4{},
      icmp6{};            // icmp with a message: what it is in each family; absent = not in that family
  bool icmp_any = false;  // icmp with every message

  /// Reads the written form, without port names (those are the topology's).
  [[nodiscard]] static std::optional<TransportMatch> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  /// False for an ICMP message that the family does not have.
  [[nodiscard]] bool exists_in(Family family) const;
  auto operator<=>(const TransportMatch&) const = default;
};

}  // namespace cloison
