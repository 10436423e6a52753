#pragma once
// What a service asks for that no machine could hold.

#include "core/base/diagnostic.h"
#include "core/model/service_intent.h"

namespace cloison::compile {

/// CL5431, each with the service's place.
[[nodiscard]] Diagnostics service_findings(const ServiceIntent& service);

}  // namespace cloison::compile
