#include "core/apply/scheduler.h"

namespace cloison::apply {

Result<ApplyResult> run(const Plan& plan, const Providers& providers, state::StateStore& store, state::StateLock& lock,
                        const state::OperationStarted& operation, const Clock& clock, EventSink& events,
                        const ApplyOptions& options) {
  auto snapshot = store.load();
  if (!snapshot) return fail(std::move(snapshot).error());
  Ledger ledger(store, lock, *std::move(snapshot));
  return Scheduler(plan, providers, ledger, operation, clock, events, options).run();
}

}  // namespace cloison::apply
