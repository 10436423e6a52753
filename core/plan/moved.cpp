#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/plan/planner.h"

namespace cloison::plan {
namespace {

constexpr std::size_t k_named = 8;

Diagnostic moved(std::string code, const std::string& address, std::string summary) {
  return {.kind = ErrorKind::conflict,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = "The saved plan was computed from something that is no longer so.",
          .hint = "`cloison plan -o PLAN` computes it anew",
          .address = address};
}

/// One finding for all that moved in the same way: a plan that was applied before has as many as it had steps.
void add_moved(Diagnostics& notes, std::string code, const std::vector<std::string>& addresses, std::string_view how) {
  if (addresses.empty()) return;
  if (addresses.size() == 1) {
    notes.push_back(moved(std::move(code), addresses.front(), fmt::format("'{}' {}", addresses.front(), how)));
    return;
  }
  auto note = moved(std::move(code), addresses.front(),
                    fmt::format("'{}' and {} {}", addresses.front(), counted(addresses.size() - 1, "other"), how));
  const auto end = std::min(addresses.size(), k_named);
  note.detail += fmt::format(
      " Also: {}", fmt::join(addresses.begin() + 1, addresses.begin() + static_cast<std::ptrdiff_t>(end), ", "));
  note.detail += addresses.size() > end ? fmt::format(" and {} more.", addresses.size() - end) : ".";
  notes.push_back(std::move(note));
}

}  // namespace

Diagnostics moved_since(const Plan& plan, const Snapshot& snapshot) {
  if (plan.lineage != snapshot.lineage)
    return {
        moved("CL3014", {},
              fmt::format("the plan was made for another state (lineage {}, not {})", plan.lineage, snapshot.lineage))};
  Diagnostics notes;
  std::vector<std::string> gone, changed, made;
  for (const auto& [key, revision] : plan.read_set.revisions) {
    const auto row = snapshot.rows.find(key);
    if (row == snapshot.rows.end())
      gone.push_back(key.address);
    else if (row->second.revision != revision)
      changed.push_back(key.address);
  }
  for (const std::string& address : plan.read_set.absent) {
    const auto row = snapshot.rows.lower_bound(RowKey{address, 0});
    if (row != snapshot.rows.end() && row->first.address == address) made.push_back(address);
  }
  add_moved(notes, "CL3011", gone, "went out of the state since the plan was made");
  add_moved(notes, "CL3010", changed, "changed since the plan was made");
  add_moved(notes, "CL3012", made, "appeared since the plan was made");
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
