// What a segmented network has and this one does not declare: the table of docs/lint.md, "Missing controls".

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/lint_parts.h"

namespace cloison::ops {

namespace {

using Severity = LintFinding::Severity;
using verify::Guarantee;
using verify::Place;

constexpr uint8_t k_office4 = 24, k_office6 = 56;  // prefixes that hold administrators alone

class ControlLinting {
 public:
  explicit ControlLinting(const LintInput& input)
      : input_(input), topology_(*input.resolved.topology), names_(input.input.groups) {
    for (const auto& zone : topology_.zones) trust_[zone.name] = zone.trust.value;
    for (const auto& entry : topology_.infrastructure) entries_[entry.name] = &entry;
  }

  LintFounds run() {
    management();
    infrastructure();
    guarded_zones();
    for (const auto& flow : input_.resolved.flows)
      if (flow.flow != nullptr && (flow.in_force || flow.why_not.starts_with("starts"))) of_flow(flow);
    links();
    return std::move(found_);
  }

 private:
  void tell(Severity severity, std::string what, std::string address, SpanId where, std::string why, std::string hint,
            std::string alike) {
    found_.push_back({std::move(alike),
                      {.kind = LintFinding::Kind::control,
                       .severity = severity,
                       .what = std::move(what),
                       .address = std::move(address),
                       .declared = where,
                       .why = std::move(why),
                       .hint = std::move(hint)}});
  }
  void missing(Severity severity, const std::string& block, std::string why, std::string hint) {
    tell(severity, block, topology_.name, topology_.name_span, std::move(why), std::move(hint), block);
  }
  [[nodiscard]] std::string trust_of(const std::string& zone) const {
    const auto known = trust_.find(zone);
    return known == trust_.end() ? std::string() : known->second;
  }

  /// Machines that we make, and nodes.
  [[nodiscard]] bool is_managed() const {
    return !input_.resolved.nodes.empty() || std::any_of(input_.resolved.hosts.begin(), input_.resolved.hosts.end(),
                                                         [](const auto& one) { return one.made; });
  }

  void management() {
    if (!topology_.management) {
      if (is_managed())
        missing(Severity::warning, "management", "nobody is said to administer nodes and machines",
                "add 'management: {from: [admins], reach: [tunnel]}' with a group 'admins'");
      return;
    }
    const auto& management = *topology_.management;
    for (const auto& term : management.from.terms) {
      const bool outside = term.path == "internet" || is_wide(term.path);
      if (outside)
        tell(Severity::warning, "management-from", "management", management.span,
             fmt::format("'{}' administers: anybody there gets to ask for a login", term.path),
             "name the few addresses or hosts of administrators", term.path);
    }
  }
  /// Of a group of addresses: more than 256 in one prefix.
  [[nodiscard]] bool is_wide(const std::string& group) const {
    return std::any_of(topology_.groups.begin(), topology_.groups.end(), [&](const topology::Group& one) {
      return one.name == group && std::any_of(one.cidrs.begin(), one.cidrs.end(), [](const auto& cidr) {
               return cidr.value.length < (cidr.value.family() == Family::ipv4 ? k_office4 : k_office6);
             });
    });
  }

  void infrastructure() {
    if (!is_managed()) return;
    if (!entries_.contains("ntp"))
      missing(Severity::warning, "ntp", "no clock is said to be right: logs and certificates need one",
              "add 'ntp: {servers: [SERVER]}' to 'infrastructure:'");
    if (!entries_.contains("monitoring"))
      missing(Severity::notice, "monitoring", "nobody is said to watch nodes and machines",
              "add 'monitoring: {from: HOST, ports: [node-exporter]}' to 'infrastructure:'");
    const auto logs = entries_.find("logs");
    if (logs == entries_.end()) {
      missing(Severity::warning, "logs", "nothing collects the logs of nodes and machines",
              "add 'logs: {to: HOST, ports: [syslog-tls], denied: true}' to 'infrastructure:'");
      return;
    }
    if (!logs->second->denied)
      tell(Severity::notice, "logs-denied", "infrastructure.logs", logs->second->span, "what is refused is not logged",
           "add 'denied: true'", "");
    unlogged(*logs->second);
  }

  /// Machines of ours in zones that matter most, of which no logs are collected.
  void unlogged(const topology::InfrastructureEntry& logs) {
    const auto& resolved = input_.resolved;
    std::set<uint32_t> logged;
    for (const auto& pair : resolved.pairs)
      if (resolved.flows[pair.flow].id == "I-logs") {
        if (pair.from.kind == topology::FlowEnd::Kind::host) logged.insert(pair.from.index);
        if (pair.to.kind == topology::FlowEnd::Kind::host) logged.insert(pair.to.index);  // the collector itself
      }
    for (uint32_t i = 0; i < resolved.hosts.size(); ++i) {
      const auto& host = resolved.hosts[i];
      if (!host.made || host.kind == topology::ResolvedHost::Kind::gateway || host.segment == topology::k_none)
        continue;
      const auto& segment = resolved.segments[host.segment];
      const auto trust = trust_of(host.host != nullptr && host.host->zone ? host.host->zone->value : segment.zone);
      if ((trust != "restricted" && trust != "exposed") || logged.contains(i)) continue;
      tell(Severity::warning, "logs", host.path, logs.span,
           fmt::format("its zone is {}, and no logs of it are collected", trust),
           "let 'for:' of 'infrastructure.logs' name it, or leave 'for:' out", alike(segment) + '.' + host.name);
    }
  }
  [[nodiscard]] std::string alike(const topology::ResolvedSegment& segment) const {
    return topology_.sites[segment.site].name + '.' +
           (segment.segment != nullptr ? segment.segment->name : segment.path);
  }

