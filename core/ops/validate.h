#pragma once
// `cloison validate`: everything that can be known without an account and without a state.

#include <memory>
#include <string>
#include <vector>

#include "core/compile/compile.h"
#include "core/ops/context.h"
#include "core/topology/resolved.h"

namespace cloison::ops {

struct Validated {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::shared_ptr<const topology::Topology> topology{};  // nullptr when it did not load
  std::optional<topology::Resolved> resolved{};
  std::vector<Resource> resources{};  // lowered without facts
  std::vector<NotApplied> not_applied{};
  Providers providers{};  // without login
};

/// Loads, resolves, compiles and lowers in memory; writes nothing.
[[nodiscard]] Validated validate(const Context& context);

}  // namespace cloison::ops
