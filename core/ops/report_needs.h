#pragma once
// What passes by each rule: the pairs of flows while everything works, and the failures in which others do.

#include <string>
#include <unordered_map>
#include <vector>

#include "core/ops/failures.h"
#include "core/ops/report_rules.h"
#include "core/verify/chain_lint.h"
#include "core/verify/survival.h"

namespace cloison::ops {

class RuleNeeds {
 public:
  /// `parts`: of the network that is reported. `input` has to live as long. `failures`: plays each scenario, and each
  /// single failure, too.
  RuleNeeds(std::vector<Forwarding> parts, const verify::ProofInput& input, const topology::Resolved& resolved,
            bool failures);

  [[nodiscard]] const verify::ProofInput& input() const { return input_; }
  [[nodiscard]] const verify::World& world() const { return survival_.world(); }
  /// Whether all that passes was found: nothing was too complex to tell.
  [[nodiscard]] bool known() const { return !survival_.gave_up(); }
  [[nodiscard]] bool failures_known() const { return failures_known_; }
  /// Pairs of the input's, by their numbers, of which packets or answers pass by this rule of the world.
  [[nodiscard]] const std::vector<uint32_t>& pairs(const RuleMatch& rule) const;
  /// In which pairs pass by it that do not while everything works: "fibre-lost", "lab/lyon-03.underlays.fibre".
  [[nodiscard]] const std::vector<std::string>& failures(const RuleMatch& rule) const;

 private:
  void play(const topology::Resolved& resolved);
  void note(const std::string& failure, const verify::UsedRules& then);

  const verify::ProofInput& input_;
  verify::Survival survival_;
  bool failures_known_ = false;
  std::unordered_map<const char*, std::vector<std::string>> failures_{};
};

/// What a rule alone decides, in short. nullptr: it is not judged.
[[nodiscard]] report::Told alone_told(const verify::DecidedAlone* alone);

/// Tells of a row which flows need it, and in which failures it matters. `needs`: nullptr where that is not analysed.
/// `rules`: where it stands. `alone`: of it. `translated`: packets may have other addresses there than people know.
void tell_needs(report::RuleRow& row, const RuleNeeds* needs, const std::vector<const RuleMatch*>& rules,
                const verify::DecidedAlone& alone, bool translated);

/// As `gather_rules`, with what passes by each.
[[nodiscard]] GatheredRules analysed_rules(const RuleSources& from, std::vector<Forwarding> parts, bool failures);

}  // namespace cloison::ops
