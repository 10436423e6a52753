#include "providers/node/render_redundancy.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::node {

namespace {

/// Words of one line of a setting; none unless there are `count` and each is one that a daemon's file can hold.
std::vector<std::string_view> words_of(std::string_view line, std::size_t count) {
  auto words = split(line, ' ');
  const auto plain = [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return is_letter_or_digit(c) || c == '.' || c == ':' || c == '/' || c == '-' || c == '_';
    });
  };
  if (words.size() != count || !std::all_of(words.begin(), words.end(), plain)) words.clear();
  return words;
}

std::string block(std::string_view name, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text = fmt::format("  {} {{\n", name);
  for (const auto& line : lines) text += fmt::format("    {}\n", line);
  return text + "  }\n";
}

/// Unless one is preferred, all who may serve have the same priority: who serves goes on until it fails, or has no way
/// to other places while another has one. So the return of a node that had failed moves nothing (RFC 9568, 6.4.2).
/// Who has just begun listens first: the others' advertisements come once they have its hardware address again, for
/// which they ask once a second. Whoever took it for the serving one all the same is told otherwise a second later, not
/// five.
constexpr std::string_view k_keepalived_head =
    "global_defs {\n  vrrp_version 3\n  vrrp_startup_delay 3\n  vrrp_garp_master_delay 1\n  vrrp_garp_lower_prio_delay "
    "1\n"
    "  script_user root\n  enable_script_security\n  dynamic_interfaces\n}\n\n";
constexpr std::string_view k_linked =
    "vrrp_script linked {\n  script \"/bin/sh /usr/lib/cloison/agent.sh linked\"\n  interval 1\n  timeout 3\n"
    "  fall 2\n  rise 5\n  weight -50\n  init_fail\n}\n\n";
/// Without its own address it hears nobody, and would take itself for the only one.
constexpr std::string_view k_placed =
    "vrrp_script placed {\n  script \"/bin/sh /usr/lib/cloison/agent.sh placed\"\n  interval 1\n  timeout 3\n"
    "  fall 3\n  rise 3\n  init_fail\n}\n\n";

/// A balancer that does not run answers nobody.
std::string serving_script(std::string_view service) {
  return fmt::format(
      "vrrp_script serving_{0} {{\n  script \"/bin/sh /usr/lib/cloison/agent.sh running {0}\"\n  interval 1\n  timeout "
      "3\n"
      "  fall 2\n  rise 2\n  weight -50\n  init_fail\n}}\n\n",
      service);
}

std::string keepalived_text(const Settings& settings) {
  const auto& source = settings.text("source");
  std::vector<std::string> in_packet, beside, routes, peers, track;
  for (const auto& line : settings.texts("shared"))
    if (const auto words = words_of(line, 2); !words.empty())
      (in_packet.empty() ? in_packet : beside).push_back(fmt::format("{} dev {}", words[0], words[1]));
  for (const auto& line : settings.texts("routes"))
    if (const auto words = words_of(line, 3); !words.empty())
      routes.push_back(fmt::format("{} via {} dev {}", words[0], words[1], words[2]));
  for (const auto& peer : settings.texts("peers"))
    if (const auto words = words_of(peer, 1); !words.empty()) peers.emplace_back(words[0]);
  for (const auto& interface : settings.texts("track"))
    if (const auto words = words_of(interface, 1); !words.empty()) track.emplace_back(words[0]);
  const bool linked = settings.is_set("linked");
  std::string scripts, tracked;
  for (const auto& service : settings.texts("services"))
    if (const auto words = words_of(service, 1); !words.empty())
      scripts += serving_script(words[0]), tracked += fmt::format("    serving_{}\n", words[0]);
  const auto interface = words_of(settings.text("interface"), 1), from = words_of(source, 1);
  if (interface.empty() || from.empty()) return {};
  return std::string(k_keepalived_head) + std::string(k_placed) + std::string(linked ? k_linked : "") + scripts +
         fmt::format(
             "vrrp_instance cloison {{\n  state BACKUP\n  interface {}\n  virtual_router_id {}\n  priority {}\n"
             "  advert_int 0.15\n  unicast_src_ip {}\n",
             interface[0], settings.number("virtual_router").value_or(1), settings.number("priority").value_or(100),
             from[0]) +
         block("unicast_peer", peers) + block("track_interface", track) +
         fmt::format("  track_script {{\n    placed\n{}{}  }}\n", linked ? "    linked\n" : "", tracked) +
         block("virtual_ipaddress", in_packet) + block("virtual_ipaddress_excluded", beside) +
         block("virtual_routes", routes) + "}\n";
}

std::string role_lines(const Settings& settings) {
  std::string text;
  if (const auto words = words_of(settings.text("interface"), 1); !words.empty())
    text += fmt::format("over {}\n", words[0]);
  if (const auto words = words_of(settings.text("source"), 1); !words.empty())
    text += fmt::format("own {}\n", words[0]);
  for (const auto& line : settings.texts("shared"))
    if (const auto words = words_of(line, 2); !words.empty()) text += fmt::format("shared {} {}\n", words[0], words[1]);
  for (const auto& line : settings.texts("own_ways"))
    if (const auto words = words_of(line, 5); !words.empty()) text += fmt::format("reach {}\n", fmt::join(words, " "));
  return text;
}

}  // namespace

std::vector<NodeFile> redundancy_files(const Settings& settings) {
  return {{.path = "/etc/keepalived/keepalived.conf", .body = keepalived_text(settings)},
          {.path = "/etc/cloison/redundancy.conf", .body = role_lines(settings)}};
}

}  // namespace cloison::node
