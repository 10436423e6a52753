#pragma once
// The seam to a platform. The engine owns identity, order, retry in doubt and the state; a provider owns the calls.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/forwarding.h"
#include "core/model/intent.h"
#include "core/model/resource.h"
#include "core/model/rollout.h"
#include "core/model/schema.h"

namespace cloison {

struct Call {
  std::stop_token stop{};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// What to list. Providers list whole projects or nodes and filter on their own side (engine decision 15).
struct Scope {
  std::string lineage{};
};

struct CreateRequest {
  Resource resource{};  // canonical; no reference is left
  Marker marker{};
};

struct Applied {
  std::string remote_id{};
  Value observed{};    // canonical, as the platform answered
  std::string told{};  // what people should know of how it went: "3 sessions were ended after 30 s"; "": nothing
};

/// One of several changes that take effect together.
struct ChangeRequest {
  enum class Verb : uint8_t { create, update, remove } verb{};
  Resource desired{};   // canonical, no reference is left; nothing of it for a removal
  Marker marker{};      // of what is created
  ResourceState now{};  // of what is updated or removed
};

/// What a platform itself says, in its own words, for whoever reads it without cloison; no secret is ever in it.
struct RawAnswer {
  std::string name{};  // "ports.json", "firewall.txt"
  std::string bytes{};
};

struct Quota {
  std::string name{};    // "security_group_rule"
  int64_t allowed = -1;  // -1: unlimited
  int64_t used = 0;
};

/// Of what changes as one at many places (`Resource::rollout`), the part that a row is.
struct RolloutPart {
  std::string rollout{};  // "service gateway"; "": it is of none
  std::string name{};     // "gateway", or of several on one machine "gateway@1"
  std::string release{};  // "1.1-0123456789ab"
  bool runs = false;      // it decides which release runs; otherwise which are there
  bool stopped = false;   // it is there, and not to run now
  std::string ails{};     // what is known to be wrong with it
};

/// One service on one machine, as it is now.
struct RunningService {
  std::string name{};
  std::string release{};                            // "1.1-0123456789ab"; "": it has none, as a balancer
  std::string state{};                              // "active", "failed": systemd's word
  std::optional<std::chrono::sys_seconds> since{};  // of that state
  uint64_t restarts = 0;                            // since it was started
  std::string ails{};                               // why it is not well; "": it is
};

/// How often a rule was met, as a platform counts it.
struct RuleUse {
  std::string policy{}, rule{};  // chain, and the rule in the platform's words; "": packets that no rule there names
  uint64_t packets = 0, bytes = 0;
  std::optional<std::chrono::sys_seconds> since{};  // from when on it counts, by the platform's clock
};

class Provider {
 public:
  virtual ~Provider() = default;

  /// Without credentials; the same for every instance of the provider's kind.
  [[nodiscard]] virtual std::span<const KindSchema> kinds() const = 0;
  /// Pure. `facts` may be empty (validate without an account): then what cannot be known is assumed possible.
  [[nodiscard]] virtual Checked<Lowered> lower(const Intent& intent, const Facts& facts) const = 0;
  /// Pure: the form in which the platform answers.
  [[nodiscard]] virtual Resource canonical(Resource resource) const { return resource; }
  /// Pure: what these resources forward, all that are on one platform, planned or live (docs/proof.md). Called from
  /// several threads at once.
  [[nodiscard]] virtual Forwarding semantics(std::span<const PlacedResource> resources) const;
  /// Pure: the row, of an older schema version than its kind, with `applied` and `observed` in today's layout.
  [[nodiscard]] virtual Result<ResourceState> upgraded(ResourceState row) const { return row; }
  /// What must be stored to remove things without the topology.
  [[nodiscard]] virtual StoredProvider configuration() const = 0;
  /// There are rows that were written under `stored`: from now on every call fails where today's login leads to another
  /// account, since all of them would look as if they were gone.
  virtual void has_rows_of(const StoredProvider& stored) { (void)stored; }
  /// Where it acts, for people: "ovh-gra GRA11, project labanalyse". May need `probe` first.
  [[nodiscard]] virtual std::string account() const { return configuration().name; }

  /// Whether what fails here leaves the others alone: a site that is off line waits for the next run.
  [[nodiscard]] virtual bool stands_alone() const { return false; }
  /// Whether all that is to be done there now, of whatever kind, is one call to `change_many`; `KindSchema::alone`
  /// excepted. A step may then be in the same call as those after which it comes: what they make need not be there
  /// before.
  [[nodiscard]] virtual bool changes_together() const { return false; }
  /// Calls at once that it takes at most; 0: as many as there may be.
  [[nodiscard]] virtual unsigned most_calls() const { return 0; }

