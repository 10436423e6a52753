#pragma once
// `cloison verify`: whether the guarantees hold, the flows pass, and nothing else does, now and at each date at which a
// flow begins or ends.

#include <string>
#include <vector>

#include "core/ops/proving.h"
#include "core/ops/reasons.h"
#include "core/verify/bdd/agreement.h"

namespace cloison::ops {

/// Who computes what passes: the first engine, or also the second one beside it, which has to say the same.
enum class Engines : uint8_t { intervals, both };

/// The network as it is to be at one instant.
struct Proved {
  Instant at{};
  std::vector<std::string> begins{}, ends{};  // flows, at that instant; none: it is now
  verify::ProofInput input{};
  verify::Proof proof{};
  std::size_t resources = 0;
  int64_t milliseconds = 0;  // that the proof took
  Reasons reasons{};
  std::optional<verify::Agreement> agreement{};  // of both engines, where both were asked
};

struct Verified {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<Proved> proved{};  // now, then each date
  std::vector<NotApplied> not_applied{};
  bool live = false;  // of what is there
};

/// Whether all of it holds and is known.
[[nodiscard]] bool holds(const Proved& proved);

/// A finding in a sentence: "lab/lyon-03.lan reaches internet: 10.16.3.2 -> 192.0.2.1 tcp/443".
[[nodiscard]] std::string told(const verify::Finding& finding, const std::vector<verify::Place>& places);

/// What does not hold. CL6110: a guarantee is broken; CL6111: one of which nobody knows; CL6112: flows that do not
/// pass; CL6113: what passes beyond them; CL6114: both engines differ, so that nothing is proved; CL6115: the second
/// one gave up. `later`: the date belongs to it. `live`: it is about what is there.
[[nodiscard]] Diagnostics findings_of(const Proved& proved, bool later, bool live);

/// From the topology alone, as it is written now: no account, no state.
[[nodiscard]] Verified verify(const Context& context, Engines engines = Engines::intervals);
/// From what is there, read now; what the topology wants of it is as it is written.
[[nodiscard]] Verified verify_live(const Context& context, Engines engines = Engines::intervals);

}  // namespace cloison::ops
