#pragma once
// A network on its way from one state to another, of which nobody knows how far it has come: bounds of what can pass in
// the meantime. Each state is all parts of a network as one; see docs/proof.md, "While a plan is applied".

#include <vector>

#include "core/model/forwarding.h"

namespace cloison::verify {

/// All parts as one.
[[nodiscard]] Forwarding as_one(std::vector<Forwarding> parts);

/// Devices, cards and networks of one name made one, with all that any of them has: of a state that holds two versions
/// of what is being changed.
[[nodiscard]] Forwarding with_versions_joined(Forwarding state);

/// Whatever of the states is there in the meantime, at most this can pass: all elements of any of them, and before each
/// card and in each device whichever of the filters lets more.
[[nodiscard]] Forwarding most_of(const std::vector<Forwarding>& states);

/// At least this passes in the meantime, as long as ways are those of `shape`: at each filter what those of all states
/// let pass. Devices and cards that a state lacks do not count there.
[[nodiscard]] Forwarding least_of(Forwarding shape, const std::vector<Forwarding>& states);

/// Whether both have the same elements but for filters: the same ways, with the same translations.
[[nodiscard]] bool same_ways(const Forwarding& a, const Forwarding& b);

}  // namespace cloison::verify
