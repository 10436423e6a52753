#pragma once
// Words of a rule of nftables, and what its numbers and names mean.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/packet.h"

namespace cloison::node {

struct NftWord {
  std::string text{};
  bool quoted = false;
};

/// "{", "}" and "," stand alone. Nothing where a quotation has no end.
[[nodiscard]] std::optional<std::vector<NftWord>> nft_words(std::string_view rule);

/// An address, a prefix or "A-B". Nothing for anything else.
[[nodiscard]] std::optional<std::pair<Family, Interval<uint128>>> nft_addresses(std::string_view text);
/// A number or "A-B".
[[nodiscard]] std::optional<Interval<uint16_t>> nft_ports(std::string_view text);
/// By number or by name (RFC 5237, as /etc/protocols).
[[nodiscard]] std::optional<uint8_t> nft_protocol(std::string_view text);
/// A type of ICMP (RFC 792) or ICMPv6 (RFC 4443, 4861, 2710, 3810), by number or by the name that nft has for it.
[[nodiscard]] std::optional<uint8_t> nft_icmp_type(std::string_view text, Family family);

/// All values that are in none of these.
template <class Number>
[[nodiscard]] std::vector<Interval<Number>> complement(std::vector<Interval<Number>> of, Interval<Number> all);

extern template std::vector<Interval<uint128>> complement(std::vector<Interval<uint128>>, Interval<uint128>);
extern template std::vector<Interval<uint16_t>> complement(std::vector<Interval<uint16_t>>, Interval<uint16_t>);
extern template std::vector<Interval<uint8_t>> complement(std::vector<Interval<uint8_t>>, Interval<uint8_t>);

}  // namespace cloison::node
