#include "core/apply/scheduler.h"
#include "core/model/upgrade.h"

namespace cloison::apply {

Result<ApplyResult> run(const Plan& plan, const Providers& providers, state::StateStore& store, state::StateLock& lock,
                        const state::OperationStarted& operation, const Clock& clock, EventSink& events,
                        const ApplyOptions& options) {
  auto snapshot = store.load();
  if (!snapshot) return fail(std::move(snapshot).error());
  if (auto notes = upgrade_rows(*snapshot, providers); !notes.empty()) return fail(std::move(notes.front()));
  Ledger ledger(store, lock, *std::move(snapshot));
  return Scheduler(plan, providers, ledger, operation, clock, events, options).run();
}

}  // namespace cloison::apply
