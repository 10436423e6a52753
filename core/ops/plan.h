#pragma once
// `cloison plan`, `cloison drift`, and the first half of `apply` and `destroy`.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/plan.h"
#include "core/ops/validate.h"
#include "core/state/store.h"

namespace cloison::ops {

struct PlanOptions {
  bool destroy = false;
  std::filesystem::path out{};  // `-o/--out`: the sealed plan file, 0600
  bool looks_only = false;      // nothing is written, cloison.lock neither
};

struct Planned {
  Ending ending = Ending::done;  // `done` also when there are changes; `differs` is the command line's to say
  Diagnostics notes{};
  std::optional<Plan> plan{};  // absent on errors
  SourceMap sources{};         // for `notes`; the plan has its own
  std::string topology_digest{}, plan_digest{};
  std::vector<topology::DroppedPair> dropped{};
  std::map<std::string, std::vector<IpPrefix>> sets{};  // address sets that rules may name: path -> members
  std::vector<std::string> new_allocations{};
  std::vector<std::string> freed_allocations{};
  bool lock_file_written = false;
  bool out_written = false;
  std::chrono::milliseconds proof_took{};  // what it opens and closes, and whether guarantees hold
};

/// Refreshes, diffs, orders. Writes cloison.lock (unless --locked), creates an empty state at the first plan, writes
/// `out`.
[[nodiscard]] Planned plan(const Context& context, const PlanOptions& options);

}  // namespace cloison::ops
