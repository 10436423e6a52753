#include "tests/segmentation/picture.h"

#include <fmt/format.h>

#include "core/verify/bdd/agreement.h"
#include "core/verify/packet_text.h"
#include "tests/segmentation/model_text.h"

namespace cloison::test {

namespace {

using verify::ArrivalEnd;
using verify::Leap;
using verify::Sender;
using verify::Source;
using verify::World;

Sender sender_of(const Source& source) {
  switch (source.kind) {
    case Source::Kind::port:
      return {Sender::Kind::port, source.number, source.part};
    case Source::Kind::network:
      return {Sender::Kind::network, source.number, source.part};
    case Source::Kind::device:
      return {Sender::Kind::device, source.number, source.part};
    case Source::Kind::tunnel:
      return {Sender::Kind::tunnel, source.number, source.part};
    case Source::Kind::outside:
      break;
  }
  return {Sender::Kind::outside, source.number, source.part};
}

ArrivalEnd end_of(const World& world, const Leap& leap) {
  using Kind = ArrivalEnd::Kind;
  if (leap.kind == Leap::Kind::leaves)
    return {Kind::outside, leap.device, world.devices()[leap.device]->interface(leap.out)};
  if (leap.port != verify::k_nothing) return {Kind::port, leap.port};
  if (leap.network != verify::k_nothing) return {Kind::network, leap.network};
  if (leap.tunnel != verify::k_nothing) return {Kind::tunnel, leap.device, leap.tunnel};
  return {Kind::device, leap.device};
}

/// Who is at the far end of a tunnel and is none of ours: by his key, and by where he dials in.
std::string far_end_of(const World& world, std::size_t device, std::size_t tunnel) {
  const auto& model = world.devices()[device]->model;
  return fmt::format("{} by {} of {}", model.tunnels[tunnel].other, model.tunnels[tunnel].interface, model.name);
}

std::string named(const World& world, const ArrivalEnd& end) {
  switch (end.kind) {
    case ArrivalEnd::Kind::port:
      return fmt::format("{} on {}", world.ports()[end.number]->model.name, world.ports()[end.number]->model.network);
    case ArrivalEnd::Kind::network:
      return "network " + world.networks()[end.number]->model.name;
    case ArrivalEnd::Kind::device:
      return "device " + world.devices()[end.number]->model.name;
    case ArrivalEnd::Kind::tunnel:
      return far_end_of(world, end.number, end.part);
    case ArrivalEnd::Kind::outside:
      break;
  }
  const auto& model = world.devices()[end.number]->model;
  return fmt::format("outside by {} of {}", end.part == verify::k_nothing ? "" : model.interfaces[end.part].name,
                     model.name);
}

/// By the first engine, beside the second one's answer.
class Gathering {
 public:
  Gathering(const verify::ProofInput& input, const verify::PlaceIndex& index)
      : input_(input), index_(index), gathering_(input) {}

  void take(const Source& source, const std::vector<Leap>& leaps, Picture& into) {
    for (std::size_t i = 0; i < leaps.size(); ++i) {
      if (leaps[i].kind != Leap::Kind::arrives && leaps[i].kind != Leap::Kind::leaves) continue;
      const bool implicit = verify::only_implicit(leaps, verify::way_to(leaps, i));
      for (const auto& passage : index_.passages(source, leaps, i)) {
        gathering_.take(leaps, passage);
        if (implicit)
          into.implicit[{verify::name_of(passage.from, input_.places), verify::name_of(passage.to, input_.places)}].add(
              passage.packets);
      }
    }
  }
  verify::Reach reach() && { return std::move(gathering_).result(); }

 private:
  const verify::ProofInput& input_;
  const verify::PlaceIndex& index_;
  verify::ReachGathering gathering_;
};

void compare(const World& world, const verify::PacketSpace& space, const std::string& from,
             const verify::Arrivals& first, verify::Arrivals second, Picture& picture) {
  for (const auto& [end, packets] : first) second[end] = packets ^ second[end];
  for (const auto& [end, packets] : second)
    if (const auto sample = packets.never() ? std::nullopt : space.sample(packets))
      picture.disagreement = fmt::format("{} to {}: {}", from, named(world, end), verify::packet_text(sample->packet));
}

}  // namespace

std::string name_of_sender(const World& world, const Source& source) {
  switch (source.kind) {
    case Source::Kind::port:
      return named(world, {ArrivalEnd::Kind::port, source.number, verify::k_nothing});
    case Source::Kind::network:
      return named(world, {ArrivalEnd::Kind::network, source.number, verify::k_nothing});
    case Source::Kind::device:
      return named(world, {ArrivalEnd::Kind::device, source.number, verify::k_nothing});
    case Source::Kind::tunnel:
      return far_end_of(world, source.number, source.part);
    case Source::Kind::outside:
      break;
  }
  return named(world, {ArrivalEnd::Kind::outside, source.number, source.part});
}

std::string name_of_arrival(const World& world, const Leap& leap) {
  return named(world, end_of(world, leap));
}

namespace {

/// What a model lets pass, by the second engine alone.
Passing passing(const Forwarding& network, const verify::ProofInput& input, const verify::PacketSpace& space) {
  Passing all;
  const World world({network});
  const verify::PlaceIndex index(world, input.places);
  verify::SpreadEngine engine(world, space);
  for (const auto& source : verify::sources(world, index))
    for (const auto& [end, packets] : engine.arrivals(sender_of(source)))
      all[{name_of_sender(world, source), named(world, end)}] |= packets;
  return all;
}

/// Both engines over everybody who may send.
void ask_both(const World& world, const verify::ProofInput& input, const verify::PacketSpace& space, Picture& picture) {
  const verify::PlaceIndex index(world, input.places);
  verify::SpreadEngine engine(world, space);
  Gathering gathering(input, index);
  for (const auto& source : verify::sources(world, index)) {
    const auto from = name_of_sender(world, source);
    const auto arrivals = engine.arrivals(sender_of(source));
    for (const auto& [end, packets] : arrivals) picture.fresh[{from, named(world, end)}] |= packets;
    const auto leaps = verify::travel_from(world, source, source.packets, {.most = true});
    compare(world, space, from, verify::arrivals_of(world, space, leaps), arrivals, picture);
    gathering.take(source, leaps, picture);
  }
  picture.reach = std::move(gathering).reach();
}

}  // namespace

Picture picture_of(const Forwarding& network, const verify::ProofInput& input, const verify::PacketSpace& space,
                   const Picture* known) {
  Picture picture;
  picture.world = std::make_unique<const World>(std::vector<Forwarding>{network});
  picture.fresh_text = model_text(network);
  if (known != nullptr && known->fresh_text == picture.fresh_text) {
    picture.fresh = known->fresh, picture.reach = known->reach, picture.implicit = known->implicit;
    picture.proof = known->proof;
  } else {
    ask_both(*picture.world, input, space, picture);
    picture.proof = std::make_shared<const verify::Proof>(
        verify::prove(std::make_unique<const World>(std::vector<Forwarding>{network}), input));
  }
  const auto ask = [&](const Forwarding& model, std::string Picture::* text, Passing Picture::* passes) {
    picture.*text = model_text(model);
    const bool same = known != nullptr && known->*text == picture.*text;
    picture.*passes = same ? known->*passes : passing(model, input, space);
  };
  const auto established = for_connections(network);
  ask(established, &Picture::established_text, &Picture::established);
  ask(for_certain(network), &Picture::certain_text, &Picture::certain);
  ask(for_certain(established), &Picture::certainly_established_text, &Picture::certainly_established);
  return picture;
}

}  // namespace cloison::test
