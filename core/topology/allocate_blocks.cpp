// Blocks of VPCs and segments, out of environments, pools and VPCs.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/allocate.h"

namespace cloison::topology {

namespace {

constexpr uint8_t k_vpc_ipv6 = 56, k_segment_ipv6 = 64;

std::string cidr_key(Family family, const std::string& path) {
  return fmt::format("cidr {} {}", family_name(family), path);
}

std::vector<IpPrefix> of_family(const std::vector<Spanned<IpPrefix>>& prefixes, Family family) {
  std::vector<IpPrefix> those;
  for (const auto& one : prefixes) {
    if (one.value.family() == family) {
      those.push_back(one.value);
    }
  }
  return those;
}

/// Who has a block, for messages.
struct Owner {
  IpPrefix prefix{};
  std::string who{};
  SpanId span = 0;
  bool locked = false;
};

struct Arena {
  FreeSpace space{};
  std::map<uint128, Owner> owners{};
  std::string what{};  // "address pool 'sites'"
  SpanId span = 0;

  void take(Owner&& owner) {
    space.take(owner.prefix);
    owners.try_emplace(owner.prefix.first().bits, std::move(owner));
  }
  [[nodiscard]] const Owner* owner_of(const IpPrefix& prefix) const {
    auto at = owners.upper_bound(prefix.last().bits);
    while (at != owners.begin()) {
      --at;
      if (at->second.prefix.overlaps(prefix)) {
        return &at->second;
      }
    }
    return nullptr;
  }
};

struct Request {
  std::string key{}, path{};
  uint8_t length = 0;
  Arena* arena = nullptr;
  std::optional<IpPrefix>* target = nullptr;
  SpanId span = 0;
};

class Blocks {
 public:
  Blocks(Work& work, Family family) : work_(work), family_(family) {}

  void run() {
    open_arenas();
    for (ResolvedVpc& vpc : work_.out.vpcs) {
      request_vpc(vpc);
    }
    for (ResolvedSegment& segment : work_.out.segments) {
      if (segment.segment != nullptr && !from_vpc(segment)) {
        request_segment(segment);
      }
    }
    serve();
    open_vpcs();
    for (ResolvedSegment& segment : work_.out.segments) {
      if (segment.segment != nullptr && from_vpc(segment)) {
        request_segment(segment);
      }
    }
    serve();
  }

 private:
  [[nodiscard]] const CidrRequest& asked(const CidrRequests& cidr) const {
    return family_ == Family::ipv4 ? cidr.ipv4 : cidr.ipv6;
  }
  template <class Place>
  [[nodiscard]] std::optional<IpPrefix>& slot(Place& place) const {
    return family_ == Family::ipv4 ? place.ipv4 : place.ipv6;
  }
  [[nodiscard]] bool from_vpc(const ResolvedSegment& segment) const {
    return segment.vpc != nullptr && !segment.segment->pool;
  }

  void open_arenas() {
    for (const Environment& environment : work_.topology.environments) {
      Arena& arena = environments_[environment.name];
      arena.space = FreeSpace(of_family(environment.spaces, family_));
      arena.what = fmt::format("environment '{}'", environment.name);
      arena.span = environment.spaces.empty() ? environment.span : environment.spaces.front().span;
      for (const AddressPool& pool : work_.topology.address_pools) {
        open_pool(pool, environment);
      }
    }
    fixed_blocks();
  }
  void open_pool(const AddressPool& pool, const Environment& environment) {
    std::vector<IpPrefix> inside;
    for (const IpPrefix& prefix : of_family(pool.prefixes, family_)) {
      Arena& outer = environments_[environment.name];
      outer.space.take(prefix);
      if (outer.space.holds(prefix)) {
        inside.push_back(prefix);
      }
    }
    if (!inside.empty()) {
      Arena& arena = pools_[{pool.name, environment.name}];
      arena.space = FreeSpace(std::move(inside));
      arena.what = fmt::format("address pool '{}'", pool.name);
      arena.span = pool.span;
    }
  }
  /// What is written out is never given to something else, in whichever environment it stands.
  void fixed_blocks() {
    const auto fix = [&](const CidrRequest& cidr, const std::string& path, std::optional<IpPrefix>& target) {
      if (cidr.how != CidrRequest::How::prefix) {
        return;
      }
      target = cidr.prefix;
      for (auto& [name, arena] : environments_) {
        arena.take({cidr.prefix, path, cidr.span, false});
      }
      for (auto& [name, arena] : pools_) {
        arena.take({cidr.prefix, path, cidr.span, false});
      }
    };
    for (ResolvedVpc& vpc : work_.out.vpcs) {
      fix(asked(vpc.vpc->cidr), vpc.path, slot(vpc));
    }
    for (ResolvedSegment& segment : work_.out.segments) {
      if (segment.segment == nullptr) {
        continue;
      }
      if (!from_vpc(segment) || !asked_of_vpc(segment)) {
        fix(asked(segment.segment->cidr), segment.path, slot(segment));
      } else if (asked(segment.segment->cidr).how == CidrRequest::How::prefix) {
        slot(segment) = asked(segment.segment->cidr).prefix;
      }
    }
  }
  /// True when the segment's VPC has, or should have got, a block of this family.
  [[nodiscard]] bool asked_of_vpc(const ResolvedSegment& segment) const {
    const auto how = asked(segment.vpc->cidr).how;
    if (how != CidrRequest::How::unset) {
      return how != CidrRequest::How::none;
    }
    const auto arena = environments_.find(segment.environment);
    return family_ == Family::ipv6 && arena != environments_.end() && !arena->second.space.within().empty();
  }

