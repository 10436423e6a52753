#pragma once
// The log as an evidence pack has it: the entries since the pack before, chained by their seals.

#include <optional>
#include <string>
#include <vector>

#include "core/ops/past.h"
#include "core/ops/pseudonyms.h"
#include "core/report/manifest.h"
#include "core/state/stored_json.h"

namespace cloison::ops {

/// How far a pack tells of the log, as its log/chain.json says.
struct LogMark {
  std::string lineage{};
  uint64_t last = 0;    // entry; 0: none
  uint64_t serial = 0;  // of the commit that wrote it
  std::string seal{};   // its seal; of none, what stands before the first entry
  bool operator==(const LogMark&) const = default;
};

/// The part of the log that goes into one pack.
struct LogPart {
  uint64_t first = 1;  // entry; after `end.last`: there is none
  LogMark end{};
  std::string before{};   // seal of the entry before the first
  bool continues = true;  // where the pack before ended; false: the log there was another
  Instant when{};         // of the last entry
  std::vector<state::LogEntry> entries{};
  std::vector<state::RecordedPack> packs{};         // all that the log tells of, oldest first
  std::vector<state::TopologyRecord> topologies{};  // up to its end, texts in their entries
};

struct LogRequest {
  uint64_t number = 1;              // of the pack that is made: what tells of its own making is left out at the end
  std::optional<LogMark> before{};  // of the pack before
  std::optional<PointInTime> until{};
};
/// CL7201: nothing is known of that time. CL7120: the pack before tells of more.
[[nodiscard]] Result<LogPart> log_part(state::StateStore& store, const std::string& lineage, const LogRequest& request);

/// log/entries.jsonl: an entry a line, its body as a text, so that its seal can be computed again where nobody is
/// named in it.
[[nodiscard]] std::string log_lines(const LogPart& part, const Pseudonyms& pseudonyms);
/// log/chain.json
[[nodiscard]] std::string chain_json(const LogPart& part);
/// Nothing for anything else.
[[nodiscard]] std::optional<LogMark> mark_from(std::string_view chain);

}  // namespace cloison::ops
