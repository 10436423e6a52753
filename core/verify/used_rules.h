#pragma once
// By which rules packets go, each rule known by where its text begins: worlds that are left of another one share them.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/verify/leap.h"

namespace cloison::verify {

/// Of each rule the pairs whose packets or answers it lets pass, by their numbers.
class UsedRules {
 public:
  /// All that decided or translated on the way to a leap.
  void take(uint32_t pair, const std::vector<Leap>& leaps, std::size_t end);
  /// Sorted, each pair once; nothing for a rule by which none goes. `rule`: of a match's text.
  [[nodiscard]] const std::vector<uint32_t>& of(const char* rule) const;

  using Pairs = std::unordered_map<const char*, std::vector<uint32_t>>;
  [[nodiscard]] const Pairs& all() const { return pairs_; }
  /// To be called once all is taken.
  void settle();

 private:
  Pairs pairs_{};
};

}  // namespace cloison::verify
