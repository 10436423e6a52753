// Addresses inside segments: gateways, hosts, replicas.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/allocate.h"

namespace cloison::topology {

namespace {

constexpr uint128 k_first_given = 10;

std::string decimal(uint128 value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return text;
}

/// One segment and family.
class Addresses {
 public:
  Addresses(Work& work, ResolvedSegment& segment, Family family)
      : work_(work),
        segment_(segment),
        written_(*segment.segment),
        prefix_(family == Family::ipv4 ? *segment.ipv4 : *segment.ipv6),
        external_(work.sites[segment.site].external) {}

  void run() {
    if (!external_) {
      slot(segment_.gateway4, segment_.gateway6) = prefix_.nth(1);
      if (const auto gateway = prefix_.nth(1)) {
        taken_.emplace(gateway->bits, Taken{"the gateway", written_.cidr.span});
      }
    }
    check_dhcp();
    std::vector<std::pair<Machine*, const Host*>> machines;
    for (const uint32_t index : segment_.hosts) {
      ResolvedHost& host = work_.out.hosts[index];
      for (Machine& machine : host.machines) {
        machines.emplace_back(&machine, host.machines.size() == 1 ? host.host : nullptr);
      }
      if (host.virtual_address) {
        machines.emplace_back(&*host.virtual_address, nullptr);
      }
    }
    for (const uint32_t index : work_.index.site_nodes[segment_.site]) {
      ResolvedNode& node = work_.out.nodes[index];
      if (node.own && node.segment != k_none && &work_.out.segments[node.segment] == &segment_) {
        machines.emplace_back(&*node.own, nullptr);
      }
    }
    for (ResolvedPeer& peer : segment_.peers) {
      machines.emplace_back(&peer.machine, nullptr);
    }
    std::sort(machines.begin(), machines.end(),
              [](const auto& a, const auto& b) { return a.first->path < b.first->path; });
    std::vector<Machine*> open;
    for (const auto& [machine, host] : machines) {
      if (host == nullptr || host->addresses.empty() || !written_out(*machine, *host)) {
        open.push_back(machine);
      }
    }
    serve(open);
  }

 private:
  struct Taken {
    std::string who{};
    SpanId span = 0;
    bool locked = false;
  };
  template <class T>
  [[nodiscard]] T& slot(T& ipv4, T& ipv6) const {
    return prefix_.family() == Family::ipv4 ? ipv4 : ipv6;
  }
  [[nodiscard]] std::optional<IpAddress>& slot(Machine& machine) const { return slot(machine.ipv4, machine.ipv6); }
  [[nodiscard]] std::string key(const Machine& machine) const {
    return fmt::format("address {} {}", family_name(prefix_.family()), machine.path);
  }
  /// The last number that a host may have: IPv4 leaves out the broadcast address.
  [[nodiscard]] uint128 last_number() const {
    return prefix_.size() - (prefix_.family() == Family::ipv4 && prefix_.size() > 2 ? 2 : 1);
  }
  [[nodiscard]] bool in_dhcp(uint128 number) const {
    return written_.dhcp && written_.dhcp->first <= written_.dhcp->last && written_.dhcp->first >= 0 &&
           number >= static_cast<uint128>(written_.dhcp->first) && number <= static_cast<uint128>(written_.dhcp->last);
  }

  void check_dhcp() {
    if (!written_.dhcp || prefix_.family() != Family::ipv4) {
      return;
    }
    const DhcpRange& range = *written_.dhcp;
    std::string cause;
    if (range.first > range.last) {
      cause = "its first number is above its last";
    } else if (range.first < 2) {
      cause = "0 is the network, 1 the gateway";
    } else if (static_cast<uint128>(range.last) > last_number()) {
      cause = fmt::format("{} has numbers up to {}", prefix_.text(), decimal(last_number()));
    }
    if (!cause.empty()) {
      const auto most = static_cast<int64_t>(last_number());
      // What is good of it stays as it was written.
      const auto [low, high] = std::minmax(range.first, range.last);
      const bool low_fits = low >= 2 && low < most;
      const int64_t first = low_fits ? low : std::min<int64_t>(20, most / 2);
      const int64_t last = high > first && high <= most ? high : most;
      work_.findings.error({.code = "CL1310",
                            .where = range.span,
                            .summary = fmt::format("the DHCP range [{}, {}] does not fit segment '{}'", range.first,
                                                   range.last, written_.name),
                            .detail = std::move(cause),
                            .hint = most < 12 ? "give the segment a larger block"
                                              : fmt::format("write 'range: [{}, {}]'", first, last)});
    }
  }

