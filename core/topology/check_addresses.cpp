// Overlaps, spaces, VLANs, `real:` and `intra:`. Sorted sweeps: near-linear in what is declared.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/resolve_work.h"

namespace cloison::topology {

namespace {

struct Claim {
  IpPrefix prefix{};
  std::string who{};
  SpanId span = 0;
  bool external = false;
};

class Sweeps {
 public:
  explicit Sweeps(Work& work) : work_(work), topology_(work.topology) {}

  void run() {
    spaces();
    pools();
    for (const Environment& environment : topology_.environments) {
      one_environment(environment);
    }
    inside_vpcs();
    externals();
  }

 private:
  /// Each claim against the one before it that reaches furthest: one finding a claim, however many it overlaps.
  template <class Report>
  static void sweep(std::vector<Claim>& claims, Report report) {
    std::sort(claims.begin(), claims.end(),
              [](const Claim& a, const Claim& b) { return std::tie(a.prefix, a.who) < std::tie(b.prefix, b.who); });
    const Claim* furthest = nullptr;
    for (const Claim& claim : claims) {
      if (furthest != nullptr && furthest->prefix.overlaps(claim.prefix)) {
        report(*furthest, claim);
      } else {
        furthest = &claim;
      }
    }
  }

  void spaces() {
    std::vector<Claim> claims;
    for (const Environment& environment : topology_.environments) {
      for (const auto& space : environment.spaces) {
        claims.push_back({space.value, environment.name, space.span, false});
      }
    }
    sweep(claims, [&](const Claim& a, const Claim& b) {
      const bool same = a.who == b.who;
      work_.findings.error({.code = "CL1304",
                            .where = b.span,
                            .summary = same
                                           ? fmt::format("the address space of environment '{}' overlaps itself", b.who)
                                           : fmt::format("environments '{}' and '{}' overlap", a.who, b.who),
                            .detail = fmt::format("{} and {} share addresses", a.prefix.text(), b.prefix.text()),
                            .hint = same ? "remove the smaller prefix"
                                         : "give them disjoint prefixes, for example "
                                           "10.0.0.0/10 and 10.64.0.0/10",
                            .related = {{a.span, fmt::format("{} stands here", a.prefix.text())}}});
    });
  }

  void pools() {
    std::vector<Claim> claims;
    for (const AddressPool& pool : topology_.address_pools) {
      for (const auto& prefix : pool.prefixes) {
        claims.push_back({prefix.value, pool.name, prefix.span, false});
        const bool inside = std::any_of(topology_.environments.begin(), topology_.environments.end(),
                                        [&](const Environment& one) { return in_space(one, prefix.value); });
        if (!inside && !topology_.environments.empty()) {
          work_.findings.error({.code = "CL1303",
                                .where = prefix.span,
                                .summary = fmt::format("address pool '{}' ({}) is in no environment's address space",
                                                       pool.name, prefix.value.text()),
                                .hint = "choose a prefix inside of: " + space_text(topology_.environments.front()),
                                .related = {{topology_.environments.front().span, "environments are declared here"}}});
        }
      }
    }
    sweep(claims, [&](const Claim& a, const Claim& b) {
      work_.findings.error({.code = "CL1301",
                            .where = b.span,
                            .summary = fmt::format("address pools '{}' and '{}' overlap", a.who, b.who),
                            .detail = fmt::format("{} and {} share addresses", a.prefix.text(), b.prefix.text()),
                            .hint = "give each pool a prefix of its own",
                            .related = {{a.span, fmt::format("'{}' stands here", a.who)}}});
    });
  }
  static bool in_space(const Environment& environment, const IpPrefix& prefix) {
    return std::any_of(environment.spaces.begin(), environment.spaces.end(),
                       [&](const auto& space) { return space.value.contains(prefix); });
  }
  static std::string space_text(const Environment& environment) {
    std::vector<std::string> spaces;
    for (const auto& space : environment.spaces) {
      spaces.push_back(space.value.text());
    }
    return join(spaces, ", ");
  }

