#include <fmt/format.h>

#include "core/apply/scheduler.h"
#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::apply {
namespace {

/// Cancelled while nobody knows whether the step was done.
Diagnostic stopped_in_doubt(std::string summary) {
  return {.kind = ErrorKind::cancelled,
          .code = "CL3203",
          .summary = std::move(summary),
          .hint = "`cloison apply` looks first and goes on"};
}

StoredOrigin stored(const Origin& origin, const SourceMap& sources) {
  const SourceSpan& span = sources.span(origin.span);
  return {.declared_by = origin.declared_by,
          .file = sources.file_name(origin.span),
          .line = span.line,
          .column = span.column};
}

void add_keys(std::vector<std::string>& keys, const std::string& provider, const Value& value) {
  if (const std::string* text = value.as_text()) keys.push_back(provider + "#" + *text);
  if (const std::vector<Value>* list = value.as_list()) {
    for (const Value& item : *list) add_keys(keys, provider, item);
  }
}

}  // namespace

std::string provider_config_key(const StoredProvider& provider) {
  std::string text = provider.name + '\0' + provider.kind;
  for (const auto& [name, value] : provider.settings) text += '\0' + name + '\0' + value;
  return sha256_hex(text);
}

Scheduler::Scheduler(const Plan& plan, const Providers& providers, Ledger& ledger,
                     const state::OperationStarted& operation, const Clock& clock, EventSink& events,
                     const ApplyOptions& options)
    : plan_(&plan),
      providers_(&providers),
      ledger_(&ledger),
      operation_(&operation),
      clock_(&clock),
      events_(&events),
      options_(&options),
      progress_(plan.steps.size()),
      lanes_(options.parallelism),
      random_(options.schedule_seed) {
  constexpr std::size_t k_most_workers = 256;
  std::size_t workers = 0;
  for (const auto& [name, provider] : providers) {
    const unsigned most = provider->most_calls();
    if (most > 0) lanes_.limit_to(name, most);
    workers += most > 0 ? std::min(most, options.parallelism) : options.parallelism;
  }
  workers_ = std::make_unique<Workers>(std::clamp<std::size_t>(workers, 1, k_most_workers));
  for (const auto& [name, provider] : plan.providers) config_keys_.emplace(name, provider_config_key(provider));
  for (uint32_t s = 0; s < progress_.size(); ++s) {
    for (const uint32_t before : plan.steps[s].after) progress_[before].next.push_back(s);
    progress_[s].unmet = plan.steps[s].after.size();
    progress_[s].joins = joins(plan.steps[s]);
    if (progress_[s].joins) joining_[plan.steps[s].provider].push_back(s);
    if (progress_[s].unmet > 0) continue;
    progress_[s].phase = Phase::ready;
    ready_.insert(s);
  }
}

Result<ApplyResult> Scheduler::run() {
  const auto began = std::chrono::steady_clock::now();
  const std::stop_callback on_first(options_->stop_new, [this] { workers_->wake(); });
  const std::stop_callback on_second(options_->stop_waiting, [this] { workers_->wake(); });
  if (stopping()) {
    result_.cancelled = true;
    return result_;
  }
  write_start();
  events_->on(ApplyStarted{.steps = plan_->steps.size()});
  if (auto done = turn({}); !done) return fail(std::move(done).error());
  while (!running_.empty() || !timers_.empty() || !intended_.empty() || !to_observe_.empty() ||
         (!ready_.empty() && !stopping())) {
    auto done = turn(workers_->wait(next_timer()));
    if (!done) {
      // The state takes no more: what runs is recovered from its intents, and nothing else is begun.
      call_stop_.request_stop();
      return fail(std::move(done).error());
    }
    if (!options_->stop_waiting.stop_requested()) continue;
    result_.cancelled = true;
    call_stop_.request_stop();
    workers_->abandon();
    return result_;
  }
  stop_beginning();
  write_end();
  if (auto done = ledger_->commit(); !done) return fail(std::move(done).error());
  for (const Event& event : std::exchange(reports_, {})) events_->on(event);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  events_->on(ApplyFinished{.done = result_.done, .failed = result_.failed, .skipped = result_.skipped, .took = took});
  return result_;
}

/// Finished outcomes and the intents of what comes next become durable together; then the calls are made.
Result<void> Scheduler::turn(std::vector<Answer> answers) {
  for (Answer& answer : answers) take(std::move(answer));
  if (stopping())
    stop_beginning();
  else
    begin_steps();
  wake_resting();
  leave_out_orphans();
  if (!stopping()) begin_companions();
  auto committed = ledger_->commit();
  if (!committed) return committed;
  for (const Event& event : std::exchange(reports_, {})) events_->on(event);
  if (!options_->stop_waiting.stop_requested()) start_calls();
  return {};
}

