#include "core/ops/validate.h"

#include "core/ops/session.h"

namespace cloison::ops {

namespace {

/// Providers without login: their schema and `lower` are enough here.
Providers providers_without_account(const Context& context, const topology::Topology& topology,
                                    const compile::Compiled& compiled, Diagnostics& notes) {
  Providers providers;
  for (const auto& [name, intent] : compiled.intents) {
    (void)intent;
    auto provider = context.providers->make(stored_provider(topology, name, &compiled), true, {});
    if (provider)
      providers.emplace(name, *std::move(provider));
    else
      notes.push_back(provider.error());
  }
  point_at_providers(topology, notes);
  return providers;
}

}  // namespace

Validated validate(const Context& context) {
  auto loaded = load_topology(context);
  Validated result{.notes = std::move(loaded.notes), .sources = std::move(loaded.sources), .topology = loaded.topology};
  const auto finish = [&result]() -> Validated {
    result.ending = ending_of(result.notes);
    return std::move(result);
  };
  auto lock = read_lock_file(context, result.sources, result.notes);
  if (!result.topology || !lock) return finish();
  auto brought =
      bring(context, result.topology, *lock,
            {.now = context.clock.now(), .sources = &result.sources, .pins_may_be_missing = true}, result.notes);
  if (!brought) return finish();
  result.providers = providers_without_account(context, *result.topology, brought->compiled, result.notes);
  std::map<std::string, Facts> facts;
  result.not_applied = std::move(brought->compiled.not_applied);
  result.resources =
      lower_all(std::move(brought->compiled.intents), result.providers, facts, result.not_applied, result.notes);
  result.resolved = std::move(brought->resolved);
  return finish();
}

}  // namespace cloison::ops
