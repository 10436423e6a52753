#pragma once
// `cloison review`: a sheet for each owner of flows goes out, and what they decided comes back into the log.

#include <filesystem>
#include <string>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/recording.h"
#include "core/report/document.h"

namespace cloison::ops {

/// What a review is about: a short digest of what the topology says of the flow, the date of the next review apart.
[[nodiscard]] std::string reviewed_state(const Said& said);

struct ReviewSheets {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  struct Sheet {
    std::string name{};   // of its file, without extension: "review-anne@example.org"
    std::string owner{};  // as written; "": nobody
    std::size_t flows = 0;
    report::Report report{};
  };
  std::vector<Sheet> sheets{};  // in order of owner
};
/// Of all flows that the topology writes, with what the log knows of them.
[[nodiscard]] ReviewSheets review_sheets(const Context& context);

struct ReviewImport {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::size_t keep = 0, change = 0, remove = 0, not_decided = 0;
  uint64_t log_entry = 0;  // 0: nothing was decided
};
/// All of the sheets, or none: what is filled in wrongly, of a flow that is not there or says something else by now, is
/// named with its row. Errors: CL7301 to CL7304.
[[nodiscard]] ReviewImport import_reviews(const Context& context, const std::vector<std::filesystem::path>& files);

}  // namespace cloison::ops
