#pragma once
// What the report on the inventory holds.

#include "core/ops/report_rules.h"
#include "core/report/inventory.h"

namespace cloison::ops {

/// Everything that the topology says is there. Without heading.
[[nodiscard]] report::InventoryData inventory_of(const topology::Resolved& resolved, const SourceMap& sources);

}  // namespace cloison::ops
