#pragma once
// What a rolling update asks of one machine: how long it may take, and which part of the rollout a row is.

#include <chrono>
#include <span>
#include <string_view>

#include "core/model/provider.h"
#include "core/net/http.h"

namespace cloison::node {

/// Seconds until it is known of all services that these changes start whether they run well, beyond what any change may
/// take on its machine.
[[nodiscard]] int64_t starts_of(std::span<const ChangeRequest> changes);
/// The same of one resource, with emptying its machine and the pause after it; a release may come slowly.
[[nodiscard]] std::chrono::seconds time_for(std::string_view kind, const Value& desired);
/// The longest pause that these changes ask for before the next machine follows; a signal ends it.
void rest_after(std::span<const ChangeRequest> changes, const net::Limits& limits);

/// Where no two releases may run side by side, and where a machine is one more meanwhile.
[[nodiscard]] Passage passage_of(std::string_view kind, const Value& applied, const Value& desired);
[[nodiscard]] RolloutPart rollout_part(std::string_view kind, const Value& applied);

}  // namespace cloison::node
