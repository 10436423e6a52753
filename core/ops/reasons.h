#pragma once
// Why a rule is there: what the topology says of the resource that it is, or of the flow that it names.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ops/validate.h"
#include "core/verify/leap.h"

namespace cloison::ops {

/// One thing on a packet's way, with the reason where one decided.
struct ExplainedLeap {
  verify::Leap::Kind kind{};
  std::string where{}, in{}, out{};
  std::string rule{};      // as the platform has it
  std::string reason{};    // "F-010/lyon-03", or "" where none is known
  std::string why{};       // of a refusal without a rule
  std::string resource{};  // that holds the rule
  SpanId declared = 0;     // where the reason stands in the topology
};

class Reasons {
 public:
  Reasons() = default;
  Reasons(const std::vector<Resource>& resources, const topology::Resolved& resolved);
  /// `resources`: who declared them, by address.
  Reasons(const std::map<std::string, std::string>& resources, const topology::Resolved& resolved);
  [[nodiscard]] ExplainedLeap of(const verify::Leap& leap) const;

 private:
  struct Reason {
    std::string id{};
    SpanId declared = 0;
  };
  std::unordered_map<std::string, Reason> resources_{};
  std::unordered_map<std::string, SpanId> flows_{};
};

}  // namespace cloison::ops
