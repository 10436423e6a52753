#pragma once
// What guarantees of the kind `reachable` owe: packets that have to pass and be answered, flow or no flow.

#include <vector>

#include "core/verify/proof.h"

namespace cloison::verify {

/// All services of a guarantee between two of its places, or the outside.
struct Owed {
  Wanted packets{};
  std::size_t guarantee = 0;  ///< of the input's
  PassageEnd from{}, to{};
};

/// Of a guarantee together. Which places it means is decided as for all others, from names.
[[nodiscard]] std::vector<Owed> owed(const ProofInput& input);

/// What flows want, and behind it what is owed.
[[nodiscard]] std::vector<Wanted> asked(const ProofInput& input, const std::vector<Owed>& owed);

/// Judges the guarantees by what became of what is owed. `outcomes`: beside what was asked.
void judge(const ProofInput& input, const std::vector<Owed>& owed, const std::vector<WantedResult>& outcomes,
           std::vector<GuaranteeResult>& results);

}  // namespace cloison::verify
