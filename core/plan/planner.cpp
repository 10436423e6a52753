#include "core/plan/planner.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "core/plan/decisions.h"
#include "core/plan/desired.h"
#include "core/plan/kinds.h"
#include "core/plan/ordering.h"
#include "core/plan/read_set.h"

namespace cloison::plan {
namespace {

Origin origin_of(const StoredOrigin& stored, SourceMap& sources) {
  Origin origin{.declared_by = stored.declared_by};
  if (stored.line > 0) origin.span = sources.add(stored.file, stored.line, stored.column);
  return origin;
}

std::vector<Origin> origins_of(const ResourceState& row, SourceMap& sources) {
  std::vector<Origin> origins;
  for (const StoredOrigin& stored : row.origins) origins.push_back(origin_of(stored, sources));
  return origins;
}

/// Everything that is asked for an object to be made. References stay: a name says more than an id.
std::vector<AttributeChange> attributes_of_create(const Item& item) {
  std::vector<AttributeChange> attributes;
  const auto& schema = item.kind->schema->attributes;
  for (std::size_t slot = 0; slot < schema.size(); ++slot) {
    const Value& wanted = slot_value(item.act->desired, slot);
    if (wanted.is_null()) continue;
    // Nothing of a secret goes into what is shown, not even its digest.
    AttributeChange one{.attribute = schema[slot].name, .after = schema[slot].sensitive ? Value::secret({}) : wanted};
    one.known_after_apply = has_references(slot_value(item.act->resolved, slot));
    attributes.push_back(std::move(one));
  }
  return attributes;
}

Change change_of(const Item& item) {
  const Item::Act& act = *item.act;
  Change change{.address = item.resource->address.text,
                .provider = item.resource->provider,
                .kind = item.resource->kind,
                .action = act.action,
                .reason = act.reason,
                .attributes = act.action == Action::create ? attributes_of_create(item) : act.attributes,
                .origins = item.resource->origins,
                .gap = act.gap,
                .note = act.note};
  if (act.action == Action::replace && !act.gap) change.note = "the old one goes after the new one is there";
  return change;
}

Change change_of(const Removal& removal, SourceMap& sources) {
  Change change{.address = removal.address,
                .provider = std::string(removal.provider),
                .action = Action::remove,
                .reason = removal.reason};
  if (removal.row == nullptr) {
    change.kind = removal.object->kind;
    change.attributes = attributes_of_stranger(*removal.object, *removal.kind->schema);
    change.note = removal.container_address.empty() ? "bears our mark and nobody knows it"
                                                    : "nobody declared it in '" + removal.container_address + "'";
    return change;
  }
  change.kind = removal.row->kind;
  change.origins = origins_of(*removal.row, sources);
  if (removal.reason == Reason::interrupted) change.note = "left over from a replacement that was interrupted";
  return change;
}

std::vector<Change> changes_of(const Decisions& decisions, SourceMap& sources) {
  std::vector<Change> changes;
  for (const Item& item : decisions.items) {
    if (item.act) changes.push_back(change_of(item));
  }
  for (const Removal& removal : decisions.removals) {
    if (!removal.replaced_by) changes.push_back(change_of(removal, sources));
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.address < b.address; });
  return changes;
}

/// Only creates count: a removal frees its place after the new one needed one.
std::vector<QuotaNeed> quota_needs(const PlanInput& input, const std::vector<Step>& steps) {
  std::map<std::pair<std::string, std::string>, int64_t> needed;
  for (const Step& step : steps) {
    if (step.verb != Step::Verb::create) continue;
    const auto provider = input.providers->find(step.provider);
    if (provider == input.providers->end()) continue;
    const Resource resource{
        .address = {step.key.address}, .provider = step.provider, .kind = step.kind, .attributes = step.desired};
    for (const auto& [name, count] : provider->second->quota_of(resource)) needed[{step.provider, name}] += count;
  }
  std::vector<QuotaNeed> needs;
  for (const auto& [provider, quotas] : input.quotas) {
    for (const Quota& quota : quotas) {
      const auto found = needed.find({provider, quota.name});
      if (found != needed.end())
        needs.push_back({.provider = provider,
                         .name = quota.name,
                         .needed = found->second,
                         .used = quota.used,
                         .allowed = quota.allowed});
    }
  }
  std::sort(needs.begin(), needs.end(), [](const QuotaNeed& a, const QuotaNeed& b) {
    return std::tie(a.provider, a.name) < std::tie(b.provider, b.name);
  });
  return needs;
}

void keep_chosen(Plan& plan, Ordering& ordering, const std::set<std::string>& chosen) {
  plan.partial = true;
  const std::set<std::string> kept = ordering.keep_only(chosen);
  const std::size_t before = plan.changes.size();
  std::erase_if(plan.changes, [&](const Change& change) { return !kept.contains(change.address); });
  plan.left_out = before - plan.changes.size();
  // An object without row is reported at its container, which says nothing of its own step.
  std::set<std::pair<std::string_view, std::string_view>> strangers;
  for (const Step& step : ordering.steps)
    if (step.unexpected) strangers.emplace(step.provider, step.remote_id);
  for (Drift& drift : plan.drift) {
    const bool stays = drift.what == Drift::What::unexpected ? !strangers.contains({drift.provider, drift.remote_id})
                                                             : !kept.contains(drift.address);
    drift.left_out = drift.mended && stays;
    drift.mended = drift.mended && !stays;
  }
}

/// What waits for a provider that could not be read goes out of the plan, and is counted at that provider.
void leave_deferred(Plan& plan, Ordering& ordering, const Deferred& deferred) {
  if (deferred.empty()) return;
  std::map<std::string, std::size_t> waiting;
  const auto left = ordering.leave_out(deferred);
  std::erase_if(plan.changes, [&](const Change& change) {
    const auto found = left.find(change.address);
    if (found == left.end()) return false;
    ++waiting[found->second];
    return true;
  });
  for (Drift& drift : plan.drift) drift.mended = drift.mended && !left.contains(drift.address);
  for (const auto& [name, why] : deferred)
    plan.deferred.push_back({.provider = name,
                             .code = why.code,
                             .why = why.summary,
                             .unreachable = why.kind == ErrorKind::transient || why.kind == ErrorKind::timeout,
                             .changes = waiting[name]});
}

void describe(Plan& plan, PlanInput& input) {
  plan.lineage = input.snapshot->lineage;
  plan.serial = input.snapshot->serial;
  plan.topology_name = std::move(input.topology_name);
  plan.cloison_version = std::move(input.cloison_version);
  plan.made_at = input.now;
  plan.sandbox = input.sandbox;
  plan.destroy = input.destroy;
  plan.not_applied = std::move(input.not_applied);
  plan.facts = std::move(input.facts);
  plan.allocations = std::move(input.allocations);
  plan.sources = std::move(input.sources);
  for (const auto& [name, provider] : *input.providers) plan.providers.emplace(name, provider->configuration());
}

}  // namespace

