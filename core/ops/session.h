#pragma once
// What operations share: the topology brought to resources, the lock file, the state, the providers.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/ops/validate.h"
#include "core/state/sqlite_store.h"

namespace cloison::ops {

/// Reads cloison.lock beside the topology; notes go to `notes`, spans into `sources`. nullopt on errors.
[[nodiscard]] std::optional<topology::LockFile> read_lock_file(const Context& context, SourceMap& sources,
                                                               Diagnostics& notes);

struct Loaded {
  SourceMap sources{};
  Diagnostics notes{};
  std::shared_ptr<const topology::Topology> topology{};
};
[[nodiscard]] Loaded load_topology(const Context& context);

/// Resolves and compiles; adds to `notes`. False on errors.
struct Brought {
  topology::Resolved resolved{};
  compile::Compiled compiled{};
  std::map<std::string, std::string> templates{};  // files that services fill, by reference ("file:…")
};
[[nodiscard]] std::optional<Brought> bring(const Context& context,
                                           const std::shared_ptr<const topology::Topology>& topology,
                                           const topology::LockFile& lock, const topology::ResolveOptions& options,
                                           Diagnostics& notes);

/// The provider as it is stored and given to the factory: an entry, or a node of one. `compiled` knows the machines on
/// which services run.
[[nodiscard]] StoredProvider stored_provider(const topology::Topology& topology, const std::string& name,
                                             const compile::Compiled* compiled = nullptr);
/// Names of all providers of the topology: its entries, and of kind node one for each node.
[[nodiscard]] std::vector<std::string> provider_names(const topology::Topology& topology);
/// The same, and machines on which services run, as far as the topology resolves.
[[nodiscard]] std::vector<std::string> all_provider_names(const Context& context,
                                                          const std::shared_ptr<const topology::Topology>& topology);
/// Gives notes about "providers.ENTRY" or "providers.ENTRY.SETTING" the place where that is written.
void point_at_providers(const topology::Topology& topology, Diagnostics& notes);
[[nodiscard]] std::string provider_digest(const StoredProvider& entry);

/// Lowers every intent with its provider and facts, and forgets it; canonical, in order of address. Adds to `notes` and
/// `not_applied`.
[[nodiscard]] std::vector<Resource> lower_all(std::map<std::string, Intent> intents, const Providers& providers,
                                              std::map<std::string, Facts>& facts, std::vector<NotApplied>& not_applied,
                                              Diagnostics& notes);

/// Opens the state; `expected_lineage` from the lock file.
[[nodiscard]] Result<std::unique_ptr<state::StateStore>> open_state(const Context& context,
                                                                    const std::string& expected_lineage, bool create,
                                                                    bool recovering = false);
/// The one that cloison.lock names; never a new one.
[[nodiscard]] Result<std::unique_ptr<state::StateStore>> open_known_state(const Context& context);
[[nodiscard]] state::LockInfo lock_info(const Context& context);

}  // namespace cloison::ops
