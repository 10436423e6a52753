#include "core/ops/rollback.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/rollout.h"
#include "core/model/upgrade.h"
#include "core/ops/choosing.h"
#include "core/ops/reading.h"

namespace cloison::ops {

namespace {

constexpr std::size_t k_page = 2000;

bool is_release(const std::string& release, const std::string& wanted) {
  return release == wanted || (release.starts_with(wanted) && release.substr(wanted.size()).starts_with('-'));
}

class Rollback {
 public:
  Rollback(const Context& context, state::StateStore& store, const RollbackRequest& request, Providers& providers,
           Diagnostics& notes)
      : context_(context), store_(store), request_(request), providers_(providers), notes_(notes) {}

  std::optional<Plan> plan() {
    auto now = store_.load();
    if (!now) return refuse(now.error());
    providers_ = make_providers(context_, stored_entries(*now), notes_);
    append(notes_, upgrade_rows(*now, providers_));
    if (has_errors(notes_)) return std::nullopt;
    auto rows = rows_of(*now);
    if (rows.empty()) return refuse(unknown(*now));
    if (!leave_out_unreachable(rows)) return std::nullopt;
    const auto serials = operations(rows);
    if (!serials) return refuse(serials.error());
    const auto former = former_rows(rows, *serials);
    if (!former) return std::nullopt;
    return made(*now, rows, *former);
  }

 private:
  using Rows = std::map<RowKey, const ResourceState*>;
  struct Former {
    std::map<RowKey, Value> applied{};
    std::string release{};
  };

  std::nullopt_t refuse(Diagnostic why) {
    notes_.push_back(std::move(why));
    return std::nullopt;
  }

  [[nodiscard]] RolloutPart part_of(const ResourceState& row) const {
    const auto provider = providers_.find(row.provider);
    return provider == providers_.end() ? RolloutPart{} : provider->second->rollout_of(row.kind, row.applied);
  }

  Rows rows_of(const Snapshot& snapshot) const {
    Rows rows;
    const auto rollout = rollout_of_service(request_.service);
    for (const auto& [key, row] : snapshot.rows)
      if (!row.deposed && part_of(row).rollout == rollout) rows.emplace(key, &row);
    return rows;
  }

  /// Machines that do not answer are no reason to leave the others as they are. False where none answers.
  bool leave_out_unreachable(Rows& rows) {
    Providers mine;
    for (const auto& [key, row] : rows) mine.emplace(row->provider, providers_.find(row->provider)->second);
    Deferred deferred;
    (void)running_all(context_, mine, deferred, notes_);
    append(notes_, warnings_of(deferred));
    for (const auto& [provider, why] : deferred) {
      const auto changes = std::erase_if(rows, [&](const auto& row) { return row.second->provider == provider; });
      deferred_.push_back({.provider = provider,
                           .code = why.code,
                           .why = why.summary,
                           .unreachable = why.kind == ErrorKind::transient || why.kind == ErrorKind::timeout,
                           .changes = changes});
    }
    if (!rows.empty()) return !has_errors(notes_);
    if (!has_errors(notes_)) notes_.push_back(deferred.begin()->second);
    return false;
  }

  [[nodiscard]] Diagnostic unknown(const Snapshot& snapshot) const {
    std::set<std::string> names;
    for (const auto& [key, row] : snapshot.rows)
      if (const auto part = part_of(row); !part.release.empty()) names.insert(service_of_rollout(part.rollout));
    return no_such_service(request_.service, names);
  }

  /// Serials of commits with which operations ended that changed one of them, the newest first.
  Result<std::vector<uint64_t>> operations(const Rows& rows) {
    std::vector<uint64_t> serials;
    std::set<std::string> changing;
    uint64_t from = 0;
    while (true) {
      const auto page = store_.log(from, k_page);
      if (!page) return fail(page.error());
      for (const auto& entry : *page) {
        if (entry.kind == "intent" && std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
              return entry.json.find(row.first.address) != std::string::npos;
            }))
          changing.insert(entry.operation);
        if (entry.kind == "operation_finished" && changing.contains(entry.operation)) serials.push_back(entry.serial);
      }
      if (page->size() < k_page) break;
      from = page->back().number + 1;
    }
    std::reverse(serials.begin(), serials.end());
    return serials;
  }

  /// All that switch must have been at one release then, and some are not now.
  std::optional<Former> former_in(const Rows& rows, const Snapshot& past) const {
    Former former;
    bool changes = false;
    for (const auto& [key, row] : rows) {
      const auto then = past.rows.find(key);
      if (then == past.rows.end() || then->second.deposed || then->second.kind != row->kind) return std::nullopt;
      former.applied.emplace(key, then->second.applied);
      const auto part = part_of(then->second);
      if (!part.runs) continue;
      if (!former.release.empty() && former.release != part.release) return std::nullopt;
      former.release = part.release;
      changes = changes || part_of(*row).release != part.release;
    }
    const bool fits = request_.to.empty() ? changes : is_release(former.release, request_.to);
    return fits && !former.release.empty() ? std::optional(std::move(former)) : std::nullopt;
  }

