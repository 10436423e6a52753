#include "core/topology/check_peers.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/topology/underlays.h"

namespace cloison::topology {

namespace {

class Peers {
 public:
  Peers(Work& work, const Paths& paths) : work_(work), paths_(paths) {}

  void run() {
    for (uint32_t index = 0; index < work_.out.segments.size(); ++index) {
      const ResolvedSegment& segment = work_.out.segments[index];
      if (segment.segment == nullptr || !segment.segment->has_peers) {
        continue;
      }
      const auto link = paths_.remote_access(index);
      if (!link) {
        without_link(segment);
        continue;
      }
      dialling(*link, index);
      for (const ResolvedPeer& peer : segment.peers) {
        key(*link, index, peer);
        dates(segment, peer);
      }
    }
  }

 private:
  void without_link(const ResolvedSegment& segment) {
    const Site& site = work_.site_of(segment);
    work_.findings.error(
        {.code = "CL1423",
         .where = segment.span,
         .summary = fmt::format("segment '{}' has peers, but no remote-access link serves them", segment.segment->name),
         .hint = fmt::format("add 'links: {{remote: {{kind: remote-access, users: {}.{}, to: same-site, at: "
                             "same-site, transport: wireguard}}}}'",
                             site.name, segment.segment->name)});
  }

  /// Devices dial, so the place where they come in must have an address that can be dialled.
  void dialling(uint32_t index, uint32_t segment) {
    const ResolvedSegment& users = work_.out.segments[segment];
    const Paths::Entry entry = paths_.entry(users.site, segment);
    const Site& site = work_.topology.sites[entry.site];
    if (users.peers.empty() || !work_.sites[entry.site].premises || site.nodes.empty() ||
        dialled_underlay(site, site.nodes.front())) {
      return;
    }
    const Link& link = work_.topology.links[index];
    const Underlay* first = site.underlays.empty() ? nullptr : &site.underlays.front();
    work_.findings.error(
        {.code = "CL1419",
         .where = link.span,
         .summary = fmt::format("neither end of link '{}' can be dialled", link.name),
         .detail = fmt::format("devices dial node '{}' of '{}', which has no underlay with a public address",
                               site.nodes.front().name, site.path),
         .hint = "write the address at 'public:' of an underlay",
         .related = {{first == nullptr          ? site.span
                      : first->public_span != 0 ? first->public_span
                                                : first->span,
                      "cannot be dialled"}}});
  }

  /// WireGuard knows a device by its key alone: two of one key at one place would be one.
  void key(uint32_t link, uint32_t segment, const ResolvedPeer& peer) {
    const Domain at = paths_.entry(work_.out.segments[segment].site, segment).domain;
    const auto [first, added] = by_key_.try_emplace({link, at, peer.peer->public_key}, &peer);
    if (added) {
      return;
    }
    work_.findings.error(
        {.code = "CL1426",
         .where = peer.peer->span,
         .summary =
             fmt::format("peers '{}' and '{}' have one public key", first->second->machine.path, peer.machine.path),
         .detail = "a device is known by its key alone, so each needs a key pair of its own",
         .hint = fmt::format("remove one of them, and `cloison enroll {} {} --new --out FOLDER` makes another key pair",
                             work_.out.segments[segment].path, peer.machine.name),
         .related = {{first->second->peer->span, "the other one"}}});
  }

  void dates(const ResolvedSegment& segment, const ResolvedPeer& peer) {
    constexpr std::chrono::hours k_soon{24 * 14};
    if (!peer.peer->expires) {
      return;
    }
    const Date& expires = *peer.peer->expires;
    if (peer.expired) {
      work_.findings.warning(
          {.code = "CL1427",
           .where = expires.span,
           .summary = fmt::format("peer '{}' of '{}' has expired", peer.machine.name, segment.path),
           .detail = fmt::format("it may not connect any more; its date was {}", printable(expires.text)),
           .hint = "remove the peer, or write a later 'expires'"});
    } else if (expires.at - work_.options.now <= k_soon) {
      work_.findings.note(
          {.code = "CL1428",
           .where = expires.span,
           .summary = fmt::format("peer '{}' of '{}' expires soon", peer.machine.name, segment.path),
           .detail = fmt::format("the first apply after {} takes its access away", printable(expires.text)),
           .hint = "write a later 'expires' if it is to go on"});
    }
  }

  Work& work_;
  const Paths& paths_;
  std::map<std::tuple<uint32_t, Domain, std::string>, const ResolvedPeer*> by_key_{};
};

}  // namespace

void check_peers(Work& work, const Paths& paths) {
  Peers(work, paths).run();
}

}  // namespace cloison::topology