  /// An address that the topology writes. False when it writes none of this family.
  bool written_out(Machine& machine, const Host& host) {
    for (const AddressRequest& request : host.addresses) {
      if (const auto* number = std::get_if<int64_t>(&request.value)) {
        if (host.addresses.size() > 1 && covered(host)) {
          continue;
        }
        place(machine, *number < 0 ? std::nullopt : prefix_.nth(static_cast<uint128>(*number)), decimal_of(*number),
              request.span);
        return true;
      }
      const auto& address = std::get<IpAddress>(request.value);
      if (address.family == prefix_.family()) {
        place(machine, prefix_.contains(address) ? std::optional(address) : std::nullopt, address.text(), request.span);
        return true;
      }
    }
    return !host.vm;  // what exists already has the addresses that are written, and no others
  }
  [[nodiscard]] static std::string decimal_of(int64_t number) { return fmt::format("number {}", number); }
  [[nodiscard]] bool covered(const Host& host) const {
    return std::any_of(host.addresses.begin(), host.addresses.end(), [&](const AddressRequest& one) {
      const auto* address = std::get_if<IpAddress>(&one.value);
      return address != nullptr && address->family == prefix_.family();
    });
  }

  void place(Machine& machine, const std::optional<IpAddress>& address, const std::string& text, SpanId span) {
    const uint128 number = address ? address->bits - prefix_.first().bits : 0;
    if (!address || number == 0 || number > last_number()) {
      work_.findings.error({.code = "CL1311",
                            .where = span,
                            .summary = fmt::format("address {} of host '{}' is not in its segment", text, machine.name),
                            .detail = fmt::format("segment '{}' has {}: hosts have the numbers 2 to {}", segment_.path,
                                                  prefix_.text(), decimal(last_number())),
                            .hint = fmt::format("write 'address: {}'", decimal(std::min<uint128>(20, last_number())))});
      return;
    }
    const auto [at, added] = taken_.try_emplace(address->bits, Taken{fmt::format("host '{}'", machine.name), span});
    if (!added) {
      work_.findings.error({.code = "CL1312",
                            .where = span,
                            .summary = fmt::format("address {} of host '{}' is taken by {}", address->text(),
                                                   machine.name, at->second.who),
                            .hint = fmt::format("write 'address: {}', which is free", decimal(free_number(number))),
                            .related = {{at->second.span, "taken here"}}});
      return;
    }
    if (in_dhcp(number)) {
      work_.findings.error(
          {.code = "CL1313",
           .where = span,
           .summary =
               fmt::format("address {} of host '{}' lies in the segment's DHCP range", address->text(), machine.name),
           .detail = "the DHCP server could give it to another machine",
           .hint = fmt::format("write 'address: {}', or shorten the range", decimal(free_number(k_first_given))),
           .related = {{written_.dhcp->span, "the range"}}});
    }
    slot(machine) = address;
  }
  [[nodiscard]] uint128 free_number(uint128 from) const {
    for (uint128 number = std::max<uint128>(from, 2); number <= last_number(); ++number) {
      if (in_dhcp(number)) {
        number = static_cast<uint128>(written_.dhcp->last);
      } else if (!taken_.contains(prefix_.first().bits + number)) {
        return number;
      }
    }
    return from;
  }

  void serve(const std::vector<Machine*>& open) {
    std::vector<Machine*> fresh;
    for (Machine* machine : open) {
      const auto entry = work_.lock.entries.find(key(*machine));
      if (entry == work_.lock.entries.end() || !keep(*machine, entry->second)) {
        fresh.push_back(machine);
      }
    }
    if (!fresh.empty()) {
      keep_unused();
    }
    uint128 next = k_first_given;
    for (Machine* machine : fresh) {
      while (next <= last_number() && (in_dhcp(next) || taken_.contains(prefix_.first().bits + next))) {
        next = in_dhcp(next) ? static_cast<uint128>(written_.dhcp->last) + 1 : next + 1;
      }
      if (next > last_number()) {
        full(*machine);
        return;
      }
      const IpAddress address{prefix_.family(), prefix_.first().bits + next++};
      taken_.try_emplace(address.bits, Taken{key(*machine), 0});
      slot(*machine) = address;
      work_.given[key(*machine)] = address.text();
      work_.out.new_allocations.push_back(key(*machine));
    }
  }
  void full(const Machine& machine) {
    const auto of_it = std::find_if(segment_.peers.begin(), segment_.peers.end(),
                                    [&](const ResolvedPeer& one) { return &one.machine == &machine; });
    const Peer* peer = of_it == segment_.peers.end() ? nullptr : of_it->peer;
    work_.findings.error(
        {.code = "CL1314",
         .where = written_.cidr.span != 0 ? written_.cidr.span : segment_.span,
         .summary = fmt::format("segment '{}' has no address left for {}'{}'", segment_.path,
                                peer == nullptr ? "" : "peer ", machine.name),
         .detail = fmt::format("{} is given from number 10 on{}", prefix_.text(),
                               written_.dhcp ? ", outside the DHCP range" : ""),
         .hint = written_.dhcp ? "shorten the DHCP range, or ask for a larger block"
                               : fmt::format("ask for a larger block, for example 'cidr: auto/{}'", prefix_.length - 1),
         .related = peer == nullptr ? std::vector<std::pair<SpanId, std::string>>{}
                                    : std::vector<std::pair<SpanId, std::string>>{{peer->span, "the peer"}}});
  }

