#include "providers/node/findings.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/certificates.h"
#include "providers/node/lower_apart.h"
#include "providers/node/lower_guests.h"
#include "providers/node/lower_links.h"
#include "providers/node/lower_vpn.h"
#include "providers/node/rules.h"
#include "providers/node/targets.h"
#include "providers/node/translation.h"

namespace cloison::node {

namespace {

SpanId span_of(const NodeIntent& node) {
  return node.origins.empty() ? 0 : node.origins.front().span;
}

Diagnostic went_back(const NodeIntent& node, const std::string& when) {
  return {
      .severity = Diagnostic::Severity::warning,
      .kind = ErrorKind::unconfirmed,
      .code = "CL5417",
      .summary = fmt::format("node {} went back to its former configuration by itself", node.name),
      .detail = fmt::format("{}: the change before was not confirmed, or failed.", printable(when)),
      .hint =
          node.forwards
              ? "this plan brings it up to date again; does it close the way by which the node is reached?"
              : "this plan tries it again; what it failed at is told on the machine: journalctl -b -u 'cloison-app-*'",
      .address = node.path,
      .where = span_of(node)};
}

Diagnostic lacks(const NodeIntent& node, const std::vector<std::string>& missing) {
  return {
      .severity = Diagnostic::Severity::warning,
      .kind = ErrorKind::unsupported,
      .code = "CL5418",
      .summary = fmt::format("node {} lacks {}", node.name, counted(missing.size(), "package")),
      .detail = fmt::format("Not installed there: {}. The steps that need them will be refused.", join(missing, ", ")),
      .hint = fmt::format("on the node: sudo apt-get install --no-install-recommends {}", join(missing, " ")),
      .address = node.path,
      .where = span_of(node)};
}

/// From where, to which address and port, and by which interface cloison speaks with the node now.
struct Way {
  IpAddress from{}, to{};
  uint16_t port = 0;
  std::string interface{};
};

std::optional<Way> way_of(const Facts& facts) {
  const auto session = facts.find("session");
  if (session == facts.end()) return std::nullopt;
  const auto words = split(session->second, ' ');
  if (words.size() != 4) return std::nullopt;
  const auto from = IpAddress::parse(words[0]), to = IpAddress::parse(words[1]);
  Way way{.interface = std::string(words[3])};
  const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), way.port);
  if (!from || !to || error != std::errc{} || end != words[2].data() + words[2].size()) return std::nullopt;
  way.from = *from, way.to = *to;
  return way;
}

class Entrance {
 public:
  Entrance(const NodeIntent& node, const std::vector<AddressSetIntent>& sets, const Facts& facts, const Way& way)
      : node_(node), sets_(sets), facts_(facts), way_(way), translation_(node, interfaces_of(node)) {}

  [[nodiscard]] bool open() const {
    return std::any_of(node_.rules.begin(), node_.rules.end(), [this](const NodeRuleIntent& declared) {
      const auto rule = translation_.as_filtered(declared);  // as sshd sees it
      return rule.chain == NodeRuleIntent::Chain::input && rule.condition.empty() && rule.family == way_.from.family &&
             speaks(rule.match) && contains(rule.from, way_.from) && contains(rule.to, way_.to) && comes_by(rule.in);
    });
  }

 private:
  [[nodiscard]] bool speaks(const TransportMatch& match) const {
    if (!match.ip_protocol) return true;
    return *match.ip_protocol == protocol::k_tcp && match.ports.first <= way_.port && way_.port <= match.ports.last;
  }
  [[nodiscard]] bool contains(const std::variant<IpPrefix, std::string>& end, const IpAddress& address) const {
    if (const auto* prefix = std::get_if<IpPrefix>(&end)) return prefix->contains(address);
    const auto set = std::find_if(sets_.begin(), sets_.end(),
                                  [&](const AddressSetIntent& one) { return one.path == std::get<std::string>(end); });
    return set != sets_.end() && std::any_of(set->prefixes.begin(), set->prefixes.end(),
                                             [&](const IpPrefix& one) { return one.contains(address); });
  }
  [[nodiscard]] bool comes_by(const NodeRuleIntent::Side& side) const {
    using Kind = NodeRuleIntent::Side::Kind;
    switch (side.kind) {
      case Kind::none:
        return true;
      case Kind::inside:
        return way_.interface == node_.inside;
      case Kind::underlays:
        return std::any_of(node_.underlays.begin(), node_.underlays.end(),
                           [&](const NodeUnderlayIntent& one) { return one.interface == way_.interface; });
      case Kind::segment:
        return std::any_of(node_.segments.begin(), node_.segments.end(), [&](const NodeSegmentIntent& one) {
          return one.path == side.name && interface_name(one.name) == way_.interface;
        });
      case Kind::link:
        return std::any_of(node_.tunnels.begin(), node_.tunnels.end(),
                           [&](const TunnelIntent& one) {
                             return one.link == side.name && tunnel_interface(one) == way_.interface;
                           }) ||
               std::any_of(node_.connections.begin(), node_.connections.end(), [&](const ConnectionIntent& one) {
                 return one.link == side.name && connection_interface(one.link, facts_) == way_.interface;
               });
    }
    return false;
  }

