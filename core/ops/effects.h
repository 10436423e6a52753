#pragma once
// What a plan does to the network: what it opens and closes, and whether the guarantees hold after it.

#include <optional>

#include "core/model/plan.h"
#include "core/ops/proving.h"
#include "core/ops/reading.h"
#include "core/verify/reach.h"

namespace cloison::ops {

struct MeantimeQuestion;

/// Taken while the topology is at hand: planning forgets most of it as it goes.
class Effects {
 public:
  Effects(const topology::Resolved& resolved, const std::vector<NotApplied>& not_applied, Instant now);

  /// What is there: as observed, else as the state believes.
  void is(const Snapshot& snapshot, const LiveReading& live) { is_ = there(snapshot, live, true); }
  [[nodiscard]] bool has_guarantees() const { return !input_.guarantees.empty(); }
  /// What is there, with what the topology wants of it; not to be used afterwards.
  struct Live {
    verify::ProofInput input{};
    std::vector<Forwarding> parts{};
    std::map<std::string, std::vector<PlacedResource>> placed{};  // by provider: what was read
    std::map<std::string, std::string> reasons{};                 // of rules that are resources: who declared them
    std::size_t resources = 0;
  };
  [[nodiscard]] Live live(const Snapshot& snapshot, const LiveReading& live, const Providers& providers) &&;
  /// What the plan does, and may do while it is applied; gives its steps an order where that matters.
  /// What is there was told before; what is to be is that with the plan's steps done.
  void work_out(const Providers& providers, const Snapshot& snapshot, Plan& plan);

 private:
  /// `believed`: of what was not read, as the state has it.
  [[nodiscard]] std::map<std::string, std::vector<PlacedResource>> there(const Snapshot& snapshot,
                                                                         const LiveReading& live, bool believed);
  void add_changes(const verify::Reach& reach, bool opens, std::vector<ReachChange>& into) const;
  void add_changes(const MeantimeQuestion& question, Plan& plan) const;
  void add_proof(const verify::Proof& proof, PlannedReach& into) const;
  [[nodiscard]] std::string reason(const std::string& rule) const;

  verify::ProofInput input_;
  OuterAddresses outer_;
  std::map<std::string, std::vector<PlacedResource>> is_{};
  std::map<std::string, std::string> reasons_{};  // of rules that are resources: who declared them
};

/// Guarantees that are broken after the plan and that nobody has let pass; CL6120 for each; CL6122 for those that only
/// do not hold while it is applied. `overrides`: reasons by
/// guarantee.
[[nodiscard]] Diagnostics broken_guarantees(const Plan& plan, const std::map<std::string, std::string>& overrides);

/// Those that it breaks all the same, with the reasons, for the log: "G-1: the old server moves on Friday".
[[nodiscard]] std::string overridden(const Plan& plan, const std::map<std::string, std::string>& overrides);

}  // namespace cloison::ops