  /// Whether the segment stands in another block than before: then its machines get other addresses as well.
  [[nodiscard]] bool moved() const {
    const std::string block = fmt::format("cidr {} {}", family_name(prefix_.family()), segment_.path);
    const auto now = work_.given.find(block);
    const auto before = work_.lock.entries.find(block);
    return now != work_.given.end() && (before == work_.lock.entries.end() || before->second != now->second);
  }

  /// False when another address is to be given.
  [[nodiscard]] bool keep(Machine& machine, const std::string& text) {
    const std::string entry = key(machine);
    const auto span = work_.lock.spans.find(entry);
    const SpanId where = span != work_.lock.spans.end() ? span->second : 0;
    const auto address = IpAddress::parse(text);
    work_.given[entry] = text;
    std::string cause;
    if (!address || !prefix_.contains(*address)) {
      cause = fmt::format("its segment has {}", prefix_.text());
    } else if (in_dhcp(address->bits - prefix_.first().bits)) {
      cause = "it lies in the segment's DHCP range";
    } else if (const auto at = taken_.find(address->bits); at != taken_.end()) {
      if (at->second.locked) {
        given_twice(machine, text, where, at->second);
        return true;
      }
      cause = fmt::format("{} has it", at->second.who);
    }
    if (cause.empty()) {
      taken_.emplace(address->bits, Taken{entry, where, true});
      slot(machine) = address;
      return true;
    }
    if (work_.lock.remembered.contains(entry) || (address && !prefix_.contains(*address) && moved())) {
      work_.given.erase(entry);
      return false;
    }
    work_.findings.error(
        {.code = "CL1327",
         .where = where,
         .summary = fmt::format("the lock file gives {} to '{}', which does not fit", printable(text), machine.path),
         .detail = std::move(cause),
         .hint =
             fmt::format("delete the line '{}: {}' to have another address given, or undo the change of the topology",
                         entry, printable(text)),
         .related = {{segment_.span, "its segment"}}});
    return true;
  }
  void given_twice(const Machine& machine, const std::string& text, SpanId where, const Taken& other) {
    work_.findings.error(
        {.code = "CL1328",
         .where = where,
         .summary = fmt::format("the lock file gives {} under two keys", printable(text)),
         .detail = fmt::format("'{}' and '{}' have it", other.who, key(machine)),
         .hint =
             fmt::format("delete the line '{}: {}' unless that one is applied already (then the other one); the next "
                         "plan gives a free address",
                         key(machine), printable(text)),
         .related = {{other.span, "given here"}}});
  }
  /// An address whose machine is gone may still be configured until an apply has removed it.
  void keep_unused() {
    const std::string start = fmt::format("address {} {}.", family_name(prefix_.family()), segment_.path);
    for (auto at = work_.lock.entries.lower_bound(start);
         at != work_.lock.entries.end() && at->first.starts_with(start); ++at) {
      const auto address = work_.given.contains(at->first) ? std::nullopt : IpAddress::parse(at->second);
      if (address && prefix_.contains(*address)) {
        taken_.try_emplace(address->bits, Taken{at->first, 0, true});
      }
    }
  }

  Work& work_;
  ResolvedSegment& segment_;
  const Segment& written_;
  IpPrefix prefix_;
  bool external_;
  std::map<uint128, Taken> taken_{};
};

}  // namespace

void allocate_addresses(Work& work) {
  for (ResolvedSegment& segment : work.out.segments) {
    if (segment.segment == nullptr) {
      continue;
    }
    if (segment.ipv4) {
      Addresses(work, segment, Family::ipv4).run();
    }
    if (segment.ipv6) {
      Addresses(work, segment, Family::ipv6).run();
    }
  }
  for (ResolvedSegment& segment : work.out.segments) {
    if (const auto nodes = work.hosted_in.find(segment.path); nodes != work.hosted_in.end()) {
      const ResolvedSegment& there = work.out.segments[work.index.segments.at(nodes->second)];
      segment.gateway4 = there.gateway4;
      segment.gateway6 = there.gateway6;
    }
  }
  for (ResolvedNode& node : work.out.nodes) {
    if (node.own) {
      for (const auto& address : {node.own->ipv4, node.own->ipv6}) {
        if (address) {
          node.inner.push_back(*address);
        }
      }
      continue;
    }
    for (const uint32_t index : work.index.site_segments[node.site]) {
      const ResolvedSegment& segment = work.out.segments[index];
      for (const auto& gateway : {segment.gateway4, segment.gateway6}) {
        if (gateway && segment.segment != nullptr && segment.vpc == nullptr) {
          node.inner.push_back(*gateway);
        }
      }
    }
  }
}

}  // namespace cloison::topology
