#pragma once
// Which flows outlive a failure.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/verify/failure.h"
#include "core/verify/proof.h"

namespace cloison::verify {

class Survival {
 public:
  /// `parts`: of the network while everything works. The input has to live as long.
  Survival(std::vector<Forwarding> parts, const ProofInput& input);

  struct Outcome {
    std::vector<WantedResult> wanted{};  ///< beside the input's; `conditional` of those that were not asked for
    AddressRanges vacant{};              ///< addresses at which nobody is left
  };
  /// `opened`: flows that wait for this failure.
  [[nodiscard]] Outcome after(const Failure& failure, const std::set<std::string, std::less<>>& opened) const;

  [[nodiscard]] const World& whole() const { return *whole_; }
  /// While everything works.
  [[nodiscard]] const std::vector<WantedResult>& now() const { return now_; }

 private:
  std::vector<Forwarding> parts_;
  const ProofInput& input_;
  std::unique_ptr<const World> whole_{};
  std::vector<WantedResult> now_{};
};

}  // namespace cloison::verify
