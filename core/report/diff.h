#pragma once
// The report `diff`: what became reachable between two points in time and what stopped being so, and who brought it
// about.

#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// Packets between alike places, told once.
struct ReachDifference {
  bool opened = true;
  std::string from{}, to{};
  std::vector<std::string> services{};
  std::size_t pairs = 0;
  std::vector<std::string> reasons{};  // flows that ask for it, or rules
  std::string example{};
  std::vector<std::string> operations{};  // "3 (2026-02-03T10:00:00Z, admin, approved by dsi, CHG-12)"
};

/// Something that is said of a flow, by its name ("services"); "" where nothing is.
struct FieldChange {
  std::string name{}, then{}, now{};
};

/// What is said of a flow, then and now.
struct FlowDifference {
  enum class What : uint8_t { added, removed, changed } what = What::changed;
  std::string id{};
  std::vector<FieldChange> changes{};
  std::string when{}, by{}, ticket{};
};

struct OperationRow {
  std::size_t number = 0;
  std::string when{}, command{}, user{}, approved_by{}, ticket{}, override_reason{}, status{}, commit{};
};

struct DiffData {
  Heading heading{};
  Phrase from{}, to{};
  std::vector<ReachDifference> packets{};
  std::vector<FlowDifference> flows{};
  std::vector<OperationRow> operations{};
  std::vector<Phrase> not_known{};
};

[[nodiscard]] Report diff_report(DiffData data);

}  // namespace cloison::report
