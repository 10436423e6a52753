#include "core/ops/apply.h"

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/deploy/rollout.h"
#include "core/model/upgrade.h"
#include "core/ops/effects.h"
#include "core/ops/files.h"
#include "core/ops/plan_files.h"
#include "core/ops/planning.h"
#include "core/ops/recording.h"
#include "core/ops/sandbox.h"
#include "core/plan/planner.h"

namespace cloison::ops {

namespace {

/// What the plan saw of the objects that it touches, against what is seen now.
Diagnostics live_moved_since(const Plan& plan, const Snapshot& snapshot,
                             const std::map<std::string, std::vector<Observed>>& observed) {
  std::map<std::pair<std::string, std::string>, std::string> digests;
  for (const auto& [provider, objects] : observed)
    for (const auto& object : objects)
      digests.emplace(std::pair(object.kind, object.remote_id), value_digest(object.attributes));
  std::map<std::string_view, const Step*> unexpected;  // what has no row, by the address that the plan gave it
  for (const Step& step : plan.steps)
    if (step.unexpected) unexpected.emplace(step.key.address, &step);
  Diagnostics notes;
  for (const auto& [address, seen] : plan.read_set.live) {
    const auto* row = snapshot.current(address);
    const auto step = row ? unexpected.end() : unexpected.find(address);
    if (!row && step == unexpected.end()) continue;  // absence is compared by the planner
    if (!observed.contains(row ? row->provider : step->second->provider)) continue;
    const auto now = digests.find(row ? std::pair(row->kind, row->remote_id)
                                      : std::pair(step->second->kind, step->second->remote_id));
    if ((now == digests.end() ? std::string() : now->second) == seen) continue;
    notes.push_back(
        {.kind = ErrorKind::conflict,
         .code = "CL3113",
         .summary = "the object behind " + address + " changed since the plan was made",
         .detail = now == digests.end() ? "It is no longer there." : "Its attributes are not those that the plan saw.",
         .hint = "`cloison plan -o PLAN` makes a new one; look at its drift",
         .address = address});
  }
  return notes;
}

/// One apply or destroy under way: lock, recover, plan (or read a saved one), confirm, run.
class Applying {
 public:
  Applying(const Context& context, const ApplyRequest& request) : context_(context), request_(request) {}

