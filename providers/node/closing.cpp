#include "providers/node/closing.h"

#include <charconv>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"
#include "providers/node/schema.h"

namespace cloison::node {

namespace {

struct Opening {
  std::string family = "any", protocol = "any", from = "any", to = "any";
  uint16_t first = 0, last = 65535;
  auto operator<=>(const Opening&) const = default;
};

std::string end_of(std::string_view word) {
  if (const auto address = IpAddress::parse(word)) return IpPrefix::of(*address).text();
  if (const auto prefix = IpPrefix::parse(word)) return prefix->text();
  return "any";  // a set: whoever is in it
}

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

/// What a rule of ours lets begin (rules.cpp writes them); nothing of those that follow state alone.
std::optional<Opening> opening_of(std::string_view rule) {
  const auto end = std::min(rule.find(" ct state new accept"), rule.find(" ct state new jump "));
  if (end == std::string_view::npos) return std::nullopt;
  const auto words = split(rule.substr(0, end), ' ');
  Opening opening;
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const auto head = words[i], key = words[i + 1], value = words[i + 2];
    if (head == "ip" || head == "ip6") {
      opening.family = head == "ip" ? "ipv4" : "ipv6";
      if (key == "saddr") opening.from = end_of(value);
      if (key == "daddr") opening.to = end_of(value);
    } else if (head == "meta" && key == "nfproto") {
      opening.family = value;
    } else if (head == "meta" && key == "l4proto") {
      opening.protocol = value;
    } else if ((head == "icmp" || head == "icmpv6") && key == "type") {
      opening.protocol = head;
    } else if (key == "dport") {
      opening.protocol = head;
      const auto dash = value.find('-');
      const auto first = port_of(value.substr(0, dash));
      const auto last = dash == std::string_view::npos ? first : port_of(value.substr(dash + 1));
      if (first && last) opening.first = *first, opening.last = *last;
    }
  }
  return opening;
}

/// Prefixes of connections that were asked for under another one, of which the filter sees only the real one.
std::vector<std::pair<IpPrefix, IpPrefix>> translations_of(const Value& attributes) {
  std::vector<std::pair<IpPrefix, IpPrefix>> pairs;
  const auto* rules = attribute(schema_of(k_firewall), attributes, "prerouting").as_list();
  if (rules == nullptr) return pairs;
  for (const auto& rule : *rules) {
    // "ip daddr DECLARED dnat ip prefix to REAL"
    const auto words = split(rule.text_or_empty(), ' ');
    if (words.size() < 8 || words[1] != "daddr" || words[3] != "dnat" || words[5] != "prefix") continue;
    const auto declared = IpPrefix::parse(words[2]), real = IpPrefix::parse(words[7]);
    if (declared && real && declared->family() == real->family()) pairs.emplace_back(*declared, *real);
  }
  return pairs;
}

std::string line_of(const Opening& one, std::string_view to) {
  return fmt::format("{} {} {} {} {} {}", one.family, one.protocol, one.from, to, one.first, one.last);
}

std::set<Opening> openings_of(const Value& attributes) {
  std::set<Opening> openings;
  for (const std::string_view chain : {"input", "forward", "output"}) {
    const auto* rules = attribute(schema_of(k_firewall), attributes, chain).as_list();
    if (rules == nullptr) continue;
    for (const auto& rule : *rules)
      if (auto opening = opening_of(rule.text_or_empty())) openings.insert(*std::move(opening));
  }
  return openings;
}

}  // namespace

std::vector<std::string> opened_through(const std::vector<std::string>& rules, const std::string& chain) {
  std::set<std::string> lines;
  for (const auto& rule : rules) {
    const auto jump = rule.find(" jump " + chain + " ");
    const bool at_end = rule.ends_with(" jump " + chain);
    if (jump == std::string::npos && !at_end) continue;
    if (const auto opening = opening_of(rule)) lines.insert(line_of(*opening, opening->to));
  }
  return {lines.begin(), lines.end()};
}

std::vector<std::string> closed_lines(const Value& before, const Value& after) {
  const auto still = openings_of(after);
  const auto translations = translations_of(before);
  std::vector<std::string> lines;
  for (const auto& one : openings_of(before)) {
    if (still.contains(one)) continue;
    lines.push_back("forget " + line_of(one, one.to));
    for (const auto& [declared, real] : translations)
      if (one.to == real.text()) lines.push_back("forget " + line_of(one, declared.text()));
  }
  return lines;
}

std::vector<std::string> parted_lines(const Value& before, const Value* after) {
  const auto& schema = schema_of(k_peer);
  const auto allowed = [&](const Value& peer) {
    std::set<std::string> prefixes;
    if (const auto* list = attribute(schema, peer, "allowed").as_list())
      for (const auto& one : *list) prefixes.insert(one.text_or_empty());
    return prefixes;
  };
  const bool same = after != nullptr && attribute(schema, before, "public_key").text_or_empty() ==
                                            attribute(schema, *after, "public_key").text_or_empty();
  const auto still = same ? allowed(*after) : std::set<std::string>{};
  std::vector<std::string> lines;
  for (const auto& text : allowed(before)) {
    const auto prefix = IpPrefix::parse(text);
    if (!prefix || prefix->length != address_bits(prefix->family()) || still.contains(text)) continue;
    for (const auto& ends : {text + " any", "any " + text})
      lines.push_back(fmt::format("forget {} any {} 0 65535", family_name(prefix->family()), ends));
  }
  return lines;
}

}  // namespace cloison::node
