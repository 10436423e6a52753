#pragma once
// What will be done and why: changes for people, steps for the executor. Self-contained: apply runs these steps and
// nothing else.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/diagnostic.h"
#include "core/base/source_map.h"
#include "core/model/guarantee.h"
#include "core/model/intent.h"
#include "core/model/resource.h"
#include "core/model/rollout.h"

namespace cloison {

enum class Action : uint8_t { no_op, create, update, replace, remove, adopt, forget };
enum class Reason : uint8_t {
  declared,
  undeclared,
  attribute_changed,
  cannot_update,
  interrupted,
  requested,
  drifted,
  missing
};
[[nodiscard]] std::string_view action_name(Action action);
[[nodiscard]] std::string_view reason_name(Reason reason);

struct AttributeChange {
  std::string attribute{};
  Value before{}, after{};
  bool forces_replace = false;
  bool known_after_apply = false;
};

struct Change {
  std::string address{};
  std::string provider{}, kind{};
  Action action = Action::no_op;
  Reason reason = Reason::declared;
  std::vector<AttributeChange> attributes{};
  std::vector<Origin> origins{};
  bool gap = false;    // a replacement in which old and new cannot coexist
  std::string note{};  // "removed after the new one is there", what a removal takes along
};

/// Live against what was observed right after our last call (engine decision 4).
struct Drift {
  /// expired: nothing changed on the platform, but the flow that asked for it is over, and it is still open.
  enum class What : uint8_t { changed, missing, unexpected, expired };
  std::string address{};  // of the row, or for `unexpected` of the container
  std::string provider{}, kind{}, remote_id{};
  What what = What::changed;
  std::vector<AttributeChange> attributes{};
  bool mended = false;    // becomes steps; otherwise shown once and taken into `observed`
  bool left_out = false;  // would have been mended, by a plan that is not partial
  std::vector<Origin> origins{};
  std::string flow{}, expires{};  // expired: "F-2", and its date as written
};
[[nodiscard]] std::string_view drift_name(Drift::What what);

/// One provider call; a replacement is several steps.
struct Step {
  enum class Verb : uint8_t { create, update, remove, adopt, forget };
  Verb verb = Verb::create;
  RowKey key{};
  std::string provider{}, kind{};
  Value desired{};                  // references allowed; null for remove and forget
  Value live{};                     // adopt, update, removal without row: what was seen at planning time, or null
  std::string remote_id{};          // adopt, and removal of unexpected objects that have no row
  bool unexpected = false;          // remove: an object in closed content that has no row
  std::string container_address{};  // of the container, for `unexpected`
  RowKey moved_from{};              // adopt: the row whose object this becomes; it goes in the same commit
  bool deposes = false;             // create of a replacement: the former generation is deposed first
  std::string rollout{};            // `Resource::rollout`
  Passage::Kind passage = Passage::Kind::none;  // update: it is what a later step of this address goes through first
  std::vector<std::string> depends_on{};
  std::vector<Origin> origins{};
  std::set<uint32_t> after{};  // steps (index in Plan::steps) that must have succeeded
};
[[nodiscard]] std::string_view verb_name(Step::Verb verb);

/// What the plan was computed from; apply refuses only when one of these moved (engine decision 6).
struct ReadSet {
  std::map<RowKey, uint64_t> revisions{};            // rows the plan decided on
  std::set<std::string> absent{};                    // addresses that had no row
  std::map<std::string, std::string> live{};         // "address" -> digest of what was observed
  std::string desired_digest{};                      // of all resources
  std::map<std::string, std::string> allocations{};  // what the state said of those that the plan rests on
};

/// A provider that could not be read, and how many changes wait for that: its own, and those of others that need them.
struct DeferredProvider {
  std::string provider{};
  std::string code{}, why{};
  bool unreachable = false;  // it does not answer; otherwise it answers, and something is wrong
  std::size_t changes = 0;
};

struct QuotaNeed {
  std::string provider{}, name{};
  int64_t needed = 0, used = 0, allowed = -1;
  [[nodiscard]] bool fits() const { return allowed < 0 || used + needed <= allowed; }
};

/// What becomes reachable or stops being so; alike at many places, it is told once.
struct ReachChange {
  bool opens = true;
  std::string from{}, to{};             // "lab.lan", "cloud.production.app.portal", "internet"
  std::vector<std::string> services{};  // "tcp/443"
  std::vector<std::string> reasons{};   // flows that ask for it, or rules
  std::size_t pairs = 0;                // of places
  std::string example{};  // "lab/lyon-03.lan -> cloud.production.app.portal-1, 10.16.3.2 -> 10.0.0.12 tcp/443"
};

/// Whether a guarantee holds once the plan is applied.
struct PlannedGuarantee {
  using Verdict = GuaranteeVerdict;
  std::string id{}, text{};
  Verdict verdict = Verdict::proved;
  std::string why{};  // "lab/lyon-03.lan reaches internet: 10.16.3.2 -> 192.0.2.1 tcp/443"
  SpanId declared = 0;
};

/// What may happen while the plan is applied, in whatever order the steps' `after` leaves open (docs/proof.md).
struct PlannedMeantime {
  std::string not_known{};              // why nothing was computed; "" where it was
  std::string stops_not_known{};        // why of flows nothing was
  std::vector<ReachChange> opens{};     // for a while: neither before nor after
  std::vector<std::string> broken{};    // guarantees that hold before and after
  std::vector<std::string> stops{};     // pairs of flows that pass before and after
  std::vector<std::string> conflict{};  // steps of which no order avoids it
  std::size_t turns = 1;                // steps of a later turn wait for those of all before
};

/// What the plan does to the network, computed from its resources and those that are there (docs/proof.md).
struct PlannedReach {
  std::string not_known{};  // why nothing was computed; "" where it was
  std::vector<ReachChange> changes{};
  std::vector<PlannedGuarantee> guarantees{};
  std::size_t pairs = 0, closed = 0;  // of flows that are asked for, and those that will not pass
  PlannedMeantime meantime{};
  [[nodiscard]] bool opens() const;
  [[nodiscard]] bool breaks() const;
};

/// What the plan was made from, for the log: whoever asks later what was wanted then finds it there.
struct WrittenFile {
  /// flows: no file of the topology; what is said of each flow, as a JSON object by id.
  enum class Role : uint8_t { topology, overlay, table, service_file, lock, flows } role = Role::topology;
  std::string path{};  // from the topology's folder on
  std::string text{};  // secrets blanked
};
struct Written {
  std::string digest{};              // of the topology
  std::vector<WrittenFile> files{};  // overlays in their order
  [[nodiscard]] bool empty() const { return files.empty(); }
};
[[nodiscard]] std::string_view role_name(WrittenFile::Role role);

struct PlanSummary {
  std::size_t create = 0, update = 0, replace = 0, remove = 0, adopt = 0, forget = 0;
  [[nodiscard]] std::size_t total() const { return create + update + replace + remove + adopt + forget; }
};

struct Plan {
  std::string lineage{};
  uint64_t serial = 0;  // of the state it was computed from; information only
  std::string topology_name{}, cloison_version{};
  Instant made_at{};
  bool sandbox = false;
  std::vector<std::string> simulated{};  // entries, where only some are; empty with `sandbox`: all of them
  bool destroy = false;
  bool partial = false;       // --target, --environment
  std::size_t left_out = 0;   // changes left by `partial`
  std::size_t unchanged = 0;  // resources that are there and stay as they are
  ReadSet read_set{};
  std::vector<Change> changes{};
  std::vector<Drift> drift{};
  std::vector<Step> steps{};                      // indices are step numbers; `after` makes the graph
  std::vector<ResourceState> observed_updates{};  // rows whose `observed` alone is taken over
  std::vector<NotApplied> not_applied{};
  std::vector<DeferredProvider> deferred{};  // in order of name
  std::vector<QuotaNeed> quota{};
  PlannedReach reach{};
  Diagnostics warnings{};
  std::map<std::string, StoredProvider> providers{};  // by entry name
  std::map<std::string, Facts> facts{};               // by entry name, sticky choices included
  std::map<std::string, std::string> allocations{};   // lock file entries it rests on
  Written written{};                                  // nothing of a destroy
  SourceMap sources{};
  [[nodiscard]] PlanSummary summary() const;
  [[nodiscard]] bool empty() const { return steps.empty(); }
};

}  // namespace cloison
