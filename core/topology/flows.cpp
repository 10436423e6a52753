#include "core/topology/flows.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::topology {

namespace {

constexpr std::size_t k_named = 4;  // of many, so many are named

}  // namespace

RouteEnd Flows::place_of(const End& end) {
  if (end.end.kind == FlowEnd::Kind::internet) {
    return {.kind = RouteEnd::Kind::internet};
  }
  if (end.end.kind == FlowEnd::Kind::prefixes) {
    return {.kind = RouteEnd::Kind::prefixes, .prefixes = &end.end.prefixes};
  }
  return {.site = end.site, .segment = end.segment, .is_public = end.is_public};
}

/// Rule (2): two instances of one for_each pair only where they are the same instance. `within` narrows further.
bool Flows::matches_instance(const End& from, const End& to, const FlowSpec& spec) {
  if (!spec.across && !from.family.empty() && from.family == to.family && from.key != to.key) {
    return false;
  }
  if (!spec.across && !from.vpc_family.empty() && from.vpc_family == to.vpc_family && from.vpc_key != to.vpc_key) {
    return false;
  }
  return spec.within.empty() || (from.site == to.site && from.site != k_none);
}

bool Flows::in_one_cluster(const End& from, const End& to) const {
  const auto cluster = [&](const End& end) -> std::string_view {
    const bool space = end.end.kind == FlowEnd::Kind::segment && work_.out.segments[end.end.index].segment == nullptr;
    return space ? std::string_view(end.path).substr(0, end.path.find('.')) : std::string_view{};
  };
  return cluster(from) == cluster(to);
}

std::vector<End> Flows::nodes_behind(const End& space) const {
  std::vector<End> machines;
  const auto nodes = space.end.kind == FlowEnd::Kind::segment
                         ? work_.hosted_in.find(work_.out.segments[space.end.index].path)
                         : work_.hosted_in.end();
  if (nodes == work_.hosted_in.end()) {
    return machines;
  }
  for (const uint32_t host : work_.out.segments[work_.index.segments.at(nodes->second)].hosts) {
    if (work_.out.hosts[host].kind != ResolvedHost::Kind::gateway) {
      End end = host_end(host);
      end.end.set = space.end.set;
      end.tag = space.tag;
      end.vpc_tag = space.vpc_tag;
      machines.push_back(std::move(end));
    }
  }
  return machines;
}

void Flows::pair(const End& from, const End& to, const FlowSpec& spec, Tried& tried, bool to_nodes) {
  if (!in_one_cluster(from, to)) {
    const std::vector<End> senders = nodes_behind(from);
    const std::vector<End> receivers = senders.empty() ? nodes_behind(to) : std::vector<End>{};
    for (const End& one : senders) {
      pair(one, to, spec, tried, true);
    }
    for (const End& one : receivers) {
      pair(from, one, spec, tried, true);
    }
    if (!senders.empty() || !receivers.empty()) {
      tried.may_repeat = true;
      return;
    }
  }
  if (!matches_instance(from, to, spec)) {
    return;
  }
  if (spec.within == "vpc" && (from.segment == k_none || to.segment == k_none ||
                               work_.out.segments[from.segment].vpc_path != work_.out.segments[to.segment].vpc_path)) {
    return;
  }
  const bool self = from.end.kind == to.end.kind && from.end.index == to.end.index;
  if (self && from.end.kind == FlowEnd::Kind::host &&
      ((spec.not_self && !to_nodes) || work_.out.hosts[from.end.index].machines.size() < 2)) {
    return;
  }
  if (self && from.end.kind == FlowEnd::Kind::node) {
    return;
  }
  const bool from_outside = paths_.is_outside(place_of(from), spec.route);
  Route route = paths_.route(place_of(from), place_of(to), spec.route);
  if (route.found) {
    tried.kept.push_back({from, to, from.environment.empty() ? to.environment : from.environment,
                          std::move(route.links), std::move(route.domains)});
    return;
  }
  if (from_outside && !to.is_public && to.segment != k_none && !work_.sites[to.site].external) {
    ++tried.not_public;
    if (spec.flow.flow == nullptr) {  // of a written flow from outside, only public hosts are pairs
      work_.out.dropped.push_back({spec.flow.id, from.path, to.path, route.why, spec.flow.span});
    }
    return;
  }
  ++tried.no_path;
  if (tried.why.why.empty() || route.denied_by != k_none) {
    tried.why = route;
    tried.why_from = from.path;
    tried.why_to = to.path;
  }
  work_.out.dropped.push_back({spec.flow.id, from.path, to.path, route.why, spec.flow.span});
}

