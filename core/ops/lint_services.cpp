// Services that are in clear or belong nowhere near where they are asked.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/insecure_services.h"
#include "core/ops/lint_parts.h"
#include "core/ops/proving_wants.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

using Where = InsecureService::Where;
using topology::FlowEnd;

/// What matters of one end of a flow, or of packets that pass.
struct ServiceEnd {
  std::string name{};
  std::string trust{};  // of its zone; "" where it has none
  bool outside = false, data = false;
};

class ServiceLinting {
 public:
  explicit ServiceLinting(const LintInput& input) : input_(input) {
    const auto& topology = *input.resolved.topology;
    for (const auto& zone : topology.zones) {
      trust_[zone.name] = zone.trust.value;
      if (zone.data) data_.insert(zone.name);
    }
    for (const auto& link : topology.links)
      encrypts_[link.name] = link.kind.value != "peering" && link.kind.value != "internet";
    for (const auto& service : insecure_services()) {
      auto& matches = matches_.emplace_back();
      for (const auto word : split(service.ports, ' '))
        if (const auto match = TransportMatch::parse(word)) matches.push_back(*match);
    }
  }

  LintFounds run(const std::vector<verify::Finding>& beyond) {
    const auto& resolved = input_.resolved;
    for (std::size_t first = 0, last = 0; first < resolved.pairs.size(); first = last) {
      const auto number = resolved.pairs[first].flow;
      while (last < resolved.pairs.size() && resolved.pairs[last].flow == number) ++last;
      if (const auto& flow = resolved.flows[number]; flow.flow_class != "system" && may_open(flow))
        of_flow(flow, first, last);
    }
    for (const auto& finding : beyond) of_passage(finding);
    return std::move(found_);
  }

 private:
  /// A flow that begins later is looked at today.
  static bool may_open(const topology::ResolvedFlow& flow) {
    return flow.in_force || flow.why_not.starts_with("starts");
  }

  /// Ranges that hold nearly everything are called too broad instead, once.
  static bool holds(const TransportMatch& flow, const TransportMatch& service) {
    constexpr int k_broad = 100;
    if (flow.ip_protocol != service.ip_protocol || flow.ports.last - flow.ports.first >= k_broad) return false;
    return flow.ports.first <= service.ports.last && service.ports.first <= flow.ports.last;
  }

  void of_flow(const topology::ResolvedFlow& flow, std::size_t first, std::size_t last) {
    const auto services = insecure_services();
    const bool encrypted =
        flow.flow != nullptr && flow.flow->governance.encryption && flow.flow->governance.encryption->value != "none";
    std::set<std::string_view> told;
    for (std::size_t i = 0; i < services.size(); ++i) {
      if ((encrypted && services[i].may_be_encrypted) || told.contains(services[i].name)) continue;
      const bool has = std::any_of(flow.matches.begin(), flow.matches.end(), [&](const TransportMatch& match) {
        return std::any_of(matches_[i].begin(), matches_[i].end(),
                           [&](const TransportMatch& service) { return holds(match, service); });
      });
      if (!has) continue;
      std::vector<const topology::FlowPair*> pairs;
      for (auto at = first; at < last; ++at)
        if (is_wrong(services[i], input_.resolved.pairs[at])) pairs.push_back(&input_.resolved.pairs[at]);
      if (pairs.empty()) continue;
      told.insert(services[i].name);
      tell(flow, services[i], *pairs.front(), pairs.size());
    }
  }

  [[nodiscard]] bool is_wrong(const InsecureService& service, const topology::FlowPair& pair) const {
    if (service.where != Where::between_sites) return is_wrong(service, end_of(pair.from), end_of(pair.to));
    const bool crosses = pair.domains.size() > 1;
    const bool tunnelled = !pair.path.empty() && std::all_of(pair.path.begin(), pair.path.end(), [&](const auto& link) {
      const auto known = encrypts_.find(link);
      return known != encrypts_.end() && known->second;
    });
    return crosses && !tunnelled;
  }
  static bool is_wrong(const InsecureService& service, const ServiceEnd& from, const ServiceEnd& to) {
    switch (service.where) {
      case Where::anywhere:
        return true;
      case Where::patient_data:
        return to.data;
      case Where::not_management:
        return from.trust != "management";
      case Where::outside:
        return from.outside || from.trust == "exposed";
      case Where::between_sites:
        return false;
    }
    return false;
  }

