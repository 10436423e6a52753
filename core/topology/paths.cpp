#include "core/topology/paths.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

bool is_site_name(const Site& site, std::string_view name) {
  return name == site.name || name == site.path;
}

}  // namespace

std::string node_path(const Site& site, const Node& node) {
  return site.path + ".node/" + node.name;
}

std::string gateway_node_path(const Site& site, const Gateway& gateway, std::size_t replica) {
  const bool several = gateway.replicas_span != 0 || gateway.replicas > 1;
  return fmt::format("{}.gateways.{}{}.node", site.path, gateway.name,
                     several ? fmt::format("-{}", replica + 1) : std::string());
}

bool names_place(std::string_view written, const Site& site, std::string_view vpc) {
  const auto words = split(written, '.');
  return is_site_name(site, words.front()) && (words.size() == 1 || vpc.empty() || words[1] == vpc);
}

Paths::Paths(Work& work) : work_(work), addresses_(work) {
  const Topology& topology = work_.topology;
  by_link_.resize(topology.links.size());
  internet_at_.resize(topology.sites.size());
  for (uint32_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (link.kind.value == "sdwan") {
      if (link.hub) {
        join(i, *link.hub, Role::hub, 0);
      }
      for (const Name& spoke : link.spokes) {
        join(i, spoke, Role::spoke, 0);
      }
    } else if (link.kind.value == "vpn" || link.kind.value == "peering") {
      for (uint32_t side = 0; side < link.between.size(); ++side) {
        join(i, link.between[side], Role::side, side);
      }
    } else if (link.kind.value == "remote-access") {
      remote_users(i);
    } else if (link.kind.value == "internet" && link.at) {
      const std::string head(split(link.at->value, '.').front());
      const auto word = work_.index.words.find(std::string(split(head, '/').front()));
      for (uint32_t site = 0; word != work_.index.words.end() && site < topology.sites.size(); ++site) {
        if (is_site_name(topology.sites[site], head)) {
          internet_at_[site].push_back(i);
        }
      }
    }
  }
  transits();
  for (uint32_t i = 0; i < work_.out.segments.size(); ++i) {
    const ResolvedSegment& segment = work_.out.segments[i];
    for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
      if (prefix && work_.sites[segment.site].external) {
        external_.emplace_back(*prefix, i);
      }
    }
  }
}

Domain Paths::domain_of(uint32_t site, uint32_t segment) const {
  if (segment != k_none && !work_.out.segments[segment].vpc_path.empty()) {
    return static_cast<Domain>(work_.topology.sites.size()) + work_.index.vpcs.at(work_.out.segments[segment].vpc_path);
  }
  return site;
}

std::string Paths::environment_of(Domain domain) const {
  const auto sites = work_.topology.sites.size();
  return domain < sites ? work_.sites[domain].environment : work_.out.vpcs[domain - sites].environment;
}

void Paths::add(Member member) {
  by_domain_[member.domain].push_back(member);
  by_link_[member.link].push_back(member);
}

void Paths::join(uint32_t link, const Name& end, Role role, uint32_t side) {
  const auto words = split(end.value, '.');
  const std::string head(words.front());
  const auto family = work_.index.words.find(std::string(split(head, '/').front()));
  if (family == work_.index.words.end() || family->second.kind != NameIndex::Kind::site) {
    return;  // reported with the link
  }
  const auto exact = work_.index.sites.find(head);
  const std::vector<uint32_t> sites = exact != work_.index.sites.end() ? std::vector<uint32_t>{exact->second}
                                      : head == family->first          ? family->second.items
                                                                       : std::vector<uint32_t>{};
  const bool peering = work_.topology.links[link].kind.value == "peering";
  for (const uint32_t site : sites) {
    const auto& vpcs = work_.index.site_vpcs[site];
    if (vpcs.empty()) {
      add({link, role, side, site, site});
      continue;
    }
    std::set<uint32_t> ends;
    for (const uint32_t vpc : vpcs) {
      const bool named = words.size() == 2 && work_.out.vpcs[vpc].vpc->name == words[1];
      if (named || (words.size() == 1 && peering)) {
        ends.insert(vpc);
      }
    }
    if (words.size() == 1 && !peering) {
      ends.insert(work_.sites[site].gateway_vpc.begin(), work_.sites[site].gateway_vpc.end());
    }
    for (const uint32_t vpc : ends) {
      add({link, role, side, static_cast<Domain>(work_.topology.sites.size()) + vpc, site});
    }
  }
}

