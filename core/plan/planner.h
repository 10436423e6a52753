#pragma once
// Desired, believed and seen -> what to do. Pure.

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/model/plan.h"
#include "core/model/provider.h"

namespace cloison::plan {

/// Providers that could not be read, each with why: they get no steps.
using Deferred = std::map<std::string, Diagnostic>;

struct PlanInput {
  const Snapshot* snapshot = nullptr;
  /// All providers' resources, canonical, any order. Empty for destroy.
  std::vector<Resource> desired{};
  /// By provider name; a provider that was not read (--no-refresh, deferred) is absent, and its rows are taken as
  /// observed.
  std::map<std::string, std::vector<Observed>> observed{};
  Deferred deferred{};
  const Providers* providers = nullptr;
  SourceMap sources{};
  std::vector<NotApplied> not_applied{};
  Diagnostics warnings;
  std::map<std::string, std::vector<Quota>> quotas{};
  std::map<std::string, Facts> facts{};
  std::map<std::string, std::string> allocations{};
  std::string topology_name{}, cloison_version{};
  Instant now{};
  bool sandbox = false, destroy = false;
  /// Empty: everything. Otherwise the addresses chosen; what they depend on comes along.
  bool chosen_only = false;
  std::set<std::string> chosen{};
  /// Addresses to replace although nothing changed.
  std::set<std::string> replace_requested{};
};

/// Errors: duplicate address, unknown reference, cycle (named), foreign twins in closed content that cannot be removed.
[[nodiscard]] Checked<Plan> make_plan(PlanInput input);

/// Checks the saved plan against the present state: every row and absence in its read set. Names each thing that moved.
[[nodiscard]] Diagnostics moved_since(const Plan& plan, const Snapshot& snapshot);

/// The plan file: JSON, sealed; `seal` is the store's HMAC over the body. Written 0600 by the caller (ops).
[[nodiscard]] std::string to_file(const Plan& plan, std::string_view seal);
/// Body bytes that the seal covers.
[[nodiscard]] std::string file_body(const Plan& plan);
struct PlanFile {
  Plan plan{};
  std::string body{}, seal{};
};
/// Reads without trusting; the caller compares `seal` with the store's HMAC over `body` before it uses `plan`.
[[nodiscard]] Result<PlanFile> read_file(std::string_view bytes);
/// The format of the plan file that this version writes and reads.
[[nodiscard]] int file_format();
/// SHA-256 of the body: what the log names.
[[nodiscard]] std::string plan_digest(const Plan& plan);

}  // namespace cloison::plan
