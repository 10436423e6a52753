#pragma once
// `cloison state …`, `cloison log`, `cloison graph`: what is believed, what was done, how it hangs together.

#include <functional>
#include <string>
#include <vector>

#include "core/ops/context.h"
#include "core/ops/plan.h"
#include "core/state/store.h"

namespace cloison::ops {

struct StateView {
  Ending ending = Ending::done;
  Diagnostics notes{};
  std::optional<Snapshot> snapshot{};
  std::string location{};
};
/// The state, or at an earlier serial.
[[nodiscard]] StateView read_state(const Context& context, std::optional<uint64_t> at = std::nullopt);

struct StateChange {
  Ending ending = Ending::done;
  Diagnostics notes{};
  std::size_t rows = 0;
  bool declined = false;
};
/// The object stays, cloison forgets it. Everything that depends on it is named and must be removed too, or it is
/// refused. What could be done is put to `agrees` first, so that nobody answers for nothing.
[[nodiscard]] StateChange state_remove(const Context& context, const std::vector<std::string>& addresses,
                                       const std::function<bool(std::size_t)>& agrees);
/// The row gets another address (a site or host was renamed); every address below moves along.
[[nodiscard]] StateChange state_move(const Context& context, const std::string& from, const std::string& to);
/// Takes an existing object of the platform under a declared address.
[[nodiscard]] StateChange state_import(const Context& context, const std::string& address,
                                       const std::string& remote_id);
/// Rebuilds a lost state from the markers that every object of ours carries.
[[nodiscard]] StateChange state_recover(const Context& context);

struct LogView {
  Ending ending = Ending::done;
  Diagnostics notes{};
  std::vector<state::LogEntry> entries{};
  std::optional<state::LogCheck> check{};
};
[[nodiscard]] LogView read_log(const Context& context, std::size_t limit, bool verify);

struct GraphOptions {
  bool plan = false;              // steps of a plan instead of resources
  std::size_t group_above = 500;  // nodes; above, one per declared path
};
struct GraphView {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::string dot{};
  std::size_t nodes = 0, edges = 0;
  bool grouped = false;
};
[[nodiscard]] GraphView graph(const Context& context, const GraphOptions& options);

}  // namespace cloison::ops
