#include "core/ops/reasons.h"

namespace cloison::ops {

Reasons::Reasons(const std::vector<Resource>& resources, const topology::Resolved& resolved) {
  for (const auto& one : resources)
    if (!one.origins.empty())
      resources_.emplace(one.address.text, Reason{one.origins.front().declared_by, one.origins.front().span});
  for (const auto& flow : resolved.flows) flows_.emplace(flow.id, flow.span);
}

ExplainedLeap Reasons::of(const verify::Leap& leap) const {
  ExplainedLeap line{.kind = leap.kind,
                     .where = std::string(leap.where),
                     .in = std::string(leap.in),
                     .out = std::string(leap.out),
                     .rule = std::string(leap.rule),
                     .reason = std::string(leap.label),
                     .why = std::string(leap.why),
                     .resource = std::string(leap.address)};
  // Rules that are resources of their own tell by these why they are there.
  if (const auto resource = resources_.find(line.rule); resource != resources_.end()) {
    line.reason = resource->second.id;
    line.declared = resource->second.declared;
    return line;
  }
  const auto flow = flows_.find(line.reason.substr(0, line.reason.find_first_of("/ ")));
  if (flow != flows_.end()) line.declared = flow->second;
  return line;
}

}  // namespace cloison::ops
