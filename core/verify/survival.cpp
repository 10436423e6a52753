#include "core/verify/survival.h"

#include <algorithm>

#include "core/verify/continuity.h"

namespace cloison::verify {

namespace {

void add_once(std::vector<uint32_t>& numbers, uint32_t number) {
  if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
}

void add_way(std::vector<Ways>& ways, const Continuity::Seen& seen, Way way) {
  auto& pair = ways[seen.pair];
  (seen.direction == Continuity::Direction::there ? pair.there : pair.back).insert(std::move(way));
}

}  // namespace

Survival::Survival(std::vector<Forwarding> parts, const ProofInput& input, bool with_ways, bool with_rules)
    : input_(input),
      owed_(owed(input)),
      asked_(asked(input, owed_)),
      whole_(std::make_unique<const World>(std::move(parts))),
      index_(*whole_, input.places),
      wanted_(asked_),
      sources_(sources(*whole_, index_)),
      with_ways_(with_ways),
      with_rules_(with_rules),
      ways_now_(with_ways ? asked_.size() : 0),
      senders_(asked_.size()) {
  note_uses();
}

void Survival::note_uses() {
  Continuity continuity(asked_, *whole_, index_, wanted_);
  continuity.watch([&](const Continuity::Seen& seen, const std::vector<Leap>& leaps, std::size_t end) {
    if (with_ways_) add_way(ways_now_, seen, way_of(*whole_, leaps, end));
    if (with_rules_) rules_now_.take(seen.pair, leaps, end);
    auto& senders = senders_[seen.pair];
    if (senders.empty() || senders.back() != seen.sender) senders.push_back(seen.sender);
    for (const auto at : way_to(leaps, end)) {
      const auto& leap = leaps[at];
      add_once(by_name_[std::string(leap.where)], seen.pair);
      if (leap.kind == Leap::Kind::sent) add_once(by_tunnel_[{leap.device, leap.tunnel}], seen.pair);
      if (leap.kind == Leap::Kind::leaves)
        add_once(by_interface_[{leap.device, whole_->devices()[leap.device]->interface(leap.out)}], seen.pair);
    }
  });
  continuity.take(sources_);
  rules_now_.settle();
  gave_up_ = continuity.given_up().has_value();
  now_ = std::move(continuity).results(index_.vacant(*whole_));
}

void Survival::note_ways(Continuity& continuity, const World& world, Outcome& outcome) const {
  if (!with_ways_ && !with_rules_) return;
  if (with_ways_) outcome.ways.resize(asked_.size());
  continuity.watch([&](const Continuity::Seen& seen, const std::vector<Leap>& leaps, std::size_t end) {
    if (with_ways_) add_way(outcome.ways, seen, way_of(world, leaps, end));
    if (with_rules_) outcome.rules.take(seen.pair, leaps, end);
  });
}

AddressRanges Survival::vacant_after(const World& left, const Failure& failure) const {
  auto vacant = index_.vacant(left);
  for (const auto& prefix : failure.addresses) vacant.add(prefix);
  vacant.settle();
  return vacant;
}

Survival::Outcome Survival::after(const Failure& failure, const std::set<std::string, std::less<>>& opened) const {
  const World left(*whole_, failure);
  Outcome outcome{.vacant = vacant_after(left, failure), .touched = touched_by(failure)};
  Continuity continuity(asked_, left, index_, wanted_, opened);
  note_ways(continuity, left, outcome);
  continuity.take(sources(left, index_));
  outcome.rules.settle();
  outcome.wanted = std::move(continuity).results(outcome.vacant);
  return outcome;
}

std::vector<bool> Survival::touched_by(const Failure& failure) const {
  std::vector<bool> touched(asked_.size());
  const auto touch = [&](const Numbers& numbers) {
    for (const auto number : numbers) touched[number] = true;
  };
  for (const auto& [name, numbers] : by_name_)
    if (is_down(failure, name)) touch(numbers);
  for (const auto& [tunnel, numbers] : by_tunnel_)
    if (is_moved(*whole_, failure, tunnel.first, tunnel.second)) touch(numbers);
  for (const auto& [interface, numbers] : by_interface_)
    if (interface.second != k_nothing && is_out(*whole_, failure, interface.first, interface.second)) touch(numbers);
  for (const auto& prefix : failure.addresses)
    for (const auto end : {&PacketBox::source, &PacketBox::destination}) {
      auto box = PacketBox::all(prefix.family());
      box.*end = interval_of(prefix);
      touch(wanted_.candidates(box, {}));
    }
  return touched;
}

/// Who is outside, or behind the tunnels of several devices, may come another way then.
std::set<std::size_t> Survival::senders_of(const std::vector<bool>& touched) const {
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < touched.size(); ++i)
    if (touched[i]) all.insert(senders_[i].begin(), senders_[i].end());
  const auto beyond = [&](std::size_t one) {
    return sources_[one].kind == Source::Kind::tunnel || sources_[one].kind == Source::Kind::outside;
  };
  if (std::none_of(all.begin(), all.end(), beyond)) return all;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    if (beyond(i)) all.insert(i);
  return all;
}

Survival::Outcome Survival::after(const Failure& failure) const {
  Outcome outcome{.wanted = now_, .touched = touched_by(failure)};
  const auto& touched = outcome.touched;
  const World left(*whole_, failure);
  outcome.vacant = vacant_after(left, failure);
  Continuity continuity(asked_, left, index_, wanted_, {}, &touched);
  continuity.alone();
  note_ways(continuity, left, outcome);
  const auto senders = senders_of(touched);
  continuity.take(sources_, {senders.begin(), senders.end()});
  outcome.rules.settle();
  auto results = std::move(continuity).results(outcome.vacant);
  for (std::size_t i = 0; i < touched.size(); ++i)
    if (touched[i]) outcome.wanted[i] = std::move(results[i]);
  return outcome;
}

std::vector<std::size_t> Survival::broken(const Outcome& outcome) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < owed_.size(); ++i) {
    const auto at = input_.wanted.size() + i;
    const auto then = outcome.wanted[at].verdict;
    const bool kept = then != WantedResult::Verdict::closed && then != WantedResult::Verdict::too_complex;
    if (now_[at].verdict != WantedResult::Verdict::open || kept) continue;
    if (all.empty() || all.back() != owed_[i].guarantee) all.push_back(owed_[i].guarantee);
  }
  return all;
}

}  // namespace cloison::verify
