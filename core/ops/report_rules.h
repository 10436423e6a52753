#pragma once
// What the reports on rules and flows hold, gathered from the network as it is to be or as it is there.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/ops/proving.h"
#include "core/ops/reasons.h"
#include "core/ops/validate.h"
#include "core/report/rules.h"

namespace cloison::ops {

/// Each flow by its id, generated ones included.
using FlowFactsById = std::map<std::string, std::shared_ptr<const report::FlowFacts>, std::less<>>;
[[nodiscard]] FlowFactsById flow_facts(const topology::Resolved& resolved, const SourceMap& sources,
                                       const verify::ProofInput& input);

/// What a flow says of itself: who answers for it, why it is there, until when.
void add_governance(const topology::Flow& flow, report::FlowFacts& facts);

/// A selector as it is written: "lab.lan", "{zone: data, environment: production}".
[[nodiscard]] std::string selector_text(const topology::Selector& selector);

/// Where rules come from, beside what they amount to: the resources that hold them.
struct RuleSources {
  const std::map<std::string, std::vector<PlacedResource>>& placed;  // by provider
  const Providers& providers;
  const Reasons& reasons;
  const topology::Resolved& resolved;
  const SourceMap& sources;
  const verify::ProofInput& input;
  const FlowFactsById& flows;
  bool live = false;
};

struct GatheredRules {
  std::vector<report::RuleRow> rows{};
  std::vector<report::Phrase> not_known{};
};
/// Every rule of every filter and translation, in order of device, policy and place; those of a group once. `parts`:
/// what the resources come to.
[[nodiscard]] GatheredRules gather_rules(const RuleSources& from, std::vector<Forwarding> parts);
/// The same of their world, with what passes by each rule: of that world; nullptr: not analysed.
class RuleNeeds;
[[nodiscard]] GatheredRules gather_rules(const RuleSources& from, const verify::World& world, const RuleNeeds* needs);
/// By device, policy and place within it.
void put_in_order(std::vector<report::RuleRow>& rows);

}  // namespace cloison::ops
