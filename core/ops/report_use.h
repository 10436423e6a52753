#pragma once
// How often rules were met, as their platforms count it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/model/provider.h"
#include "core/report/rules.h"

namespace cloison::ops {

/// Of one provider, by policy and rule.
struct ProviderUses {
  bool counts = false;
  std::map<std::pair<std::string, std::string>, RuleUse> rules{};
};
using UsesByProvider = std::map<std::string, ProviderUses, std::less<>>;
/// Of those that were read.
[[nodiscard]] UsesByProvider uses_of(const Providers& providers,
                                     const std::map<std::string, std::vector<PlacedResource>>& read);

/// What an earlier report of rules, as JSON, said of each rule's use.
struct EarlierUse {
  uint64_t packets = 0;
  std::string since{}, checked{}, last_after{}, last_before{};  // instants, or ""
};
using EarlierUses = std::map<std::string, EarlierUse, std::less<>>;  // by the rule's id
/// Nothing where the text is no such report. Hostile input: what does not fit is left out.
[[nodiscard]] std::optional<EarlierUses> earlier_uses(std::string_view report);

/// To rows of rules that are there, as their platform has them. `now`: when they were read. `earlier`: nullptr where
/// there is no earlier reading.
void add_use(std::vector<report::RuleRow>& rows, const UsesByProvider& uses, const EarlierUses* earlier, Instant now);

}  // namespace cloison::ops
