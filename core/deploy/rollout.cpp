#include "core/deploy/rollout.h"

#include <algorithm>
#include <map>

namespace cloison::deploy {

namespace {

/// What one row went through before its rollout failed.
struct Done {
  const Step* last = nullptr;     // the change itself, or what it goes through
  const Step* stopped = nullptr;  // what it went through, where all stop first
};

class GoingBack {
 public:
  GoingBack(const Plan& plan, const apply::ApplyResult& result, const Snapshot& before)
      : plan_(plan), result_(result), before_(before) {}

  Plan run() {
    back_ = {.topology_name = plan_.topology_name,
             .providers = plan_.providers,
             .facts = plan_.facts,
             .allocations = plan_.allocations,
             .sources = plan_.sources};
    collect();
    for (const auto* key : order_)
      if (const Done& done = done_.at(*key); done.stopped != nullptr && done.last != done.stopped)
        stops_.insert(add(*done.last, done.stopped->desired, Passage::Kind::former_stops, {}));
    for (const auto* key : order_) go_back(*key, done_.at(*key));
    return std::move(back_);
  }

 private:
  /// The last one first.
  void collect() {
    std::vector<uint32_t> done(result_.done_steps.rbegin(), result_.done_steps.rend());
    for (const auto index : done) {
      const Step& step = plan_.steps[index];
      if (step.verb != Step::Verb::update || !result_.failed_rollouts.contains(step.rollout)) continue;
      const auto [entry, first] = done_.try_emplace(step.key, Done{.last = &step});
      if (first) order_.push_back(&entry->first);
      if (step.passage == Passage::Kind::former_stops) entry->second.stopped = &step;
    }
  }

  /// Those that stopped begin again side by side, once none runs what failed; all others one after the other.
  void go_back(const RowKey& key, const Done& done) {
    const auto row = before_.rows.find(key);
    if (row == before_.rows.end() || row->second.applied == done.last->desired) return;
    auto after = stops_;
    if (done.stopped == nullptr && last_) after.insert(*last_);
    const auto step = add(*done.last, row->second.applied, Passage::Kind::none, std::move(after));
    back_.steps[step].depends_on = row->second.depends_on;
    if (done.stopped == nullptr) last_ = step;
  }

  uint32_t add(const Step& step, const Value& desired, Passage::Kind passage, std::set<uint32_t> after) {
    back_.steps.push_back({.verb = Step::Verb::update,
                           .key = step.key,
                           .provider = step.provider,
                           .kind = step.kind,
                           .desired = desired,
                           .rollout = step.rollout,
                           .passage = passage,
                           .depends_on = step.depends_on,
                           .origins = step.origins,
                           .after = std::move(after)});
    return static_cast<uint32_t>(back_.steps.size() - 1);
  }

  const Plan& plan_;
  const apply::ApplyResult& result_;
  const Snapshot& before_;
  Plan back_{};
  std::map<RowKey, Done> done_{};
  std::vector<const RowKey*> order_{};
  std::set<uint32_t> stops_{};
  std::optional<uint32_t> last_{};
};

}  // namespace

bool has_rollouts(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const Step& step) { return !step.rollout.empty() && step.verb == Step::Verb::update; });
}

Plan going_back(const Plan& plan, const apply::ApplyResult& result, const Snapshot& before) {
  return GoingBack(plan, result, before).run();
}

}  // namespace cloison::deploy