  void request_vpc(ResolvedVpc& vpc) {
    const CidrRequest& cidr = asked(vpc.vpc->cidr);
    const auto arena = environments_.find(vpc.environment);
    const bool implied = family_ == Family::ipv6 && cidr.how == CidrRequest::How::unset &&
                         arena != environments_.end() && !arena->second.space.within().empty();
    if ((cidr.how != CidrRequest::How::automatic && !implied) || arena == environments_.end()) {
      return;
    }
    add({.key = cidr_key(family_, vpc.path),
         .path = vpc.path,
         .length = implied ? k_vpc_ipv6 : cidr.length,
         .arena = &arena->second,
         .target = &slot(vpc),
         .span = implied ? vpc.vpc->cidr.span : cidr.span});
  }

  void request_segment(ResolvedSegment& segment) {
    const CidrRequest& cidr = asked(segment.segment->cidr);
    const bool automatic = cidr.how == CidrRequest::How::automatic;
    const bool implied = family_ == Family::ipv6 && cidr.how == CidrRequest::How::unset;
    if (!automatic && !implied) {
      return;
    }
    if (work_.sites[segment.site].external) {
      if (automatic) {
        work_.findings.error(
            {.code = "CL1326",
             .where = cidr.span,
             .summary = fmt::format("segment '{}' of an external site asks for a block", segment.segment->name),
             .detail = "what is not ours has the addresses that it has",
             .hint = "write its prefix, for example 'cidr: 192.0.2.0/28'"});
      }
      return;
    }
    Arena* arena = from_vpc(segment) ? vpc_arena(segment, automatic) : pool_arena(segment, automatic);
    if (arena != nullptr) {
      add({.key = cidr_key(family_, segment.path),
           .path = segment.path,
           .length = implied ? k_segment_ipv6 : cidr.length,
           .arena = arena,
           .target = &slot(segment),
           .span = implied ? segment.segment->cidr.span : cidr.span});
    }
  }
  Arena* vpc_arena(const ResolvedSegment& segment, bool automatic) {
    if (const auto arena = vpcs_.find(segment.vpc_path); arena != vpcs_.end()) {
      return &arena->second;
    }
    if (automatic && !asked_of_vpc(segment)) {
      work_.findings.error({.code = "CL1307",
                            .where = asked(segment.segment->cidr).span,
                            .summary = fmt::format("VPC '{}' has no {} block for segment '{}'", segment.vpc->name,
                                                   family_ == Family::ipv4 ? "IPv4" : "IPv6", segment.segment->name),
                            .hint = "add 'cidr: auto/16' to the VPC",
                            .related = {{segment.vpc->span, "the VPC is declared here"}}});
    }
    return nullptr;
  }
  Arena* pool_arena(const ResolvedSegment& segment, bool automatic) {
    const auto& pools = work_.topology.address_pools;
    const Site& site = work_.site_of(segment);
    const std::optional<Name>& named = segment.segment->pool ? segment.segment->pool : site.pool;
    if (segment.environment.empty() || (!named && pools.size() != 1)) {
      if (automatic && !segment.environment.empty()) {
        no_pool(segment);
      }
      return nullptr;
    }
    const std::string& name = named ? named->value : pools.front().name;
    const auto arena = pools_.find({name, segment.environment});
    if (arena != pools_.end()) {
      return &arena->second;
    }
    const auto declared =
        std::find_if(pools.begin(), pools.end(), [&](const AddressPool& one) { return one.name == name; });
    const bool nowhere = declared != pools.end() && !of_family(declared->prefixes, family_).empty() && is_nowhere(name);
    if (automatic && declared != pools.end() && !nowhere) {
      work_.findings.error({.code = "CL1307",
                            .where = asked(segment.segment->cidr).span,
                            .summary = fmt::format("address pool '{}' has no {} block in environment '{}'", name,
                                                   family_ == Family::ipv4 ? "IPv4" : "IPv6", segment.environment),
                            .hint = "name a pool whose blocks lie in that environment's address space",
                            .related = {{declared->span, "the pool is declared here"}}});
    }
    return nullptr;
  }
  /// A pool that is in no environment is reported as such.
  [[nodiscard]] bool is_nowhere(const std::string& pool) const {
    return std::none_of(pools_.begin(), pools_.end(), [&](const auto& one) { return one.first.first == pool; });
  }
  void no_pool(const ResolvedSegment& segment) {
    const auto& pools = work_.topology.address_pools;
    work_.findings.error(
        {.code = "CL1307",
         .where = asked(segment.segment->cidr).span,
         .summary = fmt::format("segment '{}' asks for a block, but {}", segment.segment->name,
                                pools.empty() ? "no address pool is declared" : "no pool is named"),
         .detail = pools.empty() ? "" : "there are several address pools",
         .hint = pools.empty() ? "add 'address_pools: {sites: {cidr: 10.16.0.0/12}}', inside the environment's space"
                               : fmt::format("add 'pool: {}' to the segment or to its site", pools.front().name)});
  }