  std::optional<Former> former_rows(const Rows& rows, const std::vector<uint64_t>& serials) {
    std::set<std::string> seen;
    for (const auto serial : serials) {
      auto past = store_.at(serial);
      if (!past) return refuse(past.error());
      if (has_errors(upgrade_rows(*past, providers_))) continue;
      for (const auto& [key, row] : rows)
        if (const auto then = past->rows.find(key); then != past->rows.end())
          if (const auto part = part_of(then->second); part.runs) seen.insert(part.release);
      if (auto former = former_in(rows, *past)) return former;
    }
    return refuse({.kind = ErrorKind::usage,
                   .code = "CL6171",
                   .summary = request_.to.empty()
                                  ? fmt::format("no other release of {} ran before", printable(request_.service))
                                  : fmt::format("all machines of {} never ran {} together", printable(request_.service),
                                                printable(request_.to)),
                   .detail = "Known of them: " + join(std::vector<std::string>(seen.begin(), seen.end()), ", ") + ".",
                   .hint = "another release is deployed by the topology: `artifact:`, then `cloison apply`"});
  }

  using Through = Passage::Kind;
  /// What runs, and what it is to be again.
  struct Going {
    const ResourceState* row = nullptr;
    const Value* applied = nullptr;
    Passage passage{};
  };

  [[nodiscard]] Change change_of(const ResourceState& row, const Value& former) const {
    Change change{.address = row.key.address,
                  .provider = row.provider,
                  .kind = row.kind,
                  .action = Action::update,
                  .reason = Reason::requested};
    const auto* const schema = find_kind(providers_.find(row.provider)->second->kinds(), row.kind);
    if (schema == nullptr) return change;
    for (const auto& one : schema->attributes) {
      const auto &before = attribute(*schema, row.applied, one.name), &after = attribute(*schema, former, one.name);
      if (!one.derived && !(before == after))
        change.attributes.push_back({.attribute = one.name, .before = before, .after = after});
    }
    return change;
  }

  uint32_t add_step(Plan& plan, const ResourceState& row, const Value& former, Passage::Kind passage,
                    std::set<uint32_t> after) const {
    Step step{.verb = Step::Verb::update,
              .key = row.key,
              .provider = row.provider,
              .kind = row.kind,
              .desired = former,
              .rollout = part_of(row).rollout,
              .passage = passage,
              .depends_on = row.depends_on,
              .after = std::move(after)};
    plan.steps.push_back(std::move(step));
    return static_cast<uint32_t>(plan.steps.size() - 1);
  }

  Plan made(const Snapshot& now, const Rows& rows, const Former& former) const {
    Plan plan{.lineage = now.lineage,
              .serial = now.serial,
              .cloison_version = context_.version,
              .made_at = context_.clock.now(),
              .sandbox = context_.sandbox.on,
              .partial = true,
              .deferred = deferred_,
              .allocations = now.allocations};
    plan.reach.not_known = "a release opens and closes nothing by itself";
    std::set<uint32_t> there;  // what is to run again, on all machines
    std::vector<Going> going;
    for (const auto& [key, row] : rows) {
      const auto& applied = former.applied.at(key);
      if (applied == row->applied) continue;
      plan.changes.push_back(change_of(*row, applied));
      const auto stored = now.provider_configs.find(row->provider_config);
      if (stored != now.provider_configs.end()) plan.providers.insert_or_assign(row->provider, stored->second);
      if (const auto facts = now.facts.find(row->provider); facts != now.facts.end()) plan.facts.insert(*facts);
      if (part_of(*row).runs)
        going.push_back(
            {row, &applied, providers_.find(row->provider)->second->passage(row->kind, row->applied, applied)});
      else
        there.insert(add_step(plan, *row, applied, Through::none, {}));
    }
    add_going(plan, going, there);
    return plan;
  }

  /// What runs, as the planner orders it (core/plan/ordering.cpp): what stops everywhere first, and begins again side
  /// by side; what is one more meanwhile; all others one after the other.
  void add_going(Plan& plan, const std::vector<Going>& all, const std::set<uint32_t>& there) const {
    std::set<uint32_t> begins = there;
    for (const auto& one : all)
      if (one.passage.kind != Through::none && !(one.passage.through == one.row->applied))
        begins.insert(add_step(plan, *one.row, one.passage.through, one.passage.kind, there));
    std::optional<uint32_t> last;
    for (const bool further : {false, true})
      for (const auto& one : all) {
        if ((one.passage.kind == Through::next_begins) != further) continue;
        auto after = begins;
        if (last) after.insert(*last);
        const auto step = add_step(plan, *one.row, *one.applied, Through::none, std::move(after));
        if (one.passage.kind != Through::former_stops) last = step;
      }
  }

  const Context& context_;
  state::StateStore& store_;
  const RollbackRequest& request_;
  Providers& providers_;
  Diagnostics& notes_;
  std::vector<DeferredProvider> deferred_{};
};

}  // namespace

std::optional<Plan> plan_rollback(const Context& context, state::StateStore& store, const RollbackRequest& request,
                                  Providers& providers, Diagnostics& notes) {
  return Rollback(context, store, request, providers, notes).plan();
}

}  // namespace cloison::ops