void Paths::remote_users(uint32_t index) {
  const Link& link = work_.topology.links[index];
  if (!link.users) {
    return;
  }
  auto& at = users_at_[index];
  for (uint32_t site = 0; link.at && site < work_.topology.sites.size(); ++site) {
    if (names_place(link.at->value, work_.topology.sites[site], "")) {
      at.push_back(site);
    }
  }
  Findings found_before;  // what is wrong in it is reported with the link
  Selectors selectors(work_.topology, work_.out, work_.index, work_.service_hosts, found_before);
  for (const Chosen& chosen : selectors.choose(*link.users)) {
    for (const uint32_t segment : selectors.segments_of(chosen)) {
      users_.try_emplace(segment, index);
    }
  }
  if (link.to && !link.to->value.starts_with("same-site")) {
    for (const Chosen& chosen : selectors.choose(SelectorTerm{.path = link.to->value, .span = link.to->span}, {})) {
      for (const uint32_t segment : selectors.segments_of(chosen)) {
        users_may_[index].insert(segment);
      }
      if (chosen.kind == Chosen::Kind::host) {
        users_may_[index].insert(work_.out.hosts[chosen.index].segment);
      }
    }
  }
}

std::optional<uint32_t> Paths::remote_access(uint32_t segment) const {
  const auto at = users_.find(segment);
  return at == users_.end() ? std::nullopt : std::optional(at->second);
}

Paths::Entry Paths::entry(uint32_t site, uint32_t segment) const {
  const auto users = segment == k_none ? std::nullopt : remote_access(segment);
  if (!users) {
    return {site, domain_of(site, segment)};
  }
  const Link& link = work_.topology.links[*users];
  const std::string& environment = work_.out.segments[segment].environment;
  std::vector<uint32_t> places{site};
  if (link.at && link.at->value != "same-site" && !names_place(link.at->value, work_.topology.sites[site], "")) {
    places = users_at_.at(*users);
  }
  for (const uint32_t at : places) {
    for (const uint32_t vpc : work_.sites[at].gateway_vpc) {
      const ResolvedVpc& one = work_.out.vpcs[vpc];
      const bool named = !link.at || link.at->value == "same-site" ||
                         names_place(link.at->value, work_.topology.sites[at], one.vpc->name);
      if (one.environment == environment && named) {
        return {at, static_cast<Domain>(work_.topology.sites.size()) + vpc};
      }
    }
    if (work_.index.site_vpcs[at].empty()) {
      return {at, at};
    }
  }
  return {site, domain_of(site, segment)};
}

std::vector<std::vector<LinkEnd>> Paths::link_ends() const {
  std::vector<std::vector<LinkEnd>> all(by_link_.size());
  for (std::size_t link = 0; link < by_link_.size(); ++link) {
    for (const Member& member : by_link_[link]) {
      const auto role = member.role == Role::hub     ? LinkEnd::Role::hub
                        : member.role == Role::spoke ? LinkEnd::Role::spoke
                                                     : LinkEnd::Role::side;
      all[link].push_back({.role = role, .side = member.side, .domain = member.domain});
    }
  }
  std::map<uint32_t, uint32_t> users(users_.begin(), users_.end());
  for (const auto& [segment, link] : users) {
    const uint32_t site = work_.out.segments[segment].site;
    const Domain at = entry(site, segment).domain;
    auto& ends = all[link];
    if (std::none_of(ends.begin(), ends.end(), [&](const LinkEnd& end) { return end.domain == at; })) {
      ends.push_back({.domain = at});
    }
    ends.push_back({.role = LinkEnd::Role::users, .domain = at, .segment = segment});
  }
  return all;
}