Checked<Plan> make_plan(PlanInput input) {
  Checked<Plan> result;
  result.notes = std::move(input.warnings);
  if (input.destroy) input.desired.clear();
  const DesiredGraph graph(input.desired, result.notes);
  if (has_errors(result.notes)) return result;
  const KindTable kinds(*input.providers);
  Decisions decisions(input, kinds, graph);
  const bool decided = decisions.decide();
  append(result.notes, std::move(decisions.notes));
  if (!decided) return result;

  Ordering ordering(decisions, graph);
  ordering.arrange();
  Plan plan;
  plan.changes = changes_of(decisions, input.sources);
  plan.unchanged = static_cast<std::size_t>(
      std::count_if(decisions.items.begin(), decisions.items.end(), [](const Item& item) { return !item.act; }));
  plan.drift = std::move(decisions.drift);
  leave_deferred(plan, ordering, input.deferred);
  if (input.chosen_only) keep_chosen(plan, ordering, input.chosen);
  // Nothing waits for a late removal, and early ones only for what waits for none: without a bug there is no circle.
  if (!ordering.number_steps()) throw std::logic_error("the steps of this plan wait for each other in a circle");
  plan.read_set = read_set_of(input, decisions, graph, ordering.steps);
  plan.quota = quota_needs(input, ordering.steps);
  plan.steps = std::move(ordering.steps);
  std::stable_sort(plan.drift.begin(), plan.drift.end(),
                   [](const Drift& a, const Drift& b) { return a.address < b.address; });
  plan.observed_updates = std::move(decisions.observed_updates);
  describe(plan, input);
  plan.warnings = result.notes;
  result.value = std::move(plan);
  return result;
}

}  // namespace cloison::plan
