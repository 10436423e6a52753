#pragma once
// `cloison report`: what auditors ask for, of the network as the topology writes it, or as it is there.

#include <vector>

#include "core/ops/context.h"
#include "core/ops/past.h"
#include "core/report/document.h"

namespace cloison::ops {

enum class ReportKind : uint8_t { rules, flows, matrix };

struct ReportRequest {
  std::vector<ReportKind> kinds{};
  bool live = false;                // `rules`: beside what the platforms have, read now
  bool due = false;                 // `rules`: only those that somebody has to look at
  std::optional<PointInTime> at{};  // as it was then: the topology, the state and the date; never with `live`
  /// The topology as it is written, beside the state as it was after this commit; 0: as if there were none.
  std::optional<uint64_t> known_until{};
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
