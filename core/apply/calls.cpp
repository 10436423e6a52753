#include <exception>

#include "core/apply/scheduler.h"

namespace cloison::apply {
namespace {

Diagnostic broken(ErrorKind kind, std::string detail) {
  return {.kind = kind,
          .code = "CL3209",
          .summary = "a provider broke its contract",
          .detail = std::move(detail),
          .hint = "report it as a bug of cloison; the state is safe"};
}

/// Whatever a provider does wrong becomes an answer: an exception may not end the run.
template <class T, class Make>
T guarded(Make make, T otherwise) {
  try {
    return make();
  } catch (const std::exception&) {
    return otherwise;
  }
}

}  // namespace

Call Scheduler::call(const std::vector<uint32_t>& steps) const {
  std::chrono::seconds longer{0};
  for (const uint32_t index : steps) {
    const Step& step = plan_->steps[index];
    if (!progress_[index].desired.is_null())
      longer += providers_->find(step.provider)->second->longer_for(step.kind, progress_[index].desired);
  }
  return {.stop = call_stop_.get_token(),
          .deadline = std::chrono::steady_clock::now() + options_->call_timeout + longer};
}

void Scheduler::launch(Running running, std::function<Answer()> job) {
  const auto now = std::chrono::steady_clock::now();
  for (const uint32_t index : running.steps) {
    Progress& progress = progress_[index];
    intended_.erase(index);
    if (running.what != Running::What::observe) {
      progress.phase = Phase::calling;
      progress.called = now;
    }
    if (progress.started) continue;
    progress.started = now;
    const Step& step = plan_->steps[index];
    events_->on(StepStarted{.step = index, .verb = step.verb, .address = step.key.address, .kind = step.kind});
  }
  running.ticket = lanes_.enter(running.account, running.keys);
  const uint64_t id = next_call_++;
  running_.emplace(id, std::move(running));
  workers_->start([id, job = std::move(job)] {
    Answer answer = job();
    answer.call = id;
    return answer;
  });
}

void Scheduler::start_calls() {
  start_observations();
  std::vector<uint32_t> order(intended_.begin(), intended_.end());
  if (options_->schedule_seed != 0) std::shuffle(order.begin(), order.end(), random_);
  std::set<std::string> together;
  for (const uint32_t index : order) {
    if (!intended_.contains(index)) continue;  // went along in bulk
    if (progress_[index].joins) {
      together.insert(plan_->steps[index].provider);
      continue;
    }
    const Step& step = plan_->steps[index];
    const Progress& progress = progress_[index];
    if (!lanes_.has_room(step.provider) || !lanes_.free(progress.keys)) continue;
    if (step.verb == Step::Verb::remove)
      start_removal(index);
    else if (step.verb == Step::Verb::update || progress.updating)
      start_update(index);
    else
      start_creates(index);
  }
  for (const std::string& provider : together)
    if (lanes_.has_room(provider) && !is_held_back(provider)) start_change(provider);
}

/// What is about to be born elsewhere in a call of its own, and soon: with it, the provider is changed once and not
/// twice.
bool Scheduler::is_held_back(const std::string& provider) const {
  for (const uint32_t index : joining_.at(provider)) {
    if (progress_[index].phase != Phase::waiting) continue;
    bool soon = false, late = false;
    for (const uint32_t before : plan_->steps[index].after) {
      const Phase phase = progress_[before].phase;
      const KindSchema* const kind = kind_of(plan_->steps[before]);
      if (phase == Phase::done || (plan_->steps[before].provider == provider && progress_[before].joins)) continue;
      const bool coming = phase == Phase::ready || phase == Phase::intended || phase == Phase::calling;
      (kind != nullptr && kind->alone && coming ? soon : late) = true;
    }
    if (soon && !late) return true;
  }
  return false;
}

/// All that was begun for the provider in one call, without what comes after something that rests.
void Scheduler::start_change(const std::string& name) {
  std::set<uint32_t> same;
  for (const uint32_t index : joining_.at(name)) {
    const auto& after = plan_->steps[index].after;
    // What is gone through is in effect before what comes after it.
    const bool possible = std::all_of(after.begin(), after.end(), [&](uint32_t before) {
      return progress_[before].phase == Phase::done ||
             (same.contains(before) && plan_->steps[before].passage == Passage::Kind::none);
    });
    if (possible && intended_.contains(index) && lanes_.free(progress_[index].keys)) same.insert(index);
  }
  if (same.empty()) return;
  Running running{.what = Running::What::change, .steps = {same.begin(), same.end()}, .account = name};
  std::vector<ChangeRequest> changes;
  for (const uint32_t index : same) {
    changes.push_back(change_of(index));
    running.keys.insert(running.keys.end(), progress_[index].keys.begin(), progress_[index].keys.end());
  }
  launch(std::move(running), [provider = providers_->find(name)->second, changes = std::move(changes),
                              call = call({same.begin(), same.end()})] {
    Answer answer;
    answer.applied = guarded<std::vector<Result<Applied>>>([&] { return provider->change_many(changes, call); }, {});
    while (answer.applied.size() < changes.size())
      answer.applied.emplace_back(
          fail(broken(ErrorKind::in_doubt, "It answered fewer changes than it was asked for.")));
    return answer;
  });
}

ChangeRequest Scheduler::change_of(uint32_t index) const {
  const Step& step = plan_->steps[index];
  ChangeRequest change{.verb = step.verb == Step::Verb::remove ? ChangeRequest::Verb::remove
                               : step.verb == Step::Verb::update || progress_[index].updating
                                   ? ChangeRequest::Verb::update
                                   : ChangeRequest::Verb::create,
                       .marker = {ledger_->lineage(), step.key.generation, step.key.address}};
  if (change.verb != ChangeRequest::Verb::create) change.now = row_for(index);
  if (change.verb == ChangeRequest::Verb::remove) return change;
  // What the platform has, drift included, is what an update starts from.
  if (change.verb == ChangeRequest::Verb::update && !step.live.is_null()) change.now.observed = step.live;
  change.desired = desired_of(index);
  return change;
}

Resource Scheduler::desired_of(uint32_t index) const {
  const Step& step = plan_->steps[index];
  return {.address = {step.key.address},
          .provider = step.provider,
          .kind = step.kind,
          .attributes = progress_[index].desired,
          .origins = step.origins,
          .after = step.depends_on};
}

/// As many of a kind in one call as spreads them evenly over the calls that may run at once.
void Scheduler::start_creates(uint32_t first) {
  const Step& step = plan_->steps[first];
  const std::size_t bulk = std::max(1U, kind_of(step)->bulk);
  std::vector<uint32_t> same{first};
  if (bulk > 1) {
    for (const uint32_t other : intended_) {
      const Step& one = plan_->steps[other];
      if (other != first && one.verb == Step::Verb::create && !progress_[other].updating &&
          one.provider == step.provider && one.kind == step.kind && lanes_.free(progress_[other].keys))
        same.push_back(other);
    }
  }
  const std::size_t lanes = lanes_.limit(step.provider);
  same.resize(std::min({same.size(), bulk, std::max<std::size_t>(1, (same.size() + lanes - 1) / lanes)}));
  Running running{.what = Running::What::create, .steps = same, .account = step.provider};
  std::vector<CreateRequest> requests;
  for (const uint32_t index : same) {
    const Step& one = plan_->steps[index];
    requests.push_back({desired_of(index), Marker{ledger_->lineage(), one.key.generation, one.key.address}});
    running.keys.insert(running.keys.end(), progress_[index].keys.begin(), progress_[index].keys.end());
  }
  launch(std::move(running), [provider = providers_->find(step.provider)->second, requests = std::move(requests),
                              call = call(same)] {
    Answer answer;
    answer.applied = guarded<std::vector<Result<Applied>>>([&] { return provider->create_many(requests, call); }, {});
    // A request without an answer may have arrived.
    while (answer.applied.size() < requests.size())
      answer.applied.emplace_back(
          fail(broken(ErrorKind::in_doubt, "It answered fewer creations than it was asked for.")));
    return answer;
  });
}

ResourceState Scheduler::row_for(uint32_t index) const {
  const Step& step = plan_->steps[index];
  if (!step.unexpected) {
    if (const ResourceState* row = ledger_->find(step.key)) return *row;
  }
  return {.key = step.key,
          .provider = step.provider,
          .kind = step.kind,
          .remote_id = step.remote_id,
          .applied = step.live,
          .observed = step.live};
}

void Scheduler::start_update(uint32_t index) {
  const Step& step = plan_->steps[index];
  Running running{
      .what = Running::What::update, .steps = {index}, .account = step.provider, .keys = progress_[index].keys};
  launch(std::move(running), [provider = providers_->find(step.provider)->second, change = change_of(index),
                              call = call({index})] {
    Answer answer;
    const Result<Applied> otherwise = fail(broken(ErrorKind::internal, "It threw an exception during an update."));
    answer.applied.push_back(
        guarded<Result<Applied>>([&] { return provider->update(change.now, change.desired, call); }, otherwise));
    return answer;
  });
}

void Scheduler::start_removal(uint32_t index) {
  const Step& step = plan_->steps[index];
  Running running{
      .what = Running::What::remove, .steps = {index}, .account = step.provider, .keys = progress_[index].keys};
  launch(std::move(running), [provider = providers_->find(step.provider)->second, row = row_for(index),
                              harmless = progress_[index].harmless, call = call()] {
    Answer answer;
    const Diagnostic thrown = broken(ErrorKind::internal, "It threw an exception during a removal.");
    if (!harmless) {
      const Result<std::vector<Observed>> otherwise = fail(thrown);
      auto along = guarded<Result<std::vector<Observed>>>([&] { return provider->cascade(row, call); }, otherwise);
      if (!along) {
        answer.removed = fail(std::move(along).error());
        return answer;
      }
      answer.cascade = *std::move(along);
      if (!answer.cascade.empty()) return answer;  // the scheduler knows which of them are ours
    }
    const Result<void> otherwise = fail(thrown);
    answer.removed = guarded<Result<void>>([&] { return provider->remove(row, call); }, otherwise);
    return answer;
  });
}

/// One list answers all doubts about a kind.
void Scheduler::start_observations() {
  std::map<std::pair<std::string, std::string>, std::vector<uint32_t>> groups;
  for (const uint32_t index : to_observe_)
    groups[{plan_->steps[index].provider, plan_->steps[index].kind}].push_back(index);
  for (auto& [group, steps] : groups) {
    if (!lanes_.has_room(group.first)) continue;
    for (const uint32_t index : steps) to_observe_.erase(index);
    Running running{.what = Running::What::observe, .steps = std::move(steps), .account = group.first};
    launch(std::move(running), [provider = providers_->find(group.first)->second, kind = group.second,
                                lineage = ledger_->lineage(), call = call()] {
      Answer answer;
      const std::vector<std::string> kinds{kind};
      const Result<std::vector<Observed>> otherwise =
          fail(broken(ErrorKind::transient, "It threw an exception while it was read."));
      answer.observed = guarded<Result<std::vector<Observed>>>(
          [&] { return provider->observe(Scope{lineage}, kinds, call); }, otherwise);
      return answer;
    });
  }
}

}  // namespace cloison::apply