void Paths::transits() {
  const auto link_named = [&](const Name& name) -> uint32_t {
    const auto word = work_.index.words.find(name.value);
    return word != work_.index.words.end() && word->second.kind == NameIndex::Kind::link ? word->second.items.front()
                                                                                         : k_none;
  };
  for (uint32_t site = 0; site < work_.topology.sites.size(); ++site) {
    for (const auto& [first, second] : work_.topology.sites[site].transit) {
      const uint32_t a = link_named(first);
      const uint32_t b = link_named(second);
      if (a == k_none || b == k_none) {
        continue;
      }
      for (const Member& member : by_link_[a]) {
        if (member.site == site) {
          transit_[a].emplace_back(member.domain, b);
          transit_[b].emplace_back(member.domain, a);
        }
      }
    }
  }
}

bool Paths::usable(uint32_t link, const RouteOptions& options) const {
  return options.down_links == nullptr || !options.down_links->contains(link);
}

std::optional<Paths::Step> Paths::one_link(Domain from, Domain to, const RouteOptions& options, bool standby,
                                           uint32_t& denied) const {
  const auto mine = by_domain_.find(from);
  const auto theirs = by_domain_.find(to);
  if (mine == by_domain_.end() || theirs == by_domain_.end()) {
    return std::nullopt;
  }
  for (const Member& a : mine->second) {
    const Link& link = work_.topology.links[a.link];
    const bool is_standby = link.role && link.role->value == "standby";
    if (is_standby != standby || !usable(a.link, options)) {
      continue;
    }
    for (const Member& b : theirs->second) {
      if (b.link != a.link) {
        continue;
      }
      if (a.role == Role::spoke && b.role == Role::spoke) {
        const bool via_hub = link.spoke_to_spoke && link.spoke_to_spoke->value == "via-hub";
        const bool hub_up = options.down_sites == nullptr ||
                            std::any_of(by_link_[a.link].begin(), by_link_[a.link].end(), [&](const Member& one) {
                              return one.role == Role::hub && !options.down_sites->contains(one.site);
                            });
        if (via_hub && hub_up) {
          return Step{{link.name, link.name}, hub_of(a.link, environment_of(from), options)};
        }
        denied = via_hub ? denied : a.link;
      } else if (a.role != b.role || a.side != b.side || link.between.size() == 1) {
        return Step{{link.name}};
      }
    }
  }
  return std::nullopt;
}

Domain Paths::hub_of(uint32_t link, const std::string& environment, const RouteOptions& options) const {
  for (const Member& one : by_link_[link]) {
    const bool up = options.down_sites == nullptr || !options.down_sites->contains(one.site);
    const std::string there = environment_of(one.domain);
    if (one.role == Role::hub && up && (there == environment || there.empty() || environment.empty())) {
      return one.domain;
    }
  }
  return k_none;
}

std::optional<Paths::Step> Paths::transit(Domain from, Domain to, const RouteOptions& options, bool standby) const {
  const auto mine = by_domain_.find(from);
  if (mine == by_domain_.end()) {
    return std::nullopt;
  }
  // an external site is in all environments, so the other end decides
  const std::string own = environment_of(from);
  const std::string environment = own.empty() ? environment_of(to) : own;
  for (const Member& a : mine->second) {
    const auto through = transit_.find(a.link);
    if (through == transit_.end() || !usable(a.link, options)) {
      continue;
    }
    for (const auto& [domain, second] : through->second) {
      if (domain == from || domain == to || !usable(second, options) || environment_of(domain) != environment) {
        continue;
      }
      const auto crosses = [&](uint32_t link, Domain x, Domain y) {
        RouteOptions only = options;
        uint32_t ignored = k_none;
        for (const bool role : {false, true}) {
          const auto step = role && !standby ? std::nullopt : one_link(x, y, only, role, ignored);
          if (step && step->links.size() == 1 && step->links.front() == work_.topology.links[link].name) {
            return true;
          }
        }
        return false;
      };
      if (crosses(a.link, from, domain) && crosses(second, domain, to)) {
        return Step{{work_.topology.links[a.link].name, work_.topology.links[second].name}, domain};
      }
    }
  }
  return std::nullopt;
}

