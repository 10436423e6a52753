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

/// The edit of one rule that closes what a finding is about, and what it breaks.
struct ClosedBy {
  const verify::Finding* finding = nullptr;
  bool known = false;                 // else no single rule does
  ExplainedLeap rule{};               // that is taken away, or
  std::string taken{};                // loses these packets
  std::vector<std::string> breaks{};  // pairs that would no longer pass, guarantees of the kind reachable
};

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
  std::vector<ClosedBy> closings{};              // of the first findings
};

/// What does not hold with one more, and holds without it; numbers of guarantees, pairs and places.
struct FurtherNews {
  std::vector<std::size_t> guarantees{}, closed{}, inside{};
  std::vector<verify::Finding> beyond{};
  std::size_t beyond_count = 0;
  [[nodiscard]] bool none() const {
    return guarantees.empty() && closed.empty() && inside.empty() && beyond_count == 0;
  }
};

/// The network with one more of what some `for_each` make, which is not there yet.
struct FurtherProved {
  std::size_t beside = 0;  // which of Verified::proved it is compared with
  std::vector<topology::Further> added{};
  Proved proved{};
  FurtherNews news{};
  SourceMap sources{};  // of its places
  [[nodiscard]] bool holds() const { return news.none() && (!proved.agreement || proved.agreement->holds()); }
};

/// What cannot be asked about with one more.
struct NoFurther {
  enum class Why : uint8_t {
    full,      // there is no room for another one
    by_hand,   // what it would be is not in a row
    not_known  // it was tried, and the topology is refused then
  };
  topology::Further of{};
  Why why = Why::full;
  std::string text{};
};

struct Verified {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<Proved> proved{};  // now, then each date
  std::vector<FurtherProved> further{};
  std::vector<NoFurther> no_further{};
  std::vector<NotApplied> not_applied{};
  bool live = false;      // of what is there
  std::string network{};  // the topology's name
};

/// Whether all of it holds and is known.
[[nodiscard]] bool holds(const Proved& proved);

/// "too complex to tell at lab/a.node/1, because its rules overlap in too many ways".
[[nodiscard]] std::string too_complex_text(const verify::GivenUp& where);

/// A finding in a sentence: "lab/lyon-03.lan reaches internet: 10.16.3.2 -> 192.0.2.1 tcp/443".
[[nodiscard]] std::string told(const verify::Finding& finding, const std::vector<verify::Place>& places);

/// What to type to see how a packet goes.
[[nodiscard]] std::string asking_text(const Packet& packet, bool live);

/// "lab, clinic.segments": what there is once more.
[[nodiscard]] std::string further_text(const std::vector<topology::Further>& added);

/// What does not hold. CL6110: a guarantee is broken; CL6111: one of which nobody knows; CL6112: flows that do not
/// pass; CL6113: what passes beyond them; CL6114: both engines differ, so that nothing is proved; CL6115: the second
/// one gave up; CL6118: the first one did. `later`: the date belongs to it. `live`: it is about what is there.
/// `sources`: of the places of the edits that close them.
[[nodiscard]] Diagnostics findings_of(const Proved& proved, bool later, bool live, const SourceMap* sources = nullptr);

/// From the topology alone, as it is written now: no account, no state.
[[nodiscard]] Verified verify(const Context& context, Engines engines = Engines::intervals);
/// From what is there, read now; what the topology wants of it is as it is written.
[[nodiscard]] Verified verify_live(const Context& context, Engines engines = Engines::intervals);

}  // namespace cloison::ops
