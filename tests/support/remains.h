#pragma once
// What is left of a world after a failure, beside the same made from nothing.

#include <string>

#include "core/verify/world.h"

namespace cloison::test {

/// Devices whose routes, tunnels' other ends or tables are not those of a world that is made of nothing but what is
/// left of the models; "" where there are none.
[[nodiscard]] std::string unlike_from_nothing(const verify::World& left);

}  // namespace cloison::test