  /// Pure: how much longer than an ordinary call such a change may take, where what it waits for is declared.
  [[nodiscard]] virtual std::chrono::seconds longer_for(std::string_view kind, const Value& desired) const {
    (void)kind, (void)desired;
    return std::chrono::seconds(0);
  }

  /// Logs in and reads what `lower` needs to know.
  [[nodiscard]] virtual Result<Facts> probe(const Call& call) = 0;
  /// All objects of these kinds, ours and foreign; never those of other projects.
  [[nodiscard]] virtual Result<std::vector<Observed>> observe(const Scope& scope, std::span<const std::string> kinds,
                                                              const Call& call) = 0;
  /// One answer per request, in order. Never resends a request that may have arrived: ErrorKind::in_doubt instead.
  [[nodiscard]] virtual std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests,
                                                                 const Call& call) = 0;
  /// `now.observed` is what the platform has, drift included: what is sent is the difference from that.
  [[nodiscard]] virtual Result<Applied> update(const ResourceState& now, const Resource& desired, const Call& call) = 0;
  /// Already gone is success.
  [[nodiscard]] virtual Result<void> remove(const ResourceState& row, const Call& call) = 0;
  /// One answer per change, in order; that of a removal says nothing. Unless all are made, those that are not are told
  /// apart: what came after one that failed may not be made without it (ErrorKind::transient: it is asked for again).
  [[nodiscard]] virtual std::vector<Result<Applied>> change_many(std::span<const ChangeRequest> changes,
                                                                 const Call& call);
  /// Foreign objects which the platform would remove along with `row`, or that refer to it and stop its removal.
  [[nodiscard]] virtual Result<std::vector<Observed>> cascade(const ResourceState& row, const Call& call) {
    (void)row, (void)call;
    return std::vector<Observed>{};
  }
  [[nodiscard]] virtual Result<std::vector<Quota>> quotas(const Call& call) {
    (void)call;
    return std::vector<Quota>{};
  }
  /// Pure.
  [[nodiscard]] virtual RolloutPart rollout_of(std::string_view kind, const Value& applied) const {
    (void)kind, (void)applied;
    return {};
  }
  /// Pure: what an update of one part of a rollout goes through.
  [[nodiscard]] virtual Passage passage(std::string_view kind, const Value& applied, const Value& desired) const {
    (void)kind, (void)applied, (void)desired;
    return {};
  }
  /// Services that run there, ours alone.
  [[nodiscard]] virtual Result<std::vector<RunningService>> running(const Call& call) {
    (void)call;
    return std::vector<RunningService>{};
  }
  /// Whether it counts what meets its rules.
  [[nodiscard]] virtual bool counts_use() const { return false; }
  /// How often rules were met, as the last `observe` found it: that costs no call of its own. Never a difference.
  [[nodiscard]] virtual std::vector<RuleUse> uses() const { return {}; }
  /// Pure: the rules of such a resource that are counted, with nothing counted yet, for a simulator.
  [[nodiscard]] virtual std::vector<RuleUse> counted_rules(std::string_view kind, const Value& applied) const {
    (void)kind, (void)applied;
    return {};
  }
  /// What there is, as the platform answered it; the same for the same. None: only `observe` can tell.
  [[nodiscard]] virtual Result<std::vector<RawAnswer>> raw(const Call& call) {
    (void)call;
    return std::vector<RawAnswer>{};
  }
  /// Pure: what one such resource takes of each quota.
  [[nodiscard]] virtual std::map<std::string, int64_t> quota_of(const Resource& resource) const {
    return {{resource.kind, 1}};
  }
  /// Pure: what `probe` would find in an ordinary account, for a simulator. Keys as `probe` writes them.
  [[nodiscard]] virtual Facts specimen_facts() const { return {}; }

 protected:
  Provider() = default;
  Provider(const Provider&) = default;
  Provider& operator=(const Provider&) = default;
};

/// Schema of a kind, or nullptr.
[[nodiscard]] const KindSchema* find_kind(std::span<const KindSchema> kinds, std::string_view kind);

/// Each node is served by a provider of its own under its entry's name: "nodes:lab/lyon-03.node/lyon-03-1".
[[nodiscard]] std::string node_provider(std::string_view entry, std::string_view node);
/// The entry that a provider is of: its own name, but for a node.
[[nodiscard]] std::string_view entry_of(std::string_view provider);
/// The path of its node, or "".
[[nodiscard]] std::string_view node_of(std::string_view provider);

/// Providers by entry name. Rows whose entry the topology forgot are served from their stored configuration.
using Providers = std::map<std::string, std::shared_ptr<Provider>, std::less<>>;

}  // namespace cloison