  static bool is_written(const CidrRequests& cidr, Family family) {
    return (family == Family::ipv4 ? cidr.ipv4.how : cidr.ipv6.how) == CidrRequest::How::prefix;
  }
  static SpanId span_of(const CidrRequests& cidr, Family family, SpanId otherwise) {
    const SpanId span = family == Family::ipv4 ? cidr.ipv4.span : cidr.ipv6.span;
    return span != 0 ? span : cidr.span != 0 ? cidr.span : otherwise;
  }

  void one_environment(const Environment& environment) {
    std::vector<Claim> claims;
    for (const ResolvedVpc& vpc : work_.out.vpcs) {
      if (vpc.environment == environment.name) {
        claim(claims, environment, vpc.path, vpc.vpc->cidr, vpc.vpc->span, vpc.ipv4, vpc.ipv6, false);
      }
    }
    for (const ResolvedSegment& segment : work_.out.segments) {
      const bool external = work_.sites[segment.site].external;
      if (segment.segment != nullptr && (external || segment.environment == environment.name)) {
        claim(claims, environment, segment.path, segment.segment->cidr, segment.span,
              outside_block(segment, segment.ipv4), outside_block(segment, segment.ipv6), external);
      }
    }
    sweep(claims, [&](const Claim& a, const Claim& b) {
      if (a.external && b.external) {
        return;  // reported once, not once an environment
      }
      overlap(a, b, fmt::format("both are in environment '{}', whose sites reach one another", environment.name));
    });
  }
  /// What a segment claims beside its VPC's block, which claims what is inside.
  [[nodiscard]] std::optional<IpPrefix> outside_block(const ResolvedSegment& segment,
                                                      const std::optional<IpPrefix>& prefix) const {
    if (!prefix || segment.vpc == nullptr) {
      return prefix;
    }
    const ResolvedVpc& vpc = work_.out.vpcs[work_.index.vpcs.at(segment.vpc_path)];
    const auto& block = prefix->family() == Family::ipv4 ? vpc.ipv4 : vpc.ipv6;
    return block && block->contains(*prefix) ? std::nullopt : prefix;
  }
  void claim(std::vector<Claim>& claims, const Environment& environment, const std::string& path,
             const CidrRequests& cidr, SpanId span, const std::optional<IpPrefix>& ipv4,
             const std::optional<IpPrefix>& ipv6, bool external) {
    for (const auto& prefix : {ipv4, ipv6}) {
      if (!prefix) {
        continue;
      }
      const Family family = prefix->family();
      claims.push_back({*prefix, path, span_of(cidr, family, span), external});
      if (!external && is_written(cidr, family) && !in_space(environment, *prefix)) {
        work_.findings.error(
            {.code = "CL1302",
             .where = span_of(cidr, family, span),
             .summary = fmt::format("{} of '{}' lies outside environment '{}'", prefix->text(), path, environment.name),
             .detail = fmt::format("its address space is {}", space_text(environment)),
             .hint = "write 'auto/" + std::to_string(prefix->length) +
                     "', or a prefix inside that space; what an acquired site already uses goes into "
                     "'real:'",
             .related = {{environment.span, "the environment is declared here"}}});
      }
    }
  }
  void overlap(const Claim& a, const Claim& b, std::string detail) {
    work_.findings.error(
        {.code = "CL1301",
         .where = b.span,
         .summary = fmt::format("{} of '{}' overlaps {} of '{}'", b.prefix.text(), b.who, a.prefix.text(), a.who),
         .detail = std::move(detail),
         .hint = fmt::format("write 'auto/{}' for one of them, or a prefix that is free", b.prefix.length),
         .related = {{a.span, fmt::format("'{}' stands here", a.who)}}});
  }

