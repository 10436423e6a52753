#include "core/ops/context.h"

namespace cloison::ops {

Ending ending_of(const Diagnostics& notes) {
  for (const auto& note : notes) {
    if (note.severity != Diagnostic::Severity::error) continue;
    switch (note.kind) {
      case ErrorKind::locked:
        return Ending::locked;
      case ErrorKind::guarantee:
      case ErrorKind::policy:
        return Ending::policy;
      case ErrorKind::cancelled:
        return Ending::cancelled;
      default:
        return Ending::refused;
    }
  }
  return Ending::done;
}

std::filesystem::path lock_path(const Context& context) {
  return topology::home_of(context.topology) / "cloison.lock";
}

std::filesystem::path state_path(const Context& context) {
  if (!context.state.empty()) return context.state;
  const auto folder = topology::home_of(context.topology) / ".cloison";
  return context.sandbox.on ? folder / "sandbox" / "state.db" : folder / "state.db";
}

std::filesystem::path simulator_path(const Context& context) {
  return state_path(context).parent_path() / "simulator.db";
}

}  // namespace cloison::ops
