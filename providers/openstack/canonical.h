#pragma once
// The form in which the platform answers; pure. What is wanted and what is seen pass through here, so that they
// compare.

#include <string_view>

#include "core/model/resource.h"

namespace cloison::openstack {

[[nodiscard]] Value canonical_attributes(std::string_view kind, const Value& attributes);
[[nodiscard]] Resource canonical_resource(Resource resource);

}  // namespace cloison::openstack
