#include "core/verify/spreading.h"

#include <algorithm>
#include <deque>
#include <set>

namespace cloison::verify {

namespace {

bool holds(const std::vector<IpPrefix>& prefixes, const IpPrefix& one) {
  return std::find(prefixes.begin(), prefixes.end(), one) != prefixes.end();
}

/// For each session, the tunnel behind which its neighbour is: mostly as an address of its own.
std::vector<std::optional<std::size_t>> tunnels_of(const ForwardingDevice& device) {
  using At = std::pair<std::string_view, IpPrefix>;  // an interface, and what is behind it
  std::map<At, std::size_t> by_prefix;
  for (std::size_t i = 0; i < device.tunnels.size(); ++i)
    for (const auto& prefix : device.tunnels[i].behind) by_prefix.emplace(At(device.tunnels[i].interface, prefix), i);
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

}  // namespace

Spread::Spread(std::vector<std::shared_ptr<const ForwardingDevice>> devices, const FarEndOf& far_end)
    : devices_(std::move(devices)), told_by_(devices_.size()), known_(devices_.size()), learned_(devices_.size()) {
  for (const auto& device : devices_) tunnels_.push_back(tunnels_of(*device));
  find_pairs(far_end);
  // A route goes over each device once, so it is everywhere after as many rounds as there are devices; far fewer do.
  for (std::size_t round = 0; round <= devices_.size() && step(); ++round) {
  }
  for (std::size_t device = 0; device < devices_.size(); ++device)
    for (const auto& [prefix, candidates] : known_[device]) add_learned(device, prefix, candidates, learned_[device]);
}

void Spread::find_pairs(const FarEndOf& far_end) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> sessions;  // by device and tunnel
  for (std::size_t device = 0; device < devices_.size(); ++device)
    for (std::size_t session = 0; session < tunnels_[device].size(); ++session)
      if (const auto tunnel = tunnels_[device][session]) sessions.emplace(std::pair(device, *tunnel), session);
  for (std::size_t device = 0; device < devices_.size(); ++device)
    for (std::size_t session = 0; session < tunnels_[device].size(); ++session) {
      if (!tunnels_[device][session]) continue;
      const auto far = far_end(device, *tunnels_[device][session]);
      const auto other = sessions.find({far.device, far.tunnel});
      if (other == sessions.end()) continue;
      pair_at_.emplace(SessionAt(device, session), pairs_.size());
      told_by_[far.device].push_back(pairs_.size());
      pairs_.push_back({{device, session}, {far.device, other->second}});
    }
}

std::optional<std::size_t> Spread::tunnel_of(const SessionAt& at) const {
  return tunnels_[at.first][at.second];
}

Spread::Candidates::const_iterator Spread::best_of(const Candidates& candidates) {
  return std::min_element(candidates.begin(), candidates.end(), [](const auto& one, const auto& other) {
    const auto &a = one.second, &b = other.second;
    if (a.preference != b.preference) return a.preference > b.preference;
    if (a.path.size() != b.path.size()) return a.path.size() < b.path.size();
    return a.distance < b.distance;
  });
}

/// Whether the one who is told of a prefix over a pair listens.
bool Spread::takes(const Pair& pair, const IpPrefix& prefix) const {
  return holds(session(pair.here).accepts, prefix) && !holds(devices_[pair.here.first]->announces, prefix);
}

std::optional<Spread::Candidate> Spread::told(const Pair& pair, const IpPrefix& prefix,
                                              const Candidates* candidates) const {
  const auto preference = session(pair.here).preference, distance = session(pair.there).distance;
  const auto from = pair.there.first;
  if (holds(devices_[from]->announces, prefix)) return Candidate{{from}, preference, distance};
  if (candidates == nullptr || candidates->empty()) return std::nullopt;
  Candidate news{best_of(*candidates)->second.path, preference, distance};
  if (std::find(news.path.begin(), news.path.end(), pair.here.first) != news.path.end()) return std::nullopt;
  news.path.insert(news.path.begin(), from);
  return news;
}

bool Spread::step() {
  bool changed = false;
  for (const auto& pair : pairs_)
    for (const auto& prefix : session(pair.there).offers) {
      if (!takes(pair, prefix)) continue;
      const auto far = known_[pair.there.first].find(prefix);
      auto news = told(pair, prefix, far == known_[pair.there.first].end() ? nullptr : &far->second);
      auto& there = known_[pair.here.first][prefix];
      const auto before = there.find(pair.here.second);
      if (!news) {
        changed = there.erase(pair.here.second) != 0 || changed;
        continue;
      }
      if (before != there.end() && before->second == *news) continue;
      there[pair.here.second] = *std::move(news);
      changed = true;
    }
  return changed;
}

void Spread::add_learned(std::size_t device, const IpPrefix& prefix, const Candidates& candidates,
                         std::vector<LearnedRoute>& into) const {
  const auto best = best_of(candidates);
  for (auto one = candidates.begin(); one != candidates.end(); ++one)
    into.push_back({prefix, devices_[device]->sessions[one->first].interface, one == best});
}

/// What devices know after a loss, where that is something else.
class Spread::Withdrawing {
 public:
  Withdrawing(const Spread& whole, const std::vector<SessionAt>& lost) : whole_(whole) {
    for (const auto& session : lost)
      if (const auto pair = whole.pair_at_.find(session); pair != whole.pair_at_.end()) lose(pair->second);
  }

