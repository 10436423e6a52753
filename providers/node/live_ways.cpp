#include "providers/node/live_ways.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"
#include "core/net/json.h"

namespace cloison::node {

namespace {

/// The entries of one `ip -j` list; nullopt where the node was not asked for it.
std::optional<net::Json::Array> entries_of(const Report& report, std::string_view section) {
  const auto found = report.find(section);
  if (found == report.end()) return std::nullopt;
  const auto json = net::parse_json(found->second.text);
  return json && json->as_array() != nullptr ? *json->as_array() : net::Json::Array{};
}

bool is_number(std::string_view text) {
  constexpr std::size_t k_most_digits = 10;
  return !text.empty() && text.size() <= k_most_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int64_t number_at(const net::Json& entry, std::string_view key) {
  const auto* value = entry.find(key);
  const auto* number = value == nullptr ? nullptr : value->as_integer();
  return number == nullptr ? -1 : *number;
}

/// The table of the outside, if the three rules of an interface are as asked for, and no more; "" if it has none.
std::string table_of(const net::Json::Array& rules, std::string_view interface) {
  std::vector<std::string> seen;
  for (const auto& rule : rules) {
    if (rule.text_at("iif") != interface) continue;
    const auto step = number_at(rule, "priority") - k_inner_rule;
    const bool inner = step == 0 && rule.text_at("table") == "main" && number_at(rule, "suppress_prefixlen") == 0;
    const bool outer = step == 1 && is_number(rule.text_at("table"));
    const bool end = step == 2 && rule.text_at("action") == "unreachable";
    seen.emplace_back(inner ? "inner" : outer ? rule.text_at("table") : end ? "end" : "other");
  }
  if (seen.empty()) return {};
  return seen.size() == 3 && seen[0] == "inner" && is_number(seen[1]) && seen[2] == "end" ? seen[1] : "other";
}

}  // namespace

std::optional<std::vector<std::string>> translated_at(const Report& report, std::string_view interface) {
  std::vector<std::string> all;
  for (const std::string_view section : {"routes/ipv4", "routes/ipv6"}) {
    const auto routes = entries_of(report, section);
    if (!routes) return std::nullopt;
    for (const auto& route : *routes) {
      const auto to = IpPrefix::parse(route.text_at("dst"));
      const auto from = IpAddress::parse(route.text_at("prefsrc"));
      if (route.text_at("dev") == interface && to && from && route.text_at("gateway").empty())
        all.push_back(fmt::format("{} {}", to->text(), from->text()));
    }
  }
  return all;
}

std::optional<std::vector<std::string>> outward_at(const Report& report, std::string_view interface) {
  std::vector<std::string> all;
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    const auto rules = entries_of(report, fmt::format("rules/{}", family_name(family)));
    if (!rules) return std::nullopt;
    if (const auto table = table_of(*rules, interface); !table.empty())
      all.push_back(fmt::format("{} {}", family_name(family), table));
  }
  return all;
}

}  // namespace cloison::node
