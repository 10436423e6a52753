#pragma once
// The report `continuity`: what each scenario asks, what was proved of it, and what was measured. A target is a wish:
// it never stands where a result is looked for.

#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

/// An exercise, as somebody wrote it down.
struct Measurement {
  std::string of{};                    // a scenario, or a backup
  std::string date{}, took{}, lost{};  // "2026-03-12", "8.4 s", "3 messages"
  std::string by{}, comment{};
};

struct ScenarioRow {
  std::string name{}, declared{};
  std::vector<std::string> down{}, requires_{};
  std::string within{};  // the target: "30s"; "": none
  enum class Outcome : uint8_t { outlived, lost, not_known, nothing_required } outcome = Outcome::not_known;
  std::size_t kept = 0, gone = 0, unknown = 0;  // pairs
  std::vector<std::string> lost{};              // texts
  std::vector<std::string> opened{};            // flows that wait for it
};

struct BackupRow {
  std::string name{}, of{}, to{}, schedule{}, keep{}, encryption{};
  std::string recovery_point{}, recovery_time{};  // targets
};

struct ContinuityData {
  Heading heading{};
  std::vector<ScenarioRow> scenarios{};
  std::vector<BackupRow> backups{};
  std::vector<Measurement> measurements{};
  std::vector<std::string> guarantees{};  // that hold whatever fails
  std::vector<Phrase> not_known{};
};

[[nodiscard]] Report continuity_report(ContinuityData data);

}  // namespace cloison::report
