#include "core/verify/used_rules.h"

#include <algorithm>

namespace cloison::verify {

void UsedRules::take(uint32_t pair, const std::vector<Leap>& leaps, std::size_t end) {
  for (const auto at : way_to(leaps, end)) {
    if (leaps[at].rule.empty()) continue;
    auto& pairs = pairs_[leaps[at].rule.data()];
    if (pairs.empty() || pairs.back() != pair) pairs.push_back(pair);
  }
}

const std::vector<uint32_t>& UsedRules::of(const char* rule) const {
  static const std::vector<uint32_t> k_none;
  const auto found = pairs_.find(rule);
  return found == pairs_.end() ? k_none : found->second;
}

void UsedRules::settle() {
  for (auto& [rule, pairs] : pairs_) {
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  }
}

}  // namespace cloison::verify
