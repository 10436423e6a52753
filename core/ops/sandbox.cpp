#include "core/ops/sandbox.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/ops/reading.h"
#include "core/ops/session.h"

namespace cloison::ops {

namespace {

constexpr const char* k_note = "simulated";

/// Entry -> kind: those of the topology, and those that only the state still names. nullopt where neither can be read:
/// then nothing is opened either, and the command says why.
std::optional<std::map<std::string, std::string>> entries_of(const Context& context) {
  std::map<std::string, std::string> entries;
  SourceMap sources;
  Diagnostics unheard;  // the command itself reports what is wrong with either
  const auto lock = read_lock_file(context, sources, unheard);
  if (auto store = open_state(context, lock ? lock->lineage : std::string(), false); store && *store)
    if (const auto snapshot = (*store)->load())
      for (const auto& [name, stored] : stored_entries(*snapshot)) entries.emplace(entry_of(name), stored.kind);
  const auto loaded = load_topology(context);
  if (!loaded.topology && entries.empty()) return std::nullopt;
  if (loaded.topology)
    for (const auto& entry : loaded.topology->providers) entries.insert_or_assign(entry.name, entry.kind.value);
  return entries;
}

Diagnostic no_such_entry(const std::string& name, const std::vector<std::string>& known) {
  return {.kind = ErrorKind::usage,
          .code = "CL6011",
          .summary = "--sandbox: no provider entry is named '" + printable(name) + "'",
          .detail = "Nothing was opened: an entry that is not named would be used for real.",
          .hint = did_you_mean(name, known)};
}

Diagnostic no_simulator(const std::string& name, const std::string& kind, const std::vector<std::string>& known) {
  return {.kind = ErrorKind::usage,
          .code = "CL6011",
          .summary = "--sandbox: there is no simulator for '" + name + "'",
          .detail = "Its kind is " + kind + ", which this version does not apply. Nothing was opened.",
          .hint = known.empty() ? std::string("leave --sandbox out") : "--sandbox=" + join(known, ",")};
}

}  // namespace

SandboxScope settle_sandbox(Context& context) {
  SandboxScope scope;
  auto& chosen = context.sandbox.providers;
  if (!context.sandbox.on || chosen.empty()) return scope;
  const auto entries = entries_of(context);
  if (!entries) return scope;
  const auto kinds = context.providers->applied_kinds();
  std::vector<std::string> applied;
  for (const auto& [name, kind] : *entries)
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) applied.push_back(name);
  for (const auto& name : chosen) {
    if (std::find(applied.begin(), applied.end(), name) != applied.end()) continue;
    const auto entry = entries->find(name);
    scope.notes.push_back(entry == entries->end() ? no_such_entry(name, applied)
                                                  : no_simulator(name, entry->second, applied));
  }
  for (const auto& name : applied) (chosen.contains(name) ? scope.simulated : scope.real).push_back(name);
  if (scope.real.empty() && scope.notes.empty()) chosen.clear();
  return scope;
}

void note_simulated(const Context& context, std::map<std::string, StoredProvider>& entries) {
  if (!context.sandbox.on) return;
  for (auto& [name, entry] : entries) entry.settings[k_note] = context.sandbox.covers(name) ? "yes" : "no";
}

StoredProvider without_note(StoredProvider entry) {
  entry.settings.erase(k_note);
  return entry;
}

Diagnostics mixed_with_sandbox(const Context& context, const std::map<std::string, StoredProvider>& entries) {
  Diagnostics notes;
  if (!context.sandbox.on) return notes;
  std::vector<std::string> simulated, other;
  for (const auto& [name, entry] : entries) {
    const auto note = entry.settings.find(k_note);
    const bool was = note == entry.settings.end() ? context.sandbox.covers(name) : note->second == "yes";
    if (was) simulated.push_back(name);
    if (was != context.sandbox.covers(name)) other.push_back(name);
  }
  for (const auto& name : other) {
    const bool was = std::find(simulated.begin(), simulated.end(), name) != simulated.end();
    notes.push_back({.kind = ErrorKind::state,
                     .code = "CL4008",
                     .summary = was ? "the objects of '" + name + "' are simulated, and this run would use its account"
                                    : "the objects of '" + name + "' are real, and this run would simulate it",
                     .detail = "What one of them knows of an entry means nothing to the other.",
                     .hint = simulated.size() == entries.size() ? std::string("say --sandbox alone")
                             : simulated.empty()                ? std::string("use another state: --state FILE")
                                                                : "say --sandbox=" + join(simulated, ",")});
  }
  return notes;
}

}  // namespace cloison::ops
