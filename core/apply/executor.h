#pragma once
// Runs a plan's steps: durable batch -> calls -> next batch (engine decisions 1, 3, 17, 18).

#include <chrono>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/model/events.h"
#include "core/model/provider.h"
#include "core/state/store.h"

namespace cloison::apply {

struct ApplyOptions {
  unsigned parallelism = 10;  // calls at once, per account at most this many
  std::size_t ahead = 64;     // intents ahead of their calls
  std::chrono::milliseconds call_timeout{120'000};
  /// First signal: start no new step. Second: stop waiting.
  std::stop_token stop_new{}, stop_waiting{};
  /// Seam of tests: instead of sleeping for a kind's settle time.
  std::chrono::milliseconds settle_scale{1000};  // milliseconds that one second of settle time takes
  /// Chooses among ready steps; 0 = in step order. Property tests draw every order that may happen.
  uint64_t schedule_seed = 0;
};

struct ApplyResult {
  std::size_t done = 0, failed = 0, skipped = 0;
  bool changed_anything = false;
  bool cancelled = false;
  Diagnostics failures{};
  std::vector<uint32_t> done_steps{};       // in the order in which they ended
  std::set<std::string> failed_rollouts{};  // the platform said no; one that could not be reached is not among them
};

/// Key under which a provider's configuration is stored (`ResourceState::provider_config`): a digest of its content.
[[nodiscard]] std::string provider_config_key(const StoredProvider& provider);

/// Observes what a killed run left in doubt and settles it (adopt, keep, drop) before anything else is planned.
/// Returns how many were settled.
[[nodiscard]] Result<std::size_t> recover(state::StateStore& store, state::StateLock& lock, const Providers& providers,
                                          const Clock& clock, EventSink& events, const ApplyOptions& options);

/// `operation` is written with the first batch; its id, when, steps and plan digest must be set.
[[nodiscard]] Result<ApplyResult> run(const Plan& plan, const Providers& providers, state::StateStore& store,
                                      state::StateLock& lock, const state::OperationStarted& operation,
                                      const Clock& clock, EventSink& events, const ApplyOptions& options);

}  // namespace cloison::apply
