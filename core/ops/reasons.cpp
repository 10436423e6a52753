#include "core/ops/reasons.h"

namespace cloison::ops {

Reasons::Reasons(const std::vector<Resource>& resources, const topology::Resolved& resolved) {
  for (const auto& one : resources)
    if (!one.origins.empty())
      resources_.emplace(one.address.text, Reason{one.origins.front().declared_by, one.origins.front().span});
  for (const auto& flow : resolved.flows) flows_.emplace(flow.id, flow.span);
}

Reasons::Reasons(const std::map<std::string, std::string>& resources, const topology::Resolved& resolved) {
  for (const auto& flow : resolved.flows) flows_.emplace(flow.id, flow.span);
  for (const auto& [address, declared_by] : resources) {
    constexpr std::string_view k_flow = "flow ";
    const auto flow = declared_by.starts_with(k_flow) ? flows_.find(declared_by.substr(k_flow.size())) : flows_.end();
    resources_.emplace(address, Reason{declared_by, flow == flows_.end() ? SpanId{0} : flow->second});
  }
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