  void inside_vpcs() {
    for (const ResolvedVpc& vpc : work_.out.vpcs) {
      std::vector<Claim> claims;
      for (const uint32_t index : vpc.segments) {
        const ResolvedSegment& segment = work_.out.segments[index];
        for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
          if (prefix) {
            const SpanId span = span_of(segment.segment->cidr, prefix->family(), segment.span);
            claims.push_back({*prefix, segment.path, span, false});
            outside_vpc(vpc, segment, *prefix, span);
          }
        }
      }
      sweep(claims,
            [&](const Claim& a, const Claim& b) { overlap(a, b, fmt::format("both are in VPC '{}'", vpc.path)); });
    }
  }
  void outside_vpc(const ResolvedVpc& vpc, const ResolvedSegment& segment, const IpPrefix& prefix, SpanId span) {
    const auto& block = prefix.family() == Family::ipv4 ? vpc.ipv4 : vpc.ipv6;
    const auto how = (prefix.family() == Family::ipv4 ? vpc.vpc->cidr.ipv4 : vpc.vpc->cidr.ipv6).how;
    const bool opted_out =
        how == CidrRequest::How::none || (how == CidrRequest::How::unset && prefix.family() == Family::ipv4);
    const auto environment = std::find_if(topology_.environments.begin(), topology_.environments.end(),
                                          [&](const Environment& one) { return one.name == vpc.environment; });
    const bool inside = environment != topology_.environments.end() && in_space(*environment, prefix);
    if ((block ? block->contains(prefix) : !opted_out) || in_pool(segment, prefix) || !inside) {
      return;  // what lies outside the environment, and a VPC that got no block, are reported already
    }
    const std::string family = prefix.family() == Family::ipv4 ? "IPv4" : "IPv6";
    const std::string pool = segment.segment->pool ? fmt::format(", and address pool '{}' does not hold it either",
                                                                 segment.segment->pool->value)
                                                   : "";
    work_.findings.error(
        {.code = "CL1305",
         .where = span,
         .summary = fmt::format("{} of '{}' lies outside its VPC", prefix.text(), segment.path),
         .detail =
             (block ? fmt::format("the VPC has {}", block->text()) : fmt::format("the VPC has no {} block", family)) +
             pool,
         .hint = block ? fmt::format("write 'auto/{}', or a prefix inside {}", prefix.length, block->text())
                       : fmt::format("remove {}, or give the VPC an {} block", prefix.text(), family),
         .related = {{vpc.vpc->cidr.span != 0 ? vpc.vpc->cidr.span : vpc.vpc->span, "the VPC's block"}}});
  }
  /// A segment of a VPC may stand in a pool instead, when it says so.
  [[nodiscard]] bool in_pool(const ResolvedSegment& segment, const IpPrefix& prefix) const {
    return segment.segment->pool &&
           std::any_of(topology_.address_pools.begin(), topology_.address_pools.end(), [&](const AddressPool& pool) {
             return pool.name == segment.segment->pool->value &&
                    std::any_of(pool.prefixes.begin(), pool.prefixes.end(),
                                [&](const auto& block) { return block.value.contains(prefix); });
           });
  }

  void externals() {
    std::vector<Claim> claims;
    for (const ResolvedSegment& segment : work_.out.segments) {
      if (segment.segment != nullptr && work_.sites[segment.site].external) {
        for (const auto& prefix : {segment.ipv4, segment.ipv6}) {
          if (prefix) {
            claims.push_back(
                {*prefix, segment.path, span_of(segment.segment->cidr, prefix->family(), segment.span), true});
          }
        }
      }
    }
    sweep(claims, [&](const Claim& a, const Claim& b) {
      overlap(a, b, "both are external sites, which are in all environments");
    });
  }

  Work& work_;
  const Topology& topology_;
};

/// VLAN ids are unique on a trunk and on a provider network.
class Vlans {
 public:
  explicit Vlans(Work& work) : work_(work) {}