  void open_vpcs() {
    for (const ResolvedVpc& vpc : work_.out.vpcs) {
      const auto& block = family_ == Family::ipv4 ? vpc.ipv4 : vpc.ipv6;
      if (block) {
        Arena& arena = vpcs_[vpc.path];
        arena.space = FreeSpace({*block});
        arena.what = fmt::format("VPC '{}'", vpc.path);
        arena.span = vpc.vpc->span;
      }
    }
    for (const ResolvedSegment& segment : work_.out.segments) {
      const auto arena = vpcs_.find(segment.vpc_path);
      if (segment.segment != nullptr && arena != vpcs_.end() &&
          asked(segment.segment->cidr).how == CidrRequest::How::prefix) {
        arena->second.take(
            {asked(segment.segment->cidr).prefix, segment.path, asked(segment.segment->cidr).span, false});
      }
    }
  }

  void add(Request request) { requests_.push_back(std::move(request)); }

  /// Those of the lock file first, then what nothing asks for any more (still applied perhaps), then the new ones.
  void serve() {
    std::sort(requests_.begin(), requests_.end(), [](const Request& a, const Request& b) { return a.key < b.key; });
    std::vector<const Request*> fresh;
    for (const Request& request : requests_) {
      const auto entry = work_.lock.entries.find(request.key);
      if (entry == work_.lock.entries.end() || !keep(request, entry->second)) {
        fresh.push_back(&request);
      }
    }
    keep_unused();
    for (const Request* request : fresh) {
      give(*request);
    }
    requests_.clear();
  }

  /// False when another block is to be given.
  [[nodiscard]] bool keep(const Request& request, const std::string& text) {
    const auto prefix = IpPrefix::parse(text);
    const auto span = work_.lock.spans.find(request.key);
    const SpanId where = span != work_.lock.spans.end() ? span->second : 0;
    work_.given[request.key] = text;
    std::string cause;
    if (!prefix || prefix->family() != family_) {
      cause = "it is no prefix of that family";
    } else if (prefix->length != request.length) {
      cause = fmt::format("the topology asks for a /{}", request.length);
    } else if (!request.arena->space.holds(*prefix)) {
      cause = fmt::format("it lies outside {}", request.arena->what);
    } else if (const Owner* owner = request.arena->space.taken(*prefix) ? request.arena->owner_of(*prefix) : nullptr;
               owner != nullptr && owner->locked) {
      given_twice(request, text, where, *owner);
      return true;
    } else if (request.arena->space.taken(*prefix)) {
      cause = owner != nullptr ? fmt::format("'{}' is written with {}", owner->who, owner->prefix.text())
                               : "it overlaps an address pool";
    }
    if (cause.empty()) {
      request.arena->take({*prefix, request.key, where, true});
      *request.target = prefix;
      return true;
    }
    if (work_.lock.remembered.contains(request.key)) {
      work_.given.erase(request.key);
      return false;
    }
    work_.findings.error(
        {.code = "CL1327",
         .where = where,
         .summary = fmt::format("the lock file gives {} to '{}', which does not fit", printable(text), request.path),
         .detail = std::move(cause),
         .hint = fmt::format("delete the line '{}: {}' to have another block given (what stands in the old one is "
                             "replaced), or undo the change of the topology",
                             request.key, printable(text)),
         .related = {{request.span, "asked for here"}}});
    return true;
  }
  void given_twice(const Request& request, const std::string& text, SpanId where, const Owner& owner) {
    work_.findings.error(
        {.code = "CL1328",
         .where = where,
         .summary = fmt::format("the lock file gives {} under two keys", printable(text)),
         .detail =
             fmt::format("'{}' has {}, '{}' has {}", owner.who, owner.prefix.text(), request.key, printable(text)),
         .hint =
             fmt::format("delete the line '{}: {}' unless that one is applied already (then the other one); the next "
                         "plan gives a free block",
                         request.key, printable(text)),
         .related = {{owner.span, "given here"}}});
  }

