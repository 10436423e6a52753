#pragma once
// `cloison report`: what auditors ask for, of the network as the topology writes it, or as it is there.

#include <vector>

#include "core/ops/context.h"
#include "core/report/document.h"

namespace cloison::ops {

enum class ReportKind : uint8_t { rules, flows, matrix };

struct ReportRequest {
  std::vector<ReportKind> kinds{};
  bool live = false;  // `rules`: beside what the platforms have, read now
};

struct Reported {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<report::Report> reports{};  // in the order asked for; fewer when the ending is not `done`
};

/// Nothing is written. Without `live`: no account, no state.
[[nodiscard]] Reported make_reports(const Context& context, const ReportRequest& request);

}  // namespace cloison::ops