  static std::map<std::string, std::string> interfaces_of(const NodeIntent& node) {
    std::map<std::string, std::string> interfaces;
    for (const auto& segment : node.segments) interfaces.emplace(segment.path, interface_name(segment.name));
    return interfaces;
  }

  const NodeIntent& node_;
  const std::vector<AddressSetIntent>& sets_;
  const Facts& facts_;
  const Way& way_;
  Translation translation_;
};

Diagnostic closes(const NodeIntent& node, const Way& way) {
  return {
      .kind = ErrorKind::policy,
      .code = "CL5419",
      .summary = fmt::format("this would close the way by which cloison reaches node {}", node.name),
      .detail = fmt::format("It comes from {} to {} port {} by {}, and no flow of `management:` opens that. Nothing "
                            "was changed.",
                            way.from.text(), way.to.text(), way.port, printable(way.interface)),
      .hint = fmt::format("groups: {{operators: {{cidrs: [{}]}}}} and management: {{from: [operators], reach: "
                          "[direct]}}; or run cloison from a member of management.from",
                          IpPrefix::of(way.from).text()),
      .address = node.path,
      .where = span_of(node)};
}

/// Flows with a date, certificates and logs go by the node's own clock.
Diagnostic wrong_clock(const NodeIntent& node, const std::string& seconds) {
  const bool behind = seconds.starts_with('-');
  return {.severity = Diagnostic::Severity::warning,
          .kind = ErrorKind::unconfirmed,
          .code = "CL5422",
          .summary = fmt::format("the clock of node {} is off", node.name),
          .detail = fmt::format("It is {} s {}. Flows with `starts:` or `expires:` open and close by it.",
                                behind ? seconds.substr(1) : seconds, behind ? "behind" : "ahead"),
          .hint = "on the node: sudo timedatectl set-ntp true; is `ntp:` of infrastructure reachable from there?",
          .address = node.path,
          .where = span_of(node)};
}

/// Nothing for the system on which the tests run.
std::optional<Diagnostic> untested(const NodeIntent& node, const Facts& facts) {
  const auto version = facts.find("os_version");
  const auto id = facts.at("os"), number = version == facts.end() ? std::string() : version->second;
  const auto* const target = target_for(id, number);
  if (target != nullptr && target->tested) return std::nullopt;
  return Diagnostic{
      .severity = Diagnostic::Severity::warning,
      .kind = ErrorKind::unsupported,
      .code = "CL5424",
      .summary = target != nullptr ? fmt::format("node {} runs {}, which is untested", node.name, target->name)
                                   : fmt::format("node {} runs a system that cloison does not know", node.name),
      .detail = target != nullptr
                    ? "It should do; no test of cloison has run on it."
                    : fmt::format("It calls itself {} {}. What it is asked for may have other names there.",
                                  printable(id), printable(number)),
      .hint = "try it on a node that serves nobody yet; Debian 12 is tested",
      .address = node.path,
      .where = span_of(node)};
}

/// A machine that is there is not taken away for one that cannot come.
Diagnostic without_image(const NodeIntent& node, const EndpointIntent& guest) {
  const auto& image = guest.machine->image;
  return {
      .kind = ErrorKind::conflict,
      .code = "CL5421",
      .summary = fmt::format("machine {} cannot begin as '{}'", guest.path, printable(image)),
      .detail = fmt::format("Node {} has no such image in {}. The machine runs as another one. Nothing was changed.",
                            node.name, k_images_folder),
      .hint = fmt::format("put {}.qcow2 there, or name the image that it runs as", printable(image)),
      .address = guest.path,
      .where = guest.origins.empty() ? 0 : guest.origins.front().span};
}

void note_images(const NodeIntent& node, const Facts& facts, Diagnostics& notes) {
  if (!facts.contains("images")) return;
  for (const auto& guest : node.guests) {
    const auto* segment = segment_of(node, guest);
    if (segment == nullptr) continue;
    const auto there = facts.find("guest/" + guest_name(segment->name, guest.name));
    if (there != facts.end() && there->second != guest.machine->image &&
        !facts.contains("image/" + guest.machine->image))
      notes.push_back(without_image(node, guest));
  }
}

