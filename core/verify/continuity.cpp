#include "core/verify/continuity.h"

#include <algorithm>
#include <numeric>

#include "core/base/side_by_side.h"

namespace cloison::verify {

namespace {

/// The part of a box of packets as they are known that belongs to a part of the same packets as they were sent.
PacketBox as_known(const PacketBox& known, const PacketBox& sent, const PacketBox& part) {
  auto mine = part;
  for (const auto end : {&PacketBox::source, &PacketBox::destination}) {
    const auto& whole = sent.*end;
    if ((known.*end).last - (known.*end).first != whole.last - whole.first) {  // many translated to one
      mine.*end = known.*end;
      continue;
    }
    const auto shift = (known.*end).first - whole.first;
    mine.*end = {(part.*end).first + shift, (part.*end).last + shift};
  }
  return mine;
}

/// A pair's own among the packets of a box as they are known, as they were sent.
PacketSet sent_of(const Wanted& wanted, const PacketBox& known, const PacketBox& sent) {
  PacketSet mine;
  for (const auto& box : wanted.packets)
    if (const auto part = intersection(known, box)) mine.add(as_known(sent, known, *part));
  return mine;
}

/// Whether packets come from where their source is: a flow is open to those whom it is for. Who is outside has none of
/// our addresses.
bool sends_as_itself(const PassageEnd& from, const PacketBox& box, const std::vector<Place>& places,
                     const AddressRanges& ours) {
  if (from.kind != PassageEnd::Kind::place)
    return from.kind == PassageEnd::Kind::outside && !ours.touch(box.family, box.source);
  const auto& place = places[from.place];
  if (place.kind == Place::Kind::node || place.gateway) return true;
  return std::any_of(place.prefixes.begin(), place.prefixes.end(), [&](const IpPrefix& prefix) {
    return prefix.family() == box.family && interval_of(prefix).contains(box.source);
  });
}

/// At a tunnel's far end, or at a card, may be somebody whom no place stands for, or one who has an address that is
/// another's: what he is sent does not arrive where it is meant to.
bool is_stranger(const PassageEnd& to, const Leap& arrival, const PacketBox& box, const std::vector<Place>& places) {
  if (to.kind == PassageEnd::Kind::nobody) return arrival.tunnel != k_nothing || arrival.port != k_nothing;
  if (to.kind != PassageEnd::Kind::place || arrival.port == k_nothing) return false;
  const auto& prefixes = places[to.place].prefixes;
  return std::none_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& prefix) {
    return prefix.family() == box.family && interval_of(prefix).contains(box.destination);
  });
}

/// What is meant for one of ours and leaves for the world outside: nobody has that address there.
bool is_lost_outside(const PassageEnd& to, const Wanted& wanted, const PacketBox& known, const AddressRanges& ours) {
  return to.kind == PassageEnd::Kind::outside &&
         std::any_of(wanted.packets.begin(), wanted.packets.end(), [&](const PacketBox& box) {
           const auto part = intersection(box, known);
           return part && ours.touch(part->family, part->destination);
         });
}

bool is_at(const Leap& leap, const Source& source) {
  if (leap.kind == Leap::Kind::leaves) return source.kind == Source::Kind::outside && leap.device == source.number;
  if (leap.kind != Leap::Kind::arrives) return false;
  switch (source.kind) {
    case Source::Kind::port:
      return leap.port == source.number;
    case Source::Kind::network:
      return leap.network == source.number;
    case Source::Kind::device:
      return leap.device == source.number && leap.tunnel == k_nothing;
    case Source::Kind::tunnel:
      return leap.device == source.number && leap.tunnel == source.part;
    case Source::Kind::outside:
      return false;
  }
  return false;
}

}  // namespace

Continuity::Continuity(const std::vector<Wanted>& asked, const World& world, const PlaceIndex& index,
                       const WantedIndex& wanted, std::set<std::string, std::less<>> opened,
                       const std::vector<bool>* only)
    : all_(asked), world_(world), index_(index), wanted_(wanted) {
  options_.opened = std::move(opened);
  for (const auto& one : asked) {
    const bool in_force = one.must || options_.opened.contains(one.flow);
    asked_.push_back(in_force && one.applied && !one.system && (only == nullptr || (*only)[asked_.size()]));
    arrived_.push_back(asked_.back() ? PacketSet(one.packets) : PacketSet());
    left_.push_back(arrived_.back());
  }
  for (const auto& place : index.places())
    for (const auto& prefix : place.prefixes)
      if (!place.external) ours_.add(prefix);
  ours_.settle();
}

