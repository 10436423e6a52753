// Rules that let more pass than anybody asked for, and flows that are broad by themselves.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"
#include "core/verify/packet_text.h"
#include "core/verify/wanted.h"

namespace cloison::ops {

namespace {

using Severity = LintFinding::Severity;
using topology::FlowEnd;

// Thresholds of docs/lint.md, "Too broad".
constexpr int k_many_ports = 100;              // in one range
constexpr uint8_t k_wide4 = 20, k_wide6 = 48;  // prefixes shorter than these
constexpr uint128 k_large = 1'024;             // addresses of a segment
constexpr uint128 k_sparse = 16;               // of which fewer than one in so many is given out

/// What one rule lets pass that nobody asked for.
struct Surplus {
  LintFinding finding{};
  std::string alike{};
  verify::PacketSet packets{};
};

class BreadthLinting {
 public:
  explicit BreadthLinting(const LintInput& input)
      : input_(input), places_(input.world, input.input.places), wanted_(input.input.wanted) {}

  LintFounds run(const std::vector<verify::Finding>& beyond) {
    for (const auto& passage : beyond) blame(passage);
    for (std::size_t i = 0; i < input_.world.ports().size(); ++i) card(i);
    for (auto& [key, surplus] : surpluses_) tell(std::move(surplus));
    flows();
    return std::move(found_);
  }

 private:
  // --- Rules -------------------------------------------------------------------------------------------------------
  /// Of the rules on a way those that nobody declared are to blame; where all are declared, each of them.
  void blame(const verify::Finding& passage) {
    std::vector<std::pair<const verify::Leap*, ExplainedLeap>> rules;
    for (const auto& leap : passage.way)
      if (!leap.rule.empty() && !leap.implicit) rules.emplace_back(&leap, input_.reasons.of(leap));
    const bool strangers =
        std::any_of(rules.begin(), rules.end(), [](const auto& one) { return one.second.declared == 0; });
    for (const auto& [leap, reason] : rules)
      if (!strangers || reason.declared == 0) add(reason, leap->packets);
  }

  void add(const ExplainedLeap& of, const verify::PacketSet& packets) {
    auto& surplus = surpluses_[of.resource + ' ' + of.rule];
    if (surplus.packets.empty()) {
      surplus.finding = {.kind = LintFinding::Kind::broad,
                         .severity = Severity::warning,
                         .what = "rule",
                         .address = of.resource.empty() ? of.where : of.resource,
                         .where = of.where,
                         .rule = of.rule,
                         .reason = of.reason,
                         .declared = of.declared};
      surplus.alike = of.declared != 0 ? flow_of_reason(of.reason) : of.resource + ' ' + of.rule;
    }
    surplus.packets.add(packets);
  }

  /// A rule of a group lets pass at one end what the other end may still refuse. A gateway's card lets pass what its
  /// tunnels carry and the gateway itself decides on.
  void card(std::size_t number) {
    const auto& port = *input_.world.ports()[number];
    const auto place = places_.of_port(number);
    if (port.device.device != verify::k_nothing || place == verify::k_nothing) return;
    if (input_.input.places[place].gateway) return;
    if (port.filters->in_rules) one_end(*port.filters->in_rules, port.model, place, &PacketBox::destination);
    if (port.filters->out_rules) one_end(*port.filters->out_rules, port.model, place, &PacketBox::source);
  }

  void one_end(const FilterChain& chain, const MachinePort& port, std::size_t place,
               Interval<uint128> PacketBox::* end) {
    for (const auto& rule : chain.rules) {
      if (rule.match.implicit || rule.action != FilterRule::Action::accept) continue;
      verify::PacketSet its;
      for (auto box : rule.match.packets)
        for (const auto& address : port.addresses)
          if (address.family == box.family && (box.*end).contains(address.bits)) {
            box.*end = {address.bits, address.bits};
            its.add(box);
            break;
          }
      auto surplus = wanted_.beyond(its, input_.input.places[place].environment);
      if (surplus.empty()) continue;
      add(input_.reasons.of(
              {.where = port.name, .rule = rule.match.text, .label = rule.match.label, .address = port.address}),
          surplus);
    }
  }

  void tell(Surplus surplus) {
    constexpr std::size_t k_boxes_shown = 3;
    auto& [finding, alike, packets] = surplus;
    packets.simplify();
    if (const auto witness = packets.example()) finding.witness = verify::packet_text(*witness);
    for (const auto& box : verify::coarse(packets, k_boxes_shown).boxes())
      finding.packets.push_back(verify::packets_text(verify::PacketSet(box)));
    finding.why = "no flow, and nothing that the network needs, asks for: " + join(finding.packets, "; ");
    finding.hint = input_.live ? "`cloison plan` says whether the next apply takes it away"
                               : "declare a flow that asks for it, or narrow " + flow_of_reason(finding.reason);
    found_.push_back({std::move(alike), std::move(finding)});
  }

