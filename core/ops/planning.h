#pragma once
// The steps of a plan, shared by plan, drift, apply and destroy. Each returns false when the notes hold an error that
// ends it.

#include <memory>

#include "core/ops/effects.h"
#include "core/ops/plan.h"
#include "core/ops/reading.h"
#include "core/ops/session.h"

namespace cloison::ops {

/// What --strict has against this plan, if anything.
[[nodiscard]] std::optional<Diagnostic> strict_refusal(const Plan& plan, std::size_t warnings);

/// One planning under way.
class Planning {
 public:
  Planning(const Context& context, const PlanOptions& options) : context_(context), options_(options) {}

  /// Runs all of it. With a store given (and locked by the caller) that one is read; otherwise the state is opened
  /// here.
  [[nodiscard]] Planned run(state::StateStore* store);
  /// Reads what is there and goes no further. Nothing where the notes hold an error.
  struct Read {
    Effects::Live network{};
    topology::Resolved resolved{};
    std::vector<NotApplied> not_applied{};
    Deferred deferred{};
    std::vector<Resource> desired{};
  };
  [[nodiscard]] std::optional<Read> read();
  [[nodiscard]] Planned& planned() { return planned_; }

  /// Providers of the plan, for the executor.
  [[nodiscard]] const Providers& providers() const { return providers_; }
  [[nodiscard]] const topology::LockFile& lock() const { return lock_; }

 private:
  [[nodiscard]] bool load();
  [[nodiscard]] bool open(state::StateStore* given);
  [[nodiscard]] bool resolve();
  [[nodiscard]] bool read_and_lower();
  [[nodiscard]] bool diff();
  void add_still_open(std::vector<Drift> open);
  void note_due();
  void work_out_effects();
  [[nodiscard]] bool check_policy();
  [[nodiscard]] bool write();
  void take_entries_from_state();
  void forget_stages();
  /// Whether only a part is planned (`--target`, `--environment`).
  [[nodiscard]] bool chooses() const {
    return !context_.targets.empty() || !context_.environments.empty() || !context_.services.empty();
  }
  /// A state that cloison.lock names and that is not here is made anew only where what is there is read: without that,
  /// everything would be taken for still to be made.
  [[nodiscard]] bool may_begin() const { return context_.refresh || lock_.lineage.empty(); }
  void pin_names(topology::ResolveOptions& resolve_options);
  void check_quotas();
  void check_not_applied();
  void check_effects();
  [[nodiscard]] topology::LockFile renewed_lock() const;
  [[nodiscard]] std::map<std::string, std::string> written_entries() const;
  [[nodiscard]] bool wrong(const Result<void>& result);

  const Context& context_;
  const PlanOptions& options_;
  Planned planned_{};
  std::shared_ptr<const topology::Topology> topology_{};
  topology::LockFile lock_{};
  std::unique_ptr<state::StateStore> opened_{};
  state::StateStore* store_ = nullptr;
  Snapshot snapshot_{};
  std::optional<Brought> brought_{};
  std::optional<topology::Resolved> choosable_{};  // what the flags choose among when all is removed
  Providers providers_{};
  std::map<std::string, Facts> facts_{};
  std::vector<Resource> desired_{};
  std::vector<NotApplied> not_applied_{};
  LiveReading live_{};
  std::optional<Effects> effects_{};
  Written written_{};
  std::string lock_text_{};  // as cloison.lock is to be
  bool reads_only_ = false;
  Deferred deferred_{};
};

}  // namespace cloison::ops