  /// A restricted zone is worth a promise.
  void guarded_zones() {
    for (const auto& place : input_.input.places) {
      if (place.kind != Place::Kind::segment || place.external || trust_of(place.zone) != "restricted") continue;
      const auto& all = input_.input.guarantees;
      if (std::any_of(all.begin(), all.end(), [&](const Guarantee& one) { return guards(one, place); })) continue;
      tell(Severity::warning, "guarantee", place.path, place.span,
           fmt::format("zone {} is restricted, and no guarantee keeps anybody out of it", place.zone),
           fmt::format("add '{{id: G-9, unreachable: {{from: internet, to: {{zone: {}}}}}}}' to 'guarantees:'",
                       place.zone),
           place.zone);
    }
  }
  [[nodiscard]] bool guards(const Guarantee& guarantee, const Place& place) const {
    switch (guarantee.kind) {
      case Guarantee::Kind::isolated:
        return names_.means(guarantee.among, place);
      case Guarantee::Kind::unreachable:
        return names_.means(guarantee.to, place);
      case Guarantee::Kind::only:
        return names_.means(guarantee.from, place) || names_.means(guarantee.to, place);
      default:
        return false;
    }
  }

  // --- Flows -------------------------------------------------------------------------------------------------------
  /// What comes from strangers says why, by whom, and until when.
  void of_flow(const topology::ResolvedFlow& resolved) {
    const auto& flow = *resolved.flow;
    restricted_egress(resolved);
    const auto who = stranger(flow.from);
    if (who.empty()) return;
    const auto lacks = [&](Severity severity, std::string_view key, std::string_view value) {
      tell(severity, fmt::format("flow-{}", key), "flow " + flow.id, flow.id_span,
           fmt::format("it comes from {}, and does not say '{}:'", who, key), fmt::format("add '{}: {}'", key, value),
           flow.id);
    };
    if (!flow.governance.purpose) lacks(Severity::warning, "purpose", "what it is for");
    if (!flow.governance.owner) lacks(Severity::warning, "owner", "who answers for it");
    if (!flow.expires && !flow.governance.review) lacks(Severity::notice, "review", "a date, or 'expires:'");
  }
  [[nodiscard]] std::string stranger(const topology::Selector& from) const {
    for (const auto& term : from.terms) {
      if (term.path == "internet") return term.path;
      const auto site = term.path.substr(0, term.path.find_first_of("./"));
      for (const auto& one : topology_.sites)
        if (one.name == site && one.provider.value == "external") return "the external site " + site;
    }
    return {};
  }

  void restricted_egress(const topology::ResolvedFlow& resolved) {
    const auto& flow = *resolved.flow;
    if (std::none_of(flow.to.terms.begin(), flow.to.terms.end(),
                     [](const auto& term) { return term.path == "internet"; }))
      return;
    const auto number = static_cast<uint32_t>(&resolved - input_.resolved.flows.data());
    const auto its = std::ranges::equal_range(input_.resolved.pairs, number, {}, &topology::FlowPair::flow);
    for (const auto& pair : its) {
      const auto zone = zone_of(pair.from);
      if (trust_of(zone) != "restricted") continue;
      tell(Severity::warning, "egress", "flow " + flow.id, flow.id_span,
           fmt::format("zone {} is restricted, and this lets it send to all of the internet", zone),
           "name whom it asks by a group of 'cidrs:' or 'fqdns:'", flow.id);
      return;
    }
  }
  [[nodiscard]] std::string zone_of(const topology::FlowEnd& end) const {
    using EndKind = topology::FlowEnd::Kind;
    if (end.kind == EndKind::segment) return input_.resolved.segments[end.index].zone;
    if (end.kind != EndKind::host) return {};
    const auto& host = input_.resolved.hosts[end.index];
    if (host.host != nullptr && host.host->zone) return host.host->zone->value;
    return host.segment == topology::k_none ? std::string() : input_.resolved.segments[host.segment].zone;
  }

  // --- Links -------------------------------------------------------------------------------------------------------
  void links() {
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      const auto& link = topology_.links[i];
      if (link.kind.value == "peering" && joins_sites(i))
        tell(Severity::notice, "link-encryption", "link " + link.name, link.span,
             "what it carries between sites is in no tunnel", "a link of kind vpn or sdwan, or encryption in each flow",
             link.name);
      if (link.kind.value == "remote-access" && (!link.to || !link.to->value.starts_with("same-site")) &&
          users_sites(i) > 1)
        tell(Severity::notice, "remote-access", "link " + link.name, link.span,
             "devices of every site may be let into the others", "add 'to: same-site'", link.name);
    }
  }
  [[nodiscard]] std::set<uint32_t> sites_of(std::size_t link, bool users) const {
    std::set<uint32_t> sites;
    const auto count = topology_.sites.size();
    for (const auto& end : input_.resolved.link_ends[link])
      if ((end.role == topology::LinkEnd::Role::users) == users && end.domain != topology::k_none)
        sites.insert(end.domain < count ? end.domain : input_.resolved.vpcs[end.domain - count].site);
    return sites;
  }
  [[nodiscard]] bool joins_sites(std::size_t link) const { return sites_of(link, false).size() > 1; }
  [[nodiscard]] std::size_t users_sites(std::size_t link) const { return sites_of(link, true).size(); }

  const LintInput& input_;
  const topology::Topology& topology_;
  verify::PlaceNames names_;
  std::map<std::string, std::string, std::less<>> trust_{};
  std::map<std::string, const topology::InfrastructureEntry*, std::less<>> entries_{};
  LintFounds found_{};
};

}  // namespace

LintFounds lint_controls(const LintInput& input) {
  return ControlLinting(input).run();
}

}  // namespace cloison::ops