void Flows::pair_buckets(const FlowSpec& spec, Tried& tried) {
  // by environment, then by family and key, so that 10 000 instances of one for_each do not meet each other in vain
  using Keys = std::map<std::string, std::vector<const End*>>;
  std::map<std::string, std::map<std::string, Keys>> buckets;
  for (const End& end : spec.to.ends) {
    buckets[end.environment][end.family][end.key].push_back(&end);
  }
  const auto with = [&](const End& from, const std::string& environment) {
    const auto bucket = buckets.find(environment);
    if (bucket == buckets.end()) {
      return;
    }
    for (const auto& [family, keys] : bucket->second) {
      const bool bound = !spec.across && !family.empty() && family == from.family;
      const auto same = keys.find(from.key);
      for (auto at = bound ? same : keys.begin(); at != keys.end(); ++at) {
        for (const End* to : at->second) {
          pair(from, *to, spec, tried);
        }
        if (bound) {
          break;
        }
      }
    }
  };
  for (const End& from : spec.from.ends) {
    if (from.environment.empty()) {
      for (const auto& [environment, families] : buckets) {
        with(from, environment);
      }
      continue;
    }
    with(from, from.environment);
    with(from, "");
    tried.other_environment = tried.other_environment || !buckets.contains(from.environment);
  }
}

void Flows::pair_same_site(const FlowSpec& spec, Tried& tried) {
  const auto relative = [&](const Side& fixed, const std::vector<std::string>& terms, bool to_is_relative) {
    for (const End& end : fixed.ends) {
      if (end.site == k_none) {
        continue;
      }
      for (const std::string& rest : terms) {
        Side there;
        std::vector<uint32_t> groups;
        for (const Chosen& chosen : selectors_.at_site(end.site, rest)) {
          add_chosen(chosen, there, groups);
        }
        for (const End& other : there.ends) {
          if (other.environment != end.environment && !other.environment.empty() && !end.environment.empty()) {
            continue;
          }
          to_is_relative ? pair(end, other, spec, tried) : pair(other, end, spec, tried);
        }
      }
    }
  };
  relative(spec.from, spec.to.same_site, true);
  relative(spec.to, spec.from.same_site, false);
}

void Flows::expand(FlowSpec spec) {
  Tried tried;
  pair_buckets(spec, tried);
  pair_same_site(spec, tried);
  if (tried.may_repeat) {
    once(tried.kept);
  }
  const std::vector<const End*> alone = unserved(spec, tried);
  const bool failed =
      spec.clients != nullptr ? !alone.empty() : tried.no_path + tried.not_public > 0 || tried.other_environment;
  if (tried.kept.empty() && !spec.silent && (spec.written || failed)) {
    report_none(spec, tried);
  } else if (!alone.empty()) {
    report_unserved(spec, alone);
  }
  const bool anything = !tried.kept.empty() || spec.written;
  name_pairs(spec, tried.kept);
  if (!anything) {
    return;
  }
  const auto index = static_cast<uint32_t>(work_.out.flows.size());
  for (const Side* side : {&spec.from, &spec.to}) {
    for (const End& end : side->ends) {
      if (!end.environment.empty()) {
        remember(end.environment, end);
      }
    }
  }
  std::set<std::string> ids;
  for (Draft& draft : tried.kept) {
    remember(draft.environment, draft.from);
    remember(draft.environment, draft.to);
    work_.out.pairs.push_back({.id = std::move(draft.from.tag),
                               .flow = index,
                               .from = std::move(draft.from.end),
                               .to = std::move(draft.to.end),
                               .environment = std::move(draft.environment),
                               .path = std::move(draft.links),
                               .domains = std::move(draft.domains)});
  }
  work_.out.flows.push_back(std::move(spec.flow));
}

