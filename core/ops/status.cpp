#include "core/ops/status.h"

#include <algorithm>
#include <tuple>

#include "core/base/strings.h"
#include "core/ops/reading.h"
#include "core/ops/session.h"

namespace cloison::ops {

namespace {

/// Declared services by provider, and the path of the machine that it is.
struct Machine {
  std::string path{};
  std::vector<const ServiceIntent*> services{};
};

std::map<std::string, Machine> machines_of(const compile::Compiled& compiled) {
  std::map<std::string, Machine> machines;
  for (const auto& [provider, intent] : compiled.intents)
    for (const auto& node : intent.nodes)
      if (!node.services.empty()) {
        auto& machine = machines[provider];
        machine.path = node.path;
        for (const auto& service : node.services) machine.services.push_back(&service);
      }
  return machines;
}

class Status {
 public:
  Status(const Context& context, const std::vector<std::string>& only) : context_(context), only_(only) {}

  StatusResult run() {
    auto loaded = load_topology(context_);
    result_.notes = std::move(loaded.notes), result_.sources = std::move(loaded.sources);
    if (loaded.topology && !has_errors(result_.notes)) ask(loaded.topology);
    if (has_errors(result_.notes)) result_.ending = ending_of(result_.notes);
    return std::move(result_);
  }

 private:
  void ask(const std::shared_ptr<const topology::Topology>& topology) {
    const auto lock = read_lock_file(context_, result_.sources, result_.notes);
    if (!lock) return;
    const auto brought =
        bring(context_, topology, *lock, {.now = context_.clock.now(), .sources = &result_.sources}, result_.notes);
    if (!brought || !are_declared(*topology)) return;
    const auto machines = machines_of(brought->compiled);
    std::map<std::string, StoredProvider> entries;
    for (const auto& [provider, machine] : machines)
      if (std::any_of(machine.services.begin(), machine.services.end(),
                      [&](const auto* one) { return is_asked_for(one->name); }))
        entries.emplace(provider, stored_provider(*topology, provider, &brought->compiled));
    const auto providers = make_providers(context_, entries, result_.notes);
    if (has_errors(result_.notes)) return;
    Deferred deferred;
    const auto running = running_all(context_, providers, deferred, result_.notes);
    if (has_errors(result_.notes)) return;
    for (const auto& [provider, entry] : entries) {
      const auto why = deferred.find(provider);
      const auto there = running.find(provider);
      match(machines.at(provider), there == running.end() ? std::vector<RunningService>{} : there->second,
            why == deferred.end() ? std::string() : why->second.summary);
    }
    settle();
  }

  [[nodiscard]] bool is_asked_for(const std::string& name) const {
    return only_.empty() || std::find(only_.begin(), only_.end(), service_of_instance(name)) != only_.end();
  }

  bool are_declared(const topology::Topology& topology) {
    for (const auto& name : only_)
      if (std::none_of(topology.services.begin(), topology.services.end(),
                       [&](const auto& one) { return one.name == name; })) {
        std::vector<std::string> names;
        for (const auto& one : topology.services) names.push_back(one.name);
        result_.notes.push_back(
            {.kind = ErrorKind::usage,
             .code = "CL6170",
             .summary = "there is no service '" + printable(name) + "'",
             .hint = names.empty() ? "the topology declares none under `services:`" : "one of: " + join(names, ", ")});
      }
    return !has_errors(result_.notes);
  }

  void match(const Machine& machine, std::vector<RunningService> running, const std::string& not_known) {
    for (const auto* service : machine.services) {
      const auto there = std::find_if(running.begin(), running.end(),
                                      [&](const RunningService& one) { return one.name == service->name; });
      ServiceStatus status{.service = service->name,
                           .machine = machine.path,
                           .release = service->balances.empty() ? release_id(service->artifact) : std::string(),
                           .spare = service->stopped,
                           .not_known = not_known};
      if (there != running.end()) {
        status.running = *there;
        running.erase(there);
      }
      if (is_asked_for(service->name)) result_.services.push_back(std::move(status));
    }
    for (auto& one : running)
      if (is_asked_for(one.name))
        result_.services.push_back(
            {.service = one.name, .machine = machine.path, .declared = false, .running = std::move(one)});
  }

  void settle() {
    auto& all = result_.services;
    std::sort(all.begin(), all.end(), [](const ServiceStatus& a, const ServiceStatus& b) {
      return std::tie(a.service, a.machine) < std::tie(b.service, b.machine);
    });
    if (std::any_of(all.begin(), all.end(),
                    [](const ServiceStatus& one) { return !one.is_as_declared() || !one.is_well(); }))
      result_.ending = Ending::differs;
  }

  const Context& context_;
  const std::vector<std::string>& only_;
  StatusResult result_{};
};

}  // namespace

StatusResult status(const Context& context, const std::vector<std::string>& services) {
  return Status(context, services).run();
}

}  // namespace cloison::ops