Route Paths::between(Domain from, Domain to, const RouteOptions& options) const {
  if (from == to) {
    return {.found = true, .domains = {from}};
  }
  uint32_t denied = k_none;
  for (const bool standby : {false, true}) {
    const auto one = one_link(from, to, options, standby, denied);
    const auto way = one ? one : transit(from, to, options, standby);
    if (way && way->links.size() == 1) {
      return {.found = true, .links = way->links, .domains = {from, to}};
    }
    if (way) {
      return {.found = true, .links = way->links, .domains = {from, way->through, to}};
    }
  }
  if (denied != k_none) {
    const std::string& name = work_.topology.links[denied].name;
    return {.why = fmt::format("both are spokes of '{}', whose spoke_to_spoke is deny", name),
            .mend = fmt::format("write 'spoke_to_spoke: via-hub' at '{}', join them by a link of their own, or remove "
                                "the flow",
                                name),
            .denied_by = denied};
  }
  return {.why = "no link joins them, and no transit does",
          .mend = "join them by a link, or add 'transit: [[first-link, second-link]]' to the site between"};
}

Route Paths::way_out(uint32_t site, Domain domain, bool in) const {
  const Site& at = work_.topology.sites[site];
  const std::vector<Domain> crossed = in ? std::vector<Domain>{k_none, domain} : std::vector<Domain>{domain, k_none};
  for (const uint32_t link : internet_at_[site]) {
    const auto words = split(work_.topology.links[link].at->value, '.');
    const bool fits = words.size() == 1 || domain < work_.topology.sites.size() ||
                      work_.out.vpcs[domain - work_.topology.sites.size()].vpc->name == words[1];
    if (fits) {
      return {.found = true, .links = {work_.topology.links[link].name}, .domains = crossed};
    }
  }
  const bool underlay = std::any_of(at.underlays.begin(), at.underlays.end(),
                                    [&](const Underlay& one) { return !in || one.how == Underlay::Public::address; });
  if (underlay) {
    return {.found = true, .domains = crossed};
  }
  if (!at.underlays.empty()) {
    return {.why = fmt::format("no underlay of site '{}' has a public address", at.path),
            .mend = "write the address at 'public:' of an underlay"};
  }
  const auto entry = fmt::format("{}: {{kind: internet, at: {}}}",
                                 work_.index.words.contains("web") ? at.name + "-web" : "web", at.name);
  return {.why = fmt::format("site '{}' has no link to the internet", at.path),
          .mend = work_.topology.links.empty() ? fmt::format("add 'links: {{{}}}'", entry)
                                               : fmt::format("add '{}' under 'links:'", entry)};
}

Route Paths::outward(const RouteEnd& from, const RouteOptions& options) const {
  const auto [at, domain] = entry(from.site, from.segment);
  const Segment* segment = from.segment == k_none ? nullptr : work_.out.segments[from.segment].segment;
  if (options.own_way_out || segment == nullptr || !segment->egress || segment->egress->value == "local") {
    return way_out(at, domain, false);
  }
  const std::string& environment = work_.out.segments[from.segment].environment;
  const auto word = work_.index.words.find(segment->egress->value);
  const auto exact = work_.index.sites.find(segment->egress->value);
  std::vector<uint32_t> sites;
  if (exact != work_.index.sites.end()) {
    sites = {exact->second};
  } else if (word != work_.index.words.end()) {
    sites = word->second.items;
  }
  Route last{.why = fmt::format("egress '{}' is no site", segment->egress->value)};
  for (const uint32_t site : sites) {
    std::vector<Domain> ends{site};
    for (const uint32_t vpc : work_.index.site_vpcs[site]) {
      if (work_.out.vpcs[vpc].environment == environment) {
        ends.push_back(static_cast<Domain>(work_.topology.sites.size()) + vpc);
      }
    }
    for (const Domain end : ends) {
      Route there = between(domain, end, options);
      Route out = way_out(site, end, false);
      if (there.found && out.found) {
        there.links.insert(there.links.end(), out.links.begin(), out.links.end());
        there.domains.push_back(k_none);
        return there;
      }
      last = there.found ? std::move(out) : std::move(there);
    }
  }
  return last;
}

