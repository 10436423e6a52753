#pragma once
// What changes as one at many places (`Resource::rollout`): how rollouts of services are called, and what a change goes
// through on its way.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/value.h"

namespace cloison {

/// How one change of a rollout is ordered among the others, and what it goes through first.
struct Passage {
  /// former_stops: at all places, before any of them goes on; where one fails, all come back that way. next_begins:
  /// before any other place changes, and it ends when all of them have: one more meanwhile.
  enum class Kind : uint8_t { none, former_stops, next_begins };
  Kind kind = Kind::none;
  Value through{};  // canonical; what is applied already: it has been gone through
};

[[nodiscard]] constexpr std::string_view passage_name(Passage::Kind kind) {
  switch (kind) {
    case Passage::Kind::none:
      return "";
    case Passage::Kind::former_stops:
      return "former_stops";
    case Passage::Kind::next_begins:
      return "next_begins";
  }
  return "";
}

/// "service gateway".
[[nodiscard]] inline std::string rollout_of_service(std::string_view service) {
  return "service " + std::string(service);
}

/// "gateway" of "service gateway"; "": it is of no service.
[[nodiscard]] inline std::string service_of_rollout(std::string_view rollout) {
  constexpr std::string_view k_service = "service ";
  return rollout.starts_with(k_service) ? std::string(rollout.substr(k_service.size())) : std::string();
}

}  // namespace cloison
