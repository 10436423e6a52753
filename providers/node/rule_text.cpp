#include "providers/node/rule_text.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::node {

std::string_view family_word(Family family) {
  return family == Family::ipv4 ? "ip" : "ip6";
}

/// One set for each family: their elements have different types.
std::string set_name(const std::string& path, Family family) {
  std::string name;
  for (const char c : path) name += is_letter_or_digit(c) ? c : '_';
  return name + (family == Family::ipv4 ? "4" : "6");
}

std::string quoted(const std::vector<std::string>& interfaces) {
  if (interfaces.size() == 1) return '"' + interfaces.front() + '"';
  std::string text = "{ ";
  for (const auto& one : interfaces) text += (text.size() > 2 ? ", \"" : "\"") + one + '"';
  return text + " }";
}

std::string match_text(const TransportMatch& match, Family family) {
  if (!match.ip_protocol) return {};
  if (*match.ip_protocol == protocol::k_icmp) {
    const auto word = family == Family::ipv4 ? "icmp" : "icmpv6";
    const auto& message = family == Family::ipv4 ? match.icmp4 : match.icmp6;
    if (match.icmp_any || !message)
      return fmt::format("meta l4proto {} ", family == Family::ipv4 ? "icmp" : "ipv6-icmp");
    auto text = fmt::format("{} type {} ", word, message->type);
    if (message->code) text += fmt::format("{} code {} ", word, *message->code);
    return text;
  }
  const bool ports = *match.ip_protocol == protocol::k_tcp || *match.ip_protocol == protocol::k_udp ||
                     *match.ip_protocol == protocol::k_sctp;
  if (!ports || (match.ports.first == 0 && match.ports.last == 65535))
    return fmt::format("meta l4proto {} ", *match.ip_protocol);
  const auto* const word = *match.ip_protocol == protocol::k_tcp   ? "tcp"
                           : *match.ip_protocol == protocol::k_udp ? "udp"
                                                                   : "sctp";
  return match.ports.first == match.ports.last
             ? fmt::format("{} dport {} ", word, match.ports.first)
             : fmt::format("{} dport {}-{} ", word, match.ports.first, match.ports.last);
}

std::string plain_text(const IpPrefix& prefix) {
  return prefix.length == address_bits(prefix.family()) ? prefix.address.text() : prefix.text();
}

std::string end_text(std::string_view word, const std::variant<IpPrefix, std::string>& end, Family family) {
  if (const auto* set = std::get_if<std::string>(&end))
    return fmt::format("{} {} @{} ", family_word(family), word, set_name(*set, family));
  const auto& prefix = std::get<IpPrefix>(end);
  if (prefix.length == 0) return fmt::format("meta nfproto {} ", family_name(family));
  return fmt::format("{} {} {} ", family_word(family), word, plain_text(prefix));
}

std::string comment_of(const std::vector<Origin>& origins) {
  constexpr std::size_t k_longest = 120;
  std::string text;
  for (const auto& origin : origins) {
    const auto word = origin.declared_by.substr(origin.declared_by.rfind(' ') + 1);
    if (text.size() + word.size() > k_longest) break;
    text += (text.empty() ? "" : " ") + word;
  }
  return text.empty() ? "" : fmt::format(" comment \"{}\"", text);
}

}  // namespace cloison::node
