#include <fmt/format.h>

#include "core/plan/planner.h"

namespace cloison::plan {
namespace {

Diagnostic moved(std::string code, const std::string& address, std::string summary) {
  return {.kind = ErrorKind::conflict,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = "The saved plan was computed from something that is no longer so.",
          .hint = "`cloison plan -o PLAN` computes it anew",
          .address = address};
}

}  // namespace

Diagnostics moved_since(const Plan& plan, const Snapshot& snapshot) {
  if (plan.lineage != snapshot.lineage)
    return {
        moved("CL3014", {},
              fmt::format("the plan was made for another state (lineage {}, not {})", plan.lineage, snapshot.lineage))};
  Diagnostics notes;
  for (const auto& [key, revision] : plan.read_set.revisions) {
    const auto row = snapshot.rows.find(key);
    if (row == snapshot.rows.end())
      notes.push_back(moved("CL3011", key.address, fmt::format("'{}' is no longer in the state", key.address)));
    else if (row->second.revision != revision)
      notes.push_back(
          moved("CL3010", key.address, fmt::format("'{}' was changed since the plan was made", key.address)));
  }
  for (const std::string& address : plan.read_set.absent) {
    const auto row = snapshot.rows.lower_bound(RowKey{address, 0});
    if (row != snapshot.rows.end() && row->first.address == address)
      notes.push_back(moved("CL3012", address, fmt::format("'{}' was made since the plan was made", address)));
  }
  for (const auto& [key, value] : plan.allocations) {
    const auto now = snapshot.allocations.find(key);
    if (now == snapshot.allocations.end() || now->second == value) continue;
    // Another value that the plan found there is one that it changes.
    const auto before = plan.read_set.allocations.find(key);
    if (before != plan.read_set.allocations.end() && before->second == now->second) continue;
    notes.push_back(moved("CL3013", {}, fmt::format("{} is now {}, and was {} in the plan", key, now->second, value)));
  }
  return notes;
}

}  // namespace cloison::plan
