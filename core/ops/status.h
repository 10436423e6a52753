#pragma once
// `cloison status`: services as they are declared, and as their machines say that they run.

#include <optional>
#include <string>
#include <vector>

#include "core/model/provider.h"
#include "core/ops/context.h"

namespace cloison::ops {

/// One service on one machine.
struct ServiceStatus {
  std::string service{}, machine{};  // "gateway", "here.app.gateway-1"
  bool declared = true;
  std::string release{};  // that is declared; "" of a balancer
  bool spare = false;     // declared to run only while others change
  std::optional<RunningService> running{};
  std::string not_known{};  // why the machine could not be asked
  [[nodiscard]] bool is_as_declared() const { return declared && running && running->release == release; }
  [[nodiscard]] bool is_well() const { return running && running->ails.empty(); }
};

struct StatusResult {
  Ending ending = Ending::done;  // differs: one is not as declared, not well or not known
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<ServiceStatus> services{};  // in order of service and machine
};

/// `services`: only these; none: all. Asks machines, and changes nothing.
[[nodiscard]] StatusResult status(const Context& context, const std::vector<std::string>& services);

}  // namespace cloison::ops