void Scheduler::write_start() {
  started_ = true;
  ledger_->write(*operation_);
  for (const auto& [name, provider] : plan_->providers)
    ledger_->batch().provider_configs.emplace(config_keys_.at(name), provider);
  ledger_->batch().facts = plan_->facts;
  ledger_->batch().allocations = plan_->allocations;
  for (const ResourceState& row : plan_->observed_updates) ledger_->put(row);
}

void Scheduler::write_end() {
  std::string status = "done";
  if (result_.cancelled)
    status = "cancelled";
  else if (result_.failed + result_.skipped > 0)
    status = result_.done > 0 ? "partly" : "failed";
  ledger_->write(state::OperationFinished{.id = operation_->id,
                                          .status = status,
                                          .when = clock_->now(),
                                          .done = result_.done,
                                          .failed = result_.failed,
                                          .skipped = result_.skipped});
}

Scheduler::Moment Scheduler::next_timer() const {
  return timers_.empty() ? Moment::max() : timers_.begin()->first;
}

void Scheduler::wake_resting() {
  const Moment now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const uint32_t step = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Progress& progress = progress_[step];
    if (progress.phase == Phase::doubted) {
      to_observe_.insert(step);
    } else if (progress.phase == Phase::resting) {
      progress.phase = Phase::intended;
      intended_.insert(step);
    }
  }
}

/// The first signal, or the end: what has not been called is not called any more.
void Scheduler::stop_beginning() {
  if (!ready_.empty() || !intended_.empty() || !timers_.empty()) result_.cancelled = result_.cancelled || stopping();
  const std::string because = "the run was stopped";
  for (const uint32_t step : std::exchange(intended_, {})) {
    // One that is or was in doubt may exist: its intent stays open, and recovery takes it up.
    if (progress_[step].updating || progress_[step].doubts > 0)
      fail_step(step, stopped_in_doubt("stopped while it was being settled"), false);
    else
      undo(step, because);
  }
  for (const auto& [when, step] : std::exchange(timers_, {})) {
    if (progress_[step].phase == Phase::resting && progress_[step].doubts == 0)
      undo(step, because);
    else
      fail_step(step, stopped_in_doubt("stopped before it was known whether it was done"), false);
  }
  for (const uint32_t step : std::exchange(to_observe_, {}))
    fail_step(step, stopped_in_doubt("stopped before it was known whether it was done"), false);
  for (const uint32_t step : std::exchange(ready_, {})) {
    skip(step, because);
    skip_dependents(step, because);
  }
}

/// Nobody was asked for it.
void Scheduler::undo(uint32_t step, const std::string& because) {
  ledger_->write(state::StepOutcome{
      .operation = operation_->id, .step = step, .how = state::StepOutcome::How::undone, .when = clock_->now()});
  restore_former(step);
  skip(step, because);
  skip_dependents(step, because);
}

/// The generation that the step was to replace is the current one again.
void Scheduler::restore_former(uint32_t step) {
  const ResourceState* former = progress_[step].deposed ? ledger_->find(*progress_[step].deposed) : nullptr;
  if (former == nullptr) return;
  ResourceState row = *former;
  row.deposed = false;
  ledger_->put(std::move(row));
}

uint32_t Scheduler::draw_ready() {
  auto drawn = ready_.begin();
  if (options_->schedule_seed != 0) std::advance(drawn, static_cast<std::ptrdiff_t>(random_() % ready_.size()));
  const uint32_t step = *drawn;
  ready_.erase(drawn);
  return step;
}

void Scheduler::begin_steps() {
  std::size_t ahead = std::max<std::size_t>(1, options_->ahead);
  if (options_->schedule_seed != 0) ahead = 1 + random_() % ahead;
  // What joins is one call, however much it is, and may wait for others: it takes nobody's place.
  auto calls = static_cast<std::size_t>(
      std::count_if(intended_.begin(), intended_.end(), [&](uint32_t step) { return !progress_[step].joins; }));
  while (!ready_.empty() && calls < ahead) {
    const uint32_t step = draw_ready();
    begin(step);
    if (progress_[step].phase == Phase::intended && !progress_[step].joins) ++calls;
  }
}