  /// A block whose key is gone may still be configured somewhere until an apply has removed it.
  void keep_unused() {
    const std::string start = fmt::format("cidr {} ", family_name(family_));
    for (auto at = work_.lock.entries.lower_bound(start);
         at != work_.lock.entries.end() && at->first.starts_with(start); ++at) {
      const auto prefix = work_.given.contains(at->first) ? std::nullopt : IpPrefix::parse(at->second);
      if (!prefix || prefix->family() != family_) {
        continue;
      }
      const std::string path = at->first.substr(start.size());
      const auto vpc = vpcs_.find(path.substr(0, path.rfind('.')));
      if (vpc != vpcs_.end()) {
        vpc->second.space.take(*prefix);
      }
      for (auto& [name, arena] : pools_) {
        if (arena.space.holds(*prefix)) {
          arena.space.take(*prefix);
        }
      }
      for (auto& [name, arena] : environments_) {
        if (arena.space.holds(*prefix)) {
          arena.space.take(*prefix);
        }
      }
    }
  }

  void give(const Request& request) {
    if (request.arena->space.within().empty()) {
      work_.findings.error({.code = "CL1307",
                            .where = request.span,
                            .summary = fmt::format("{} has no {} space for '{}'", request.arena->what,
                                                   family_ == Family::ipv4 ? "IPv4" : "IPv6", request.path),
                            .hint = "add a prefix of that family to its address space",
                            .related = {{request.arena->span, "declared here"}}});
      return;
    }
    const auto block = request.arena->space.take_lowest(request.length);
    if (!block) {
      work_.findings.error({.code = "CL1306",
                            .where = request.span,
                            .summary = fmt::format("{} has no free /{} left for '{}'", request.arena->what,
                                                   request.length, request.path),
                            .hint = "enlarge it, or ask for smaller blocks",
                            .related = {{request.arena->span, "declared here"}}});
      return;
    }
    request.arena->owners.try_emplace(block->first().bits, Owner{*block, request.key, request.span, false});
    *request.target = block;
    work_.given[request.key] = block->text();
    work_.out.new_allocations.push_back(request.key);
  }

  Work& work_;
  Family family_;
  std::map<std::string, Arena> environments_{};
  std::map<std::pair<std::string, std::string>, Arena> pools_{};
  std::map<std::string, Arena> vpcs_{};
  std::vector<Request> requests_{};
};

void namespaces(Work& work) {
  for (ResolvedSegment& segment : work.out.segments) {
    if (const auto nodes = work.hosted_in.find(segment.path); nodes != work.hosted_in.end()) {
      const ResolvedSegment& there = work.out.segments[work.index.segments.at(nodes->second)];
      segment.ipv4 = there.ipv4;
      segment.ipv6 = there.ipv6;
    }
  }
}

}  // namespace

void allocate_blocks(Work& work) {
  Blocks(work, Family::ipv4).run();
  Blocks(work, Family::ipv6).run();
  namespaces(work);
}

void list_unused(Work& work) {
  for (const auto& [key, value] : work.lock.entries) {
    if (!work.given.contains(key)) {
      work.out.unused_allocations.push_back(key);
    }
  }
  std::sort(work.out.new_allocations.begin(), work.out.new_allocations.end());
  work.out.allocations = {work.given.begin(), work.given.end()};
}

}  // namespace cloison::topology