Route Paths::inward(const RouteEnd& to, const RouteOptions& options) const {
  if (to.segment == k_none) {
    return {.found = options.underlays, .domains = {k_none, to.site}, .why = "it has no public address"};
  }
  if (to.segment == k_none) {
    return {.why = "from outside, nodes are reached at their underlays only",
            .mend = "add 'direct' to 'reach:' of 'management:', or name members of 'from:' inside the network"};
  }
  if (!to.is_public) {
    return {.why = "it has no public address", .mend = "add 'public: true' to the host, or to a service on it"};
  }
  return way_out(to.site, domain_of(to.site, to.segment), true);
}

/// Addresses of an external site are that site's, wherever they were written.
RouteEnd Paths::located(const RouteEnd& place) const {
  if (place.kind != RouteEnd::Kind::prefixes || place.prefixes == nullptr || place.prefixes->empty()) {
    return place;
  }
  for (const auto& one : external_) {
    const IpPrefix& own = one.first;
    if (std::all_of(place.prefixes->begin(), place.prefixes->end(),
                    [&own](const IpPrefix& prefix) { return own.contains(prefix); })) {
      return {.kind = RouteEnd::Kind::inside, .site = work_.out.segments[one.second].site, .segment = one.second};
    }
  }
  return place;
}

bool Paths::permitted_to_users(uint32_t index, const RouteEnd& from, const RouteEnd& to) const {
  const Link& link = work_.topology.links[index];
  if (!link.to) {
    return true;
  }
  if (link.to->value.starts_with("same-site")) {
    const auto dot = link.to->value.find('.');
    return to.kind == RouteEnd::Kind::inside && to.site == from.site &&
           (dot == std::string::npos || to.segment == k_none ||
            work_.out.segments[to.segment].path.ends_with(link.to->value.substr(dot)));
  }
  const auto may = users_may_.find(index);
  return link.to->value == "internet" ? to.kind != RouteEnd::Kind::inside
                                      : may != users_may_.end() && may->second.contains(to.segment);
}

bool Paths::is_outside(const RouteEnd& place, const RouteOptions& options) const {
  if (place.kind != RouteEnd::Kind::prefixes || place.prefixes == nullptr) {
    return place.kind == RouteEnd::Kind::internet;
  }
  return std::all_of(place.prefixes->begin(), place.prefixes->end(), [&](const IpPrefix& prefix) {
    return options.outer ? is_public_prefix(prefix) : addresses_.whose(prefix).whose == AddressPlaces::Whose::everyone;
  });
}

/// No address at that end is a place's of this topology.
bool Paths::is_nobodys(const RouteEnd& place) const {
  return std::all_of(place.prefixes->begin(), place.prefixes->end(), [&](const IpPrefix& prefix) {
    const auto whose = addresses_.whose(prefix).whose;
    return whose == AddressPlaces::Whose::elsewhere || whose == AddressPlaces::Whose::everyone;
  });
}

/// Why nothing leads to addresses that are neither the internet's nor of one external site.
Route Paths::no_place(const RouteEnd& place) const {
  bool is_public = false;
  for (const IpPrefix& prefix : *place.prefixes) {
    const AddressPlaces::Answer answer = addresses_.whose(prefix);
    if (answer.whose == AddressPlaces::Whose::environment) {
      return {.why = fmt::format("{} lies in the address space of {}", prefix.text(), answer.name),
              .mend = "name the segment or host there instead of its addresses"};
    }
    is_public = is_public || answer.whose == AddressPlaces::Whose::everyone;
  }
  if (is_public) {
    return {.why = "some of the addresses are public, others are not",
            .mend = "make one group of the public addresses, and one for each other place"};
  }
  return {.why = "the addresses are private and of no site",
          .mend = "declare the place as a site with 'provider: external' and join it by a link"};
}

