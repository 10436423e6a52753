#pragma once
// What a device looks up: its routes, and whose prefixes are behind its tunnels.

#include <functional>
#include <vector>

#include "core/verify/spreading.h"
#include "core/verify/world.h"

namespace cloison::verify {

/// By which interface a device reaches an address; k_nothing.
using Towards = std::function<std::size_t(const World::Device& device, const IpAddress& address)>;

/// Makes a device's tables anew: of its own routes, of what it has learned, and of its tunnels.
void set_tables(World::Device& device, const std::vector<LearnedRoute>& learned, const Towards& towards);

}  // namespace cloison::verify