  AppliedResult run() {
    if (allowed() && read_saved() && lock() && recover() &&
        (file_               ? saved()
         : request_.rollback ? former()
                             : fresh()) &&
        guaranteed() && look_at_record() && confirmed())
      execute();
    if (result_.ending == Ending::done) result_.ending = ending();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool add(Diagnostic why) {
    result_.notes.push_back(std::move(why));
    return false;
  }
  [[nodiscard]] bool allowed();
  [[nodiscard]] bool read_saved();
  [[nodiscard]] bool lock();
  [[nodiscard]] bool recover();
  [[nodiscard]] bool fresh();
  [[nodiscard]] bool former();
  [[nodiscard]] bool saved();
  [[nodiscard]] bool still_true(const Snapshot& snapshot);
  [[nodiscard]] bool prove_again(const Snapshot& snapshot, const LiveReading& live);
  [[nodiscard]] bool guaranteed();
  [[nodiscard]] bool look_at_record();
  [[nodiscard]] bool confirmed();
  void execute();
  [[nodiscard]] std::optional<Snapshot> rows_before();
  void put_back(const Snapshot& before);
  [[nodiscard]] Ending ending() const;
  /// A diagnostic about a plan file, with the name of this one in its hint.
  [[nodiscard]] Diagnostic named(Diagnostic why) const {
    constexpr std::string_view k_any = "`cloison plan -o PLAN`";
    if (const auto at = why.hint.find(k_any); at != std::string::npos)
      why.hint.replace(at, k_any.size(), planned_again(request_.plan_file));
    return why;
  }
  [[nodiscard]] state::OperationStarted operation() const { return operation_of(*result_.planned.plan); }
  [[nodiscard]] state::OperationStarted operation_of(const Plan& plan) const;
  [[nodiscard]] apply::ApplyOptions options() const {
    apply::ApplyOptions options{.parallelism = context_.parallelism,
                                .stop_new = context_.stop_new,
                                .stop_waiting = context_.stop_waiting,
                                .settle_scale = context_.pace,
                                .schedule_seed = context_.schedule_seed};
    if (context_.call_timeout) options.call_timeout = *context_.call_timeout;
    return options;
  }

  const Context& context_;
  const ApplyRequest& request_;
  AppliedResult result_{};
  std::unique_ptr<state::StateStore> store_{};
  std::unique_ptr<state::StateLock> lock_{};
  Providers providers_{};
  std::optional<plan::PlanFile> file_{};
  std::optional<state::RecordedTopology> record_{};  // nothing where the log says the same already
  bool recovered_ = false;
};

bool Applying::allowed() {
  if (context_.clock.is_fixed() && !context_.sandbox.whole())
    return add({.kind = ErrorKind::usage,
                .code = "CL3120",
                .summary = "CLOISON_NOW is set: a real apply takes the system's date",
                .detail = "The variable is for tests and for the sandbox.",
                .hint = "unset CLOISON_NOW"});
  return true;
}

/// What the file itself says is looked at before any state: the wrong one would only be missed there.
bool Applying::read_saved() {
  if (request_.plan_file.empty()) return true;
  auto file = read_plan_file(request_.plan_file);
  if (!file) return add(file.error());  // never a hint to write over what is no plan
  if (file->plan.sandbox != context_.sandbox.on)
    return add({.kind = ErrorKind::state,
                .code = "CL3111",
                .summary = file->plan.sandbox ? "a plan of the sandbox cannot be applied for real"
                                              : "a real plan cannot be applied in the sandbox",
                .detail = "Plans and states of the sandbox and of real accounts never mix.",
                .hint = file->plan.sandbox ? "add --sandbox" : "leave --sandbox out"});
  const auto& now = context_.sandbox.providers;
  if (file->plan.simulated != std::vector<std::string>(now.begin(), now.end()))
    return add({.kind = ErrorKind::state,
                .code = "CL3111",
                .summary = "the plan was made with other providers simulated",
                .detail = file->plan.simulated.empty() ? "Nothing of it was meant to be real."
                                                       : "Simulated were " + join(file->plan.simulated, ", ") + ".",
                .hint = file->plan.simulated.empty() ? std::string("say --sandbox alone")
                                                     : "say --sandbox=" + join(file->plan.simulated, ",")});
  file_ = *std::move(file);
  return true;
}

bool Applying::lock() {
  std::string lineage;
  if (auto known = read_lock_file(context_, result_.sources, result_.notes))
    lineage = known->lineage;
  else
    return false;
  auto store = open_state(context_, lineage, request_.plan_file.empty());
  if (!store) return add(store.error());
  store_ = *std::move(store);
  auto held = store_->lock(lock_info(context_), {}, context_.lock_timeout);
  if (!held) return add(held.error());
  lock_ = *std::move(held);
  return true;
}

bool Applying::recover() {
  auto open = store_->open_intents();
  if (!open) return add(open.error());
  auto operations = store_->open_operations();
  if (!operations) return add(operations.error());
  if (open->empty() && operations->empty()) return true;
  auto snapshot = store_->load();
  if (!snapshot) return add(snapshot.error());
  auto entries = stored_entries(*snapshot);
  for (const auto& intent : *open)
    if (const auto stored = snapshot->provider_configs.find(intent.provider_config);
        stored != snapshot->provider_configs.end())
      entries.insert_or_assign(intent.provider, stored->second);
  append(result_.notes, mixed_with_sandbox(context_, entries));
  if (has_errors(result_.notes)) return false;
  auto providers = make_providers(context_, entries, result_.notes);
  if (has_errors(result_.notes)) return false;
  auto facts = snapshot->facts;
  Deferred deferred;  // what was in doubt there stays so
  probe_all(context_, providers, facts, deferred, result_.notes);
  if (has_errors(result_.notes)) return false;
  std::erase_if(providers, [&](const auto& one) { return deferred.contains(one.first); });
  auto settled = apply::recover(*store_, *lock_, providers, context_.clock, *context_.events, options());
  if (!settled) return add(settled.error());
  recovered_ = true;
  return true;
}

bool Applying::fresh() {
  const PlanOptions plan_options{.destroy = request_.destroy};
  Planning planning(context_, plan_options);
  result_.planned = planning.run(store_.get());
  providers_ = planning.providers();
  append(result_.notes, result_.planned.notes);
  result_.sources = result_.planned.sources;
  if (result_.planned.plan) return true;
  result_.ending = result_.planned.ending;
  return false;
}

/// What ran before, whatever the topology says now.
bool Applying::former() {
  auto plan = plan_rollback(context_, *store_, *request_.rollback, providers_, result_.notes);
  if (!plan) return false;
  result_.planned.plan = *std::move(plan);
  result_.planned.plan_digest = plan::plan_digest(*result_.planned.plan);
  return true;
}

bool Applying::saved() {
  auto snapshot = store_->load();
  if (!snapshot) return add(snapshot.error());
  // A plan of another state is told as such; that its seal is another one is no wonder.
  if (file_->plan.lineage != snapshot->lineage) return add(named(plan::moved_since(file_->plan, *snapshot).front()));
  if (auto sealed = check_seal(*store_, *file_, request_.plan_file); !sealed) return add(sealed.error());
  result_.planned.plan = std::move(file_->plan);
  result_.planned.plan_digest = plan::plan_digest(*result_.planned.plan);
  result_.sources = result_.planned.plan->sources;
  const auto& plan = *result_.planned.plan;
  if (auto refused = context_.strict ? strict_refusal(plan, plan.warnings.size()) : std::nullopt)
    return add(*std::move(refused));
  return still_true(*snapshot);
}

/// Rows, allocations and what is live must be as they were where the plan looked at them (engine decision 6).
bool Applying::still_true(const Snapshot& snapshot) {
  const auto& plan = *result_.planned.plan;
  for (auto& note : plan::moved_since(plan, snapshot)) result_.notes.push_back(named(std::move(note)));
  if (auto lock = read_lock_file(context_, result_.sources, result_.notes);
      lock && !plan.destroy && lock->entries != plan.allocations)
    result_.notes.push_back({.kind = ErrorKind::conflict,
                             .code = "CL3112",
                             .summary = "cloison.lock is not the one that the plan was made with",
                             .detail = "Addresses may have been given since.",
                             .hint = "make a new plan: " + planned_again(request_.plan_file)});
  if (has_errors(result_.notes)) return false;
  providers_ = make_providers(context_, plan.providers, result_.notes);
  if (has_errors(result_.notes)) return false;
  auto facts = plan.facts;
  Deferred deferred;  // of those that the plan has steps for, the steps fail by themselves
  probe_all(context_, providers_, facts, deferred, result_.notes);
  if (has_errors(result_.notes)) return false;
  auto live = observe_all(context_, providers_, plan.lineage, deferred);
  append(result_.notes, std::move(live.notes));
  if (has_errors(result_.notes)) return false;
  append(result_.notes, warnings_of(deferred));
  for (auto& note : live_moved_since(plan, snapshot, live.observed)) result_.notes.push_back(named(std::move(note)));
  return !has_errors(result_.notes) && prove_again(snapshot, live);
}

/// What somebody else applied since then stays, together with this plan; whether the guarantees of the topology at hand
/// hold then is another question than the plan's own.
bool Applying::prove_again(const Snapshot& snapshot, const LiveReading& live) {
  auto& plan = *result_.planned.plan;
  if (plan.serial == snapshot.serial || plan.empty() || plan.destroy) return true;
  const auto validated = validate(context_);
  if (!validated.resolved)
    return add(
        {.kind = ErrorKind::policy,
         .code = "CL6123",
         .summary = "other changes were applied since this plan, and whether guarantees hold with both is not known",
         .detail = "The topology at hand does not validate.",
         .hint = "`cloison validate` says why; then make a new plan: " + planned_again(request_.plan_file)});
  Effects effects(*validated.resolved, validated.not_applied, context_.clock.now());
  effects.is(snapshot, live);
  plan.reach = {};
  effects.work_out(providers_, snapshot, plan);
  result_.sources = validated.sources;
  return true;
}

/// Nothing is applied that breaks a guarantee, unless somebody says why it may.
bool Applying::guaranteed() {
  if (result_.planned.plan->empty()) return true;
  append(result_.notes, broken_guarantees(*result_.planned.plan, context_.overrides));
  return !has_errors(result_.notes);
}

/// What the network is to be like is part of its history, also where no platform has to change: an owner, a review.
bool Applying::look_at_record() {
  auto record = record_of(*store_, result_.planned.plan->written);
  if (!record) return add(record.error());
  record_ = *std::move(record);
  return true;
}

bool Applying::confirmed() {
  if (result_.planned.plan->empty()) return record_ || !result_.planned.plan->observed_updates.empty();
  if (!request_.plan_file.empty() || !request_.confirm || request_.confirm(result_.planned)) return true;
  result_.ending = Ending::declined;
  return false;
}

state::OperationStarted Applying::operation_of(const Plan& plan) const {
  return {.id = random_hex(16),
          .command = request_.rollback  ? "rollback"
                     : request_.destroy ? "destroy"
                                        : "apply",
          .user = user_name(),
          .host = host_name(),
          .when = context_.clock.now(),
          .plan_digest = result_.planned.plan_digest,
          .topology_name = plan.topology_name,
          .topology_digest = plan.written.empty() ? result_.planned.topology_digest : plan.written.digest,
          .git_commit = git_commit(topology::home_of(context_.topology)),
          .ticket = context_.ticket,
          .approved_by = context_.approved_by,
          .override_reason = overridden(plan, context_.overrides),
          .cloison_version = context_.version,
          .steps = plan.steps.size()};
}

void Applying::execute() {
  const auto& plan = *result_.planned.plan;
  const auto before = rows_before();
  if (has_errors(result_.notes)) return;
  auto begun = operation();
  result_.recorded = record_.has_value();
  begun.recorded = std::move(record_);
  auto ran = apply::run(plan, providers_, *store_, *lock_, begun, context_.clock, *context_.events, options());
  if (!ran) {
    result_.notes.push_back(ran.error());
    // The error came from the state itself: what was done stands in its log.
    result_.ran = true;
    result_.result.changed_anything = true;
    result_.result.failed = 1;
    return;
  }
  result_.ran = true;
  result_.result = *std::move(ran);
  append(result_.notes, result_.result.failures);
  if (const auto operations = store_->count_operations()) result_.log_entry = *operations;
  if (before && !result_.result.cancelled) put_back(*before);
}

/// Only a rollout may need them again.
std::optional<Snapshot> Applying::rows_before() {
  if (!deploy::has_rollouts(*result_.planned.plan)) return std::nullopt;
  auto rows = store_->load();
  if (!rows) {
    result_.notes.push_back(rows.error());
    return std::nullopt;
  }
  append(result_.notes, upgrade_rows(*rows, providers_));
  return *std::move(rows);
}

/// Two releases side by side are for the time of an update only. A run that is killed here is gone on with by the next.
void Applying::put_back(const Snapshot& before) {
  const auto back = deploy::going_back(*result_.planned.plan, result_.result, before);
  if (back.empty()) return;
  result_.to_put_back = back.steps.size();
  auto operation = operation_of(back);
  operation.command = "put back";
  auto ran = apply::run(back, providers_, *store_, *lock_, operation, context_.clock, *context_.events, options());
  if (ran)
    result_.put_back = *std::move(ran);
  else
    result_.put_back = {.failed = back.steps.size(), .failures = {ran.error()}};
  append(result_.notes, result_.put_back.failures);
}

Ending Applying::ending() const {
  if (!result_.ran) return ending_of(result_.notes);
  const auto& result = result_.result;
  if (result.failed == 0 && !result.cancelled) return Ending::done;
  if (result.changed_anything || recovered_) return Ending::partly;
  return result.cancelled ? Ending::cancelled : Ending::refused;
}

}  // namespace

AppliedResult apply(const Context& context, const ApplyRequest& request) {
  return Applying(context, request).run();
}

}  // namespace cloison::ops
