#include "core/deploy/rollout.h"

#include <algorithm>

namespace cloison::deploy {

bool has_rollouts(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const Step& step) { return !step.rollout.empty() && step.verb == Step::Verb::update; });
}

Plan going_back(const Plan& plan, const apply::ApplyResult& result, const Snapshot& before) {
  Plan back{.topology_name = plan.topology_name,
            .providers = plan.providers,
            .facts = plan.facts,
            .allocations = plan.allocations,
            .sources = plan.sources};
  for (auto done = result.done_steps.rbegin(); done != result.done_steps.rend(); ++done) {
    const Step& step = plan.steps[*done];
    if (step.verb != Step::Verb::update || !result.failed_rollouts.contains(step.rollout)) continue;
    const auto row = before.rows.find(step.key);
    if (row == before.rows.end() || row->second.applied == step.desired) continue;
    Step former{.verb = Step::Verb::update,
                .key = step.key,
                .provider = step.provider,
                .kind = step.kind,
                .desired = row->second.applied,
                .rollout = step.rollout,
                .depends_on = row->second.depends_on,
                .origins = step.origins};
    if (!back.steps.empty()) former.after.insert(static_cast<uint32_t>(back.steps.size() - 1));
    back.steps.push_back(std::move(former));
  }
  return back;
}

}  // namespace cloison::deploy
