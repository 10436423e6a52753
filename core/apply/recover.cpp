#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "core/apply/executor.h"
#include "core/apply/ledger.h"
#include "core/model/upgrade.h"
#include "core/state/history.h"

namespace cloison::apply {
namespace {

using How = state::StepOutcome::How;
using std::chrono::milliseconds;

class Recovery {
 public:
  Recovery(Ledger& ledger, const Clock& clock, EventSink& events)
      : ledger_(&ledger), clock_(&clock), events_(&events) {}

  void settle(const state::StepIntent& intent, const KindSchema& kind, const std::vector<Observed>& seen) {
    switch (intent.verb) {
      case Step::Verb::create:
        return settle_create(intent, kind, seen);
      case Step::Verb::update:
        return settle_update(intent, kind, seen);
      case Step::Verb::remove:
        return settle_removal(intent, seen);
      case Step::Verb::adopt:
      case Step::Verb::forget:
        return close(intent, How::undone, "changed nothing on the platform");
    }
  }
  /// Steps of the operation that turned out to be done.
  [[nodiscard]] uint64_t found_done(const std::string& operation) const {
    const auto found = found_done_.find(operation);
    return found == found_done_.end() ? 0 : found->second;
  }
  void tell() {
    for (const Recovered& one : told_) events_->on(one);
    told_.clear();
  }

 private:
  void settle_create(const state::StepIntent& intent, const KindSchema& kind, const std::vector<Observed>& seen) {
    const ResourceState* row = ledger_->find(intent.key);
    if (row != nullptr && find_by_id(seen, row->kind, row->remote_id) != nullptr)
      return close(intent, How::adopted_in_recovery, "it is there and known");
    const Marker marker{ledger_->lineage(), intent.key.generation, intent.key.address};
    const Observed* found = find_created(seen, kind, marker, intent.desired, ledger_->held(intent.provider));
    if (found == nullptr) {
      restore_former(intent);
      return close(intent, How::undone, "the creation had not arrived");
    }
    const Value applied = as_found(kind, intent.desired, found->attributes);
    ledger_->put({.key = intent.key,
                  .provider = intent.provider,
                  .kind = intent.kind,
                  .remote_id = found->remote_id,
                  .schema_version = kind.version,
                  .applied = applied,
                  .observed = shared_observation(kind, applied, found->attributes),
                  .provider_config = intent.provider_config,
                  .depends_on = intent.depends_on,
                  .origins = intent.origins});
    close(intent, How::adopted_in_recovery, "the creation had arrived; taken over");
  }

  /// The generation that the unfinished replacement had put aside is the current one again.
  void restore_former(const state::StepIntent& intent) {
    if (ledger_->current(intent.key.address) != nullptr) return;
    const ResourceState* newest = nullptr;
    for (auto row = ledger_->rows().lower_bound(RowKey{intent.key.address, 0}); row != ledger_->rows().end(); ++row) {
      if (row->first.address != intent.key.address) break;
      newest = &row->second;
    }
    if (newest == nullptr) return;
    ResourceState row = *newest;
    row.deposed = false;
    ledger_->put(std::move(row));
  }

  void settle_update(const state::StepIntent& intent, const KindSchema& kind, const std::vector<Observed>& seen) {
    const ResourceState* row = ledger_->find(intent.key);
    const Observed* found = row == nullptr ? nullptr : find_by_id(seen, row->kind, row->remote_id);
    // Half done counts as not done: the row keeps what was before, so that the next plan sees all that is missing.
    if (found == nullptr || !unlike(kind, intent.desired, found->attributes).empty())
      return close(intent, How::undone, "the update had not been done");
    ResourceState now = *row;
    now.applied = intent.desired;
    now.observed = shared_observation(kind, intent.desired, found->attributes);
    now.depends_on = intent.depends_on;
    now.origins = intent.origins;
    ledger_->put(std::move(now));
    close(intent, How::adopted_in_recovery, "the update had been done");
  }

  void settle_removal(const state::StepIntent& intent, const std::vector<Observed>& seen) {
    if (find_by_id(seen, intent.kind, intent.remote_id) != nullptr)
      return close(intent, How::undone, "the removal had not been done");
    const ResourceState* row = ledger_->find(intent.key);
    if (row != nullptr && row->remote_id == intent.remote_id) ledger_->remove(intent.key);
    close(intent, How::adopted_in_recovery, "the removal had been done");
  }

  void close(const state::StepIntent& intent, How how, std::string what) {
    if (how == How::adopted_in_recovery) ++found_done_[intent.operation];
    ledger_->write(
        state::StepOutcome{.operation = intent.operation, .step = intent.step, .how = how, .when = clock_->now()});
    told_.push_back({.address = intent.key.address, .what = std::move(what)});
  }

