#include "core/verify/way.h"

#include <optional>

namespace cloison::verify {

namespace {

/// Filters and translations of what passes are no places of their own.
std::optional<WayStep::Kind> step_of(Leap::Kind kind) {
  switch (kind) {
    case Leap::Kind::begins:
      return WayStep::Kind::begins;
    case Leap::Kind::forwarded:
      return WayStep::Kind::forwarded;
    case Leap::Kind::sent:
      return WayStep::Kind::sent;
    case Leap::Kind::arrives:
      return WayStep::Kind::arrives;
    case Leap::Kind::leaves:
      return WayStep::Kind::leaves;
    case Leap::Kind::passes:
    case Leap::Kind::translated:
    case Leap::Kind::refused:
    case Leap::Kind::given_up:
      break;
  }
  return std::nullopt;
}

}  // namespace

Way way_of(const World& world, const std::vector<Leap>& leaps, std::size_t end) {
  Way way;
  for (const auto at : way_to(leaps, end)) {
    const auto& leap = leaps[at];
    const auto kind = step_of(leap.kind);
    if (!kind) continue;
    auto& step = way.emplace_back(WayStep{
        .kind = *kind, .where = std::string(leap.where), .in = std::string(leap.in), .out = std::string(leap.out)});
    if (leap.kind != Leap::Kind::sent) continue;
    const auto& tunnel = world.devices()[leap.device]->model.tunnels[leap.tunnel];
    step.link = tunnel.link, step.by = tunnel.by;
  }
  return way;
}

}  // namespace cloison::verify
