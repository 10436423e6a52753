#pragma once
// `cloison report evidence`: one archive with everything that was said of a network, which an auditor checks alone
// (docs/evidence-pack.md).

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/ops/evidence_entries.h"

namespace cloison::ops {

struct EvidenceRequest {
  std::filesystem::path out{};
  std::filesystem::path key{};       // PEM: the private key, or with `sign_with` its public half
  std::string sign_with{};           // a program and its words; "": the key signs
  std::filesystem::path previous{};  // the pack before; "": none
  std::string tsa{};                 // of a time-stamping authority; "": no timestamp
  std::optional<PointInTime> at{};   // as it was applied then; never with `live`
  bool live = false;                 // read the platforms
  bool names = false;                // personal data in clear
  bool again = false;                // a number that is taken once more
  EvidenceViews views{};
  std::shared_ptr<const Scrubber> scrubber{};
};

struct EvidenceMade {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  bool made = false;      // else nothing was written
  bool recorded = false;  // in the log; false: it told of this very pack already
  std::string network{};
  Instant as_of{};
  report::PackLink link{};  // as the next pack names it
  std::string previous_digest{};
  report::Fingerprint key{};
  std::size_t files = 0, bytes = 0;  // of it; of the archive
  uint64_t first_entry = 1, last_entry = 0;
  std::size_t pseudonyms = 0;
  bool stamped = false;
  EvidenceFound found{};
};
/// Writes `out` (0600) and records the pack in the log, under the state's lock. What was made is checked before it is
/// written.
[[nodiscard]] EvidenceMade make_evidence(const Context& context, const EvidenceRequest& request);

}  // namespace cloison::ops
