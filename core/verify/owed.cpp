#include "core/verify/owed.h"

#include <algorithm>

#include "core/verify/not_known.h"

namespace cloison::verify {

namespace {

using Kind = Guarantee::Kind;
using End = PassageEnd;

bool same_segment(const Place& a, const Place& b) {
  return a.site() == b.site() && a.vpc == b.vpc && a.segment == b.segment;
}

/// Addresses of IPv6 that are not global stay inside.
bool is_routed_outside(const PacketBox& box) {
  const Interval<uint128> global{uint128{0x2000} << 112U, (uint128{0x4000} << 112U) - 1};
  return box.family == Family::ipv4 || (global.contains(box.source) && global.contains(box.destination));
}

class Owing {
 public:
  explicit Owing(const ProofInput& input) : input_(input), names_(input.groups) {}

  std::vector<Owed> all() {
    for (std::size_t i = 0; i < input_.guarantees.size(); ++i)
      if (input_.guarantees[i].kind == Kind::reachable) of(i);
    return std::move(owed_);
  }

 private:
  void of(std::size_t number) {
    const auto& guarantee = input_.guarantees[number];
    for (const auto& from : ends(guarantee.from, guarantee))
      for (const auto& to : ends(guarantee.to, guarantee)) {
        if (from == to || !related(guarantee, from, to) || stands_behind(from, to)) continue;
        Owed one{.packets = {.id = guarantee.id, .span = guarantee.span}, .guarantee = number, .from = from, .to = to};
        one.packets.packets = between(from, to, guarantee.services);
        if (one.packets.packets.empty()) continue;
        one.packets.permitted = one.packets.packets;
        one.packets.environment = environment_of({.from = from, .to = to}, input_.places);
        owed_.push_back(std::move(one));
      }
  }

  /// A segment stands for the machines on it.
  [[nodiscard]] std::vector<End> ends(const PlaceSelector& selector, const Guarantee& guarantee) const {
    std::vector<End> chosen;
    std::vector<const Place*> segments;
    const auto add = [&](std::size_t i) { chosen.push_back({End::Kind::place, i, {}}); };
    const auto& places = input_.places;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& place = places[i];
      const bool left_out = std::any_of(guarantee.except.begin(), guarantee.except.end(),
                                        [&](const Exemption& one) { return names_.means(one.places, place); });
      if (left_out || !names_.means(selector, place, names_.relative(selector) ? &place : nullptr)) continue;
      if (place.kind == Place::Kind::segment) segments.push_back(&place);
      // A segment comes before its hosts and devices in no order that is promised, so these are sorted out afterwards.
      add(i);
    }
    std::sort(segments.begin(), segments.end(), [](const Place* a, const Place* b) { return key(*a) < key(*b); });
    std::erase_if(chosen, [&](const End& end) {
      const auto& place = places[end.place];
      if (place.kind == Place::Kind::segment || place.kind == Place::Kind::node || place.gateway) return false;
      const auto at = std::lower_bound(segments.begin(), segments.end(), &place,
                                       [](const Place* a, const Place* b) { return key(*a) < key(*b); });
      return at != segments.end() && same_segment(**at, place);
    });
    if (names_.means_outside(selector)) chosen.push_back({End::Kind::outside, k_nothing, {}});
    return chosen;
  }
  static std::tuple<std::string, std::string_view, std::string_view> key(const Place& place) {
    return {place.site(), place.vpc, place.segment};
  }

  /// `same-site` depends on the other end.
  [[nodiscard]] bool related(const Guarantee& guarantee, const End& from, const End& to) const {
    if (from.kind != End::Kind::place || to.kind != End::Kind::place) return true;
    const auto& here = input_.places[from.place];
    const auto& there = input_.places[to.place];
    return names_.means(guarantee.to, there, &here) && names_.means(guarantee.from, here, &there);
  }

  /// Replicas with a shared address are known by that alone to the outside.
  [[nodiscard]] bool stands_behind(const End& from, const End& to) const {
    if (from.kind != End::Kind::outside || to.kind != End::Kind::place || input_.places[to.place].shared) return false;
    const auto& place = input_.places[to.place];
    return place.kind == Place::Kind::host &&
           std::any_of(input_.places.begin(), input_.places.end(), [&](const Place& one) {
             return one.shared && one.host == place.host && same_segment(one, place);
           });
  }

