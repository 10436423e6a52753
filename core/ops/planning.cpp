#include "core/ops/planning.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/model/upgrade.h"
#include "core/net/resolver.h"
#include "core/ops/choosing.h"
#include "core/ops/due_flows.h"
#include "core/ops/expired.h"
#include "core/ops/files.h"
#include "core/ops/past.h"
#include "core/ops/recording.h"
#include "core/ops/sandbox.h"
#include "core/plan/planner.h"

namespace cloison::ops {

namespace {

Diagnostics warnings_of(const Diagnostics& notes) {
  Diagnostics warnings;
  std::copy_if(notes.begin(), notes.end(), std::back_inserter(warnings),
               [](const Diagnostic& note) { return note.severity == Diagnostic::Severity::warning; });
  return warnings;
}

}  // namespace

Planned Planning::run(state::StateStore* store) {
  const bool done = load() && open(store) && resolve() && read_and_lower() && diff() && check_policy() && write();
  if (done)
    check_effects();
  else
    planned_.plan.reset();
  if (planned_.ending == Ending::done) planned_.ending = ending_of(planned_.notes);
  return std::move(planned_);
}

std::optional<Planning::Read> Planning::read() {
  reads_only_ = true;
  const bool done = load() && open(nullptr) && resolve() && read_and_lower() && effects_;
  planned_.ending = ending_of(planned_.notes);
  if (!done) return std::nullopt;
  return Read{std::move(*effects_).live(snapshot_, live_, providers_), std::move(brought_->resolved),
              std::move(not_applied_), std::move(deferred_), std::move(desired_)};
}

bool Planning::wrong(const Result<void>& result) {
  if (!result) planned_.notes.push_back(result.error());
  return !result;
}

bool Planning::load() {
  auto loaded = load_topology(context_);
  planned_.sources = std::move(loaded.sources);
  topology_ = loaded.topology;
  // Removal needs nothing but state: a topology that no longer validates must not stop it (engine decision 10).
  if (!options_.destroy || topology_) planned_.notes = std::move(loaded.notes);
  if (options_.destroy)
    std::erase_if(planned_.notes, [](const Diagnostic& note) { return note.severity == Diagnostic::Severity::error; });
  auto lock = read_lock_file(context_, planned_.sources, planned_.notes);
  if (lock) lock_ = *std::move(lock);
  if (topology_) planned_.topology_digest = topology_->digest;
  return !has_errors(planned_.notes) && (topology_ || options_.destroy);
}

bool Planning::open(state::StateStore* given) {
  store_ = given;
  if (!store_) {
    auto opened = open_state(context_, lock_.lineage, !reads_only_ && may_begin());
    if (!opened) return !wrong(fail(opened.error()));
    opened_ = *std::move(opened);
    store_ = opened_.get();
  }
  auto snapshot = store_->load();
  if (!snapshot) return !wrong(fail(snapshot.error()));
  snapshot_ = *std::move(snapshot);
  facts_ = snapshot_.facts;
  take_entries_from_state();
  return true;
}

void Planning::take_entries_from_state() {
  // A lost lock file is rebuilt from the state before anything is allocated (engine decision 11).
  lock_.lineage = snapshot_.lineage;
  auto place = lock_.entries.begin();  // both are sorted, and mostly hold the same keys
  for (const auto& [key, value] : snapshot_.allocations) {
    const std::size_t before = lock_.entries.size();
    place = std::next(lock_.entries.try_emplace(place, key, value));
    if (lock_.entries.size() > before) lock_.remembered.insert(lock_.remembered.end(), key);
  }
}

void Planning::pin_names(topology::ResolveOptions& resolve_options) {
  if (context_.sandbox.whole()) return;  // the sandbox opens no socket: pins stand
  if (!context_.refresh) return;
  for (const auto& name : topology::names_to_pin(*topology_)) {
    auto addresses = net::resolve_name(name);
    if (addresses && !addresses->empty()) {
      resolve_options.answers.emplace(name, *std::move(addresses));
      continue;
    }
    if (!lock_.entries.contains("pin " + name)) continue;  // the resolver reports the missing pin
    planned_.notes.push_back({.severity = Diagnostic::Severity::warning,
                              .kind = ErrorKind::transient,
                              .code = "CL1350",
                              .summary = "the name '" + name + "' has no answer; its pinned addresses stand",
                              .detail = addresses ? "The answer holds no address." : addresses.error().detail,
                              .hint = "check the resolver, or set CLOISON_RESOLVER=ADDRESS"});
  }
}

bool Planning::resolve() {
  if (options_.destroy) {
    if (chooses() && topology_)
      choosable_ =
          topology::resolve(topology_, lock_, {.now = context_.clock.now(), .pins_may_be_missing = true}).value;
    return true;
  }
  topology::ResolveOptions options{.now = context_.clock.now(), .sources = &planned_.sources};
  pin_names(options);
  brought_ = bring(context_, topology_, lock_, options, planned_.notes);
  if (!brought_) return false;
  if (!reads_only_) written_ = written_of(context_, *brought_, planned_.sources);
  planned_.dropped = std::move(brought_->resolved.dropped);
  planned_.new_allocations = std::move(brought_->resolved.new_allocations);
  planned_.freed_allocations = std::move(brought_->resolved.unused_allocations);
  not_applied_ = std::move(brought_->compiled.not_applied);
  for (const auto& [name, intent] : brought_->compiled.intents)
    for (const auto& set : intent.address_sets) planned_.sets.emplace(set.path, set.prefixes);
  return true;
}

bool Planning::read_and_lower() {
  auto entries = stored_entries(snapshot_);
  append(planned_.notes, mixed_with_sandbox(context_, entries));
  if (has_errors(planned_.notes)) return false;
  if (brought_)
    for (const auto& [name, intent] : brought_->compiled.intents) {
      (void)intent;
      entries.insert_or_assign(name, stored_provider(*topology_, name, &brought_->compiled));
    }
  providers_ = make_providers(context_, entries, planned_.notes);
  for (const auto& [name, stored] : stored_entries(snapshot_))
    if (const auto provider = providers_.find(name); provider != providers_.end())
      provider->second->has_rows_of(stored);
  append(planned_.notes, upgrade_rows(snapshot_, providers_));
  if (topology_) point_at_providers(*topology_, planned_.notes);
  if (has_errors(planned_.notes)) return false;
  if (context_.refresh) {
    probe_all(context_, providers_, facts_, deferred_, planned_.notes);
    if (has_errors(planned_.notes)) return false;
  }
  if (brought_)
    desired_ = lower_all(std::move(brought_->compiled.intents), providers_, facts_, not_applied_, planned_.notes);
  if (brought_) effects_.emplace(brought_->resolved, not_applied_, context_.clock.now());
  if (!reads_only_) forget_stages();
  if (context_.refresh) {
    live_ = observe_all(context_, providers_, snapshot_.lineage, deferred_);
    append(planned_.notes, std::move(live_.notes));
    append(planned_.notes, warnings_of(deferred_));
    if (topology_) point_at_providers(*topology_, planned_.notes);
  }
  return !has_errors(planned_.notes);
}

/// What the next stage has taken over only costs memory, which is short where a whole network is held.
void Planning::forget_stages() {
  if (!brought_ || chooses()) return;
  // Flows are few, and `still_open` asks which have expired.
  brought_->resolved = topology::Resolved{.topology = topology_,
                                          .flows = std::move(brought_->resolved.flows),
                                          .allocations = std::move(brought_->resolved.allocations)};
}

/// Flows that are open past their time: named as drift, and by what this plan does about each of their rules.
void Planning::add_still_open(std::vector<Drift> open) {
  auto& plan = *planned_.plan;
  std::set<std::string_view> closed;
  for (const Step& step : plan.steps)
    if (step.verb == Step::Verb::remove) closed.insert(step.key.address);
  for (Drift& drift : open) {
    drift.mended = closed.contains(drift.address);
    drift.left_out = plan.partial && !drift.mended;
    plan.drift.push_back(std::move(drift));
  }
}

/// What reviews say, once: a review that took place makes the date in the topology (CL1414) no news.
void Planning::note_due() {
  if (!brought_) return;
  const auto reviews = last_reviews(*store_);
  if (!reviews) return planned_.notes.push_back(reviews.error());
  std::erase_if(planned_.notes, [](const Diagnostic& note) { return note.code == "CL1414"; });
  if (auto due = due_flows(brought_->resolved, *reviews, context_.clock.now()))
    planned_.notes.push_back(*std::move(due));
}

/// A plan without steps opens and closes nothing; whether guarantees hold is said all the same.
void Planning::work_out_effects() {
  auto& reach = planned_.plan->reach;
  const auto begin = std::chrono::steady_clock::now();
  if (!effects_)
    reach.not_known = "a destroy closes all that it removes";
  else if (!planned_.plan->empty() || effects_->has_guarantees())
    effects_->work_out(providers_, snapshot_, *planned_.plan);
  const auto took = std::chrono::steady_clock::now() - begin;
  planned_.proof_took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  effects_.reset();
}

bool Planning::diff() {
  if (effects_) effects_->is(snapshot_, live_);
  plan::PlanInput input;
  input.snapshot = &snapshot_;
  append(planned_.notes, unknown_replacements(context_, desired_, snapshot_));
  if (has_errors(planned_.notes)) return false;
  if (chooses()) {
    const auto* resolved = brought_ ? &brought_->resolved : choosable_ ? &*choosable_ : nullptr;
    input.chosen_only = true;
    input.chosen = chosen_addresses(context_, resolved, desired_, snapshot_, planned_.notes);
    if (has_errors(planned_.notes)) return false;
  }
  auto open = brought_ ? still_open(brought_->resolved, context_.clock.now(), desired_, snapshot_, live_, providers_)
                       : std::vector<Drift>{};
  input.desired = std::move(desired_);
  input.observed = std::move(live_.observed);
  input.deferred = deferred_;
  input.providers = &providers_;
  input.sources = planned_.sources;
  input.not_applied = std::move(not_applied_);
  input.quotas = std::move(live_.quotas);
  input.facts = facts_;
  if (brought_)
    input.allocations = std::move(brought_->resolved.allocations);
  else if (chooses())
    input.allocations = lock_.entries;  // what stays keeps its addresses
  input.topology_name = topology_ ? topology_->name : std::string();
  input.cloison_version = context_.version;
  input.now = context_.clock.now();
  input.sandbox = context_.sandbox.on;
  input.destroy = options_.destroy;
  input.replace_requested.insert(context_.replace.begin(), context_.replace.end());
  auto made = plan::make_plan(std::move(input));
  append(planned_.notes, std::move(made.notes));
  if (!made.value || has_errors(planned_.notes)) return false;
  planned_.plan = *std::move(made.value);
  add_still_open(std::move(open));
  note_due();
  // A saved plan is applied under --strict too: it keeps all that it warned of, also of the topology.
  planned_.plan->simulated.assign(context_.sandbox.providers.begin(), context_.sandbox.providers.end());
  note_simulated(context_, planned_.plan->providers);
  work_out_effects();
  planned_.plan->warnings = warnings_of(planned_.notes);
  if (!options_.destroy) {
    lock_text_ = topology::to_text(renewed_lock());
    planned_.plan->written = std::move(written_);
    planned_.plan->written.files.push_back(
        {WrittenFile::Role::lock, lock_path(context_).filename().string(), lock_text_});
  }
  planned_.plan_digest = plan::plan_digest(*planned_.plan);
  check_quotas();
  return !has_errors(planned_.notes);
}

void Planning::check_quotas() {
  for (const auto& need : planned_.plan->quota) {
    if (need.needed == 0 || need.fits()) continue;
    planned_.notes.push_back(
        {.kind = ErrorKind::quota,
         .code = "CL5210",
         .summary = "the account of provider '" + need.provider + "' has not enough quota for " + need.name,
         .detail = "Needed " + std::to_string(need.needed) + " more, used " + std::to_string(need.used) + ", allowed " +
                   std::to_string(need.allowed) + ". Nothing was changed.",
         .hint = "ask the provider to raise the quota '" + need.name + "' to at least " +
                 std::to_string(need.used + need.needed)});
  }
}

bool Planning::check_policy() {
  check_not_applied();
  if (context_.locked && !options_.destroy && renewed_lock().entries != written_entries()) {
    planned_.notes.push_back({.kind = ErrorKind::policy,
                              .code = "CL1351",
                              .summary = "cloison.lock is not up to date, and --locked forbids to write it",
                              .detail = counted(planned_.new_allocations.size(), "new key") + ", " +
                                        counted(planned_.freed_allocations.size(), "key") + " no longer used.",
                              .hint = "run `cloison plan` without --locked and commit cloison.lock"});
  }
  if (has_errors(planned_.notes)) planned_.ending = ending_of(planned_.notes);
  return !has_errors(planned_.notes);
}

/// `--fail-on`: for pipelines that stop where somebody has to look.
void Planning::check_effects() {
  const auto& reach = planned_.plan->reach;
  if (context_.fail_on.contains("guarantee"))
    append(planned_.notes, broken_guarantees(*planned_.plan, context_.overrides));
  if (!context_.fail_on.contains("opens")) return;
  if (!reach.not_known.empty() && !options_.destroy && !planned_.plan->empty())
    planned_.notes.push_back(
        {.kind = ErrorKind::policy,
         .code = "CL6121",
         .summary = "--fail-on opens: what the plan opens is not known",
         .detail = reach.not_known,
         .hint = "`cloison verify` says where it is too complex; without --fail-on opens it is planned"});
  if (!reach.opens()) return;
  std::vector<std::string> opened;
  for (const auto& one : reach.changes)
    if (one.opens) opened.push_back(one.from + " -> " + one.to + ' ' + join(one.services, ", "));
  planned_.notes.push_back({.kind = ErrorKind::policy,
                            .code = "CL6121",
                            .summary = "--fail-on opens: the plan opens " + counted(opened.size(), "way"),
                            .detail = opened.front() + (opened.size() > 1 ? ", and others" : ""),
                            .hint = "look at what it opens; without --fail-on opens it is planned"});
}

void Planning::check_not_applied() {
  if (auto refused =
          context_.strict ? strict_refusal(*planned_.plan, warnings_of(planned_.notes).size()) : std::nullopt)
    planned_.notes.push_back(*std::move(refused));
}

std::optional<Diagnostic> strict_refusal(const Plan& plan, std::size_t warnings) {
  if (plan.not_applied.empty() && warnings == 0) return std::nullopt;
  return Diagnostic{
      .kind = ErrorKind::policy,
      .code = "CL3121",
      .summary = "--strict: " + counted(plan.not_applied.size(), "declared entry", "declared entries") +
                 " not applied, " + counted(warnings, "warning"),
      .detail = "With --strict a plan must apply everything that the topology declares, without a warning.",
      .hint = "`cloison plan -v` lists them with their reasons"};
}

topology::LockFile Planning::renewed_lock() const {
  topology::LockFile renewed{.lineage = snapshot_.lineage};
  renewed.entries = brought_ ? planned_.plan->allocations : lock_.entries;
  return renewed;
}

/// What cloison.lock itself holds: the state may know more, of what is about to go.
std::map<std::string, std::string> Planning::written_entries() const {
  auto entries = lock_.entries;
  for (const auto& key : lock_.remembered) entries.erase(key);
  return entries;
}

bool Planning::write() {
  if (options_.looks_only) return true;
  if (!options_.destroy) {
    const auto file = lock_path(context_);
    std::error_code ignored;
    auto before =
        std::filesystem::exists(file, ignored) ? read_file(file, 256U << 20U) : Result<std::string>(std::string());
    if (!before) return !wrong(fail(before.error()));
    if (*before != lock_text_ && !context_.locked) {
      if (wrong(write_file(file, lock_text_, Access::shared_file))) return false;
      planned_.lock_file_written = true;
    }
    if (wrong(ignore_state_folder(topology::home_of(context_.topology)))) return false;
  }
  if (options_.out.empty()) return true;
  auto seal = store_->sealed(plan::file_body(*planned_.plan));
  if (!seal) return !wrong(fail(seal.error()));
  if (wrong(write_file(options_.out, plan::to_file(*planned_.plan, *seal), Access::private_file))) return false;
  planned_.out_written = true;
  return true;
}

}  // namespace cloison::ops
