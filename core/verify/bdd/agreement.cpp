#include "core/verify/bdd/agreement.h"

#include <chrono>

#include "core/base/strings.h"

namespace cloison::verify {

namespace {

constexpr std::size_t k_examples = 20;

Sender sender_of(const Source& source) {
  using From = Source::Kind;
  using To = Sender::Kind;
  const auto kind = source.kind == From::port      ? To::port
                    : source.kind == From::network ? To::network
                    : source.kind == From::device  ? To::device
                    : source.kind == From::tunnel  ? To::tunnel
                                                   : To::outside;
  return {kind, source.number, source.part};
}

/// Where a leap of arrival ends.
ArrivalEnd end_of(const World& world, const Leap& leap) {
  using Kind = ArrivalEnd::Kind;
  if (leap.kind == Leap::Kind::leaves)
    return {Kind::outside, leap.device, world.devices()[leap.device]->interface(leap.out)};
  if (leap.port != k_nothing) return {Kind::port, leap.port};
  if (leap.network != k_nothing) return {Kind::network, leap.network};
  if (leap.tunnel != k_nothing) return {Kind::tunnel, leap.device, leap.tunnel};
  return {Kind::device, leap.device};
}

/// How packets set out, where that end of them was translated.
Bdd set_out(const PacketSpace& space, const Bdd& packets, End end, Family family, const EndBefore& before) {
  if (before.nothing()) return packets - Bdd::variable(space.fields().translated[static_cast<std::size_t>(end)]);
  return packets & (before.was ? space.was_in(end, family, *before.was) : space.was_lower(end, family, before.shift));
}

class Comparison {
 public:
  Comparison(const World& world, const PlaceIndex& places, const PacketSpace& space, SpreadEngine& engine)
      : world_(world), places_(places), space_(space), engine_(engine) {}

  void of(const Source& source, Agreement& agreement) {
    auto second = engine_.arrivals(sender_of(source));
    if (!engine_.gave_up().empty()) {
      agreement.too_complex = too_complex(engine_.gave_up());
      return;
    }
    const auto leaps = travel_from(world_, source, source.packets, {.most = true});
    if (const auto where = given_up(leaps)) {
      agreement.too_complex = too_complex("the first engine gave up at " + printable(where->where));
      return;
    }
    const auto first = arrivals_of(world_, space_, leaps);
    for (const auto& [end, packets] : first) {
      compare(source, end, packets, second[end], agreement);
      second.erase(end);
    }
    for (const auto& [end, packets] : second) compare(source, end, {}, packets, agreement);
    ++agreement.sources;
  }

 private:
  void compare(const Source& source, const ArrivalEnd& end, const Bdd& first, const Bdd& second, Agreement& agreement) {
    if (!first.never() || !second.never()) ++agreement.passages;
    if (first == second) return;
    ++agreement.differences;
    if (agreement.examples.size() >= k_examples) return;
    const bool only_first = !(first - second).never();
    const auto sample = space_.sample(only_first ? first - second : second - first);
    if (sample)
      agreement.examples.push_back(
          {name_of(source.end, places_.places()), name_of(world_, end), only_first, sample->packet, sample->set_out});
  }

  const World& world_;
  const PlaceIndex& places_;
  const PacketSpace& space_;
  SpreadEngine& engine_;
};

}  // namespace

Arrivals arrivals_of(const World& world, const PacketSpace& space, const std::vector<Leap>& leaps) {
  Arrivals all;
  for (const auto& leap : leaps) {
    if (leap.kind != Leap::Kind::arrives && leap.kind != Leap::Kind::leaves) continue;
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      std::vector<PacketBox> boxes;
      for (const auto& box : leap.packets.boxes())
        if (box.family == family) boxes.push_back(box);
      if (boxes.empty()) continue;
      auto packets = set_out(space, space.boxes(boxes), End::source, family, leap.origin.source);
      packets = set_out(space, packets, End::destination, family, leap.origin.destination);
      all[end_of(world, leap)] |= space.settled(packets);
    }
  }
  return all;
}

Agreement compare_engines(const World& world, const PlaceIndex& places, const BddTable::Size& size,
                          const World* differing) {
  const auto begin = std::chrono::steady_clock::now();
  Agreement agreement;
  const auto table = BddTable::open(size);
  if (!table) {
    agreement.too_complex = table.error();
    return agreement;
  }
  {
    const PacketSpace space;
    SpreadEngine engine(differing == nullptr ? world : *differing, space);
    Comparison comparison(world, places, space, engine);
    for (const auto& source : sources(world, places)) {
      Agreement one = agreement;
      comparison.of(source, one);
      // Once the table has failed, what it says of this source means nothing.
      if (auto why = (*table)->failure(); !why.empty()) {
        agreement.too_complex = too_complex(std::move(why));
        break;
      }
      agreement = std::move(one);
      if (agreement.too_complex) break;
    }
    agreement.nodes = (*table)->nodes();
  }
  agreement.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  return agreement;
}

}  // namespace cloison::verify
