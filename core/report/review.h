#pragma once
// Sheets that owners fill in to review their flows, and what comes back on them.

#include <memory>
#include <string>
#include <vector>

#include "core/report/document.h"
#include "core/report/rules.h"

namespace cloison::report {

/// A flow on a sheet. `said` is a digest of what the topology says of it: what was decided is about that, and no more.
struct ReviewLine {
  std::shared_ptr<const FlowFacts> flow{};
  std::string said{};
};

struct ReviewData {
  Heading heading{};
  std::vector<ReviewLine> lines{};
};

/// One table: what is said of each flow, and columns to fill in.
[[nodiscard]] Report review_sheet(ReviewData data);

/// The columns that come back, by their ids.
inline constexpr const char* k_review_columns[] = {"flow", "said", "decision", "reviewer", "date", "until", "comment"};
/// Which of them a heading names, in either language or by its id; "": none.
[[nodiscard]] std::string review_column_of(std::string_view heading);

}  // namespace cloison::report
