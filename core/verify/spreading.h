#pragma once
// What devices come to know of each other by their routing sessions (eBGP, RFC 4271: a system of its own for each
// device).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/forwarding.h"
#include "core/verify/world.h"

namespace cloison::verify {

struct LearnedRoute {
  IpPrefix to{};
  std::string interface{};
  bool taken = false;  ///< the best of those for its prefix; the others stand by
};

/// Once nothing changes any more. What a device announces itself it never learns.
class Spread {
 public:
  /// The other end of a device's tunnel; nothing where nobody of ours is there.
  using FarEndOf = std::function<FarEnd(std::size_t device, std::size_t tunnel)>;
  Spread(std::vector<std::shared_ptr<const ForwardingDevice>> devices, const FarEndOf& far_end);

  [[nodiscard]] const std::vector<LearnedRoute>& learned(std::size_t device) const { return learned_[device]; }

  /// A device, and one of its sessions.
  using SessionAt = std::pair<std::size_t, std::size_t>;
  /// The tunnel by which a session goes.
  [[nodiscard]] std::optional<std::size_t> tunnel_of(const SessionAt& at) const;
  /// What devices have learned once these sessions are lost, of those for which that is something else: withdrawals
  /// go from one to the next as they do between them.
  [[nodiscard]] std::map<std::size_t, std::vector<LearnedRoute>> without(const std::vector<SessionAt>& lost) const;

 private:
  /// One session of a device with the same session at its far end.
  struct Pair {
    SessionAt here{}, there{};
  };
  /// What has come over one session for one prefix.
  struct Candidate {
    std::vector<std::size_t> path{};  ///< devices, the nearest first
    int64_t preference = 0, distance = 0;
    bool operator==(const Candidate&) const = default;
  };
  using Candidates = std::map<std::size_t, Candidate>;  ///< by session
  using Known = std::map<IpPrefix, Candidates>;
  class Withdrawing;

  [[nodiscard]] const RoutingSession& session(const SessionAt& at) const {
    return devices_[at.first]->sessions[at.second];
  }
  [[nodiscard]] bool takes(const Pair& pair, const IpPrefix& prefix) const;
  /// What the far end of a pair tells of a prefix, of which it has these candidates; nothing where it knows no way or
  /// the other is on it.
  [[nodiscard]] std::optional<Candidate> told(const Pair& pair, const IpPrefix& prefix,
                                              const Candidates* candidates) const;
  [[nodiscard]] static Candidates::const_iterator best_of(const Candidates& candidates);
  void find_tunnels();
  void find_pairs(const FarEndOf& far_end);
  bool step();
  void add_learned(std::size_t device, const IpPrefix& prefix, const Candidates& candidates,
                   std::vector<LearnedRoute>& into) const;

  std::vector<std::shared_ptr<const ForwardingDevice>> devices_;
  std::vector<std::vector<std::optional<std::size_t>>> tunnels_{};  // by device and session
  std::vector<Pair> pairs_{};
  std::map<SessionAt, std::size_t> pair_at_{};       // by the session that is told
  std::vector<std::vector<std::size_t>> told_by_{};  // by device: pairs of which it is the far end
  std::vector<Known> known_;
  std::vector<std::vector<LearnedRoute>> learned_;
};

}  // namespace cloison::verify
