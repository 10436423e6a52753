#pragma once
// What `verify` finds of a mutated network, held against what opens and closes.

#include <string>
#include <vector>

#include "core/verify/reach.h"

namespace cloison::test {

/// In what two proofs differ: what passes beyond the flows, flows without a way, guarantees.
[[nodiscard]] std::vector<std::string> changes_of(const verify::Proof& before, const verify::Proof& after,
                                                  const verify::ProofInput& input);

/// What opens, is no flow's, and is no finding either.
[[nodiscard]] std::vector<std::string> unlike_what_opens(const verify::Reach& opens, const verify::Proof& after,
                                                         const verify::ProofInput& input);
/// Flows whose packets close and that are still said to pass.
[[nodiscard]] std::vector<std::string> unlike_what_closes(const verify::Reach& closes, const verify::Proof& before,
                                                          const verify::Proof& after, const verify::ProofInput& input);

}  // namespace cloison::test