/// Without these there is no bridge that keeps VLANs apart.
std::vector<std::string> modules_lacking(const Facts& facts) {
  std::vector<std::string> lacking;
  for (const auto* const module : {"bridge", "8021q"})
    if (!facts.contains(std::string("kernel/") + module)) lacking.emplace_back(module);
  return lacking;
}

Diagnostic cannot_bridge(const NodeIntent& node, const std::vector<std::string>& lacking) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL5423",
          .summary = fmt::format("the kernel of node {} has no bridge with VLANs", node.name),
          .detail =
              fmt::format("It lacks {}, which 'switch: linux-bridge' takes. Nothing was changed.", join(lacking, ", ")),
          .hint = "at the provider entry: switch: open-vswitch",
          .address = node.path,
          .where = span_of(node)};
}

/// What a flow permits and the node cannot pass on is said, not left to whoever waits for an answer.
void note_apart(const NodeIntent& node, Diagnostics& notes) {
  for (const auto& segment : node.segments) {
    const auto lost = not_passed_on(node, segment);
    if (lost.empty()) continue;
    notes.push_back({.severity = Diagnostic::Severity::warning,
                     .kind = ErrorKind::unsupported,
                     .code = "CL5425",
                     .summary = fmt::format("inside segment {}, node {} cannot pass on all that flows permit",
                                            segment.path, node.name),
                     .detail = join(lost, "; "),
                     .hint = "name hosts with addresses of their own at both ends, or say 'intra: allow'",
                     .address = segment.path,
                     .where = segment.origins.empty() ? span_of(node) : segment.origins.front().span});
  }
}

}  // namespace

Platform platform_of(const std::map<std::string, std::string>& settings) {
  const auto packages = settings.find("packages"), bridge = settings.find("switch");
  return {.installs = packages != settings.end() && packages->second != "none",
          .linux_bridge = bridge != settings.end() && bridge->second == "linux-bridge"};
}

std::vector<std::string> packages_for(const NodeIntent& node, const Facts& facts, const Platform& platform) {
  if (!node.forwards) {
    const bool balances = std::any_of(node.services.begin(), node.services.end(),
                                      [](const ServiceIntent& one) { return !one.balances.empty(); });
    std::vector<std::string> names;
    if (balances) names.emplace_back("haproxy");
    if (node.redundancy) names.emplace_back("keepalived");
    return names;
  }
  std::vector<std::string> names{"nftables", "conntrack"};
  if (!node.segments.empty() && !platform.linux_bridge) names.emplace_back("openvswitch-switch");
  if (!node.connections.empty()) {
    names.insert(names.end(), {"strongswan-swanctl", "charon-systemd", "libstrongswan-standard-plugins", "openssl"});
    if (!kernel_encrypts(facts)) names.emplace_back("libcharon-extra-plugins");
  }
  if (node.redundancy) names.emplace_back("keepalived");
  if (!node.guests.empty())
    names.insert(names.end(), {"libvirt-daemon-system", "qemu-system-x86", "qemu-utils", "genisoimage"});
  if (node.tunnels.empty()) return names;
  names.emplace_back("wireguard-tools");
  if (needs_routing(node)) names.insert(names.end(), {"frr", "frr-pythontools"});
  if (!facts.contains("kernel/wireguard")) names.emplace_back("wireguard-go");
  return names;
}

Diagnostics findings(const NodeIntent& node, const std::vector<AddressSetIntent>& sets, const Facts& facts,
                     const Platform& platform) {
  Diagnostics notes;
  note_apart(node, notes);
  if (const auto back = facts.find("restored"); back != facts.end()) notes.push_back(went_back(node, back->second));
  if (const auto off = facts.find("clock_off"); off != facts.end()) notes.push_back(wrong_clock(node, off->second));
  note_certificates(node, facts, notes);
  if (!facts.contains("os")) return notes;  // never read
  if (auto other = untested(node, facts)) notes.push_back(*std::move(other));
  std::vector<std::string> missing;
  for (auto& name : packages_for(node, facts, platform))
    if (!facts.contains("package/" + name)) missing.push_back(std::move(name));
  if (!missing.empty() && !platform.installs) notes.push_back(lacks(node, missing));
  if (!node.forwards) return notes;
  if (const auto way = way_of(facts); way && !Entrance(node, sets, facts, *way).open())
    notes.push_back(closes(node, *way));
  if (const auto lacking = modules_lacking(facts); platform.linux_bridge && !node.segments.empty() && !lacking.empty())
    notes.push_back(cannot_bridge(node, lacking));
  note_images(node, facts, notes);
  return notes;
}

}  // namespace cloison::node
