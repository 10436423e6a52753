#include "core/ops/state.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/ops/planning.h"
#include "core/plan/planner.h"

namespace cloison::ops {

namespace {

/// A change of the state alone: locked, logged as an operation of its own.
class StateEdit {
 public:
  StateEdit(const Context& context, std::string command) : context_(context), command_(std::move(command)) {}

  [[nodiscard]] bool open() {
    SourceMap sources;
    auto lock_file = read_lock_file(context_, sources, change_.notes);
    if (!lock_file) return false;
    lock_file_ = *lock_file;
    auto store = open_state(context_, lock_file->lineage, false);
    if (!store) return add(store.error());
    store_ = *std::move(store);
    auto held = store_->lock(lock_info(context_), {}, context_.lock_timeout);
    if (!held) return add(held.error());
    lock_ = *std::move(held);
    auto snapshot = store_->load();
    if (!snapshot) return add(snapshot.error());
    snapshot_ = *std::move(snapshot);
    return true;
  }

  [[nodiscard]] bool add(Diagnostic why) {
    change_.notes.push_back(std::move(why));
    return false;
  }

  void commit(state::Batch batch) {
    const auto id = random_hex(16);
    const auto now = context_.clock.now();
    change_.rows = std::max(batch.put.size(), batch.remove.size());
    batch.entries.insert(batch.entries.begin(),
                         state::OperationStarted{.id = id,
                                                 .command = command_,
                                                 .user = user_name(),
                                                 .host = host_name(),
                                                 .when = now,
                                                 .git_commit = git_commit(topology::home_of(context_.topology)),
                                                 .ticket = context_.ticket,
                                                 .approved_by = context_.approved_by,
                                                 .cloison_version = context_.version});
    batch.entries.emplace_back(state::OperationFinished{.id = id, .status = "done", .when = now, .done = change_.rows});
    auto done = store_->commit(*lock_, batch);
    if (!done) (void)add(done.error());
  }

  /// Commits unless something was found wrong on the way.
  [[nodiscard]] StateChange finish_with(state::Batch batch) {
    if (is_sound()) commit(std::move(batch));
    return finish();
  }