  void run() {
    for (uint32_t i = 0; i < work_.out.segments.size(); ++i) {
      const ResolvedSegment& segment = work_.out.segments[i];
      if (segment.segment == nullptr || !segment.segment->vlan || work_.sites[segment.site].external) {
        continue;
      }
      const auto& vlan = *segment.segment->vlan;
      for (const std::string& carrier : carriers(segment)) {
        on_carrier_[carrier].emplace_back(vlan.value, i);
      }
    }
    for (auto& [carrier, users] : on_carrier_) {
      std::stable_sort(users.begin(), users.end());
      for (std::size_t i = 1; i < users.size(); ++i) {
        if (users[i].first == users[i - 1].first && seen_.emplace(users[i - 1].second, users[i].second).second) {
          twice(carrier, users, users[i - 1].second, users[i].second, users[i].first);
        }
      }
    }
  }

 private:
  using Users = std::vector<std::pair<int64_t, uint32_t>>;

  [[nodiscard]] std::vector<std::string> carriers(const ResolvedSegment& segment) const {
    const Site& site = work_.site_of(segment);
    if (!work_.sites[segment.site].premises) {
      const auto& providers = work_.topology.providers;
      const auto at = std::find_if(providers.begin(), providers.end(),
                                   [&](const ProviderEntry& one) { return one.name == segment.provider; });
      const auto network =
          at == providers.end() ? decltype(at->settings.end()){} : at->settings.find("physical_network");
      const bool named = at != providers.end() && network != at->settings.end();
      return {fmt::format("provider network {}{}", segment.provider, named ? "/" + network->second.value : "")};
    }
    std::vector<std::string> names;
    for (const Node& node : site.nodes) {
      names.push_back(
          fmt::format("trunk {} of node {} ({})", node.trunk ? node.trunk->value : "-", node.name, node.address.value));
    }
    return names;
  }

  void twice(const std::string& carrier, const Users& users, uint32_t first, uint32_t second, int64_t vlan) {
    const ResolvedSegment& a = work_.out.segments[first];
    const ResolvedSegment& b = work_.out.segments[second];
    int64_t free = vlan;
    const auto used = [&](int64_t id) {
      const auto at = std::lower_bound(users.begin(), users.end(), std::pair<int64_t, uint32_t>{id, 0});
      return at != users.end() && at->first == id;
    };
    while (free < 4094 && used(free)) {
      ++free;
    }
    work_.findings.error({.code = "CL1308",
                          .where = b.segment->vlan->span,
                          .summary = fmt::format("'{}' and '{}' share VLAN {}", a.path, b.path, vlan),
                          .detail = fmt::format("both are on {}", carrier),
                          .hint = fmt::format("give one of them a free VLAN id, for example {}", free),
                          .related = {{a.segment->vlan->span, fmt::format("'{}' has it here", a.path)}}});
  }