Route Paths::route(const RouteEnd& from_written, const RouteEnd& to_written, const RouteOptions& options) const {
  const RouteEnd from = located(from_written);
  const RouteEnd to = located(to_written);
  if (from.kind != RouteEnd::Kind::inside && to.kind != RouteEnd::Kind::inside) {
    return {.why = "neither end is part of this network", .mend = "name a host or segment at one end"};
  }
  for (const RouteEnd* end : {&from, &to}) {
    if (options.down_sites != nullptr && end->kind == RouteEnd::Kind::inside &&
        options.down_sites->contains(end->site)) {
      return {.why = fmt::format("site '{}' is down in that scenario", work_.topology.sites[end->site].path)};
    }
  }
  const uint32_t users_from = from.segment == k_none ? k_none : remote_access(from.segment).value_or(k_none);
  if (users_from != k_none && !permitted_to_users(users_from, from, to)) {
    const Link& link = work_.topology.links[users_from];
    return {.why = fmt::format("remote-access link '{}' reaches '{}' only", link.name, link.to->value),
            .mend = fmt::format("widen 'to:' of link '{}', or remove the flow", link.name)};
  }
  Route found;
  const auto is_external = [&](const RouteEnd& place) {
    return place.kind == RouteEnd::Kind::inside && work_.sites[place.site].external;
  };
  const auto global = [&](const RouteEnd& place) {
    const ResolvedSegment& segment = work_.out.segments[place.segment];
    return (segment.ipv4 && is_public_prefix(*segment.ipv4)) || (segment.ipv6 && is_public_prefix(*segment.ipv6));
  };
  if (from.kind != RouteEnd::Kind::inside || to.kind != RouteEnd::Kind::inside) {
    const RouteEnd& far = from.kind != RouteEnd::Kind::inside ? from : to;
    if (!is_outside(far, options)) {
      found = options.platform_addresses && is_nobodys(far) ? Route{.found = true} : no_place(far);
    } else {
      found = &far == &from ? inward(to, options) : outward(from, options);
    }
  } else {
    found = between(entry(from.site, from.segment).domain, entry(to.site, to.segment).domain, options);
    if (!found.found && is_external(from) != is_external(to)) {
      const RouteEnd& far = is_external(from) ? from : to;
      if (global(far)) {
        Route over = &far == &from ? inward(to, options) : outward(from, options);
        if (over.found) {
          found = std::move(over);
        }
      }
    }
  }
  if (options.underlays && to.segment == k_none && from.kind == RouteEnd::Kind::inside && from.site != to.site) {
    found = outward(from, options);  // to the node's own underlays, over the internet
  }
  if (!found.found) {
    return found;
  }
  if (found.domains.empty()) {  // the platform's own addresses
    const RouteEnd& inside = from.kind == RouteEnd::Kind::inside ? from : to;
    found.domains = {domain_of(inside.site, inside.segment)};
  }
  if (users_from != k_none) {
    found.links.insert(found.links.begin(), work_.topology.links[users_from].name);
    found.domains.insert(found.domains.begin(), from.site);  // a user is in no VPC, only behind its gateway
  }
  if (const auto users_to = to.segment == k_none ? std::nullopt : remote_access(to.segment)) {
    found.links.push_back(work_.topology.links[*users_to].name);
    found.domains.push_back(to.site);
  }
  if (options.via != k_none) {
    const std::string& wanted = work_.topology.links[options.via].name;
    if (std::find(found.links.begin(), found.links.end(), wanted) == found.links.end()) {
      // the named link may be one that is not preferred: a standby link, or the second of two
      std::set<uint32_t> others;
      for (uint32_t i = 0; i < work_.topology.links.size(); ++i) {
        const std::string& kind = work_.topology.links[i].kind.value;
        if (i != options.via && (kind == "sdwan" || kind == "vpn" || kind == "peering")) {
          others.insert(i);
        }
      }
      RouteOptions only = options;
      only.via = k_none;
      only.down_links = &others;
      Route narrow = options.down_links == &others ? Route{} : route(from_written, to_written, only);
      if (!narrow.found || std::find(narrow.links.begin(), narrow.links.end(), wanted) == narrow.links.end()) {
        return {.why = fmt::format("link '{}' does not join them", wanted),
                .mend = "name a link between the two places, or remove 'via:'"};
      }
      return narrow;
    }
  }
  return found;
}

}  // namespace cloison::topology
