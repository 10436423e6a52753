#pragma once
// `cloison report`: what auditors ask for, of the network as the topology writes it, or as it is there.

#include <optional>
#include <string>

#include "core/ops/context.h"
#include "core/report/document.h"

namespace cloison::ops {

enum class ReportKind : uint8_t { rules, flows, matrix };

struct ReportRequest {
  ReportKind kind = ReportKind::rules;
  bool live = false;
};

struct Reported {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::optional<report::Report> report{};
};

/// Nothing is written. Without `live`: no account, no state.
[[nodiscard]] Reported make_report(const Context& context, const ReportRequest& request);

}  // namespace cloison::ops
