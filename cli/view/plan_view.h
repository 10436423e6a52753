#pragma once
// A plan, and drift, for people and as JSON lines.

#include <filesystem>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/view/advice.h"
#include "cli/view/json_line.h"
#include "core/ops/plan.h"

namespace cloison::cli {

struct PlanView {
  bool verbose = false;
  bool read = true;  // false: --no-refresh
  std::filesystem::path out{};
  std::string same_words{};  // options of this run, for a command to be pasted
};

/// At most about 60 lines unless verbose.
[[nodiscard]] std::string plan_text(const ops::Planned& planned, const PlanView& view, const Style& style);
/// "Partial plan: 648 other changes left out.", or "".
[[nodiscard]] std::string partial_text(const Plan& plan);
/// "No changes. 37 resources stay as they are."
[[nodiscard]] std::string no_changes_text(const Plan& plan);
/// "9 to add, 3 to change, 1 to remove".
[[nodiscard]] std::string summary_text(const PlanSummary& summary);
[[nodiscard]] std::vector<JsonLine> plan_json(const ops::Planned& planned);

[[nodiscard]] std::string drift_text(const Plan& plan, const Style& style);
[[nodiscard]] std::vector<JsonLine> drift_json(const Plan& plan);

}  // namespace cloison::cli
