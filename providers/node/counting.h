#pragma once
// Each rule that decides has a counter of its own, named after what the rule is: a change of other rules leaves it
// alone. Attributes of resources have rules without their counters, so that counting is never a difference.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/provider.h"
#include "providers/node/report.h"

namespace cloison::node {

/// "r_0123456789ab". `rule`: as it is written without its counter; "": what no rule of the chain names.
[[nodiscard]] std::string counter_name(std::string_view chain, std::string_view rule);

/// A rule in nft's words, with the counter that it refers to.
struct CountedRule {
  std::string rule{};
  std::string counter{};  // ""; none
};

/// The rule as nft is told it, counted right before what it does; one that decides nothing stays as it is. "": the last
/// of its chain, which only counts.
[[nodiscard]] CountedRule counted(std::string_view chain, const std::string& rule);
/// Whether it has a counter, once it is written.
[[nodiscard]] bool is_counted(std::string_view rule);

/// Reads a chain, line after line. nft has other words for much that was written, so that a rule's own counter is known
/// by its name: each belongs to one written rule, and is believed once. Another one stays a part of its rule.
class CounterReader {
 public:
  CounterReader(std::string_view chain, const std::vector<std::string>& written);
  [[nodiscard]] CountedRule read(std::string_view line);

 private:
  std::set<std::string, std::less<>> own_{};  // not met yet
};

/// What the node tells of its counters, rule by rule, as its attributes have these.
[[nodiscard]] std::vector<RuleUse> uses_of(const Report& report);

/// The rules of a firewall, with nothing counted: for simulators.
[[nodiscard]] std::vector<RuleUse> uncounted_uses(const Value& firewall);

}  // namespace cloison::node
