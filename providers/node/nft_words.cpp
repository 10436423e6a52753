#include "providers/node/nft_words.h"

#include <algorithm>
#include <array>

#include "core/base/strings.h"
#include "providers/node/report.h"

namespace cloison::node {

namespace {

struct Named {
  std::string_view name{};
  uint8_t number = 0;
};

constexpr std::array<Named, 13> k_protocols{{{"icmp", 1},
                                             {"igmp", 2},
                                             {"ipv4", 4},
                                             {"tcp", 6},
                                             {"udp", 17},
                                             {"ipv6", 41},
                                             {"gre", 47},
                                             {"esp", 50},
                                             {"ah", 51},
                                             {"ipv6-icmp", 58},
                                             {"icmpv6", 58},
                                             {"vrrp", 112},
                                             {"sctp", 132}}};
constexpr std::array<Named, 13> k_icmp{{{"echo-reply", 0},
                                        {"destination-unreachable", 3},
                                        {"source-quench", 4},
                                        {"redirect", 5},
                                        {"echo-request", 8},
                                        {"router-advertisement", 9},
                                        {"router-solicitation", 10},
                                        {"time-exceeded", 11},
                                        {"parameter-problem", 12},
                                        {"timestamp-request", 13},
                                        {"timestamp-reply", 14},
                                        {"address-mask-request", 17},
                                        {"address-mask-reply", 18}}};
constexpr std::array<Named, 15> k_icmpv6{{{"destination-unreachable", 1},
                                          {"packet-too-big", 2},
                                          {"time-exceeded", 3},
                                          {"parameter-problem", 4},
                                          {"echo-request", 128},
                                          {"echo-reply", 129},
                                          {"mld-listener-query", 130},
                                          {"mld-listener-report", 131},
                                          {"mld-listener-done", 132},
                                          {"nd-router-solicit", 133},
                                          {"nd-router-advert", 134},
                                          {"nd-neighbor-solicit", 135},
                                          {"nd-neighbor-advert", 136},
                                          {"nd-redirect", 137},
                                          {"mld2-listener-report", 143}}};

template <class Table>
std::optional<uint8_t> by_name(const Table& table, std::string_view text) {
  if (const auto number = number_in<uint8_t>(text)) return number;
  const auto found = std::find_if(table.begin(), table.end(), [&](const Named& one) { return one.name == text; });
  return found == table.end() ? std::nullopt : std::optional(found->number);
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::vector<NftWord>> nft_words(std::string_view rule) {
  std::vector<NftWord> words;
  for (std::size_t at = 0; at < rule.size();) {
    const char c = rule[at];
    if (is_space(c)) {
      ++at;
    } else if (c == '"') {
      const auto end = rule.find('"', at + 1);
      if (end == std::string_view::npos) return std::nullopt;
      words.push_back({std::string(rule.substr(at + 1, end - at - 1)), true});
      at = end + 1;
    } else if (c == '{' || c == '}' || c == ',') {
      words.push_back({std::string(1, c)});
      ++at;
    } else {
      auto end = at;
      while (end < rule.size() && !is_space(rule[end]) && rule[end] != ',' && rule[end] != '}') ++end;
      words.push_back({std::string(rule.substr(at, end - at))});
      at = end;
    }
  }
  return words;
}

std::optional<std::pair<Family, Interval<uint128>>> nft_addresses(std::string_view text) {
  if (const auto prefix = IpPrefix::parse_loose(text)) return std::pair(prefix->family(), interval_of(*prefix));
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = IpAddress::parse(text.substr(0, dash)), last = IpAddress::parse(text.substr(dash + 1));
  if (!first || !last || first->family != last->family || first->bits > last->bits) return std::nullopt;
  return std::pair(first->family, Interval<uint128>{first->bits, last->bits});
}

std::optional<Interval<uint16_t>> nft_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = number_in<uint16_t>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number_in<uint16_t>(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Interval<uint16_t>{*first, *last};
}

std::optional<uint8_t> nft_protocol(std::string_view text) {
  return by_name(k_protocols, text);
}

std::optional<uint8_t> nft_icmp_type(std::string_view text, Family family) {
  return family == Family::ipv4 ? by_name(k_icmp, text) : by_name(k_icmpv6, text);
}

template <class Number>
std::vector<Interval<Number>> complement(std::vector<Interval<Number>> of, Interval<Number> all) {
  std::sort(of.begin(), of.end());
  std::vector<Interval<Number>> rest;
  auto next = all.first;
  for (const auto& one : of) {
    if (one.last < next) continue;
    if (one.first > next) rest.push_back({next, static_cast<Number>(one.first - 1)});
    if (one.last >= all.last) return rest;
    next = static_cast<Number>(one.last + 1);
  }
  rest.push_back({next, all.last});
  return rest;
}

template std::vector<Interval<uint128>> complement(std::vector<Interval<uint128>>, Interval<uint128>);
template std::vector<Interval<uint16_t>> complement(std::vector<Interval<uint16_t>>, Interval<uint16_t>);
template std::vector<Interval<uint8_t>> complement(std::vector<Interval<uint8_t>>, Interval<uint8_t>);

}  // namespace cloison::node
