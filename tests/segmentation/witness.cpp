#include "tests/segmentation/witness.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/verify/packet_text.h"

namespace cloison::test {

namespace {

using verify::Leap;

constexpr std::size_t k_most = 12;  // of one mutation and direction

void add_differences(const Passing& some, const Passing& other, bool opens, const verify::PacketSpace& space,
                     std::vector<Witness>& into) {
  std::size_t count = 0;
  for (const auto& [ends, packets] : some) {
    const auto found = other.find(ends);
    const auto more = found == other.end() ? packets : packets - found->second;
    if (more.never() || count == k_most) continue;
    if (const auto sample = space.sample(more)) {
      into.push_back({ends, opens, sample->packet, sample->set_out});
      ++count;
    }
  }
}

bool names(const std::set<std::string>& addresses, const Leap& leap) {
  return addresses.contains(std::string(leap.address)) || addresses.contains(std::string(leap.rule));
}

}  // namespace

std::vector<Witness> WitnessStand::witnesses() const {
  std::vector<Witness> all;
  add_differences(after_.fresh, before_.fresh, true, space_, all);
  add_differences(before_.fresh, after_.fresh, false, space_, all);
  return all;
}

/// Whether a passage is told, or is what is never told: docs/proof.md, "What a plan opens and closes". Two senders may
/// have one name, as the outside at two ways in: then what one loses another may keep.
void WitnessStand::passage(const Picture& other, const std::vector<Leap>& leaps, const verify::Passage& passage,
                           const Packet& arrives, const verify::Reach& told, Replay& into) const {
  const auto& places = network_.input.places;
  const auto from = verify::name_of(passage.from, places), to = verify::name_of(passage.to, places);
  const auto has = [&](const verify::Reach& reach) {
    return std::any_of(reach.begin(), reach.end(), [&](const auto& one) {
      return one.first.first.name == from && one.first.second.name == to &&
             !one.second.packets.intersected(passage.packets).empty();
    });
  };
  into.told = into.told || has(told);
  // As many packets it is called by its own address, alone by the one by which people know a router.
  for (const auto& [ends, reached] : told)
    into.told = into.told || (ends.first.name == from && ends.second.name == to && reached.packets.contains(arrives));
  const verify::Working working(network_.input.working, places);
  const bool exempt = passage.to.kind == verify::PassageEnd::Kind::device || verify::allowed_inside(passage, places) ||
                      verify::only_implicit(leaps, verify::way_to(leaps, passage.end)) ||
                      working.beyond(passage, passage.packets).empty() || has(other.reach);
  into.exempt = into.exempt && exempt;
}

WitnessStand::Replay WitnessStand::replay(const Picture& in, const Picture& other, const Witness& witness,
                                          const verify::Reach& told, const std::set<std::string>& addresses) const {
  Replay result;
  const auto& world = *in.world;
  const verify::PlaceIndex index(world, network_.input.places);
  const verify::PacketSet packet(verify::box_of(witness.sent));
  for (const auto& source : verify::sources(world, index)) {
    if (name_of_sender(world, source) != witness.ends.first) continue;
    // An address that it has in the other network alone is none of its own here.
    const auto sent = packet.intersected(source.packets);
    if (sent.empty()) continue;
    const auto leaps = verify::travel_from(world, source, sent, {.most = true, .refusals = true});
    for (std::size_t i = 0; i < leaps.size(); ++i) {
      if (leaps[i].kind == Leap::Kind::refused)
        for (const auto at : verify::way_to(leaps, i)) result.names_resource |= names(addresses, leaps[at]);
      if (leaps[i].kind != Leap::Kind::arrives && leaps[i].kind != Leap::Kind::leaves) continue;
      if (name_of_arrival(world, leaps[i]) != witness.ends.second || !leaps[i].packets.contains(witness.arrives))
        continue;
      result.arrives = true;
      for (const auto at : verify::way_to(leaps, i)) result.names_resource |= names(addresses, leaps[at]);
      for (const auto& one : index.passages(source, leaps, i))
        passage(other, leaps, one, witness.arrives, told, result);
    }
  }
  return result;
}

Heard WitnessStand::hear(const Witness& witness, const verify::Reach& told,
                         const std::set<std::string>& addresses) const {
  const auto& in = witness.opens ? after_ : before_;
  const auto& out = witness.opens ? before_ : after_;
  const auto passes = replay(in, out, witness, told, addresses);
  const auto stops = replay(out, in, witness, told, addresses);
  const auto text = [&] {
    return fmt::format("{} {} -> {}: {}, sent as {}", witness.opens ? "opens" : "closes", witness.ends.first,
                       witness.ends.second, verify::packet_text(witness.arrives), verify::packet_text(witness.sent));
  };
  Heard heard{.names_resource = passes.names_resource || stops.names_resource};
  if (!passes.arrives)
    heard.wrong = "the witness does not arrive where it is to pass: " + text();
  else if (stops.arrives)
    heard.wrong = "the witness arrives where it is not to pass: " + text();
  else if (!passes.told && !passes.exempt)
    heard.wrong = "not told: " + text();
  heard.left_out = !passes.told;
  return heard;
}

}  // namespace cloison::test
