#include "core/verify/spreading.h"

#include <algorithm>
#include <map>

namespace cloison::verify {

namespace {

/// One session of a device with the same session at its far end.
struct Pair {
  std::size_t device = 0, session = 0, far_device = 0, far_session = 0;
};

/// What has come over one session for one prefix.
struct Candidate {
  std::vector<std::size_t> path{};  ///< devices, the nearest first
  int64_t preference = 0, distance = 0;
  bool operator==(const Candidate&) const = default;
};

bool better(const Candidate& a, const Candidate& b) {
  if (a.preference != b.preference) return a.preference > b.preference;
  if (a.path.size() != b.path.size()) return a.path.size() < b.path.size();
  return a.distance < b.distance;
}

bool holds(const std::vector<IpPrefix>& prefixes, const IpPrefix& one) {
  return std::find(prefixes.begin(), prefixes.end(), one) != prefixes.end();
}

class Spreading {
 public:
  Spreading(const std::vector<const ForwardingDevice*>& devices, const FarEnd& far_end)
      : devices_(devices), known_(devices.size()) {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> sessions;  // by device and tunnel
    std::vector<std::vector<std::optional<std::size_t>>> tunnels;
    for (std::size_t device = 0; device < devices.size(); ++device) {
      tunnels.push_back(tunnels_of(*devices[device]));
      for (std::size_t session = 0; session < tunnels[device].size(); ++session)
        if (const auto tunnel = tunnels[device][session]) sessions.emplace(std::pair(device, *tunnel), session);
    }
    for (std::size_t device = 0; device < devices.size(); ++device)
      for (std::size_t session = 0; session < tunnels[device].size(); ++session) {
        const auto far = tunnels[device][session] ? far_end(device, *tunnels[device][session]) : std::nullopt;
        const auto other = far ? sessions.find(*far) : sessions.end();
        if (other != sessions.end()) pairs_.push_back({device, session, far->first, other->second});
      }
  }

  std::vector<std::vector<LearnedRoute>> run() {
    // A route goes over each device once, so it is everywhere after as many rounds as there are devices; far fewer do.
    for (std::size_t round = 0; round <= devices_.size() && step(); ++round) {
    }
    std::vector<std::vector<LearnedRoute>> learned(devices_.size());
    for (std::size_t device = 0; device < devices_.size(); ++device)
      for (const auto& [prefix, candidates] : known_[device]) {
        const auto best = best_of(candidates);
        for (auto one = candidates.begin(); one != candidates.end(); ++one)
          learned[device].push_back({prefix, devices_[device]->sessions[one->first].interface, one == best});
      }
    return learned;
  }

 private:
  using Candidates = std::map<std::size_t, Candidate>;  // by session

  /// For each session, the tunnel behind which its neighbour is: mostly as an address of its own.
  static std::vector<std::optional<std::size_t>> tunnels_of(const ForwardingDevice& device) {
    std::map<std::pair<std::string, IpPrefix>, std::size_t> by_prefix;
    for (std::size_t i = 0; i < device.tunnels.size(); ++i)
      for (const auto& prefix : device.tunnels[i].behind)
        by_prefix.emplace(std::pair(device.tunnels[i].interface, prefix), i);
    std::vector<std::optional<std::size_t>> tunnels;
    for (const auto& session : device.sessions) {
      const auto alone = by_prefix.find({session.interface, IpPrefix::of(session.neighbour)});
      const auto found =
          alone != by_prefix.end() ? alone : std::find_if(by_prefix.begin(), by_prefix.end(), [&](const auto& one) {
            return one.first.first == session.interface && one.first.second.contains(session.neighbour);
          });
      tunnels.push_back(found == by_prefix.end() ? std::nullopt : std::optional(found->second));
    }
    return tunnels;
  }

  static Candidates::const_iterator best_of(const Candidates& candidates) {
    return std::min_element(candidates.begin(), candidates.end(),
                            [](const auto& a, const auto& b) { return better(a.second, b.second); });
  }

  /// What one device tells another of a prefix; nothing where it knows no way or the other is on it.
  [[nodiscard]] std::optional<Candidate> told(std::size_t device, std::size_t to, const IpPrefix& prefix) const {
    if (holds(devices_[device]->announces, prefix)) return Candidate{.path = {device}};
    const auto known = known_[device].find(prefix);
    if (known == known_[device].end() || known->second.empty()) return std::nullopt;
    auto best = best_of(known->second)->second;
    if (std::find(best.path.begin(), best.path.end(), to) != best.path.end()) return std::nullopt;
    best.path.insert(best.path.begin(), device);
    return best;
  }

  bool step() {
    bool changed = false;
    for (const auto& pair : pairs_) {
      const auto& mine = devices_[pair.device]->sessions[pair.session];
      const auto& far = devices_[pair.far_device]->sessions[pair.far_session];
      for (const auto& prefix : far.offers) {
        if (!holds(mine.accepts, prefix) || holds(devices_[pair.device]->announces, prefix)) continue;
        auto news = told(pair.far_device, pair.device, prefix);
        auto& there = known_[pair.device][prefix];
        const auto before = there.find(pair.session);
        if (!news) {
          changed = there.erase(pair.session) != 0 || changed;
          continue;
        }
        news->preference = mine.preference;
        news->distance = far.distance;
        if (before != there.end() && before->second == *news) continue;
        there[pair.session] = *std::move(news);
        changed = true;
      }
    }
    return changed;
  }

  const std::vector<const ForwardingDevice*>& devices_;
  std::vector<Pair> pairs_{};
  std::vector<std::map<IpPrefix, Candidates>> known_;
};

}  // namespace

std::vector<std::vector<LearnedRoute>> spread(const std::vector<const ForwardingDevice*>& devices,
                                              const FarEnd& far_end) {
  return Spreading(devices, far_end).run();
}

}  // namespace cloison::verify
