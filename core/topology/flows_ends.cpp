// The ends that selectors name, and the sets that rules may call by name.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/flows.h"
#include "core/topology/load.h"

namespace cloison::topology {

Flows::Flows(Work& work)
    : work_(work), paths_(work), selectors_(work.topology, work.out, work.index, work.service_hosts, work.findings) {}

End Flows::segment_end(uint32_t index) const {
  const ResolvedSegment& segment = work_.out.segments[index];
  const Site& site = work_.topology.sites[segment.site];
  End end{.end = {.kind = FlowEnd::Kind::segment, .index = index},
          .environment = segment.environment,
          .site = segment.site,
          .segment = index,
          .name = segment.path.substr(segment.path.rfind('.') + 1),
          .path = segment.path,
          .family = site.instance.family,
          .key = site.instance.key};
  if (segment.vpc != nullptr && !segment.vpc->instance.family.empty()) {
    end.vpc_family = fmt::format("{} {}", site.name, segment.vpc->instance.family);
    end.vpc_key = segment.vpc->instance.key;
  }
  return end;
}

End Flows::host_end(uint32_t index) const {
  const ResolvedHost& host = work_.out.hosts[index];
  End end = segment_end(host.segment);
  end.end = {.kind = FlowEnd::Kind::host, .index = index};
  end.is_public = host.is_public;
  end.name = host.name;
  end.path = host.path;
  return end;
}

End Flows::node_end(uint32_t index) const {
  const ResolvedNode& node = work_.out.nodes[index];
  const Site& site = work_.topology.sites[node.site];
  return {.end = {.kind = FlowEnd::Kind::node, .index = index},
          .environment = node.environment,
          .site = node.site,
          .name = node.node->name,
          .path = node.path,
          .family = site.instance.family,
          .key = site.instance.key};
}

End Flows::prefix_end(std::string name, std::vector<IpPrefix> prefixes) {
  return {
      .end = {.kind = FlowEnd::Kind::prefixes, .prefixes = std::move(prefixes)}, .name = name, .path = std::move(name)};
}

namespace {

/// The part of a pair's id that the selector left open.
void tag(End& end, bool any_instance, bool any_vpc, const Work& work) {
  if (any_instance && !end.key.empty()) {
    end.tag = end.key;
  }
  if (any_vpc && end.segment != k_none && work.out.segments[end.segment].vpc != nullptr) {
    const ResolvedSegment& segment = work.out.segments[end.segment];
    const bool many = work.index.site_vpcs[segment.site].size() > 1 || !end.vpc_key.empty();
    const std::string& word = !end.vpc_key.empty() ? end.vpc_key : segment.environment;
    if (many) {
      end.vpc_tag = word;
    }
  }
}

}  // namespace

Side Flows::side(const Selector& selector, Selectors::Allowed allowed) {
  Side side{.span = selector.span};
  for (const SelectorTerm& term : selector.terms) {
    side.span = side.span != 0 ? side.span : term.span;
    for (const Chosen& chosen : selectors_.choose(term, allowed)) {
      std::vector<uint32_t> groups;
      add_chosen(chosen, side, groups);
    }
  }
  std::set<std::tuple<FlowEnd::Kind, uint32_t, std::string>> seen;
  std::vector<End> once;
  for (End& end : side.ends) {
    if (seen.emplace(end.end.kind, end.end.index, end.path).second) {
      once.push_back(std::move(end));
    }
  }
  side.ends = std::move(once);
  return side;
}

void Flows::add_chosen(const Chosen& chosen, Side& side, std::vector<uint32_t>& groups) {
  switch (chosen.kind) {
    case Chosen::Kind::site:
    case Chosen::Kind::vpc:
    case Chosen::Kind::segment:
      for (const uint32_t segment : selectors_.segments_of(chosen)) {
        add_segment(chosen, segment, side, chosen.set);
      }
      break;
    case Chosen::Kind::host: {
      End end = host_end(chosen.index);
      end.end.set = chosen.set;
      tag(end, chosen.any_instance, chosen.any_vpc, work_);
      side.ends.push_back(std::move(end));
      break;
    }
    case Chosen::Kind::node: {
      End end = node_end(chosen.index);
      end.end.set = chosen.set;
      tag(end, chosen.any_instance, false, work_);
      side.ends.push_back(std::move(end));
      break;
    }
    case Chosen::Kind::group:
      add_group(chosen.index, side, groups);
      break;
    case Chosen::Kind::internet:
      side.ends.push_back({.end = {.kind = FlowEnd::Kind::internet}, .name = "internet", .path = "internet"});
      break;
    case Chosen::Kind::address:
      add_address(chosen, side);
      break;
    case Chosen::Kind::same_site:
      side.same_site.push_back(chosen.name);
      break;
    default:
      no_end(chosen);
  }
}

/// A segment stands for its hosts, unless it has none or other machines stand in it too.
void Flows::add_segment(const Chosen& chosen, uint32_t segment, Side& side, std::string_view set) {
  const bool any_vpc = chosen.any_vpc || chosen.kind == Chosen::Kind::site;
  const ResolvedSegment& place = work_.out.segments[segment];
  std::vector<End> ends;
  for (const uint32_t host : place.hosts) {
    if (!place.physical_ports && work_.out.hosts[host].kind != ResolvedHost::Kind::gateway) {
      ends.push_back(host_end(host));
    }
  }
  if (ends.empty()) {
    ends.push_back(segment_end(segment));
  }
  for (End& end : ends) {
    end.end.set = set;
    tag(end, chosen.any_instance, any_vpc, work_);
    side.ends.push_back(std::move(end));
  }
}

/// Hosts, by their index, that have the address.
std::vector<uint32_t> Flows::owners_of(const IpAddress& address) const {
  std::vector<uint32_t> owners;
  for (uint32_t i = 0; i < work_.out.hosts.size(); ++i) {
    const ResolvedHost& host = work_.out.hosts[i];
    const auto has = [&](const Machine& machine) { return machine.ipv4 == address || machine.ipv6 == address; };
    if (std::any_of(host.machines.begin(), host.machines.end(), has) ||
        (host.virtual_address && has(*host.virtual_address))) {
      owners.push_back(i);
    }
  }
  return owners;
}

/// A plain address in an environment's space stands for the machine that has it, so that nothing reaches it from
/// another environment.
void Flows::add_address(const Chosen& chosen, Side& side) {
  const Spanned<IpPrefix> prefix{*chosen.prefix, chosen.span};
  const AddressPlaces::Answer answer = paths_.addresses().whose(prefix.value);
  if (answer.whose == AddressPlaces::Whose::several) {
    report_several(work_.findings, paths_.addresses(), prefix, answer.name, "infrastructure");
    return;
  }
  if (answer.whose != AddressPlaces::Whose::environment) {
    side.ends.push_back(prefix_end(chosen.name, {prefix.value}));
    return;
  }
  const std::vector<uint32_t> owners = owners_of(prefix.value.first());
  const bool one = prefix.value.length == address_bits(prefix.value.family());
  const auto is_inner = [&](const ResolvedNode& node) {
    return std::find(node.inner.begin(), node.inner.end(), prefix.value.first()) != node.inner.end();
  };
  const auto node = std::find_if(work_.out.nodes.begin(), work_.out.nodes.end(), is_inner);
  if (one && owners.size() == 1 && work_.out.hosts[owners.front()].machines.size() == 1) {
    side.ends.push_back(host_end(owners.front()));
  } else if (one && owners.empty() && node != work_.out.nodes.end()) {
    side.ends.push_back(node_end(static_cast<uint32_t>(node - work_.out.nodes.begin())));
  } else {
    nobodys_address(prefix, answer.name, one && !owners.empty() ? work_.out.hosts[owners.front()].path : "");
  }
}

void Flows::nobodys_address(const Spanned<IpPrefix>& prefix, const std::string& owner, const std::string& host) {
  const bool one = prefix.value.length == address_bits(prefix.value.family());
  const std::string text = one ? prefix.value.first().text() : prefix.value.text();
  const auto segment =
      std::find_if(work_.out.segments.begin(), work_.out.segments.end(), [&](const ResolvedSegment& place) {
        const auto& block = prefix.value.family() == Family::ipv4 ? place.ipv4 : place.ipv6;
        return place.segment != nullptr && !place.environment.empty() && block && block->contains(prefix.value);
      });
  std::string hint = "name a host or segment of that environment";
  if (!host.empty()) {
    hint = fmt::format("name the host, '{}': what is opened is open for all its replicas", host);
  } else if (segment != work_.out.segments.end()) {
    hint = one ? fmt::format("declare it in segment '{}', for example 'hosts: {{server: {{address: {}}}}}'",
                             segment->path, text)
               : fmt::format("name the segment, '{}', or hosts in it", segment->path);
  }
  work_.findings.error({.code = "CL1332",
                        .where = prefix.span,
                        .summary = host.empty() ? fmt::format("{} lies in {}, but no host has it", text, owner)
                                                : fmt::format("{} is the address of one replica of a host", text),
                        .detail = "a plain address inside a space of this topology stands for the machine there",
                        .hint = std::move(hint)});
}

void Flows::add_group(uint32_t index, Side& side, std::vector<uint32_t>& groups) {
  const Group& group = work_.topology.groups[index];
  // each group once: a group inside itself is reported with the group, and one may be reached by many ways
  constexpr std::size_t k_most_groups = 256;
  if (groups.size() > k_most_groups || std::find(groups.begin(), groups.end(), index) != groups.end()) {
    return;
  }
  groups.push_back(index);
  std::vector<IpPrefix> prefixes;
  for (const auto& cidr : group.cidrs) {
    prefixes.push_back(cidr.value);
  }
  for (const Name& name : group.fqdns) {
    if (const auto pin = work_.given.find("pin " + name.value); pin != work_.given.end()) {
      for (const std::string_view address : split(pin->second, ' ')) {
        if (const auto parsed = IpAddress::parse(address)) {
          prefixes.push_back(IpPrefix::of(*parsed));
        }
      }
    }
  }
  if (!prefixes.empty() || !group.fqdns.empty()) {
    End end = prefix_end(group.name, minimised(std::move(prefixes)));
    end.end.set = group.name;
    side.ends.push_back(std::move(end));
  }
  const std::size_t before = side.ends.size();
  for (const Chosen& chosen : selectors_.choose(group.hosts)) {
    add_chosen(chosen, side, groups);
  }
  for (std::size_t i = before; i < side.ends.size(); ++i) {
    side.ends[i].end.set = group.name;
  }
}

void Flows::no_end(const Chosen& chosen) {
  std::string what = fmt::format("'{}'", printable(selectors_.text(chosen)));
  std::string hint = "name a site, segment, host, node, group or 'internet'";
  switch (chosen.kind) {
    case Chosen::Kind::machine:
      what = fmt::format("'{}' is one replica", chosen.name);
      hint = fmt::format("name the host, '{}': a flow holds for all its replicas", work_.out.hosts[chosen.index].path);
      break;
    case Chosen::Kind::primary:
      what += " is whichever replica is the primary";
      hint = fmt::format("name the service, '{}'", work_.topology.services[chosen.index].name);
      break;
    case Chosen::Kind::link:
      what += " is a link";
      break;
    case Chosen::Kind::environment:
      what = "'environments' stands for whole environments";
      break;
    default:
      what += " is no place that sends or receives packets of its own";
  }
  work_.findings.error({.code = "CL1212",
                        .where = chosen.span,
                        .summary = fmt::format("{}, which cannot be an end of a flow", what),
                        .hint = std::move(hint)});
}

Side Flows::nodes_and_machines() const {
  Side side;
  for (uint32_t i = 0; i < work_.out.nodes.size(); ++i) {
    End end = node_end(i);
    if (!end.family.empty()) {
      end.end.set = fmt::format("{}.nodes", work_.topology.sites[end.site].name);
    }
    tag(end, true, false, work_);
    side.ends.push_back(std::move(end));
  }
  for (uint32_t i = 0; i < work_.out.hosts.size(); ++i) {
    const ResolvedHost& host = work_.out.hosts[i];
    if (!host.made || work_.sites[work_.out.segments[host.segment].site].external) {
      continue;
    }
    End end = host_end(i);
    if (!end.family.empty()) {
      const Site& site = work_.topology.sites[end.site];
      end.end.set = site.name + host.path.substr(site.path.size());
    }
    tag(end, true, true, work_);
    side.ends.push_back(std::move(end));
  }
  return side;
}

std::vector<IpPrefix> Flows::prefixes_of(const FlowEnd& end) const {
  std::vector<IpPrefix> prefixes = end.prefixes;
  const auto add = [&](const std::optional<IpAddress>& address) {
    if (address) {
      prefixes.push_back(IpPrefix::of(*address));
    }
  };
  if (end.kind == FlowEnd::Kind::host) {
    const ResolvedHost& host = work_.out.hosts[end.index];
    for (const Machine& machine : host.machines) {
      add(machine.ipv4);
      add(machine.ipv6);
    }
    if (host.virtual_address) {
      add(host.virtual_address->ipv4);
      add(host.virtual_address->ipv6);
    }
  } else if (end.kind == FlowEnd::Kind::segment) {
    for (const auto& prefix : {work_.out.segments[end.index].ipv4, work_.out.segments[end.index].ipv6}) {
      if (prefix) {
        prefixes.push_back(*prefix);
      }
    }
  } else if (end.kind == FlowEnd::Kind::node && prefixes.empty()) {
    for (const IpAddress& address : work_.out.nodes[end.index].inner) {
      prefixes.push_back(IpPrefix::of(address));
    }
  }
  return prefixes;
}

void Flows::remember(const std::string& environment, const End& end) {
  if (end.end.set.empty()) {
    return;
  }
  const std::string key = fmt::format("{} {}", environment, end.end.set);
  if (in_sets_.emplace(key, end.end.kind, end.end.index).second) {
    for (const IpPrefix& prefix : prefixes_of(end.end)) {
      sets_[key].insert(prefix);
    }
  }
}

std::vector<TransportMatch> Flows::matches(const Ports& ports) {
  std::vector<TransportMatch> matches;
  for (const Name& port : ports) {
    const auto own = std::find_if(work_.topology.ports.begin(), work_.topology.ports.end(),
                                  [&](const PortName& one) { return one.name == port.value; });
    if (own != work_.topology.ports.end()) {
      matches.insert(matches.end(), own->matches.begin(), own->matches.end());
    } else if (const auto known = known_ports().find(port.value); known != known_ports().end()) {
      matches.insert(matches.end(), known->second.begin(), known->second.end());
    } else if (const auto match = TransportMatch::parse(port.value)) {
      matches.push_back(*match);
    } else {
      std::vector<std::string> names = names_of(work_.topology.ports);
      for (const auto& [name, what] : known_ports()) {
        names.push_back(name);
      }
      const auto near = suggestions(port.value, names);
      work_.findings.error({.code = "CL1221",
                            .where = port.span,
                            .summary = fmt::format("port '{}' is not known", printable(port.value)),
                            .detail =
                                "ports are 'tcp/443', 'udp/5000-5010', 'icmp/echo-request', 'esp', 'any', or a name "
                                "of 'ports:' or of the built-in table",
                            .hint = near.empty() ? fmt::format("add 'ports: {{{}: tcp/PORT}}'", printable(port.value))
                                                 : did_you_mean(port.value, names)});
    }
  }
  return matches;
}

}  // namespace cloison::topology
