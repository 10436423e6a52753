#pragma once
// Rules of nftables as they were read, so that the same ones are not read again: a plan asks for many states of a
// network, in most of which a node's rules are the same.

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/model/forwarding.h"

namespace cloison::node {

/// The filters and translations of one node's firewall resource.
struct ReadRules {
  SharedChain input{}, forward{}, output{};
  TranslationChain arriving{}, sending{}, leaving{};
  std::vector<Unmodelled> unknown{};  ///< without addresses
};

/// `attributes`: of a firewall resource. `local`: the node's own addresses, which rules may speak of.
[[nodiscard]] ReadRules read_rules(const Value& attributes, const std::vector<IpAddress>& local);

/// Keeps the last few; may be asked from several threads.
class RuleMemory {
 public:
  [[nodiscard]] std::shared_ptr<const ReadRules> of(const Value& attributes, const std::vector<IpAddress>& local);

 private:
  struct Known {
    Value attributes{};
    std::vector<IpAddress> local{};
    std::shared_ptr<const ReadRules> rules{};
  };
  std::mutex mutex_{};
  std::deque<Known> known_{};
};

}  // namespace cloison::node