  [[nodiscard]] bool is_sound() const { return !has_errors(change_.notes); }
  [[nodiscard]] StateChange decline() {
    change_.declined = true;
    return finish();
  }
  [[nodiscard]] StateChange finish() {
    change_.ending = ending_of(change_.notes);
    return std::move(change_);
  }
  /// Writes cloison.lock with these entries, where that changes it.
  void write_lock_file(std::map<std::string, std::string> entries) {
    if (!is_sound() || entries == lock_file_.entries) return;
    const auto text = topology::to_text({.lineage = lock_file_.lineage, .entries = std::move(entries)});
    auto written = write_file(lock_path(context_), text, Access::shared_file);
    if (!written) (void)add(std::move(written.error()));
  }
  [[nodiscard]] const topology::LockFile& lock_file() const { return lock_file_; }
  [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
  [[nodiscard]] state::StateStore& store() { return *store_; }

 private:
  const Context& context_;
  std::string command_;
  StateChange change_{};
  topology::LockFile lock_file_{};
  std::unique_ptr<state::StateStore> store_{};
  std::unique_ptr<state::StateLock> lock_{};
  Snapshot snapshot_{};
};

Diagnostic no_such_row(const std::string& address, const Snapshot& snapshot) {
  std::vector<std::string> known;
  for (const auto& [key, row] : snapshot.rows) known.push_back(key.address);
  const auto near = suggestions(address, known);
  return {.kind = ErrorKind::usage,
          .code = "CL4060",
          .summary = "the state has no resource " + printable(address),
          .hint = near.empty() ? std::string("`cloison state list` names all of them")
                               : "did you mean '" + near.front() + "'?"};
}

/// These addresses and whatever depends on them, over any number of steps.
std::vector<std::string> with_dependents(const Snapshot& snapshot, std::set<std::string> addresses) {
  for (std::size_t before = 0; before != addresses.size();) {
    before = addresses.size();
    for (const auto& [key, row] : snapshot.rows)
      for (const auto& needed : row.depends_on)
        if (addresses.contains(needed)) addresses.insert(key.address);
  }
  return {addresses.begin(), addresses.end()};
}

/// Ids of the kind that cloison does not manage: what can be imported.
std::vector<std::string> unmanaged(const std::vector<Observed>& objects, const std::string& kind,
                                   const Snapshot& snapshot) {
  std::set<std::string> managed;
  for (const auto& [key, row] : snapshot.rows)
    if (row.kind == kind) managed.insert(row.remote_id);
  std::vector<std::string> ids;
  for (const auto& object : objects)
    if (object.kind == kind && !managed.contains(object.remote_id)) ids.push_back(printable(object.remote_id));
  return ids;
}

bool is_below(std::string_view path, std::string_view address) {
  return address.starts_with(path) && (address.size() == path.size() || address[path.size()] == '.');
}

/// Lock entries whose key ends with a declared path ("cidr ipv4 lab/lyon-03.lan"), with that path moved along: what is
/// renamed keeps its addresses.
std::map<std::string, std::string> moved_entries(const std::map<std::string, std::string>& entries,
                                                 const std::string& from, const std::string& to) {
  std::map<std::string, std::string> moved;
  for (const auto& [key, value] : entries) {
    const auto begin = key.rfind(' ') + 1;
    const auto path = std::string_view(key).substr(begin);
    const bool goes = begin > 0 && !key.starts_with("pin ") && is_below(from, path);
    moved.emplace(goes ? key.substr(0, begin) + to + std::string(path.substr(from.size())) : key, value);
  }
  return moved;
}

}  // namespace

StateView read_state(const Context& context, std::optional<uint64_t> at) {
  StateView view;
  SourceMap sources;
  auto lock_file = read_lock_file(context, sources, view.notes);
  auto store =
      lock_file ? open_state(context, lock_file->lineage, false) : Result<std::unique_ptr<state::StateStore>>{};
  if (!store) view.notes.push_back(store.error());
  if (store && *store) {
    view.location = (*store)->location();
    auto snapshot = at ? (*store)->at(*at) : (*store)->load();
    if (snapshot)
      view.snapshot = *std::move(snapshot);
    else
      view.notes.push_back(snapshot.error());
  }
  view.ending = ending_of(view.notes);
  return view;
}

StateChange state_remove(const Context& context, const std::vector<std::string>& addresses,
                         const std::function<bool(std::size_t)>& agrees) {
  StateEdit edit(context, "state rm");
  if (!edit.open()) return edit.finish();
  std::set<std::string> wanted;
  std::set<RowKey> forgotten;
  state::Batch batch;
  for (const auto& address : addresses) {
    bool found = false;
    for (const auto& [key, row] : edit.snapshot().rows) {
      if (!is_below(address, key.address)) continue;
      found = true;
      wanted.insert(key.address);
      if (forgotten.insert(key).second) batch.remove.push_back(key);
    }
    if (!found) (void)edit.add(no_such_row(address, edit.snapshot()));
  }
  const auto all = join(with_dependents(edit.snapshot(), wanted), " ");
  for (const auto& [key, row] : edit.snapshot().rows)
    for (const auto& needed : row.depends_on)
      if (wanted.contains(needed) && !wanted.contains(key.address))
        (void)edit.add({.kind = ErrorKind::usage,
                        .code = "CL4061",
                        .summary = key.address + " depends on " + needed,
                        .detail = "A resource that the state forgets cannot be named by one that it keeps.",
                        .hint = "forget all of them: `cloison state rm " + all + "`"});
  if (edit.is_sound() && !agrees(batch.remove.size())) return edit.decline();
  return edit.finish_with(std::move(batch));
}

StateChange state_move(const Context& context, const std::string& from, const std::string& to) {
  StateEdit edit(context, "state mv");
  if (!edit.open()) return edit.finish();
  const auto renamed = [&](const std::string& address) {
    return is_below(from, address) ? to + address.substr(from.size()) : address;
  };
  state::Batch batch;
  for (const auto& [key, row] : edit.snapshot().rows) {
    auto moved = row;
    moved.key.address = renamed(key.address);
    for (auto& needed : moved.depends_on) needed = renamed(needed);
    if (moved.key == key && moved.depends_on == row.depends_on) continue;
    if (moved.key != key) {
      if (edit.snapshot().rows.contains(moved.key))
        (void)edit.add(
            {.kind = ErrorKind::usage,
             .code = "CL4062",
             .summary = "the state already has a resource " + moved.key.address,
             .detail = "A move never overwrites.",
             .hint = "`cloison state show " + moved.key.address + "` tells what is there; choose another address"});
      batch.remove.push_back(key);
    }
    batch.put.push_back(std::move(moved));
  }
  if (batch.put.empty()) (void)edit.add(no_such_row(from, edit.snapshot()));
  if (!edit.is_sound()) return edit.finish();
  batch.allocations = moved_entries(edit.snapshot().allocations, from, to);
  auto entries = moved_entries(edit.lock_file().entries, from, to);
  // A plan in between has given new addresses under the new name: what stands on the platform counts.
  for (const auto& [key, value] : *batch.allocations)
    if (!edit.snapshot().allocations.contains(key)) entries[key] = value;
  edit.commit(std::move(batch));
  edit.write_lock_file(std::move(entries));
  return edit.finish();
}

StateChange state_import(const Context& context, const std::string& address, const std::string& remote_id) {
  StateEdit edit(context, "state import");
  if (!edit.open()) return edit.finish();
  if (edit.snapshot().current(address)) {
    (void)edit.add({.kind = ErrorKind::usage,
                    .code = "CL4062",
                    .summary = "the state already has a resource " + printable(address),
                    .detail = "An import never overwrites.",
                    .hint = "`cloison state show " + printable(address) + "` tells what is there"});
    return edit.finish();
  }
  const PlanOptions plan_options;
  Planning planning(context, plan_options);
  auto planned = planning.run(&edit.store());
  if (!planned.plan) {
    for (auto& note : planned.notes) (void)edit.add(std::move(note));
    return edit.finish();
  }
  const auto step = std::find_if(planned.plan->steps.begin(), planned.plan->steps.end(), [&](const Step& candidate) {
    return candidate.key.address == address && candidate.verb == Step::Verb::create;
  });
  if (step == planned.plan->steps.end()) {
    (void)edit.add({.kind = ErrorKind::usage,
                    .code = "CL4063",
                    .summary = printable(address) + " is not a declared resource that waits to be made",
                    .detail = "An object is imported under the address that the topology gives it; declare it first.",
                    .hint = "`cloison plan -v` names what waits to be made"});
    return edit.finish();
  }
  const auto& entry = planned.plan->providers.at(step->provider);
  Deferred deferred;
  auto live = observe_all(context, planning.providers(), edit.snapshot().lineage, deferred);
  const Observed* found = nullptr;
  for (const auto& object : live.observed[step->provider])
    if (object.kind == step->kind && object.remote_id == remote_id) found = &object;
  if (!found) {
    const auto there = unmanaged(live.observed[step->provider], step->kind, edit.snapshot());
    (void)edit.add(
        {.kind = ErrorKind::not_found,
         .code = "CL4064",
         .summary = "provider '" + step->provider + "' has no " + step->kind + " with id " + printable(remote_id),
         .detail = "Only objects of the account's own project can be imported.",
         .hint = there.empty() ? "it has none that could be imported: `cloison apply` makes one"
                               : did_you_mean(remote_id, there)});
    return edit.finish();
  }
  state::Batch batch;
  const auto digest = provider_digest(entry);
  batch.provider_configs.emplace(digest, entry);
  batch.put.push_back(
      {.key = {address, 1},
       .provider = step->provider,
       .kind = step->kind,
       .remote_id = remote_id,
       .schema_version = find_kind(planning.providers().at(step->provider)->kinds(), step->kind)->version,
       .applied = found->attributes,
       .observed = found->attributes,
       .provider_config = digest,
       .depends_on = step->depends_on});
  return edit.finish_with(std::move(batch));
}

StateChange state_recover(const Context& context) {
  StateChange change;
  SourceMap sources;
  auto lock_file = read_lock_file(context, sources, change.notes);
  const auto file = state_path(context);
  std::error_code ignored;
  if (lock_file && lock_file->lineage.empty()) {
    change.notes.push_back(
        {.kind = ErrorKind::state,
         .code = "CL4070",
         .summary = "cloison.lock names no state to recover",
         .detail = "The lineage in cloison.lock says which objects are ours; without it none can be told from others'.",
         .hint = "take cloison.lock from the repository's history: git checkout HEAD -- cloison.lock"});
  } else if (lock_file && std::filesystem::exists(file, ignored)) {
    change.notes.push_back({.kind = ErrorKind::state,
                            .code = "CL4071",
                            .summary = "there is a state at " + printable(file.string()),
                            .detail = "Recovery starts from nothing and never overwrites.",
                            .hint = "mv '" + printable(file.string()) + "' '" + printable(file.string()) +
                                    ".damaged', then `cloison state recover`"});
  }
  if (lock_file && !has_errors(change.notes)) {
    auto store = open_state(context, lock_file->lineage, true, true);
    if (!store) change.notes.push_back(store.error());
  }
  if (!has_errors(change.notes)) {
    const auto planned = plan(context, {});
    change.notes.insert(change.notes.end(), planned.notes.begin(), planned.notes.end());
    if (planned.plan) change.rows = planned.plan->summary().adopt;
  }
  change.ending = ending_of(change.notes);
  return change;
}

LogView read_log(const Context& context, std::size_t limit, bool verify) {
  LogView view;
  SourceMap sources;
  auto lock_file = read_lock_file(context, sources, view.notes);
  auto store =
      lock_file ? open_state(context, lock_file->lineage, false) : Result<std::unique_ptr<state::StateStore>>{};
  if (!store) view.notes.push_back(store.error());
  if (store && *store) {
    if (verify) {
      auto check = (*store)->verify_log();
      if (check)
        view.check = *check;
      else
        view.notes.push_back(check.error());
    } else {
      auto entries = (*store)->log(0, limit);
      if (entries)
        view.entries = *std::move(entries);
      else
        view.notes.push_back(entries.error());
    }
  }
  view.ending = ending_of(view.notes);
  return view;
}

}  // namespace cloison::ops
