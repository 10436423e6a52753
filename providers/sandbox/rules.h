#pragma once
// What the simulated platform refuses, from KindSchema alone. Nothing here changes the world.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "providers/sandbox/known.h"
#include "providers/sandbox/world.h"

namespace cloison::sandbox {

/// Types, required values, ranges, host bits, enumerations, order of pairs, references, facts, uniqueness, overlaps,
/// limits; in this order, the first is the answer. `wanted.id` may name an object of the world, then that is replaced.
[[nodiscard]] std::optional<Diagnostic> refused_value(World& world, const Known& known, const Object& wanted);

/// What an update may not do: change what is fixed. Beside it `refused_value` holds.
[[nodiscard]] std::optional<Diagnostic> refused_change(const Object& now, const Object& wanted);

struct Removal {
  std::vector<std::string> gone{};  // the object, and what goes with it
  std::vector<Object> changed{};    // those whose reference is cleared
};
/// CL5502 when something that stays refers to what would go.
[[nodiscard]] Result<Removal> removal_of(World& world, const Object& object);

/// All objects that would go along or that stand in the way, the object itself not among them.
[[nodiscard]] std::vector<const Object*> touched_by_removal(World& world, const Object& object);

}  // namespace cloison::sandbox
