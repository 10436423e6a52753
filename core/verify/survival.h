#pragma once
// Which flows outlive a failure.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/verify/failure.h"
#include "core/verify/owed.h"
#include "core/verify/proof.h"
#include "core/verify/used_rules.h"
#include "core/verify/wanted.h"
#include "core/verify/way.h"

namespace cloison::verify {

class Continuity;
class Survival {
 public:
  /// `parts`: of the network while everything works. The input has to live as long. `with_ways`: also notes which way
  /// each pair takes; `with_rules`: and by which rules.
  Survival(std::vector<Forwarding> parts, const ProofInput& input, bool with_ways = false, bool with_rules = false);

  struct Outcome {
    /// Beside the input's, then what guarantees owe; `conditional` of those that were not asked for.
    std::vector<WantedResult> wanted{};
    AddressRanges vacant{};       ///< addresses at which nobody is left
    std::vector<bool> touched{};  ///< beside the input's: those that use what fails while everything works
    std::vector<Ways> ways{};     ///< with ways, beside the input's: of those that were asked for
    UsedRules rules{};            ///< with rules: of those that were asked for
  };
  /// `opened`: flows that wait for this failure.
  [[nodiscard]] Outcome after(const Failure& failure, const std::set<std::string, std::less<>>& opened) const;
  /// The same where no flow waits for it: asks only for pairs that use what fails while everything works. What fails
  /// only takes ways away, so the ways of all others stay. On one processor: others may play other failures.
  [[nodiscard]] Outcome after(const Failure& failure) const;

  /// While everything works; as of an outcome.
  [[nodiscard]] const std::vector<WantedResult>& now() const { return now_; }
  /// Guarantees by their number of which what they promise is not there after a failure, although it is now.
  [[nodiscard]] std::vector<std::size_t> broken(const Outcome& outcome) const;
  /// With ways: beside the input's.
  [[nodiscard]] const std::vector<Ways>& ways_now() const { return ways_now_; }
  /// With rules: of the network while everything works.
  [[nodiscard]] const UsedRules& rules_now() const { return rules_now_; }
  [[nodiscard]] const World& world() const { return *whole_; }
  /// Whether something was too complex to tell while everything works.
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  using Numbers = std::vector<uint32_t>;
  void note_uses();
  void note_ways(Continuity& continuity, const World& world, Outcome& outcome) const;
  [[nodiscard]] std::set<std::size_t> senders_of(const std::vector<bool>& touched) const;
  [[nodiscard]] std::vector<bool> touched_by(const Failure& failure) const;
  [[nodiscard]] AddressRanges vacant_after(const World& left, const Failure& failure) const;

  const ProofInput& input_;
  std::vector<Owed> owed_{};
  std::vector<Wanted> asked_{};
  std::unique_ptr<const World> whole_{};
  PlaceIndex index_;
  WantedIndex wanted_;
  std::vector<Source> sources_{};
  std::vector<WantedResult> now_{};
  bool with_ways_ = false, with_rules_ = false, gave_up_ = false;
  std::vector<Ways> ways_now_{};
  UsedRules rules_now_{};
  // Of each element, the pairs whose packets or answers use it.
  std::map<std::string, Numbers, std::less<>> by_name_{};  ///< devices and ports
  std::map<std::pair<std::size_t, std::size_t>, Numbers> by_tunnel_{}, by_interface_{};
  std::vector<std::vector<std::size_t>> senders_{};  ///< of each pair, into sources_
};

}  // namespace cloison::verify
