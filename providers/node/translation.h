#pragma once
// Addresses that a node translates: `real:` prefixes one to one, inward to public hosts (DNAT), outward (SNAT). Pure.

#include <map>
#include <string>
#include <vector>

#include "core/model/intent.h"

namespace cloison::node {

/// A declared address as the segment's wire has it: at the same offset of `real`. Others stay as they are.
[[nodiscard]] IpAddress on_wire(const SegmentPrefix& segment, const IpAddress& declared);

/// The segment's resolvers: within it hosts know each other as they really are.
[[nodiscard]] std::vector<std::string> resolvers_on_wire(const NodeSegmentIntent& segment);

class Translation {
 public:
  /// `interfaces`: of each segment's path.
  Translation(const NodeIntent& node, const std::map<std::string, std::string>& interfaces);

  /// The rule with the addresses that the filter's chains see. Where packets go is translated before them (prerouting),
  /// whom they come from behind them (postrouting): so both are the real ones wherever a translated segment is an end.
  [[nodiscard]] NodeRuleIntent as_filtered(NodeRuleIntent rule) const;

  /// Rules of the chains that translate: where packets go, where the node's own go, whom packets come from.
  [[nodiscard]] std::vector<std::string> arriving() const;
  [[nodiscard]] std::vector<std::string> sent() const;
  [[nodiscard]] std::vector<std::string> leaving() const;

 private:
  struct Real {
    SegmentPrefix prefix{};
    std::string path{}, interface{};  // of its segment
  };
  [[nodiscard]] IpPrefix real_of(const IpPrefix& declared, const std::string& segment) const;
  [[nodiscard]] std::vector<std::string> kept() const;
  [[nodiscard]] std::vector<std::string> inward() const;

  const NodeIntent& node_;
  std::vector<Real> reals_{};
};

}  // namespace cloison::node
