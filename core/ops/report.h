#pragma once
// `cloison report`: what auditors ask for, of the network as the topology writes it, or as it is there.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/past.h"
#include "core/ops/report_use.h"
#include "core/report/document.h"

namespace cloison::ops {

enum class ReportKind : uint8_t { rules, flows, matrix, compliance, continuity, inventory };

struct ReportRequest {
  std::vector<ReportKind> kinds{};
  bool live = false;                             // `rules`, `compliance`: beside what the platforms have, read now
  bool due = false;                              // `rules`: only those that somebody has to look at
  bool failures = false;                         // `rules`: also in which failures each matters
  std::shared_ptr<const EarlierUses> earlier{};  // with `live`: what an earlier reading found of their use
  std::optional<PointInTime> at{};  // as it was then: the topology, the state and the date; never with `live`
  /// The topology as it is written, beside the state as it was after this commit; 0: as if there were none.
  std::optional<uint64_t> known_until{};
  std::vector<std::string> frameworks{};  // `compliance`: names or files; none: all that come with the program
  std::filesystem::path measured{};       // `continuity`: exercises, in CSV; "": none
};

struct Reported {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<report::Report> reports{};  // in the order asked for; fewer when the ending is not `done`
};

/// Nothing is written. Without `live`: no account. The state is read where there is one: what was applied, and when.
[[nodiscard]] Reported make_reports(const Context& context, const ReportRequest& request);

}  // namespace cloison::ops
