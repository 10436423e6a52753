#pragma once
// Resources as golden files hold them: one short line each, rules below their group, with the flows that ask for them.

#include <span>
#include <string>
#include <vector>

#include "core/model/resource.h"
#include "core/model/schema.h"

namespace cloison::test_support {

/// Of the kinds of the OpenStack provider. What says nothing of the topology (names, defaults) is left out.
[[nodiscard]] std::string plan_text(const std::vector<Resource>& resources, std::span<const KindSchema> schemas);

}  // namespace cloison::test_support