  Ledger* ledger_;
  const Clock* clock_;
  EventSink* events_;
  std::vector<Recovered> told_{};
  std::map<std::string, uint64_t> found_done_{};  // by operation
};

using ByProvider = std::map<std::string, std::vector<state::StepIntent>>;

/// The longest settle time that is still running for one of these intents.
milliseconds remaining_settle(const std::vector<state::StepIntent>& intents, std::span<const KindSchema> kinds,
                              Instant now, const ApplyOptions& options) {
  std::chrono::seconds longest{0};
  for (const state::StepIntent& intent : intents) {
    const KindSchema* kind = find_kind(kinds, intent.kind);
    if (kind == nullptr) continue;
    // A clock that went back, or stands still, never waits longer than the kind says.
    const auto waited = std::clamp<std::chrono::seconds>(now - intent.when, std::chrono::seconds(0), kind->settle);
    longest = std::max(longest, kind->settle - waited);
  }
  return milliseconds(longest.count() * options.settle_scale.count());
}

/// False when a signal came first.
bool sleep_unless_stopped(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Diagnostic unreadable(const std::string& provider, std::size_t intents, const std::string& why) {
  return {.severity = Diagnostic::Severity::warning,
          .kind = ErrorKind::state,
          .code = "CL3207",
          .summary = fmt::format("what a former run left in doubt at '{}' cannot be looked at", provider),
          .detail = fmt::format("{} step(s) may have been done. {}.", intents, why),
          .hint = "run `cloison apply` when it is back; was its entry removed, declare it again first"};
}

Diagnostic stopped() {
  return {.kind = ErrorKind::cancelled,
          .code = "CL3210",
          .summary = "stopped before a former run was settled",
          .detail = "Nothing was changed.",
          .hint = "`cloison apply` takes it up again"};
}

/// An older version may have been killed: what it had in mind is read in today's layout.
Result<void> bring_up_to_date(state::StepIntent& intent, const Provider& provider) {
  if (intent.desired.is_null()) return {};
  ResourceState row{.key = intent.key,
                    .provider = intent.provider,
                    .kind = intent.kind,
                    .schema_version = intent.schema_version,
                    .applied = intent.desired,
                    .observed = intent.desired};
  if (auto why = upgrade_row(row, provider)) return fail(*std::move(why));
  intent.desired = std::move(row.applied);
  intent.schema_version = row.schema_version;
  return {};
}

}  // namespace

Result<std::size_t> recover(state::StateStore& store, state::StateLock& lock, const Providers& providers,
                            const Clock& clock, EventSink& events, const ApplyOptions& options) {
  auto intents = store.open_intents();
  if (!intents) return fail(std::move(intents).error());
  auto operations = store.open_operations();
  if (!operations) return fail(std::move(operations).error());
  if (intents->empty() && operations->empty()) return std::size_t{0};
  auto snapshot = store.load();
  if (!snapshot) return fail(std::move(snapshot).error());
  if (auto notes = upgrade_rows(*snapshot, providers); !notes.empty()) return fail(std::move(notes.front()));
  Ledger ledger(store, lock, *std::move(snapshot));
  Recovery recovery(ledger, clock, events);

  ByProvider by_provider;
  for (state::StepIntent& intent : *intents) by_provider[intent.provider].push_back(std::move(intent));
  std::size_t settled = 0;
  for (auto& [name, list] : by_provider) {
    const auto provider = providers.find(name);
    if (provider == providers.end()) {
      events.on(Noted{unreadable(name, list.size(), "Nothing with that name answers now")});
      continue;
    }
    const auto known = provider->second->kinds();
    for (state::StepIntent& intent : list)
      if (auto ok = bring_up_to_date(intent, *provider->second); !ok) return fail(std::move(ok).error());
    if (!sleep_unless_stopped(remaining_settle(list, known, clock.now(), options), options.stop_new))
      return fail(stopped());
    std::set<std::string> kinds;
    for (const state::StepIntent& intent : list) kinds.insert(intent.kind);
    const std::vector<std::string> names(kinds.begin(), kinds.end());
    const Call call{.stop = options.stop_waiting, .deadline = std::chrono::steady_clock::now() + options.call_timeout};
    auto seen = provider->second->observe(Scope{ledger.lineage()}, names, call);
    if (!seen && provider->second->stands_alone()) {
      events.on(Noted{unreadable(name, list.size(), seen.error().summary)});
      continue;
    }
    if (!seen) return fail(std::move(seen).error());
    for (const state::StepIntent& intent : list) {
      const KindSchema* kind = find_kind(known, intent.kind);
      if (kind == nullptr) continue;
      recovery.settle(intent, *kind, *seen);
      ++settled;
    }
  }
  std::set<std::string> unfinished;
  for (const state::OperationStarted& operation : *operations) unfinished.insert(operation.id);
  auto tallies = state::tallies_of(store, unfinished);
  if (!tallies) return fail(std::move(tallies).error());
  for (const state::OperationStarted& operation : *operations) {
    const state::Tally& tally = (*tallies)[operation.id];
    ledger.write(state::OperationFinished{.id = operation.id,
                                          .status = "interrupted",
                                          .when = clock.now(),
                                          .done = tally.done + recovery.found_done(operation.id),
                                          .failed = tally.failed});
  }
  if (auto done = ledger.commit(); !done) return fail(std::move(done).error());
  recovery.tell();
  return settled;
}

}  // namespace cloison::apply