/// Ids of pairs: the flow's, the instances that vary, then names where a side has several. What is still the same
/// takes the whole path. The id is left in `from.tag`.
void Flows::name_pairs(const FlowSpec& spec, std::vector<Draft>& drafts) {
  std::set<std::string_view> from_names, to_names, from_vpcs, to_vpcs;
  for (const Draft& draft : drafts) {
    from_names.insert(draft.from.name);
    to_names.insert(draft.to.name);
    from_vpcs.insert(draft.from.vpc_tag);
    to_vpcs.insert(draft.to.vpc_tag);
  }
  std::map<std::string, std::size_t> uses;
  std::vector<std::string> ids;
  for (const Draft& draft : drafts) {
    std::vector<std::string_view> parts{draft.from.tag};
    const auto vary = [&](bool varies, std::string_view part) {
      // both ends in one instance or environment: named once, unless pairs may join different ones
      if (varies && (spec.across || std::find(parts.begin(), parts.end(), part) == parts.end())) {
        parts.push_back(part);
      }
    };
    vary(from_vpcs.size() > 1, draft.from.vpc_tag);
    vary(true, draft.to.tag);
    vary(to_vpcs.size() > 1, draft.to.vpc_tag);
    parts.push_back(from_names.size() > 1 ? draft.from.name : std::string_view{});
    parts.push_back(to_names.size() > 1 ? draft.to.name : std::string_view{});
    std::string id = spec.flow.id;
    for (const std::string_view part : parts) {
      id += part.empty() ? "" : fmt::format("/{}", part);
    }
    ++uses[id];
    ids.push_back(std::move(id));
  }
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    drafts[i].from.tag = uses[ids[i]] == 1
                             ? std::move(ids[i])
                             : fmt::format("{}/{}/{}", spec.flow.id, drafts[i].from.path, drafts[i].to.path);
  }
}

/// Two namespaces on the same nodes give the same pairs.
void Flows::once(std::vector<Draft>& drafts) {
  std::set<std::tuple<FlowEnd::Kind, uint32_t, std::string, FlowEnd::Kind, uint32_t, std::string>> seen;
  std::erase_if(drafts, [&](const Draft& one) {
    return !seen.emplace(one.from.end.kind, one.from.end.index, one.from.path, one.to.end.kind, one.to.end.index,
                         one.to.path)
                .second;
  });
}

/// Ends that need a partner, have none, and are none themselves.
std::vector<const End*> Flows::unserved(const FlowSpec& spec, const Tried& tried) const {
  std::vector<const End*> alone;
  if (spec.clients == nullptr) {
    return alone;
  }
  const bool opens = spec.clients == &FlowSpec::from;
  const auto identity = [](const End& end) {
    const uint64_t index = end.end.index != k_none ? end.end.index : std::hash<std::string>{}(end.path) & 0xFFFF'FFFFU;
    return static_cast<uint64_t>(end.end.kind) << 32U | index;
  };
  std::unordered_set<uint64_t> served;
  for (const Draft& draft : tried.kept) {
    served.insert(identity(opens ? draft.from : draft.to));
  }
  for (const End& server : (opens ? spec.to : spec.from).ends) {
    served.insert(identity(server));
    for (const End& node : nodes_behind(server)) {
      served.insert(identity(node));
    }
  }
  for (const End& client : (spec.*spec.clients).ends) {
    const std::vector<End> nodes = nodes_behind(client);
    const bool all = nodes.empty() ? served.contains(identity(client))
                                   : std::all_of(nodes.begin(), nodes.end(),
                                                 [&](const End& node) { return served.contains(identity(node)); });
    if (!all) {
      alone.push_back(&client);
    }
  }
  return alone;
}

void Flows::report_unserved(const FlowSpec& spec, const std::vector<const End*>& alone) {
  if (work_.links_broken) {
    return;
  }
  const End& first = *alone.front();
  const bool opens = spec.clients == &FlowSpec::from;
  const auto dropped = std::find_if(work_.out.dropped.rbegin(), work_.out.dropped.rend(), [&](const DroppedPair& one) {
    return one.flow == spec.flow.id && (opens ? one.from : one.to) == first.path;
  });
  std::vector<std::string> names;
  for (const End* end : alone) {
    if (names.size() < k_named) {
      names.push_back(end->path);
    }
  }
  const std::string count = counted(alone.size(), opens ? "client" : "host");
  const bool one = alone.size() == 1;
  work_.findings.warning(
      {.code = "CL1424",
       .where = spec.flow.span,
       .summary = opens ? fmt::format("{} of {} {} no server", count, spec.flow.id, one ? "has" : "have")
                        : fmt::format("{} of {} {} read by nobody", count, spec.flow.id, one ? "is" : "are"),
       .detail = fmt::format("{}{}: {}", join(names, ", "), alone.size() > k_named ? ", …" : "",
                             dropped != work_.out.dropped.rend() ? dropped->why : "none is in their environment"),
       .hint = fmt::format("name a {} that they reach, or narrow 'for:' to those that use it",
                           opens ? "server" : "reader")});
}

