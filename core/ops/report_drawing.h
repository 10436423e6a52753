#pragma once
// The topology as a picture: sites, their VPCs and segments, and links between sites.

#include <string>

#include "core/report/document.h"
#include "core/topology/resolved.h"

namespace cloison::ops {

/// `table`: the one whose rows a box leads to.
[[nodiscard]] report::Drawing drawing_of(const topology::Resolved& resolved, const std::string& table);

}  // namespace cloison::ops