  Work& work_;
  std::map<std::string, Users> on_carrier_{};
  std::set<std::pair<uint32_t, uint32_t>> seen_{};
};

struct Real {
  IpPrefix prefix{};
  const ResolvedSegment* segment = nullptr;
};

void real_sizes(Work& work, const ResolvedSegment& segment) {
  const auto& real = *segment.segment->real;
  const auto& own = real.value.family() == Family::ipv4 ? segment.ipv4 : segment.ipv6;
  if (own && own->length != real.value.length) {
    work.findings.error({.code = "CL1315",
                         .where = real.span,
                         .summary = fmt::format("'real: {}' and the segment's {} are of different size",
                                                real.value.text(), own->text()),
                         .detail = "addresses are translated one to one",
                         .hint = fmt::format("write 'cidr: auto/{}'", real.value.length)});
  }
}

/// Who has a translated gateway address is not told to other places by that address, so both nodes would claim it.
void real_at_redundant(Work& work, const ResolvedSegment& segment) {
  const Site& site = work.site_of(segment);
  if (!site.redundancy || site.nodes.size() < 2) {
    return;
  }
  work.findings.error(
      {.code = "CL1232",
       .where = segment.segment->real->span,
       .summary = fmt::format("segment '{}' has 'real:' at a site whose nodes stand in for each other", segment.path),
       .detail = "nodes of such a site do not translate",
       .hint = "remove 'real:', or 'redundancy: vrrp' of the site with all nodes but one",
       .related = {{site.redundancy->span, "they stand in for each other"}}});
}

/// A node tells what it translates apart by the real address alone.
void real_prefixes(Work& work) {
  std::map<std::string, std::pair<const Node*, std::vector<Real>>> at_node;
  for (const ResolvedSegment& segment : work.out.segments) {
    if (segment.segment == nullptr || !segment.segment->real) {
      continue;
    }
    real_sizes(work, segment);
    real_at_redundant(work, segment);
    for (const Node& node : work.site_of(segment).nodes) {
      auto& [first, reals] = at_node[node.address.value];
      first = first == nullptr ? &node : first;
      reals.push_back({segment.segment->real->value, &segment});
    }
  }
  for (auto& [address, at] : at_node) {
    auto& [node, reals] = at;
    std::stable_sort(reals.begin(), reals.end(), [](const Real& a, const Real& b) { return a.prefix < b.prefix; });
    const Real* furthest = nullptr;
    for (const Real& one : reals) {
      if (furthest == nullptr || !furthest->prefix.overlaps(one.prefix)) {
        furthest = &one;
        continue;
      }
      const bool same = furthest->prefix == one.prefix;
      const std::string summary =
          same ? fmt::format("'{}' and '{}' have the same 'real: {}' at one node", furthest->segment->path,
                             one.segment->path, one.prefix.text())
               : fmt::format("'real: {}' of '{}' overlaps 'real: {}' of '{}' at one node", one.prefix.text(),
                             one.segment->path, furthest->prefix.text(), furthest->segment->path);
      work.findings.error({.code = "CL1316",
                           .where = one.segment->segment->real->span,
                           .summary = summary,
                           .detail = fmt::format("node '{}' could not tell them apart", node->name),
                           .hint = "renumber one of them, or give it a node of its own",
                           .related = {{furthest->segment->segment->real->span, "also here"}}});
    }
  }
}

void intra(Work& work) {
  for (const ResolvedSegment& segment : work.out.segments) {
    if (segment.segment == nullptr || work.sites[segment.site].external) {
      continue;
    }
    const Segment& written = *segment.segment;
    if (segment.physical_ports && written.intra == Segment::Intra::unset) {
      work.findings.error({.code = "CL1317",
                           .where = segment.span,
                           .summary = fmt::format("segment '{}' does not say 'intra:'", written.name),
                           .detail =
                               "it is a VLAN with physical ports: what its switch passes between them, cloison does "
                               "not see",
                           .hint = "add 'intra: allow' (machines in it reach each other), or 'intra: deny' where the "
                                   "switch isolates ports"});
    } else if (!segment.physical_ports && written.intra != Segment::Intra::unset &&
               !work.sites[segment.site].provider_kind.empty() &&
               (work.sites[segment.site].premises || work.site_of(segment).nodes.empty())) {
      if (written.empty_vlan != 0) {
        work.findings.error({.code = "CL1318",
                             .where = written.empty_vlan,
                             .summary = fmt::format("segment '{}' of '{}' has no VLAN: its cell is empty", written.name,
                                                    work.site_of(segment).path),
                             .detail = "without a VLAN it has no physical ports, and yet it says 'intra:'",
                             .hint = "fill in the cell with a free VLAN id, such as 10",
                             .related = {{written.intra_span, "said for every instance here"}}});
        continue;
      }
      work.findings.error(
          {.code = "CL1318",
           .where = written.intra_span != 0 ? written.intra_span : segment.span,
           .summary = fmt::format("segment '{}' has no physical ports, but says 'intra:'", written.name),
           .detail = "between virtual machines and cloud ports only flows open",
           .hint = "remove 'intra:'; a flow that names the segment at both ends opens inside it"});
    }
  }
}

}  // namespace

void check_addresses(Work& work) {
  Sweeps(work).run();
  Vlans(work).run();
  real_prefixes(work);
  intra(work);
}

}  // namespace cloison::topology