  [[nodiscard]] ServiceEnd in_zone(std::string name, const std::string& zone, bool data) const {
    const auto trust = trust_.find(zone);
    return {.name = std::move(name),
            .trust = trust == trust_.end() ? std::string() : trust->second,
            .data = data || data_.contains(zone)};
  }
  [[nodiscard]] ServiceEnd end_of(const FlowEnd& end) const {
    const auto& resolved = input_.resolved;
    switch (end.kind) {
      case FlowEnd::Kind::internet:
        return {.name = "internet", .outside = true};
      case FlowEnd::Kind::prefixes:
        return {.name = end.prefixes.empty() ? "addresses" : end.prefixes.front().text(), .outside = is_public(end)};
      case FlowEnd::Kind::node:
        return {.name = resolved.nodes[end.index].path, .trust = "management"};
      case FlowEnd::Kind::segment: {
        const auto& segment = resolved.segments[end.index];
        return in_zone(segment.path, segment.zone, segment.segment != nullptr && segment.segment->data);
      }
      case FlowEnd::Kind::host: {
        const auto& host = resolved.hosts[end.index];
        const auto* segment = host.segment == topology::k_none ? nullptr : &resolved.segments[host.segment];
        const bool own = host.host != nullptr && host.host->zone;
        return in_zone(host.path,
                       own                  ? host.host->zone->value
                       : segment != nullptr ? segment->zone
                                            : std::string(),
                       host.host != nullptr && host.host->data.has_value());
      }
    }
    return {};
  }
  /// Addresses of no environment's space.
  [[nodiscard]] bool is_public(const FlowEnd& end) const {
    const auto& environments = input_.resolved.topology->environments;
    return std::none_of(environments.begin(), environments.end(), [&](const topology::Environment& one) {
      return std::any_of(one.spaces.begin(), one.spaces.end(), [&](const auto& space) {
        return std::any_of(end.prefixes.begin(), end.prefixes.end(),
                           [&](const IpPrefix& prefix) { return space.value.overlaps(prefix); });
      });
    });
  }

  void tell(const topology::ResolvedFlow& flow, const InsecureService& service, const topology::FlowPair& pair,
            std::size_t pairs) {
    found_.push_back({fmt::format("{} {}", flow.id, service.name),
                      {.kind = LintFinding::Kind::insecure,
                       .severity = service.severity,
                       .what = std::string(service.name),
                       .address = "flow " + flow.id,
                       .where = fmt::format("{} -> {}{}", end_of(pair.from).name, end_of(pair.to).name,
                                            pairs == 1 ? "" : fmt::format(", {}", counted(pairs, "pair"))),
                       .reason = flow.id,
                       .declared = flow.flow != nullptr ? flow.flow->ports_span : flow.span,
                       .why = std::string(service.why),
                       .hint = fmt::format("instead: {}", service.instead)}});
  }

  // --- Rules that nobody declared ----------------------------------------------------------------------------------
  [[nodiscard]] ServiceEnd end_of(const verify::PassageEnd& end) const {
    using PassageKind = verify::PassageEnd::Kind;
    const auto& places = input_.input.places;
    if (end.kind == PassageKind::outside) return {.name = "internet", .outside = true};
    if (end.kind != PassageKind::place) return {.name = verify::name_of(end, places)};
    const auto& place = places[end.place];
    auto known = in_zone(place.path, place.zone, !place.data.empty());
    if (place.kind == verify::Place::Kind::node) known.trust = "management";
    return known;
  }

  void of_passage(const verify::Finding& passage) {
    const auto from = end_of(passage.from), to = end_of(passage.to);
    const auto services = insecure_services();
    for (std::size_t i = 0; i < services.size(); ++i) {
      if (services[i].where == Where::between_sites || !is_wrong(services[i], from, to)) continue;
      verify::PacketSet its;
      for (const auto& match : matches_[i])
        for (const auto family : {Family::ipv4, Family::ipv6}) {
          std::vector<PacketBox> boxes;
          add_services(match, family, boxes);
          for (const auto& box : boxes)
            for (const auto& passes : passage.packets.boxes())
              if (is_narrow(passes))
                if (const auto both = verify::intersection(passes, box)) its.add(*both);
        }
      if (!its.empty()) tell(services[i], from, to, passage, its);
    }
  }
  static bool is_narrow(const PacketBox& box) {
    constexpr int k_broad = 100;
    return box.protocol.first == box.protocol.last && box.service.last - box.service.first < k_broad;
  }

  void tell(const InsecureService& service, const ServiceEnd& from, const ServiceEnd& to,
            const verify::Finding& passage, const verify::PacketSet& packets) {
    LintFinding finding{.kind = LintFinding::Kind::insecure,
                        .severity = service.severity,
                        .what = std::string(service.name),
                        .where = fmt::format("{} -> {}", from.name, to.name),
                        .why = std::string(service.why),
                        .hint = fmt::format("instead: {}", service.instead)};
    for (const auto& leap : passage.way)
      if (!leap.rule.empty() && !leap.implicit) {
        const auto reason = input_.reasons.of(leap);
        finding.address = std::string(leap.address.empty() ? leap.where : leap.address);
        finding.rule = reason.rule, finding.reason = reason.reason, finding.declared = reason.declared;
      }
    if (const auto witness = packets.example()) finding.witness = verify::packet_text(*witness);
    found_.push_back({fmt::format("{} {}", finding.address, service.name), std::move(finding)});
  }

  const LintInput& input_;
  std::map<std::string, std::string, std::less<>> trust_{};
  std::set<std::string, std::less<>> data_{};
  std::map<std::string, bool, std::less<>> encrypts_{};
  std::vector<std::vector<TransportMatch>> matches_{};  // beside the table
  LintFounds found_{};
};

}  // namespace

LintFounds lint_services(const LintInput& input, const std::vector<verify::Finding>& beyond) {
  return ServiceLinting(input).run(beyond);
}

}  // namespace cloison::ops
