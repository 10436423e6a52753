#include "providers/node/rule_memory.h"

#include <algorithm>

#include "providers/node/nft_reader.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

ReadRules read_rules(const Value& attributes, const std::vector<IpAddress>& local) {
  const Settings at(k_firewall, attributes);
  const NftContext context{.sets = nft_sets(at.texts("sets")), .local = local};
  ReadRules rules;
  rules.input = read_filter("input", at.texts("input"), context, rules.unknown);
  rules.forward = read_filter("forward", at.texts("forward"), context, rules.unknown);
  rules.output = read_filter("output", at.texts("output"), context, rules.unknown);
  rules.arriving = read_translation("prerouting", at.texts("prerouting"), context, rules.unknown);
  rules.sending = read_translation("outgoing", at.texts("outgoing"), context, rules.unknown);
  rules.leaving = read_translation("postrouting", at.texts("postrouting"), context, rules.unknown);
  return rules;
}

std::shared_ptr<const ReadRules> RuleMemory::of(const Value& attributes, const std::vector<IpAddress>& local) {
  constexpr std::size_t k_kept = 6;  // before, after, and what may be in between
  const std::lock_guard guard(mutex_);
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const Known& one) { return one.local == local && one.attributes == attributes; });
  if (found != known_.end()) return found->rules;
  known_.push_front({attributes, local, std::make_shared<const ReadRules>(read_rules(attributes, local))});
  if (known_.size() > k_kept) known_.pop_back();
  return known_.front().rules;
}

}  // namespace cloison::node