void Scheduler::begin(uint32_t index) {
  const Step& step = plan_->steps[index];
  Progress& progress = progress_[index];
  if (!providers_->contains(step.provider) || kind_of(step) == nullptr) {
    fail_step(index,
              {.kind = ErrorKind::internal,
               .code = "CL3206",
               .summary = "no provider serves '" + step.key.address + "'",
               .detail = fmt::format("The entry '{}' with the kind '{}' is not at hand.", step.provider, step.kind),
               .hint = "apply with the topology and the version with which the plan was made"},
              true);
    return;
  }
  if (!resolve(index)) return;
  const bool needs_row = step.verb == Step::Verb::update || (step.verb == Step::Verb::remove && !step.unexpected);
  if (needs_row && ledger_->find(step.key) == nullptr && step.verb == Step::Verb::update) {
    fail_step(index,
              {.kind = ErrorKind::state,
               .code = "CL3208",
               .summary = "'" + step.key.address + "' is not in the state any more",
               .hint = "`cloison plan` looks at everything anew"},
              true);
    return;
  }
  depose_former(index);
  ledger_->write(intent_of(index));
  const bool gone = needs_row && ledger_->find(step.key) == nullptr;
  if (step.verb == Step::Verb::adopt || step.verb == Step::Verb::forget || gone) return begin_without_call(index);
  progress.keys = keys_of(step, progress);
  progress.phase = Phase::intended;
  intended_.insert(index);
}

/// What waits only for steps that will be in the same call goes along with them.
void Scheduler::begin_companions() {
  std::vector<uint32_t> open(intended_.begin(), intended_.end());
  while (!open.empty()) {
    const uint32_t index = open.back();
    open.pop_back();
    if (!progress_[index].joins) continue;
    for (const uint32_t next : progress_[index].next) {
      if (!comes_along(next)) continue;
      begin(next);
      if (progress_[next].phase == Phase::intended) open.push_back(next);
    }
  }
}

bool Scheduler::comes_along(uint32_t index) const {
  const Step& step = plan_->steps[index];
  if (progress_[index].phase != Phase::waiting || !progress_[index].joins) return false;
  const bool has_row = step.verb == Step::Verb::create || step.unexpected || ledger_->find(step.key) != nullptr;
  const bool alone = std::any_of(step.after.begin(), step.after.end(), [&](uint32_t before) {
    const bool with = progress_[before].phase == Phase::intended && progress_[before].joins &&
                      plan_->steps[before].provider == step.provider;
    return progress_[before].phase != Phase::done && !with;
  });
  if (!has_row || alone) return false;
  // What it refers to must have become what it will be.
  bool known = true;
  (void)with_references_resolved(step.desired, [&](const Ref& ref) -> std::optional<Value> {
    known = known && std::none_of(step.after.begin(), step.after.end(), [&](uint32_t before) {
              return progress_[before].phase != Phase::done && plan_->steps[before].key.address == ref.address;
            });
    return Value::null();
  });
  return known;
}

/// What was to come along with a step that failed meanwhile.
void Scheduler::leave_out_orphans() {
  const std::vector<uint32_t> open(intended_.begin(), intended_.end());
  for (const uint32_t index : open) {
    if (!progress_[index].joins) continue;
    const Step& step = plan_->steps[index];
    const Progress& progress = progress_[index];
    const auto lost = std::find_if(step.after.begin(), step.after.end(), [&](uint32_t before) {
      return progress_[before].phase == Phase::failed || progress_[before].phase == Phase::skipped;
    });
    if (lost == step.after.end()) continue;
    intended_.erase(index);
    const Step& root = plan_->steps[*lost];
    if (progress.updating || progress.doubts > 0)
      fail_step(index, stopped_in_doubt(fmt::format("'{}' failed while it was being settled", root.key.address)),
                false);
    else
      undo(index, fmt::format("{} of '{}' failed", verb_name(root.verb), root.key.address));
  }
}

/// Steps that change only what the state knows.
void Scheduler::begin_without_call(uint32_t index) {
  const Step& step = plan_->steps[index];
  progress_[index].started = std::chrono::steady_clock::now();
  report(StepStarted{.step = index, .verb = step.verb, .address = step.key.address, .kind = step.kind});
  if (step.verb == Step::Verb::adopt)
    adopt(step, progress_[index]);
  else
    ledger_->remove(step.key);
  finish(index);
}

void Scheduler::adopt(const Step& step, Progress& progress) {
  const KindSchema& kind = *kind_of(step);
  const ResourceState* former = step.moved_from.address.empty() ? nullptr : ledger_->find(step.moved_from);
  Value seen = step.live;
  if (seen.is_null() && former != nullptr) seen = former->observed;
  if (seen.is_null()) seen = progress.desired;
  const auto index = static_cast<uint32_t>(&step - plan_->steps.data());
  // Until an update has made it so, nothing was asked for but what is there, or what was asked under the former name.
  const bool renamed = former != nullptr && former->remote_id == step.remote_id;
  const Value applied = renamed ? former->applied : as_found(kind, progress.desired, seen);
  ResourceState row = new_row(index, step.remote_id, applied, seen);
  if (former != nullptr) ledger_->remove(step.moved_from);
  ledger_->put(std::move(row));
}

