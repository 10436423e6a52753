#pragma once
// The parts of lint: each looks at one thing and gives what it found, not yet grouped.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/lint.h"
#include "core/ops/proving.h"
#include "core/ops/reasons.h"
#include "core/verify/chain_lint.h"

namespace cloison::ops {

/// One finding with the key that all share that are alike.
struct LintFound {
  std::string alike{};
  LintFinding finding{};
};
using LintFounds = std::vector<LintFound>;

/// What the parts look at. `resolved`: the topology as it is written now.
struct LintInput {
  const verify::World& world;
  const verify::ProofInput& input;
  const topology::Resolved& resolved;
  const Reasons& reasons;
  bool live = false;
  bool alone = false;  // also what each rule alone decides
};

[[nodiscard]] std::string_view lint_code(LintFinding::Kind kind);
/// "F-010" of "flow F-010/lyon-03", "F-010/lyon-03" and "F-010".
[[nodiscard]] std::string flow_of_reason(std::string_view reason);

/// Where a rule stands in the chain "DEVICE CHAIN". A group's rule is known by its text instead.
[[nodiscard]] std::string rule_place(std::string_view chain, std::size_t order);

struct LintedRules {
  LintFounds found{};
  std::size_t rules = 0, filters = 0;
  std::vector<std::string> not_judged{};
  /// Of which no rule was looked at: devices by the resource that holds their filters, and whether groups are among
  /// them.
  std::set<std::string, std::less<>> unknown_devices{};
  bool unknown_groups = false;
  std::map<std::string, verify::DecidedAlone, std::less<>> alone{};  // by place, where that was asked for
};
/// Rules that are shadowed, redundant, never met or too complex.
[[nodiscard]] LintedRules lint_rules(const LintInput& input);

/// Rules that let more pass than anybody asked for, and flows that are broad by themselves. `beyond`: what passes
/// beyond the flows.
[[nodiscard]] LintFounds lint_breadth(const LintInput& input, const std::vector<verify::Finding>& beyond);

/// Services that are in clear or belong nowhere near where they are asked.
[[nodiscard]] LintFounds lint_services(const LintInput& input, const std::vector<verify::Finding>& beyond);

/// What a segmented network has and this one does not declare.
[[nodiscard]] LintFounds lint_controls(const LintInput& input);

/// All of it, of a network that was read already; without what is said of reading it.
[[nodiscard]] Linted lint_network(std::vector<Forwarding> parts, verify::ProofInput input,
                                  const topology::Resolved& resolved, const Reasons& reasons);

/// One of each that are alike, with their number; the weightiest first.
[[nodiscard]] std::vector<LintFinding> lint_grouped(LintFounds found);

}  // namespace cloison::ops