void Flows::report_none(const FlowSpec& spec, const Tried& tried) {
  const std::string id = printable(spec.flow.id);
  const auto several = [&](const IpPrefix& prefix) {
    return paths_.addresses().whose(prefix).whose == AddressPlaces::Whose::several;
  };
  const auto nothing = [&](const Side& side) {
    return (side.ends.empty() && side.same_site.empty()) ||
           std::any_of(side.ends.begin(), side.ends.end(), [&](const End& end) {
             return std::any_of(end.end.prefixes.begin(), end.end.prefixes.end(), several);
           });
  };
  const std::size_t over_links = tried.no_path + (spec.flow.flow == nullptr ? tried.not_public : 0);
  if (nothing(spec.from) || nothing(spec.to) || (over_links > 0 && work_.links_broken)) {
    return;  // its selector, its group, or the link that it would take, is reported already
  }
  Findings::Text text{.where = spec.flow.span};
  if (tried.no_path > 0 && tried.why.denied_by != k_none) {
    text.code = "CL1404";
    text.summary = fmt::format("flow {} goes from spoke to spoke, which is denied", id);
    text.detail = fmt::format("{} -> {}: {}", tried.why_from, tried.why_to, tried.why.why);
    text.related = {{work_.topology.links[tried.why.denied_by].span, "the link is declared here"}};
    text.hint = tried.why.mend;
  } else if (tried.no_path > 0) {
    text.code = "CL1403";
    text.summary = fmt::format("flow {} has no path", id);
    text.detail = fmt::format("{} -> {}: {}", tried.why_from, tried.why_to, tried.why.why);
    text.hint = tried.why.mend;
  } else if (tried.not_public > 0) {
    text.code = "CL1415";
    text.where = spec.to.span != 0 ? spec.to.span : spec.flow.span;
    text.summary = fmt::format("flow {} comes from outside, but none of its destinations is public", id);
    text.hint = "add 'public: true' to the host, or to a service that runs on it";
  } else if (tried.other_environment) {
    text.code = "CL1401";
    text.summary = fmt::format("flow {} would cross environments", id);
    text.detail = fmt::format("{} is in {}, {} in {}", spec.from.ends.front().path, spec.from.ends.front().environment,
                              spec.to.ends.empty() ? "the other end" : spec.to.ends.front().path,
                              spec.to.ends.empty() ? "another" : spec.to.ends.front().environment);
    text.hint = "nothing crosses two environments: name ends in one of them, or leave the VPC out";
  } else {
    text.code = "CL1402";
    text.summary = fmt::format("flow {} joins no pair of ends", id);
    text.detail = "both ends are instances of one for_each, or 'within' leaves nothing";
    text.hint = "add 'across: sites' for pairs of different instances, or widen 'within'";
  }
  work_.findings.error(std::move(text));
}

void Flows::finish() {
  auto& flows = work_.out.flows;
  std::vector<uint32_t> order(flows.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return flows[a].id < flows[b].id; });
  std::vector<uint32_t> place(flows.size());
  std::vector<ResolvedFlow> sorted;
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(std::move(flows[order[i]]));
  }
  flows = std::move(sorted);
  for (FlowPair& one : work_.out.pairs) {
    one.flow = place[one.flow];
  }
  std::stable_sort(work_.out.pairs.begin(), work_.out.pairs.end(), [](const FlowPair& a, const FlowPair& b) {
    return std::tie(a.flow, a.id) < std::tie(b.flow, b.id);
  });
  std::sort(work_.out.dropped.begin(), work_.out.dropped.end(), [](const DroppedPair& a, const DroppedPair& b) {
    return std::tie(a.flow, a.from, a.to) < std::tie(b.flow, b.from, b.to);
  });
  for (auto& [key, prefixes] : sets_) {
    work_.out.sets.emplace(key, minimised({prefixes.begin(), prefixes.end()}));
  }
}

}  // namespace cloison::topology
