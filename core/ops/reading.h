#pragma once
// Logging in to providers and reading what is live, all providers side by side.

#include <map>
#include <string>
#include <vector>

#include "core/model/plan.h"
#include "core/ops/context.h"
#include "core/plan/planner.h"

namespace cloison::ops {

/// Providers that stand alone (nodes) and could not be read, each with why: what is theirs waits for the next run.
using Deferred = plan::Deferred;

struct LiveReading {
  std::map<std::string, std::vector<Observed>> observed{};  // by provider entry
  std::map<std::string, std::vector<Quota>> quotas{};
  Diagnostics notes{};
};

/// Makes a provider for each stored entry. Errors are added to `notes`.
[[nodiscard]] Providers make_providers(const Context& context, const std::map<std::string, StoredProvider>& entries,
                                       Diagnostics& notes);
/// Logs in; `facts` are replaced by what is found, sticky choices ("choice/…") kept.
void probe_all(const Context& context, const Providers& providers, std::map<std::string, Facts>& facts,
               Deferred& deferred, Diagnostics& notes);
/// Lists all kinds of each provider that is not deferred, and its quotas.
[[nodiscard]] LiveReading observe_all(const Context& context, const Providers& providers, const std::string& lineage,
                                      Deferred& deferred);
/// Services that run, by provider.
[[nodiscard]] std::map<std::string, std::vector<RunningService>> running_all(const Context& context,
                                                                             const Providers& providers,
                                                                             Deferred& deferred, Diagnostics& notes);
/// What each provider's platform says in its own words, or where it has none, what was observed, as JSON; by provider.
[[nodiscard]] std::map<std::string, std::vector<RawAnswer>> raw_all(const Context& context, const Providers& providers,
                                                                    const std::string& lineage, Deferred& deferred,
                                                                    Diagnostics& notes);
/// One warning for each provider that was deferred.
[[nodiscard]] Diagnostics warnings_of(const Deferred& deferred);

/// Provider entries that rows of the state name and the topology does not: enough to remove what they hold.
[[nodiscard]] std::map<std::string, StoredProvider> stored_entries(const Snapshot& snapshot);

}  // namespace cloison::ops