void Continuity::take(const std::vector<Source>& sources) {
  std::vector<std::size_t> all(sources.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  take(sources, all);
}

void Continuity::take(const std::vector<Source>& sources, const std::vector<std::size_t>& some) {
  side_by_side<Told>(
      some.size(), [&](std::size_t i) { return asked_of(sources[some[i]]); },
      [&](std::size_t i, const Told& told) { return note(some[i], told); }, alone_ ? 1 : processors_for(some.size()));
}

Continuity::Told Continuity::asked_of(const Source& source) const {
  Told told{.leaps = travel_from(world_, source, source.packets, options_)};
  if (auto where = verify::given_up(told.leaps)) told.given_up.push_back(*std::move(where));
  for (std::size_t i = 0; i < told.leaps.size(); ++i) {
    if (told.leaps[i].kind != Leap::Kind::arrives && told.leaps[i].kind != Leap::Kind::leaves) continue;
    Arrived arrived{.end = i, .mine = wanted_of(source, told.leaps, i)};
    if (arrived.mine.empty()) continue;
    answer(source, told.leaps, arrived, told.given_up);
    told.arrived.push_back(std::move(arrived));
  }
  return told;
}

std::vector<Continuity::Mine> Continuity::wanted_of(const Source& source, const std::vector<Leap>& leaps,
                                                    std::size_t end) const {
  std::vector<Mine> all;
  for (const auto& passage : index_.passages(source, leaps, end)) {
    for (std::size_t i = 0; i < passage.packets.boxes().size(); ++i) {
      const auto& known = passage.packets.boxes()[i];
      if (!sends_as_itself(passage.from, known, index_.places(), ours_) ||
          is_stranger(passage.to, leaps[end], known, index_.places()))
        continue;
      auto pairs = wanted_.candidates(known, environment_of(passage, index_.places()));
      std::erase_if(
          pairs, [&](uint32_t pair) { return !asked_[pair] || is_lost_outside(passage.to, all_[pair], known, ours_); });
      if (!pairs.empty()) all.push_back({known, passage.as_sent.boxes()[i], std::move(pairs)});
    }
  }
  return all;
}

/// Returns whether to go on.
bool Continuity::note(std::size_t sender, const Told& told) {
  constexpr std::size_t k_most_given_up = 4;  // each costs as much as may be spent
  if (!told.given_up.empty() && !given_up_) given_up_ = told.given_up.front();
  given_up_times_ += told.given_up.size();
  for (const auto& arrived : told.arrived)
    for (const auto& mine : arrived.mine)
      for (const auto pair : mine.pairs) {
        arrived_[pair].subtract(mine.known);
        if (watch_)
          tell({.sender = sender, .pair = pair}, sent_of(all_[pair], mine.known, mine.sent), told.leaps, arrived);
        if (left_[pair].empty()) continue;
        for (const auto& part : arrived.answered.intersected(mine.sent).boxes())
          left_[pair].subtract(as_known(mine.known, mine.sent, part));
      }
  return given_up_times_ < k_most_given_up;
}

void Continuity::tell(const Seen& seen, const PacketSet& packets, const std::vector<Leap>& leaps,
                      const Arrived& arrived) const {
  if (packets.empty()) return;
  watch_(seen, leaps, arrived.end);
  const auto answers = answers_to(packets);
  auto answered = seen;
  answered.direction = Direction::back;
  for (const auto end : arrived.ends)
    if (!arrived.back[end].packets.intersected(answers).empty()) watch_(answered, arrived.back, end);
}

/// From where packets arrived, whoever answers.
Source Continuity::answering(const Leap& arrival) const {
  if (arrival.kind == Leap::Kind::leaves)
    return {.kind = Source::Kind::outside,
            .number = arrival.device,
            .part = world_.devices()[arrival.device]->interface(arrival.out)};
  if (arrival.tunnel != k_nothing)
    return {.kind = Source::Kind::tunnel, .number = arrival.device, .part = arrival.tunnel};
  if (arrival.port != k_nothing) return {.kind = Source::Kind::port, .number = arrival.port};
  if (arrival.device != k_nothing) return {.kind = Source::Kind::device, .number = arrival.device};
  return {.kind = Source::Kind::network, .number = arrival.network};
}

/// Finds those of what arrived whose answers come back.
void Continuity::answer(const Source& source, const std::vector<Leap>& leaps, Arrived& arrived,
                        std::vector<GivenUp>& given_up) const {
  const auto& arrival = leaps[arrived.end];
  arrived.answered = arrival.origin.of(arrival.packets);
  const auto answers = answers_to(arrival.packets);
  auto missing = answers_to(arrived.answered);
  arrived.back = travel_from(world_, answering(arrival), answers, verify::answered(options_, leaps, arrived.end));
  if (auto where = verify::given_up(arrived.back)) given_up.push_back(*std::move(where));
  for (std::size_t i = 0; i < arrived.back.size(); ++i) {
    if (!is_at(arrived.back[i], source)) continue;
    missing.subtract(arrived.back[i].packets);
    arrived.ends.push_back(i);
  }
  arrived.answered.subtract(questions_to(missing));
}

std::vector<WantedResult> Continuity::results(const AddressRanges& vacant) && {
  std::vector<WantedResult> results;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto& result = results.emplace_back();
    const auto& wanted = all_[i];
    if (!wanted.applied) result.verdict = WantedResult::Verdict::not_applied;
    if (!wanted.must) result.verdict = WantedResult::Verdict::conditional;
    if (!asked_[i]) continue;
    result.verdict = WantedResult::Verdict::open;
    auto missing = vacant.outside(left_[i]);
    if (missing.empty()) {
      if (!wanted.packets.empty() && vacant.outside(PacketSet(wanted.packets)).empty())
        result.verdict = WantedResult::Verdict::nobody;
      continue;
    }
    auto lost = vacant.outside(arrived_[i]);
    result.verdict = given_up_ ? WantedResult::Verdict::too_complex : WantedResult::Verdict::closed;
    result.why = given_up_ ? k_too_complex : lost.empty() ? "their answers do not return" : "they do not arrive";
    result.missing = lost.empty() ? std::move(missing) : std::move(lost);
    result.missing.simplify();
  }
  return results;
}

}  // namespace cloison::verify
