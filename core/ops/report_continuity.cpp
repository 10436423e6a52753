#include "core/ops/report_continuity.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/ops/report_rules.h"
#include "core/report/read_sheet.h"

namespace cloison::ops {

namespace {

using report::Measurement;

constexpr std::size_t k_most_exercise_bytes = std::size_t{16} << 20U;
constexpr std::array<std::pair<std::string_view, std::string Measurement::*>, 6> k_exercise_columns{
    {{"of", &Measurement::of},
     {"date", &Measurement::date},
     {"took", &Measurement::took},
     {"lost", &Measurement::lost},
     {"by", &Measurement::by},
     {"comment", &Measurement::comment}}};

tl::unexpected<Diagnostic> no_exercises(const std::filesystem::path& file, std::string why) {
  return fail({.kind = ErrorKind::usage,
               .code = "CL7404",
               .summary = fmt::format("{}: {}", printable(file.string()), why),
               .detail = "Exercises stand in CSV, a line each, below the line of headings.",
               .hint = "of,date,took,lost,by,comment"});
}

bool is_exercise_day(std::string_view text) {
  const auto at = [&](std::size_t i) { return is_digit(text[i]); };
  return text.size() == 10 && at(0) && at(1) && at(2) && at(3) && text[4] == '-' && at(5) && at(6) && text[7] == '-' &&
         at(8) && at(9);
}

std::string backup_setting(const topology::Backup& backup, const char* name) {
  const auto found = backup.settings.find(name);
  return found == backup.settings.end() ? std::string() : found->second.value;
}

/// One line of the file, by the columns of its headings.
Measurement measurement(const std::vector<std::string>& cells, const std::vector<std::string Measurement::*>& columns) {
  Measurement one;
  for (std::size_t i = 0; i < cells.size() && i < columns.size(); ++i)
    if (columns[i] != nullptr) one.*columns[i] = std::string(trimmed(cells[i]));
  return one;
}

}  // namespace

Result<std::vector<Measurement>> read_measurements(const std::filesystem::path& file) {
  const auto text = read_file(file, k_most_exercise_bytes);
  if (!text) return fail(text.error());
  const auto rows = report::read_csv(*text);
  if (!rows) return no_exercises(file, rows.error());
  if (rows->empty()) return no_exercises(file, "nothing is in it");
  std::vector<std::string Measurement::*> columns;
  for (const auto& heading : rows->front()) {
    const auto known = std::find_if(k_exercise_columns.begin(), k_exercise_columns.end(),
                                    [&](const auto& one) { return one.first == trimmed(heading); });
    columns.push_back(known == k_exercise_columns.end() ? nullptr : known->second);
  }
  for (const auto needed : {&Measurement::of, &Measurement::date, &Measurement::took})
    if (std::find(columns.begin(), columns.end(), needed) == columns.end())
      return no_exercises(file, "one of the columns of, date and took is missing");
  std::vector<Measurement> all;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    auto one = measurement((*rows)[i], columns);
    if (one.of.empty() && one.date.empty() && one.took.empty()) continue;
    if (one.of.empty() || one.took.empty() || !is_exercise_day(one.date))
      return no_exercises(
          file, fmt::format("line {} lacks what was tried, how long it took, or a day such as 2026-03-12", i + 1));
    all.push_back(std::move(one));
  }
  return all;
}

report::ContinuityData continuity_of(const topology::Resolved& resolved, const SourceMap& sources,
                                     const Simulated& simulated) {
  using Outcome = report::ScenarioRow::Outcome;
  report::ContinuityData data{.guarantees = simulated.guarantees};
  std::map<std::string, const topology::Scenario*> declared;
  for (const auto& one : resolved.topology->scenarios) declared.emplace(one.name, &one);
  for (const auto& played : simulated.scenarios) {
    const auto& scenario = *declared.at(played.scenario);
    report::ScenarioRow row{.name = played.scenario,
                            .declared = sources.location(played.declared),
                            .down = played.down,
                            .requires_ = played.requires_,
                            .kept = played.kept,
                            .gone = played.gone,
                            .unknown = played.unknown};
    if (scenario.within) row.within = fmt::format("{} s", scenario.within->count());
    for (const auto& lost : played.lost)
      row.lost.push_back(fmt::format("{}: {} ({})", lost.id, lost.packets, lost.why));
    for (const auto& broken : played.broken) row.lost.push_back(broken);
    for (const auto& flow : resolved.flows)
      if (flow.conditional && flow.flow != nullptr && flow.flow->when && flow.flow->when->value == played.scenario)
        row.opened.push_back(flow.id);
    row.outcome = !row.lost.empty()                                  ? Outcome::lost
                  : played.requires_.empty()                         ? Outcome::nothing_required
                  : played.unknown > 0 || (row.kept + row.gone == 0) ? Outcome::not_known
                                                                     : Outcome::outlived;
    data.scenarios.push_back(std::move(row));
  }
  for (const auto& backup : resolved.topology->backups)
    data.backups.push_back({.name = backup.name,
                            .of = selector_text(backup.of),
                            .to = selector_text(backup.to),
                            .schedule = backup.schedule.value,
                            .keep = backup_setting(backup, "keep"),
                            .encryption = backup_setting(backup, "encryption"),
                            .recovery_point = backup_setting(backup, "rpo"),
                            .recovery_time = backup_setting(backup, "rto")});
  return data;
}

}  // namespace cloison::ops
