#include "core/ops/reading.h"

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/model/value_json.h"
#include "core/ops/sandbox.h"

namespace cloison::ops {

namespace {

constexpr std::chrono::seconds k_read_deadline{300};

/// Most of the time a reading waits, so many are made at once; not a thread for each of a thousand nodes, though.
constexpr std::size_t k_most_readings = 128;

/// Runs `work` for every provider, side by side; the destructor of the threads waits for all. A single one needs no
/// thread, and a process that never had two is spared the atomic counting of everything shared.
template <class Work>
void for_each_provider(const Providers& providers, Work work) {
  if (providers.size() == 1) return work(providers.begin()->first, *providers.begin()->second);
  std::mutex mutex;
  auto next = providers.begin();
  const auto take = [&] {
    const std::lock_guard guard(mutex);
    return next == providers.end() ? next : next++;
  };
  std::vector<std::jthread> threads;
  threads.reserve(std::min(providers.size(), k_most_readings));
  const auto work_on = [&] {
    for (auto one = take(); one != providers.end(); one = take()) work(one->first, *one->second);
  };
  try {
    while (threads.size() < std::min(providers.size(), k_most_readings)) threads.emplace_back(work_on);
  } catch (const std::system_error&) {
    if (threads.empty()) work_on();  // where there are no more threads to be had, those that there are do it
  }
}

Call call_of(const Context& context) {
  return {.stop = context.stop_waiting,
          .deadline = std::chrono::steady_clock::now() + context.call_timeout.value_or(k_read_deadline)};
}

std::vector<std::string> kinds_of(const Provider& provider) {
  std::vector<std::string> kinds;
  for (const auto& schema : provider.kinds()) kinds.push_back(schema.kind);
  return kinds;
}

Diagnostic about(Diagnostic why, const std::string& provider) {
  why.context.push_back("while reading provider '" + provider + "'");
  return why;
}

/// A signal ends the run, whoever was being read.
void not_read(const std::string& name, const Provider& provider, Diagnostic why, Deferred& deferred,
              Diagnostics& notes) {
  if (provider.stands_alone() && why.kind != ErrorKind::cancelled)
    deferred.insert_or_assign(name, std::move(why));
  else
    notes.push_back(about(std::move(why), name));
}

}  // namespace

Diagnostics warnings_of(const Deferred& deferred) {
  Diagnostics warnings;
  for (const auto& [name, why] : deferred) {
    warnings.push_back(about(why, name));
    warnings.back().severity = Diagnostic::Severity::warning;
    if (warnings.back().address.empty()) warnings.back().address = node_of(name);
  }
  return warnings;
}

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
               Deferred& deferred, Diagnostics& notes) {
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    auto found = provider.probe(call_of(context));
    const std::lock_guard guard(mutex);
    if (!found) {
      not_read(name, provider, std::move(found.error()), deferred, notes);
      return;
    }
    auto& known = facts[name];
    for (auto& [key, value] : known)
      if (key.starts_with("choice/")) found->insert_or_assign(key, value);
    known = *std::move(found);
  });
}

LiveReading observe_all(const Context& context, const Providers& providers, const std::string& lineage,
                        Deferred& deferred) {
  LiveReading reading;
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    {
      const std::lock_guard guard(mutex);
      if (deferred.contains(name)) return;
      context.events->on(ReadStarted{name});
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto kinds = kinds_of(provider);
    auto observed = provider.observe({.lineage = lineage}, kinds, call_of(context));
    auto quotas = observed ? provider.quotas(call_of(context)) : Result<std::vector<Quota>>{};
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    const std::lock_guard guard(mutex);
    if (!observed || !quotas) {
      not_read(name, provider, !observed ? observed.error() : quotas.error(), deferred, reading.notes);
      return;
    }
    context.events->on(ReadFinished{name, provider.account(), observed->size(), kinds.size(), took});
    reading.observed.emplace(name, *std::move(observed));
    reading.quotas.emplace(name, *std::move(quotas));
  });
  return reading;
}

std::map<std::string, std::vector<RunningService>> running_all(const Context& context, const Providers& providers,
                                                               Deferred& deferred, Diagnostics& notes) {
  std::map<std::string, std::vector<RunningService>> all;
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    auto running = provider.running(call_of(context));
    const std::lock_guard guard(mutex);
    if (running)
      all.emplace(name, *std::move(running));
    else
      not_read(name, provider, std::move(running.error()), deferred, notes);
  });
  return all;
}

namespace {

/// An object a line, in the form in which cloison reads them.
std::string observed_json(const std::vector<Observed>& observed) {
  std::string text = "[";
  for (const auto& one : observed) {
    text += text.size() > 1 ? ",\n{\"kind\":" : "\n{\"kind\":";
    append_json_string(text, one.kind);
    text += ",\"id\":";
    append_json_string(text, one.remote_id);
    text += ",\"attributes\":" + to_json(one.attributes) + '}';
  }
  return text + "\n]\n";
}

Result<std::vector<RawAnswer>> raw_or_observed(Provider& provider, const std::string& lineage, const Call& call) {
  auto raw = provider.raw(call);
  if (!raw || !raw->empty()) return raw;
  auto observed = provider.observe({.lineage = lineage}, kinds_of(provider), call);
  if (!observed) return fail(observed.error());
  return std::vector<RawAnswer>{{"objects.json", observed_json(*observed)}};
}

}  // namespace

std::map<std::string, std::vector<RawAnswer>> raw_all(const Context& context, const Providers& providers,
                                                      const std::string& lineage, Deferred& deferred,
                                                      Diagnostics& notes) {
  std::map<std::string, std::vector<RawAnswer>> all;
  std::mutex mutex;
  for_each_provider(providers, [&](const std::string& name, Provider& provider) {
    {
      const std::lock_guard guard(mutex);
      if (deferred.contains(name)) return;
    }
    auto raw = raw_or_observed(provider, lineage, call_of(context));
    const std::lock_guard guard(mutex);
    if (raw)
      all.emplace(name, *std::move(raw));
    else
      not_read(name, provider, std::move(raw.error()), deferred, notes);
  });
  return all;
}

}  // namespace cloison::ops
