#pragma once
// What every operation is given: where the topology and the state are, who asks, and the seams to the world.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/source_map.h"
#include "core/model/events.h"
#include "core/model/provider.h"
#include "core/topology/load.h"

namespace cloison::ops {

/// Makes providers; joined to the real ones in cli/main.cpp and to fakes in tests.
class ProviderFactory {
 public:
  virtual ~ProviderFactory() = default;
  /// Kinds that this version applies ("openstack").
  [[nodiscard]] virtual std::vector<std::string> applied_kinds() const = 0;
  /// With `simulate`, a simulator in front of the real one's schema, with its objects in `simulator` (a database file).
  [[nodiscard]] virtual Result<std::shared_ptr<Provider>> make(const StoredProvider& entry, bool simulate,
                                                               const std::filesystem::path& simulator) const = 0;

 protected:
  ProviderFactory() = default;
  ProviderFactory(const ProviderFactory&) = default;
  ProviderFactory& operator=(const ProviderFactory&) = default;
};

/// `--sandbox[=PROVIDER,…]`.
struct SandboxChoice {
  bool on = false;
  std::set<std::string> providers{};  // empty: all
  /// Nothing is real: no account is used, no socket opened.
  [[nodiscard]] bool whole() const { return on && providers.empty(); }
  [[nodiscard]] bool covers(const std::string& provider) const {
    return on && (providers.empty() || providers.contains(std::string(entry_of(provider))));
  }
};

struct Context {
  topology::LoadOptions topology{};
  std::filesystem::path
      state{};  // `--state`; empty: .cloison/state.db beside the topology, the sandbox's in .cloison/sandbox/
  SandboxChoice sandbox{};
  Clock clock{};
  const ProviderFactory* providers = nullptr;
  EventSink* events = nullptr;
  std::stop_token stop_new{}, stop_waiting{};  // first and second signal
  std::chrono::milliseconds lock_timeout{0};
  std::optional<std::chrono::milliseconds> call_timeout{};  // `--call-timeout`; absent: 2 m a step, 5 m a reading
  std::chrono::milliseconds pace{1000};  // how long a second of waiting between tries takes; less in tests only
  unsigned parallelism = 10;
  uint64_t schedule_seed = 0;            // apply::ApplyOptions::schedule_seed; 0 but in tests
  bool locked = false;                   // `--locked`: fail rather than write cloison.lock
  bool strict = false;                   // `--strict`: what is not applied, and warnings, are errors (exit 3)
  bool refresh = true;                   // `--no-refresh`
  std::set<std::string> environments{};  // `--environment`
  std::vector<std::string> targets{};    // `--target`
  std::vector<std::string> services{};   // `deploy SERVICE`: only what is of these
  std::string wave{};                    // of them, on so many machines (choosing.h); "": on all
  std::vector<std::string> replace{};    // `--replace ADDRESS`
  std::string command{};                 // "apply -t inventories/labanalyse": for the lock and the log
  std::string version{};
  std::string ticket{}, approved_by{};
  std::set<std::string> fail_on{};                 // `--fail-on`: "opens", "guarantee"
  std::map<std::string, std::string> overrides{};  // `--override GUARANTEE=REASON`
};

/// Why an operation ended; the command line turns it into an exit status (docs/commands.md).
enum class Ending : uint8_t {
  done,       // 0, also nothing to do
  refused,    // 1: failed, nothing changed
  differs,    // 2: changes found (plan --detailed-exitcode, drift)
  policy,     // 3: guarantee, policy, --strict
  locked,     // 4: the state is held by someone else
  partly,     // 5: something changed and something did not
  declined,   // 0: the person said no
  cancelled,  // 130: a signal before any change
};

/// The ending that one error alone leads to, when nothing was changed.
[[nodiscard]] Ending ending_of(const Diagnostics& notes);
/// Where the state of this context is.
[[nodiscard]] std::filesystem::path state_path(const Context& context);
[[nodiscard]] std::filesystem::path lock_path(const Context& context);
[[nodiscard]] std::filesystem::path simulator_path(const Context& context);

}  // namespace cloison::ops