  std::map<std::size_t, std::vector<LearnedRoute>> run() {
    // Where routes chase each other for ever, so would this; no network of ours does.
    std::size_t left = (whole_.pairs_.size() + 1) * (whole_.devices_.size() + 1);
    for (; !changed_.empty() && left != 0; --left) {
      const auto [device, prefix] = changed_.front();
      changed_.pop_front();
      for (const auto pair : whole_.told_by_[device]) tell(pair, prefix);
    }
    std::map<std::size_t, std::vector<LearnedRoute>> all;
    for (const auto& [at, candidates] : now_) all.try_emplace(at.first);
    for (auto& [device, learned] : all)
      for (const auto& [prefix, candidates] : whole_.known_[device])
        whole_.add_learned(device, prefix, *known(device, prefix), learned);
    return all;
  }

 private:
  using At = std::pair<std::size_t, IpPrefix>;

  /// Neither end hears of the other any more.
  void lose(std::size_t number) {
    const auto& pair = whole_.pairs_[number];
    const auto back = whole_.pair_at_.find(pair.there);
    if (back != whole_.pair_at_.end() && lost_.insert(back->second).second) forget(whole_.pairs_[back->second]);
    if (lost_.insert(number).second) forget(pair);
  }

  void forget(const Pair& pair) {
    for (const auto& prefix : whole_.session(pair.there).offers) set(pair, prefix, std::nullopt);
  }

  [[nodiscard]] const Candidates* known(std::size_t device, const IpPrefix& prefix) const {
    if (const auto now = now_.find({device, prefix}); now != now_.end()) return &now->second;
    const auto before = whole_.known_[device].find(prefix);
    return before == whole_.known_[device].end() ? nullptr : &before->second;
  }

  void tell(std::size_t number, const IpPrefix& prefix) {
    const auto& pair = whole_.pairs_[number];
    if (lost_.contains(number) || !holds(whole_.session(pair.there).offers, prefix) || !whole_.takes(pair, prefix))
      return;
    set(pair, prefix, whole_.told(pair, prefix, known(pair.there.first, prefix)));
  }

  /// Others are told only where it is the best that changes.
  void set(const Pair& pair, const IpPrefix& prefix, std::optional<Candidate> news) {
    const auto device = pair.here.first, session = pair.here.second;
    const auto* before = known(device, prefix);
    if (before == nullptr) return;  // nobody ever told it of that
    const auto was = before->find(session);
    if (was == before->end() ? !news : news && *news == was->second) return;
    const auto path = before->empty() ? std::vector<std::size_t>() : best_of(*before)->second.path;
    auto& candidates = now_.try_emplace({device, prefix}, *before).first->second;
    if (news)
      candidates[session] = *std::move(news);
    else
      candidates.erase(session);
    if (candidates.empty() || best_of(candidates)->second.path != path) changed_.emplace_back(device, prefix);
  }

  const Spread& whole_;
  std::set<std::size_t> lost_{};  // pairs
  std::map<At, Candidates> now_{};
  std::deque<At> changed_{};
};

std::map<std::size_t, std::vector<LearnedRoute>> Spread::without(const std::vector<SessionAt>& lost) const {
  return Withdrawing(*this, lost).run();
}

}  // namespace cloison::verify
