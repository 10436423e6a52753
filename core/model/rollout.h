#pragma once
// How rollouts of services are called (`Resource::rollout`).

#include <string>
#include <string_view>

namespace cloison {

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
