#include <fmt/format.h>

#include "core/apply/scheduler.h"
#include "core/base/strings.h"

namespace cloison::apply {
namespace {

using std::chrono::milliseconds;

constexpr unsigned k_throttle_tries = 8, k_retries = 5, k_doubts = 3;
constexpr unsigned k_backoff_steps = 5;  // the delay doubles up to 2^5 times its first value

milliseconds backoff(milliseconds first, unsigned tries) {
  return first * (1 << std::min(tries, k_backoff_steps));
}

Diagnostic in_context(Diagnostic why, const Step& step) {
  if (why.address.empty()) why.address = step.key.address;
  if (why.where == 0 && !step.origins.empty()) why.where = step.origins.front().span;
  why.context.push_back(fmt::format("during the {} of {}", verb_name(step.verb), step.key.address));
  return why;
}

}  // namespace

void Scheduler::take(Answer answer) {
  const auto found = running_.find(answer.call);
  if (found == running_.end()) return;
  const Running running = std::move(found->second);
  taken_ = std::chrono::steady_clock::now();
  running_.erase(found);
  lanes_.leave(running.account, running.keys);
  switch (running.what) {
    case Running::What::create:
      return take_creates(running, answer);
    case Running::What::change:
      return take_change(running, answer);
    case Running::What::update:
      return take_update(running, answer);
    case Running::What::remove:
      return take_removal(running, answer);
    case Running::What::observe:
      return take_observation(running, answer);
  }
}

void Scheduler::take_creates(const Running& running, Answer& answer) {
  for (std::size_t i = 0; i < running.steps.size(); ++i) {
    Result<Applied>& one = answer.applied[i];
    if (one)
      created(running.steps[i], one->remote_id, one->observed);
    else
      refuse(running.steps[i], std::move(one).error(), running);
  }
  const bool any =
      std::any_of(answer.applied.begin(), answer.applied.end(), [](const auto& one) { return one.has_value(); });
  if (any) lanes_.succeeded(running.account);
}

ResourceState Scheduler::new_row(uint32_t index, std::string remote_id, const Value& applied,
                                 const Value& observed) const {
  const Step& step = plan_->steps[index];
  const KindSchema& kind = *kind_of(step);
  state::StepIntent intent = intent_of(index);
  return {.key = step.key,
          .provider = step.provider,
          .kind = step.kind,
          .remote_id = std::move(remote_id),
          .schema_version = kind.version,
          .applied = applied,
          .observed = shared_observation(kind, applied, observed),
          .provider_config = std::move(intent.provider_config),
          .depends_on = step.depends_on,
          .origins = std::move(intent.origins)};
}

void Scheduler::created(uint32_t index, const std::string& remote_id, const Value& observed) {
  ledger_->put(new_row(index, remote_id, progress_[index].desired, observed));
  check_law(index, observed);
  finish(index);
}

/// What was known at plan time must be the same after apply; a platform that answers otherwise is told of, not fought.
void Scheduler::check_law(uint32_t index, const Value& observed) {
  const Step& step = plan_->steps[index];
  const std::vector<std::string> names = unlike(*kind_of(step), progress_[index].desired, observed);
  if (names.empty()) return;
  report(Noted{in_context(
      {.severity = Diagnostic::Severity::warning,
       .kind = ErrorKind::conflict,
       .code = "CL3205",
       .summary = fmt::format("the platform answered other values for '{}' than were asked", step.key.address),
       .detail = "Not as asked: " + join(names, ", ") + ".",
       .hint = "`cloison drift` shows whether it stays so"},
      step)});
}

void Scheduler::take_change(const Running& running, Answer& answer) {
  const bool any =
      std::any_of(answer.applied.begin(), answer.applied.end(), [](const auto& one) { return one.has_value(); });
  if (any) lanes_.succeeded(running.account);
  for (std::size_t i = 0; i < running.steps.size(); ++i) {
    const uint32_t index = running.steps[i];
    const Step& step = plan_->steps[index];
    Result<Applied>& one = answer.applied[i];
    if (one) progress_[index].told = std::move(one->told);
    if (!one) {
      refuse(index, std::move(one).error(), running);
    } else if (step.verb == Step::Verb::remove) {
      if (!step.unexpected) ledger_->remove(step.key);
      finish(index);
    } else {
      created(index, one->remote_id.empty() ? row_for(index).remote_id : one->remote_id, one->observed);
    }
  }
}

void Scheduler::take_update(const Running& running, Answer& answer) {
  const uint32_t index = running.steps.front();
  Result<Applied>& one = answer.applied.front();
  if (!one) return refuse(index, std::move(one).error(), running);
  lanes_.succeeded(running.account);
  progress_[index].told = std::move(one->told);
  const ResourceState now = row_for(index);
  created(index, one->remote_id.empty() ? now.remote_id : one->remote_id, one->observed);
}

void Scheduler::take_removal(const Running& running, Answer& answer) {
  const uint32_t index = running.steps.front();
  const Step& step = plan_->steps[index];
  if (!answer.removed) {
    std::vector<std::string> foreign;
    for (const Observed& object : answer.cascade) {
      const bool marked = object.marker && object.marker->lineage == ledger_->lineage();
      if (!marked && !ledger_->holds(step.provider, object.kind, object.remote_id))
        foreign.push_back(object.kind + " " + printable(object.remote_id));
    }
    if (!foreign.empty()) {
      return fail_step(
          index,
          {.kind = ErrorKind::conflict,
           .code = "CL3202",
           .summary = fmt::format("'{}' is not removed: foreign objects are in it or use it", step.key.address),
           .detail = "Not ours: " + join(foreign, ", ") + ".",
           .hint = "remove these yourself, or keep the declaration"},
          true);
    }
    Progress& progress = progress_[index];
    progress.harmless = true;
    progress.phase = Phase::intended;
    intended_.insert(index);
    return;
  }
  if (!*answer.removed) return refuse(index, std::move(*answer.removed).error(), running);
  lanes_.succeeded(running.account);
  if (!step.unexpected) ledger_->remove(step.key);
  finish(index);
}

void Scheduler::take_observation(const Running& running, Answer& answer) {
  Result<std::vector<Observed>>& seen = *answer.observed;
  for (const uint32_t index : running.steps) {
    if (!seen) {
      refuse(index, seen.error(), running);
      continue;
    }
    const Step& step = plan_->steps[index];
    Progress& progress = progress_[index];
    const KindSchema& kind = *kind_of(step);
    const Marker marker{ledger_->lineage(), step.key.generation, step.key.address};
    const Observed* found = find_created(*seen, kind, marker, progress.desired, ledger_->held(step.provider));
    if (found == nullptr) {
      progress.phase = Phase::intended;
      intended_.insert(index);
      report(StepProgress{.step = index, .address = step.key.address, .what = "it did not arrive; asking again"});
      continue;
    }
    report(StepProgress{.step = index, .address = step.key.address, .what = "it had arrived"});
    if (unlike(kind, progress.desired, found->attributes).empty() || !kind.can_update) {
      created(index, found->remote_id, found->attributes);
      continue;
    }
    ledger_->put(
        new_row(index, found->remote_id, as_found(kind, progress.desired, found->attributes), found->attributes));
    progress.updating = true;
    progress.phase = Phase::intended;
    intended_.insert(index);
  }
}

void Scheduler::refuse(uint32_t index, Diagnostic why, const Running& running) {
  const Step& step = plan_->steps[index];
  Progress& progress = progress_[index];
  const bool creating =
      running.what == Running::What::create ||
      (running.what == Running::What::change && step.verb == Step::Verb::create && !progress.updating);
  const bool observing = running.what == Running::What::observe;
  const Phase after = observing ? Phase::doubted : Phase::resting;
  // An unanswered create may exist; anything else may be asked again.
  const bool doubtful = creating && (why.kind == ErrorKind::in_doubt || why.kind == ErrorKind::timeout ||
                                     (why.kind == ErrorKind::conflict && progress.doubts > 0));
  const bool repeatable =
      why.kind == ErrorKind::transient || why.kind == ErrorKind::timeout || why.kind == ErrorKind::in_doubt;
  if (why.kind == ErrorKind::throttled) {
    lanes_.throttled(running.account, running.ticket);
    if (progress.throttles < k_throttle_tries) {
      report(StepProgress{.step = index, .address = step.key.address, .what = "the platform asks to slow down"});
      return rest(index, after, backoff(scaled(milliseconds(1000)), progress.throttles++));
    }
  } else if (doubtful) {
    if (progress.doubts++ < k_doubts) {
      report(StepProgress{.step = index, .address = step.key.address, .what = "no answer; looking whether it arrived"});
      return rest(index, Phase::doubted, settle_of(step));
    }
  } else if (repeatable && progress.retries < k_retries) {
    report(StepProgress{.step = index, .address = step.key.address, .what = "trying again"});
    return rest(index, after, backoff(scaled(milliseconds(500)), progress.retries++));
  }
  const bool may_exist =
      observing || doubtful || progress.updating || why.kind == ErrorKind::cancelled || why.kind == ErrorKind::in_doubt;
  fail_step(index, std::move(why), !may_exist);
}

void Scheduler::rest(uint32_t index, Phase phase, milliseconds delay) {
  progress_[index].phase = phase;
  // The kind's settle time counts from when the call began.
  const Moment due = phase == Phase::doubted ? std::max(taken_, progress_[index].called + delay) : taken_ + delay;
  timers_.emplace(due, index);
}

void Scheduler::finish(uint32_t index) {
  const Step& step = plan_->steps[index];
  Progress& progress = progress_[index];
  progress.phase = Phase::done;
  ++result_.done;
  result_.done_steps.push_back(index);
  result_.changed_anything = true;
  ledger_->write(state::StepOutcome{.operation = operation_->id,
                                    .step = index,
                                    .how = state::StepOutcome::How::done,
                                    .message = progress.told,
                                    .when = clock_->now()});
  const ResourceState* row = ledger_->find(step.key);
  const auto took = std::chrono::steady_clock::now() - progress.started.value_or(std::chrono::steady_clock::now());
  report(StepFinished{.step = index,
                      .verb = step.verb,
                      .address = step.key.address,
                      .kind = step.kind,
                      .remote_id = row != nullptr && !step.unexpected ? row->remote_id : step.remote_id,
                      .took = std::chrono::duration_cast<milliseconds>(took),
                      .told = progress.told});
  for (const uint32_t next : progress.next) {
    if (progress_[next].phase != Phase::waiting || --progress_[next].unmet > 0) continue;
    progress_[next].phase = Phase::ready;
    ready_.insert(next);
  }
}

/// Without certainty the intent stays open, so that the next run looks before it does anything else.
void Scheduler::fail_step(uint32_t index, Diagnostic why, bool known_not_done) {
  const Step& step = plan_->steps[index];
  Progress& progress = progress_[index];
  progress.phase = Phase::failed;
  ++result_.failed;
  why = in_context(std::move(why), step);
  // What may have been done counts: nobody may read that nothing was changed.
  if (!known_not_done) result_.changed_anything = true;
  if (!known_not_done && why.code != "CL3203") {
    if (!why.detail.empty()) why.detail += why.detail.ends_with('.') ? " " : ". ";
    why.detail += std::string("It is not known whether it was done [CL3203]; the next run looks first.");
  }
  if (known_not_done) {
    ledger_->write(state::StepOutcome{.operation = operation_->id,
                                      .step = index,
                                      .how = state::StepOutcome::How::failed,
                                      .code = why.code,
                                      .message = why.summary,
                                      .when = clock_->now()});
    restore_former(index);
  }
  report(StepFailed{.step = index, .verb = step.verb, .address = step.key.address, .kind = step.kind, .why = why});
  const std::string because = fmt::format("{} of '{}' failed", verb_name(step.verb), step.key.address);
  const bool unreachable = why.kind == ErrorKind::transient || why.kind == ErrorKind::throttled;
  // What stops everywhere for a change does not wait for one that cannot be reached.
  const bool refused = known_not_done && (!unreachable || stops_first(step.rollout));
  tell_failure(index, std::move(why));
  skip_dependents(index, because);
  if (step.rollout.empty() || step.verb != Step::Verb::update) return;
  if (refused) result_.failed_rollouts.insert(step.rollout);
  stop_rollout(step.rollout, because);
}

bool Scheduler::stops_first(const std::string& rollout) const {
  return std::any_of(plan_->steps.begin(), plan_->steps.end(), [&](const Step& step) {
    return step.passage == Passage::Kind::former_stops && step.rollout == rollout;
  });
}

/// What of it has not begun does not begin.
void Scheduler::stop_rollout(const std::string& rollout, const std::string& because) {
  for (uint32_t index = 0; index < progress_.size(); ++index) {
    const Step& step = plan_->steps[index];
    if (step.rollout != rollout || step.verb != Step::Verb::update) continue;
    const Phase phase = progress_[index].phase;
    if (phase != Phase::waiting && phase != Phase::ready) continue;
    ready_.erase(index);
    skip(index, because);
    skip_dependents(index, because);
  }
}

/// What was one change failed for one reason: it is told once.
void Scheduler::tell_failure(uint32_t index, Diagnostic why) {
  if (!progress_[index].joins) return result_.failures.push_back(std::move(why));
  auto& told = told_[{plan_->steps[index].provider, why.code + '\n' + why.summary + '\n' + why.detail}];
  if (told.count++ == 0) {
    told.failure = result_.failures.size();
    return result_.failures.push_back(std::move(why));
  }
  auto& context = result_.failures[told.failure].context;
  if (told.count > 2) context.pop_back();
  context.push_back(fmt::format("and {} more of the same change", told.count - 1));
}

void Scheduler::skip_dependents(uint32_t root, const std::string& because) {
  std::vector<uint32_t> open = progress_[root].next;
  while (!open.empty()) {
    const uint32_t index = open.back();
    open.pop_back();
    if (progress_[index].phase != Phase::waiting) continue;
    skip(index, because);
    open.insert(open.end(), progress_[index].next.begin(), progress_[index].next.end());
  }
}

void Scheduler::skip(uint32_t index, const std::string& because) {
  const Step& step = plan_->steps[index];
  progress_[index].phase = Phase::skipped;
  ++result_.skipped;
  report(StepSkipped{
      .step = index, .verb = step.verb, .address = step.key.address, .kind = step.kind, .because = because});
}

}  // namespace cloison::apply