bool Scheduler::resolve(uint32_t index) {
  const Step& step = plan_->steps[index];
  if (step.desired.is_null()) return true;
  std::string unknown;
  Value resolved = with_references_resolved(step.desired, [&](const Ref& ref) -> std::optional<Value> {
    const ResourceState* target = ledger_->current(ref.address);
    if (target != nullptr && ref.attribute.empty() && !target->remote_id.empty()) return Value::text(target->remote_id);
    if (target != nullptr && !ref.attribute.empty()) {
      const auto provider = providers_->find(target->provider);
      const KindSchema* kind =
          provider == providers_->end() ? nullptr : find_kind(provider->second->kinds(), target->kind);
      if (kind != nullptr) {
        const Value& seen = attribute(*kind, target->observed, ref.attribute);
        const Value& asked = attribute(*kind, target->applied, ref.attribute);
        if (!seen.is_null()) return seen;
        if (!asked.is_null()) return asked;
      }
    }
    unknown = ref.address + (ref.attribute.empty() ? "" : "." + ref.attribute);
    return std::nullopt;
  });
  if (!unknown.empty()) {
    fail_step(index,
              {.kind = ErrorKind::internal,
               .code = "CL3201",
               .summary = "'" + step.key.address + "' needs '" + unknown + "', which is not known",
               .detail = "What a step refers to must be there before it begins.",
               .hint = "`cloison plan` looks at everything anew"},
              true);
    return false;
  }
  progress_[index].desired = normalised(*kind_of(step), resolved);
  return true;
}

void Scheduler::depose_former(uint32_t index) {
  const Step& step = plan_->steps[index];
  if (!step.deposes) return;
  const ResourceState* former = ledger_->current(step.key.address);
  if (former == nullptr || former->key == step.key) return;
  ResourceState row = *former;
  row.deposed = true;
  progress_[index].deposed = row.key;
  ledger_->put(std::move(row));
}

state::StepIntent Scheduler::intent_of(uint32_t index) const {
  const Step& step = plan_->steps[index];
  const ResourceState* row = ledger_->find(step.key);
  state::StepIntent intent{.operation = operation_->id,
                           .step = index,
                           .verb = step.verb,
                           .key = step.key,
                           .provider = step.provider,
                           .kind = step.kind,
                           .remote_id = step.remote_id,
                           .desired = progress_[index].desired,
                           .schema_version = kind_of(step)->version,
                           .depends_on = step.depends_on,
                           .when = clock_->now()};
  if (intent.remote_id.empty() && row != nullptr && step.verb != Step::Verb::create) intent.remote_id = row->remote_id;
  const auto config = config_keys_.find(step.provider);
  if (config != config_keys_.end()) intent.provider_config = config->second;
  for (const Origin& origin : step.origins) intent.origins.push_back(stored(origin, plan_->sources));
  return intent;
}

std::vector<std::string> Scheduler::keys_of(const Step& step, const Progress& progress) const {
  std::vector<std::string> keys{step.provider + "@" + step.key.address};
  const ResourceState* row = step.unexpected ? nullptr : ledger_->find(step.key);
  if (row != nullptr && !row->remote_id.empty()) keys.push_back(step.provider + "#" + row->remote_id);
  if (row == nullptr && !step.remote_id.empty()) keys.push_back(step.provider + "#" + step.remote_id);
  const KindSchema& kind = *kind_of(step);
  for (const std::string& name : kind.exclusive) {
    add_keys(keys, step.provider, attribute(kind, progress.desired, name));
    add_keys(keys, step.provider, attribute(kind, step.live, name));
    if (row != nullptr) add_keys(keys, step.provider, attribute(kind, row->applied, name));
  }
  return keys;
}

const KindSchema* Scheduler::kind_of(const Step& step) const {
  const auto provider = providers_->find(step.provider);
  return provider == providers_->end() ? nullptr : find_kind(provider->second->kinds(), step.kind);
}

bool Scheduler::joins(const Step& step) const {
  if (step.verb == Step::Verb::adopt || step.verb == Step::Verb::forget) return false;
  const auto provider = providers_->find(step.provider);
  if (provider == providers_->end() || !provider->second->changes_together()) return false;
  const KindSchema* kind = find_kind(provider->second->kinds(), step.kind);
  return kind != nullptr && !kind->alone;
}

std::chrono::milliseconds Scheduler::scaled(std::chrono::milliseconds real) const {
  return std::chrono::milliseconds(real.count() * options_->settle_scale.count() / 1000);
}

std::chrono::milliseconds Scheduler::settle_of(const Step& step) const {
  return scaled(kind_of(step)->settle);
}

}  // namespace cloison::apply