  [[nodiscard]] AddressIntervals addresses(const End& end, bool asking) const {
    if (end.kind == End::Kind::outside) return input_.outside;
    const auto& place = input_.places[end.place];
    if (place.kind == Place::Kind::segment) return place.machines;
    AddressIntervals all;
    for (const auto& prefix : place.prefixes) {
      const bool another =
          std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.first == prefix.family(); });
      // A node asks by whichever of its addresses is on the way, and is known by the first.
      if (place.kind != Place::Kind::node || !asking || !another)
        all.emplace_back(prefix.family(), interval_of(prefix));
    }
    return all;
  }

  [[nodiscard]] std::vector<PacketBox> between(const End& from, const End& to,
                                               const std::vector<PacketBox>& services) const {
    PacketSet packets;
    const auto answering = addresses(to, false);
    for (const auto& [family, source] : addresses(from, true))
      for (const auto& [of, destination] : answering)
        for (auto box : services) {
          if (of != family || box.family != family) continue;
          box.source = source, box.destination = destination;
          const bool outside = from.kind == End::Kind::outside || to.kind == End::Kind::outside;
          if (!outside || is_routed_outside(box)) add(box, packets);
        }
    return std::move(packets).boxes();
  }
  /// Nobody sends to itself.
  static void add(const PacketBox& box, PacketSet& into) {
    PacketSet rest(box);
    if (box.source.overlaps(box.destination)) {
      auto itself = box;
      itself.source = box.destination;
      rest.subtract(itself);
    }
    into.add(rest);
  }

  const ProofInput& input_;
  PlaceNames names_;
  std::vector<Owed> owed_{};
};

/// Whether a link on the way of some flow between the same ends is not applied.
bool hangs_on_what_is_not_applied(const ProofInput& input, const PacketSet& missing) {
  return std::any_of(input.wanted.begin(), input.wanted.end(), [&](const Wanted& one) {
    return !one.applied && !missing.intersected(PacketSet(one.packets)).empty();
  });
}

void spare(const ProofInput& input, const Guarantee& guarantee, PacketSet& missing) {
  for (const auto& exemption : guarantee.except)
    for (const auto& wanted : input.wanted)
      for (const auto& flow : exemption.flows)
        if (flow == wanted.flow || flow == wanted.id) missing.subtract(PacketSet(wanted.permitted));
}

}  // namespace

std::vector<Owed> owed(const ProofInput& input) {
  return Owing(input).all();
}

std::vector<Wanted> asked(const ProofInput& input, const std::vector<Owed>& owed) {
  auto all = input.wanted;
  for (const auto& one : owed) all.push_back(one.packets);
  return all;
}

void judge(const ProofInput& input, const std::vector<Owed>& owed, const std::vector<WantedResult>& outcomes,
           std::vector<GuaranteeResult>& results) {
  using Verdict = GuaranteeResult::Verdict;
  std::vector<bool> promises(input.guarantees.size());
  for (std::size_t i = 0; i < owed.size(); ++i) {
    const auto number = owed[i].guarantee;
    auto& result = results[number];
    promises[number] = true;
    const auto& outcome = outcomes[input.wanted.size() + i];
    if (outcome.verdict == WantedResult::Verdict::too_complex && result.verdict == Verdict::proved)
      result.verdict = Verdict::unknown, result.why = k_too_complex;
    if (outcome.verdict != WantedResult::Verdict::closed) continue;
    auto missing = outcome.missing;
    spare(input, input.guarantees[number], missing);
    if (missing.empty()) continue;
    if (hangs_on_what_is_not_applied(input, missing)) {
      if (result.verdict == Verdict::proved) result.verdict = Verdict::unknown;
      result.why = k_link_not_applied;
      continue;
    }
    if (result.why.empty()) result.verdict = Verdict::broken;
    ++result.broken;
    if (result.findings.size() >= input.most_findings) continue;
    auto& finding = result.findings.emplace_back(Finding{.from = owed[i].from, .to = owed[i].to, .why = outcome.why});
    finding.witness = missing.example().value_or(Packet{});
    finding.packets = std::move(missing);
  }
  for (std::size_t i = 0; i < promises.size(); ++i)
    if (input.guarantees[i].kind == Kind::reachable && !promises[i] && results[i].why.empty())
      results[i].verdict = Verdict::unknown, results[i].why = "it is about nothing that is there";
}

}  // namespace cloison::verify
