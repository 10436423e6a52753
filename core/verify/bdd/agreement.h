#pragma once
// Whether both engines of the proof say the same: of everybody who may send, the very same packets at every end, with
// how they set out.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/verify/bdd/spread_engine.h"
#include "core/verify/passage.h"

namespace cloison::verify {

/// One end of one source at which the engines differ, with a packet that only one of them lets arrive.
struct Difference {
  std::string from{}, to{};
  bool only_intervals = false;  ///< only the first engine lets it arrive; else only the second
  Packet arrives{};             ///< as it is there
  Packet sent{};                ///< as it set out
};

struct Agreement {
  std::size_t sources = 0;   ///< asked
  std::size_t passages = 0;  ///< pairs of a source and an end that it reaches, by either engine
  std::size_t differences = 0;
  std::vector<Difference> examples{};       ///< the first of them
  std::optional<Diagnostic> too_complex{};  ///< CL6115: the second engine gave up, so nothing is known of the rest
  std::size_t nodes = 0;                    ///< of the second engine, in the end
  int64_t milliseconds = 0;
  [[nodiscard]] bool holds() const { return differences == 0 && !too_complex; }
};

/// What the first engine found, in the second one's form: what leaps of arrival hold, by where they arrive.
[[nodiscard]] Arrivals arrivals_of(const World& world, const PacketSpace& space, const std::vector<Leap>& leaps);

/// Asks both engines for the most that each source can send anywhere. `differing`: another world for the second engine,
/// with the same numbers; for tests of the comparison itself.
[[nodiscard]] Agreement compare_engines(const World& world, const PlaceIndex& places,
                                        const BddTable::Size& size = {.variables = PacketSpace::k_variables},
                                        const World* differing = nullptr);

}  // namespace cloison::verify
