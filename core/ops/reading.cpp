#include "core/ops/reading.h"

#include <mutex>
#include <thread>

#include "core/ops/sandbox.h"

namespace cloison::ops {

namespace {

constexpr std::chrono::seconds k_read_deadline{300};

/// Runs `work` for every provider at once; the destructor of the threads waits for all. A single one needs no thread,
/// and a process that never had two is spared the atomic counting of everything shared.
template <class Work>
void for_each_provider(const Providers& providers, Work work) {
  if (providers.size() == 1) return work(providers.begin()->first, *providers.begin()->second);
  std::vector<std::jthread> threads;
  threads.reserve(providers.size());
  for (const auto& [name, provider] : providers)
    threads.emplace_back([&name, &provider, &work] { work(name, *provider); });
}

Call call_of(const Context& context) {
  return {.stop = context.stop_waiting,
          .deadline = std::chrono::steady_clock::now() + context.call_timeout.value_or(k_read_deadline)};
}

Diagnostic about(Diagnostic why, const std::string& provider) {
  why.context.push_back("while reading provider '" + provider + "'");
  return why;
}

}  // namespace

std::map<std::string, StoredProvider> stored_entries(const Snapshot& snapshot) {
  // Many rows, few configurations: of each provider the last one that is known counts.
  std::map<std::string_view, const StoredProvider*> found;
  const ResourceState* before = nullptr;
  for (const auto& [key, row] : snapshot.rows) {
    if (before && row.provider_config == before->provider_config && row.provider == before->provider) continue;
    before = &row;
    const auto stored = snapshot.provider_configs.find(row.provider_config);
    if (stored != snapshot.provider_configs.end()) found.insert_or_assign(row.provider, &stored->second);
  }
  std::map<std::string, StoredProvider> entries;
  for (const auto& [provider, stored] : found) entries.emplace(provider, *stored);
  return entries;
}

Providers make_providers(const Context& context, const std::map<std::string, StoredProvider>& entries,
                         Diagnostics& notes) {
  Providers providers;
  for (const auto& [name, entry] : entries) {
    auto provider = context.providers->make(without_note(entry), context.sandbox.covers(name), simulator_path(context));
    if (provider)
      providers.emplace(name, *std::move(provider));
    else
      notes.push_back(about(std::move(provider.error()), name));
  }
  return providers;
}

void probe_all(const Context& context, const Providers& providers, std::map<std::string, Facts>& facts,
               Diagnostics& notes) {
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    auto found = provider.probe(call_of(context));
    const std::lock_guard guard(mutex);
    if (!found) {
      notes.push_back(about(std::move(found.error()), name));
      return;
    }
    auto& known = facts[name];
    for (auto& [key, value] : known)
      if (key.starts_with("choice/")) found->insert_or_assign(key, value);
    known = *std::move(found);
  });
}

LiveReading observe_all(const Context& context, const Providers& providers, const std::string& lineage) {
  LiveReading reading;
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    {
      const std::lock_guard guard(mutex);
      context.events->on(ReadStarted{name});
    }
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::string> kinds;
    for (const auto& schema : provider.kinds()) kinds.push_back(schema.kind);
    auto observed = provider.observe({.lineage = lineage}, kinds, call_of(context));
    auto quotas = observed ? provider.quotas(call_of(context)) : Result<std::vector<Quota>>{};
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    const std::lock_guard guard(mutex);
    if (!observed || !quotas) {
      reading.notes.push_back(about(!observed ? observed.error() : quotas.error(), name));
      return;
    }
    context.events->on(ReadFinished{name, provider.account(), observed->size(), kinds.size(), took});
    reading.observed.emplace(name, *std::move(observed));
    reading.quotas.emplace(name, *std::move(quotas));
  });
  return reading;
}

}  // namespace cloison::ops
