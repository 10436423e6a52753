#pragma once
// How an apply or a destroy went, and what to do next.

#include <chrono>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/view/diagnostics_view.h"
#include "core/ops/apply.h"

namespace cloison::cli {

struct AppliedView {
  bool destroy = false;
  bool asked = false;  // the plan was shown
  bool rollback = false;
  std::chrono::milliseconds took{};
};

[[nodiscard]] std::string applied_text(const ops::AppliedResult& applied, const AppliedView& view,
                                       const Arguments& arguments, const Style& style);
/// "Next: cloison drift --sandbox"; the same command again where it has not done all. "" when nothing ran.
[[nodiscard]] std::string next_after_apply(const ops::AppliedResult& applied, const AppliedView& view,
                                           const Arguments& arguments);
[[nodiscard]] std::vector<JsonLine> applied_json(const ops::AppliedResult& applied, const AppliedView& view);

}  // namespace cloison::cli
