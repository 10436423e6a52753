#pragma once
// What the platform decides by itself: identifiers, hardware addresses, public addresses, states.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "providers/sandbox/world.h"

namespace cloison::sandbox {

/// In the form of a UUID; the same for the same words.
[[nodiscard]] std::string simulated_id(uint64_t seed, std::string_view account, std::string_view kind,
                                       std::string_view key, uint64_t nth);

/// Fills computed attributes for which nothing was asked, as `AttributeSchema::simulated` says.
class Simulation {
 public:
  /// The attributes with what the platform would have chosen. `object.id` must be set.
  [[nodiscard]] Value completed(const World& world, const Object& object);
  /// Forgets which addresses are taken: after the world was read anew.
  void reset() { pools_.clear(); }

 private:
  [[nodiscard]] Value chosen(const World& world, const Object& object, std::size_t slot);
  [[nodiscard]] Value next_address(const World& world, const Object& object, std::size_t slot, std::string_view from);

  struct Pool {
    uint128 next = 2;  // the network address and the first one, mostly a gateway, are never given out
  };
  std::map<std::string, Pool> pools_{};
};

}  // namespace cloison::sandbox
