#pragma once
// `cloison simulate`: what is left of the flows when something fails.

#include <set>
#include <string>
#include <vector>

#include "core/ops/proving.h"
#include "core/verify/survival.h"

namespace cloison::ops {

struct SimulateQuestion {
  std::vector<std::string> scenarios{};  // empty: all
  bool all_single = false;               // each link, underlay, node, gateway, zone and site by itself too
  bool ways = false;                     // which way pairs take, now and in each failure
};

/// A pair of a flow that does not outlive a failure.
struct LostPair {
  std::string id{};       // "F-010/lyon-03"
  std::string flow{};     // "F-010"
  std::string why{};      // "they do not arrive"
  std::string packets{};  // the first of them
};

/// What becomes of a pair, and which way it takes.
struct PairOutcome {
  enum class Kind : uint8_t {
    kept,    // passes and is answered, as while everything works
    opened,  // because it waits for this failure
    lost,
    gone,     // one of its ends is down itself
    unknown,  // on a link that is not applied, or too complex to tell
  };
  Kind kind = Kind::kept;
  std::string id{}, flow{};            // "F-010/lyon-03", "F-010"
  std::vector<std::string> packets{};  // while everything works: all of it; of one that is lost: what does not pass
  std::string why{};                   // of lost
  verify::Ways ways{};                 // none where it is gone
  bool another = false;                // not the ways that it takes while everything works
};

/// One thing, or several together, down.
struct SimulatedFailure {
  std::string scenario{};                // "" of a single failure
  std::vector<std::string> down{};       // "lab/lyon-03.underlays.fibre"
  std::vector<std::string> alike{};      // the same of all instances, each once: "lab.nodes"
  std::vector<std::string> requires_{};  // flows and infrastructure that have to outlive it; empty: none, or all
  std::size_t kept = 0;                  // pairs that still pass and are answered
  std::size_t gone = 0;                  // with an end that is down itself
  std::size_t unknown = 0;               // on links that are not applied, or too complex to tell
  std::size_t too_complex = 0;           // of these
  std::vector<LostPair> lost{};
  std::vector<std::string> broken{};  // guarantees that something is reachable, by their ids
  std::vector<PairOutcome> pairs{};   // with ways: of those that it touches
  SpanId declared = 0;
};

struct Simulated {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<SimulatedFailure> scenarios{}, single{};
  std::vector<PairOutcome> working{};     // with ways: of those that pass while everything works
  int64_t milliseconds = 0;               // that the failures took
  std::size_t pairs = 0;                  // that pass while everything works
  std::vector<std::string> guarantees{};  // that hold whatever fails
  std::vector<std::string> promised{};    // that something is reachable: they hold while everything works
  std::vector<std::string> unproved{};    // of which that is not shown
  std::vector<NotApplied> not_applied{};
};

/// From the topology alone, as it is written now. CL6130: no such scenario; CL6131: a required flow does not outlive a
/// scenario; CL6132: nobody knows whether; CL6133: what a guarantee calls reachable is not.
[[nodiscard]] Simulated simulate(const Context& context, const SimulateQuestion& question);

}  // namespace cloison::ops
