#include "providers/node/routing.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/lower.h"

namespace cloison::node {

namespace {

std::optional<uint32_t> number_of(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_word(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && text.front() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

/// FRR 8.4 does not follow the next hop of a neighbour that it knows by a link-local address: no session begins.
bool is_address_of_neighbour(std::string_view text) {
  static constexpr IpPrefix k_link_local{{Family::ipv6, static_cast<uint128>(0xfe80) << 112}, 10};
  const auto address = IpAddress::parse(text);
  return address && address->family == Family::ipv6 && !k_link_local.contains(*address) && address->text() == text;
}

/// "ip" and "ipv6", as FRR names families of prefix lists.
std::string_view list_word(Family family) {
  return family == Family::ipv4 ? "ip" : "ipv6";
}

/// An entry's number hangs on its prefix alone: one that comes or goes changes no other line. Order counts for nothing
/// where every entry permits.
uint32_t entry_number(const IpPrefix& prefix, std::set<uint32_t>& taken) {
  constexpr uint64_t k_numbers = 4'000'000'000;
  const auto digest = sha256_hex(prefix.text()).substr(0, 12);
  uint64_t value = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), value, 16);
  auto number = static_cast<uint32_t>(1 + value % k_numbers);
  while (!taken.insert(number).second) ++number;
  return number;
}

/// What is not in the list is refused, and so is all of a family of which it has nothing.
std::string prefix_list(const std::string& name, Family family, std::vector<IpPrefix> prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  std::string text;
  std::set<uint32_t> taken;
  for (const auto& prefix : prefixes)
    if (prefix.family() == family)
      text += fmt::format("{} prefix-list {} seq {} permit {}\n", list_word(family), name, entry_number(prefix, taken),
                          prefix.text());
  return text.empty() ? fmt::format("{} prefix-list {} seq 1 deny any\n", list_word(family), name) : text;
}

/// `more`: a line beside what is set, or "".
std::string route_map(const std::string& name, std::string_view set, std::string_view more) {
  std::string text;
  for (const auto family : {Family::ipv4, Family::ipv6})
    text += fmt::format("route-map {0} permit {1}\n match {2} address prefix-list {0}\n set {3}\n{4}exit\n", name,
                        family == Family::ipv4 ? 4 : 6, list_word(family), set, more);
  return text;
}

std::string session(const Neighbour& one) {
  return fmt::format(
      " neighbor {0} remote-as {1}\n neighbor {0} description {2}\n neighbor {0} bfd\n"
      " neighbor {0} bfd profile cloison\n neighbor {0} update-source {3}\n neighbor {0} advertisement-interval 0\n"
      " neighbor {0} timers 3 9\n neighbor {0} timers connect 3\n neighbor {0} capability extended-nexthop\n",
      one.address, one.autonomous_system, one.name, one.interface);
}

std::string address_family(const Routing& routing, Family family) {
  auto text = fmt::format(" address-family {} unicast\n", family_name(family));
  for (const auto& prefix : routing.announce)
    if (prefix.family() == family) text += fmt::format("  network {}\n", prefix.text());
  for (const auto& one : routing.neighbours)
    text += fmt::format(
        "  neighbor {0} activate\n  neighbor {0} route-map {1}-in in\n  neighbor {0} route-map {1}-out out\n",
        one.address, one.name);
  return text + "  maximum-paths 1\n exit-address-family\n";
}

}  // namespace

std::string text_of(const Neighbour& neighbour) {
  const auto words = [](std::vector<IpPrefix> prefixes) {
    std::sort(prefixes.begin(), prefixes.end());
    std::string text;
    for (const auto& prefix : prefixes) text += ' ' + prefix.text();
    return text;
  };
  return fmt::format("{} {}%{} as {} preference {} med {} accept{} offer{}", neighbour.name, neighbour.address,
                     neighbour.interface, neighbour.autonomous_system, neighbour.preference, neighbour.med,
                     words(neighbour.accept), words(neighbour.offer));
}

std::optional<Neighbour> parse_neighbour(std::string_view line) {
  constexpr std::size_t k_fixed_words = 9, k_longest_name = 60;
  const auto words = split(line, ' ');
  if (words.size() < k_fixed_words || words[2] != "as" || words[4] != "preference" || words[6] != "med" ||
      words[8] != "accept")
    return std::nullopt;
  const auto at = words[1].find('%');
  const auto system = number_of(words[3]), preference = number_of(words[5]), med = number_of(words[7]);
  if (at == std::string_view::npos || !system || !preference || !med || *system == 0) return std::nullopt;
  Neighbour one{.name = std::string(words[0]),
                .address = std::string(words[1].substr(0, at)),
                .interface = std::string(words[1].substr(at + 1)),
                .autonomous_system = *system,
                .preference = *preference,
                .med = *med};
  if (!is_word(one.name, k_longest_name) || !is_word(one.interface, k_longest_interface) ||
      !is_address_of_neighbour(one.address))
    return std::nullopt;
  auto* prefixes = &one.accept;
  for (std::size_t i = k_fixed_words; i < words.size(); ++i) {
    if (words[i] == "offer" && prefixes == &one.accept) {
      prefixes = &one.offer;
      continue;
    }
    const auto prefix = IpPrefix::parse(words[i]);
    if (!prefix) return std::nullopt;
    prefixes->push_back(*prefix);
  }
  if (prefixes == &one.accept) return std::nullopt;  // no "offer"
  return one;
}

std::string text_of(const StaticRoute& route) {
  const auto text = fmt::format("{} {}", route.to.text(), route.via.text());
  return route.table == 0 ? text : fmt::format("{} table {}", text, route.table);
}

std::optional<StaticRoute> parse_route(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 2 && (words.size() != 4 || words[2] != "table")) return std::nullopt;
  const auto to = IpPrefix::parse(words[0]);
  const auto via = IpAddress::parse(words[1]);
  const auto table = words.size() == 4 ? number_of(words[3]) : 0;
  if (!to || !via || !table || to->family() != via->family) return std::nullopt;
  return StaticRoute{*to, *via, *table};
}

std::string frr_text(const Routing& routing) {
  std::string text = "frr defaults traditional\nlog syslog informational\nservice integrated-vtysh-config\n";
  for (const auto& route : routing.routes)
    text += fmt::format("{} route {}\n", list_word(route.to.family()), text_of(route));
  text += fmt::format("bgp route-map delay-timer 1\nrouter bgp {}\n bgp router-id {}\n no bgp default ipv4-unicast\n{}",
                      routing.autonomous_system, routing.router_id,
                      routing.known_only ? "" : " no bgp network import-check\n");
  for (const auto& one : routing.neighbours) text += session(one);
  for (const auto family : {Family::ipv4, Family::ipv6}) text += address_family(routing, family);
  text += "exit\n";
  for (const auto& one : routing.neighbours)
    for (const auto family : {Family::ipv4, Family::ipv6})
      text += prefix_list(one.name + "-in", family, one.accept) + prefix_list(one.name + "-out", family, one.offer);
  // A next hop that is link-local would be followed by whatever interface comes first, and lost with that.
  constexpr std::string_view k_global = " set ipv6 next-hop prefer-global\n";
  for (const auto& one : routing.neighbours)
    text += route_map(one.name + "-in", fmt::format("local-preference {}", one.preference), k_global) +
            route_map(one.name + "-out", fmt::format("metric {}", one.med), {});
  // Thrice 100 ms without a sign of life, and the other way is taken.
  return text + "bfd\n profile cloison\n  transmit-interval 100\n  receive-interval 100\n exit\nexit\n";
}

}  // namespace cloison::node