  // --- Flows -------------------------------------------------------------------------------------------------------
  void flows() {
    std::map<uint32_t, std::set<const FlowEnd*>> ends;
    for (const auto& pair : input_.resolved.pairs) {
      ends[pair.flow].insert(&pair.from);
      ends[pair.flow].insert(&pair.to);
    }
    for (const auto& [number, its] : ends) {
      const auto& flow = input_.resolved.flows[number];
      if (flow.flow == nullptr || (!flow.in_force && !flow.why_not.starts_with("starts"))) continue;
      ports(flow);
      std::set<std::string> told;
      for (const auto* end : its) wide_end(flow, *end, told);
    }
  }

  void tell(const topology::ResolvedFlow& flow, Severity severity, std::string what, SpanId where, std::string why,
            std::string hint) {
    found_.push_back({flow.id + ' ' + why,
                      {.kind = LintFinding::Kind::broad,
                       .severity = severity,
                       .what = std::move(what),
                       .address = "flow " + flow.id,
                       .reason = flow.id,
                       .declared = where,
                       .why = std::move(why),
                       .hint = std::move(hint)}});
  }

  void ports(const topology::ResolvedFlow& flow) {
    for (const auto& match : flow.matches) {
      if (!match.ip_protocol) {
        tell(flow, Severity::warning, "any-port", flow.flow->ports_span, "it permits every protocol and port",
             "name the ports that are used, such as 'ports: [https]'");
      } else if (match.ports.last - match.ports.first >= k_many_ports && has_ports(*match.ip_protocol)) {
        const auto count = match.ports.last - match.ports.first + 1;
        tell(flow, Severity::notice, "many-ports", flow.flow->ports_span,
             fmt::format("{} permits {} ports", match.text(), count), "name the ports that are used");
      }
    }
  }
  static bool has_ports(uint8_t number) {
    return number == protocol::k_tcp || number == protocol::k_udp || number == protocol::k_sctp;
  }

  void wide_end(const topology::ResolvedFlow& flow, const FlowEnd& end, std::set<std::string>& told) {
    if (end.kind == FlowEnd::Kind::prefixes)
      for (const auto& prefix : end.prefixes) wide_prefix(flow, prefix, "names", told);
    if (end.kind != FlowEnd::Kind::segment) return;
    const auto& segment = input_.resolved.segments[end.index];
    for (const auto& prefix : {segment.ipv4, segment.ipv6})
      if (prefix && segment.provider_kind == "external") wide_prefix(flow, *prefix, segment.path + " is", told);
    if (segment.physical_ports && segment.ipv4 && segment.provider_kind != "external") sparse(flow, segment, told);
  }

  void wide_prefix(const topology::ResolvedFlow& flow, const IpPrefix& prefix, const std::string& who,
                   std::set<std::string>& told) {
    const bool wide = prefix.length < (prefix.family() == Family::ipv4 ? k_wide4 : k_wide6);
    if (wide && told.insert(prefix.text()).second)
      tell(flow, Severity::notice, "wide-prefix", flow.span, fmt::format("{} all of {}", who, prefix.text()),
           "name the prefixes that are used");
  }

  /// Machines that nobody knows of have their addresses by DHCP; where most are given to none, a flow to all of them
  /// is wider than who is there.
  void sparse(const topology::ResolvedFlow& flow, const topology::ResolvedSegment& segment,
              std::set<std::string>& told) {
    uint128 given = 0;
    for (const auto host : segment.hosts) given += input_.resolved.hosts[host].machines.size();
    if (segment.segment != nullptr && segment.segment->dhcp)
      given += static_cast<uint128>(segment.segment->dhcp->last - segment.segment->dhcp->first + 1);
    const auto size = segment.ipv4->size();
    if (size < k_large || given == 0 || given * k_sparse >= size || !told.insert(segment.path).second) return;
    tell(flow, Severity::notice, "sparse-segment", flow.span,
         fmt::format("{} is {}, of which {} addresses are given out", segment.path, segment.ipv4->text(),
                     static_cast<uint64_t>(given)),
         "give the segment a longer prefix, or name its hosts");
  }

  const LintInput& input_;
  verify::PlaceIndex places_;
  verify::WantedIndex wanted_;
  std::map<std::string, Surplus> surpluses_{};
  LintFounds found_{};
};

}  // namespace

LintFounds lint_breadth(const LintInput& input, const std::vector<verify::Finding>& beyond) {
  return BreadthLinting(input).run(beyond);
}

}  // namespace cloison::ops
