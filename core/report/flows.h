#pragma once
// The report `flows`: what is permitted, as its owners know it, class by class.

#include <memory>
#include <vector>

#include "core/report/rules.h"

namespace cloison::report {

struct FlowsData {
  Heading heading{};
  std::vector<std::shared_ptr<const FlowFacts>> flows{};  // in order of id
};

[[nodiscard]] Report flows_report(const FlowsData& data);

}  // namespace cloison::report
