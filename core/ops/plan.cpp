#include "core/ops/plan.h"

#include "core/ops/planning.h"

namespace cloison::ops {

Planned plan(const Context& context, const PlanOptions& options) {
  return Planning(context, options).run(nullptr);
}

}  // namespace cloison::ops
