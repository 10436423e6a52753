#include "core/plan/decisions.h"

#include <algorithm>

namespace cloison::plan {
namespace {

bool forced(const KindInfo& kind, const std::vector<AttributeChange>& changes) {
  if (changes.empty()) return false;
  return !kind.schema->can_update || std::any_of(changes.begin(), changes.end(),
                                                 [](const AttributeChange& change) { return change.forces_replace; });
}

/// Old and new exist side by side iff they differ in every unique tuple, and do not overlap where they must not. A
/// reference that is not known yet will be a new id, so it differs.
bool can_coexist(const KindInfo& kind, const Value& old_one, const Value& new_one) {
  for (const auto& tuple : kind.unique) {
    const bool same = std::all_of(tuple.begin(), tuple.end(), [&](std::size_t slot) {
      return slot_value(old_one, slot) == slot_value(new_one, slot);
    });
    if (same) return false;
  }
  for (const KindSchema::Disjoint& rule : kind.schema->disjoint) {
    const Value& within = attribute(*kind.schema, old_one, rule.within);
    const IpPrefix* before = attribute(*kind.schema, old_one, rule.prefix).as_prefix();
    const IpPrefix* after = attribute(*kind.schema, new_one, rule.prefix).as_prefix();
    if (before != nullptr && after != nullptr && within == attribute(*kind.schema, new_one, rule.within) &&
        before->overlaps(*after))
      return false;
  }
  return true;
}

Diagnostic unknown_kind(const Resource& resource) {
  return {.kind = ErrorKind::internal,
          .code = "CL3004",
          .summary = "no provider makes '" + resource.address.text + "'",
          .detail = "Its provider entry '" + resource.provider + "' does not know the kind '" + resource.kind + "'.",
          .hint = "check the provider entries of the topology",
          .address = resource.address.text};
}

Diagnostic unserved_row(const ResourceState& row) {
  return {.kind = ErrorKind::state,
          .code = "CL3005",
          .summary = "no provider serves '" + row.key.address + "', which is in the state",
          .detail = "Its provider entry '" + row.provider + "' with the kind '" + row.kind + "' is not at hand.",
          .hint = "`cloison state rm " + row.key.address + "` forgets it; the object stays",
          .address = row.key.address};
}

}  // namespace

Decisions::Decisions(const PlanInput& input, const KindTable& kinds, const DesiredGraph& graph)
    : input_(&input), kinds_(&kinds), graph_(&graph), live_(input.observed, kinds, input.snapshot->lineage) {}

bool Decisions::decide() {
  items.resize(input_->desired.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Resource& resource = input_->desired[i];
    items[i].resource = &resource;
    items[i].kind = kinds_->find(resource.provider, resource.kind);
    if (items[i].kind == nullptr) notes.push_back(unknown_kind(resource));
  }
  bind_rows();
  if (has_errors(notes)) return false;
  live_.index_unclaimed();
  for (const uint32_t index : graph_->order()) decide_item(items[index]);
  find_removals();
  find_unexpected();
  return !has_errors(notes);
}

void Decisions::bind_rows() {
  const auto& rows = input_->snapshot->rows;
  for (auto group = rows.begin(); group != rows.end();) {
    auto end = group;
    const ResourceState* current = nullptr;
    for (; end != rows.end() && end->first.address == group->first.address; ++end) {
      if (!end->second.deposed) current = &end->second;
    }
    for (; group != end; ++group) {
      const auto wanted = &group->second == current ? graph_->find(group->first.address) : std::nullopt;
      const Observed* seen = live_.claim(group->second.provider, group->second.kind, group->second.remote_id);
      if (wanted) {
        items[*wanted].row = &group->second;
        items[*wanted].live = seen;
      } else {
        leaving_.push_back(&group->second);
        if (seen != nullptr) seen_.emplace(&group->second, seen);
        bind_row(group->second);
      }
    }
  }
}

/// A row that is to go: its object may live on under another address when nature alone says what it is.
void Decisions::bind_row(const ResourceState& row) {
  const KindInfo* kind = kinds_->find(row.provider, row.kind);
  if (kind == nullptr) {
    notes.push_back(unserved_row(row));
    return;
  }
  if (row.deposed || kind->matched_by_marker()) return;
  if (live_.was_read(row.provider) && !seen_.contains(&row)) return;
  const std::string& container = slot_value(row.applied, *kind->container).text_or_empty();
  if (auto key = natural_identity(*kind, container, comparable(*kind, row.applied)))
    renameable_.emplace(row.provider + '\0' + *std::move(key), &row);
}

Resolved Decisions::resolve(const Ref& ref) const {
  const auto index = graph_->find(ref.address);
  if (!index) return {};
  const Item& target = items[*index];
  if (ref.attribute.empty()) return {.known = !target.remote_id.empty(), .id = target.remote_id};
  const auto slot = target.kind->schema->slot(ref.attribute);
  if (!slot) return {};
  if (const Value& wanted = slot_value(target.resource->attributes, *slot); !wanted.is_null())
    return {.known = true, .value = &wanted};
  if (target.remote_id.empty()) return {};
  const Value* attributes = nullptr;
  if (target.live != nullptr)
    attributes = &target.live->attributes;
  else if (target.row != nullptr)
    attributes = &target.row->observed;
  if (attributes == nullptr || slot_value(*attributes, *slot).is_null()) return {};
  return {.known = true, .value = &slot_value(*attributes, *slot)};
}

Item::Act& Decisions::act(Item& item, Action action, Reason reason) {
  if (!item.act) item.act = std::make_unique<Item::Act>();
  item.act->action = action;
  item.act->reason = reason;
  return *item.act;
}

uint32_t Decisions::next_generation(std::string_view address) const {
  const auto& rows = input_->snapshot->rows;
  auto after = rows.upper_bound(RowKey{std::string(address), UINT32_MAX});
  if (after == rows.begin()) return 1;
  --after;
  return after->first.address == address ? after->first.generation + 1 : 1;
}

void Decisions::decide_item(Item& item) {
  if (item.row != nullptr) {
    const bool moved = item.row->provider != item.resource->provider || item.row->kind != item.resource->kind;
    if (!moved && (item.live != nullptr || !live_.was_read(item.row->provider))) return decide_kept(item);
    if (!moved) return decide_missing(item, Reason::missing);
    item.act = std::make_unique<Item::Act>();
    item.act->desired = comparable(*item.kind, item.resource->attributes);
    item.act->resolved = comparable(*item.kind, resolved(item.act->desired));
    return replace(item, Reason::cannot_update);
  }
  decide_missing(item, Reason::declared);
}

void Decisions::decide_kept(Item& item) {
  const ResourceState& row = *item.row;
  const KindInfo& kind = *item.kind;
  const bool drifted = item.live != nullptr && !(item.live->attributes == row.observed);
  const bool requested = input_->replace_requested.contains(row.key.address);
  item.remote_id = item.row->remote_id;
  if (!drifted && !requested && surely_equal(kind, item.resource->attributes, row.applied, *this)) {
    take_over(item, row.observed);
    return;
  }
  Value desired = comparable(kind, item.resource->attributes);
  Value wanted = comparable(kind, resolved(desired));
  auto changes = changes_between(kind, wanted, comparable(kind, row.applied));
  const bool changed = !changes.empty();
  std::vector<AttributeChange> mended;
  std::vector<AttributeChange> taken;
  Value seen = item.live != nullptr ? comparable(kind, item.live->attributes) : row.observed;
  if (drifted) {
    for (AttributeChange& one : drift_between(kind, comparable(kind, row.observed), seen)) {
      const Value& goal = attribute(*kind.schema, wanted, one.attribute);
      const bool mend = is_set(kind, wanted, one.attribute) && !(goal == one.after);
      if (mend) {
        const auto same =
            std::find_if(changes.begin(), changes.end(), [&](const auto& c) { return c.attribute == one.attribute; });
        if (same != changes.end())
          same->before = one.after;
        else
          changes.push_back({one.attribute, one.after, goal, one.forces_replace, false});
      }
      (mend ? mended : taken).push_back(std::move(one));
    }
  }
  if (!mended.empty()) note_drift(item, Drift::What::changed, std::move(mended), true);
  const bool shown = !taken.empty();
  if (shown) note_drift(item, Drift::What::changed, std::move(taken), false);
  if (changes.empty() && !requested) {
    take_over(item, shown ? seen : row.observed);
    return;
  }
  const Reason reason = changed ? Reason::attribute_changed : !changes.empty() ? Reason::drifted : Reason::requested;
  const bool anew = requested || forced(kind, changes);
  Item::Act& made = act(item, Action::update, reason);
  made.generation = item.row->key.generation;
  made.desired = std::move(desired);
  made.resolved = std::move(wanted);
  made.attributes = std::move(changes);
  if (!anew) go_through(item);
  if (anew)
    replace(item, kind.schema->can_update || reason != Reason::attribute_changed ? reason : Reason::cannot_update);
}

/// A change of a rollout may go through something else first.
void Decisions::go_through(Item& item) {
  const auto provider = input_->providers->find(item.resource->provider);
  if (item.resource->rollout.empty() || provider == input_->providers->end()) return;
  Item::Act& made = *item.act;
  made.passage = provider->second->passage(item.resource->kind, item.row->applied, made.resolved);
  if (made.passage.kind != Passage::Kind::former_stops) return;
  made.gap = true;
  made.note = "stops at all its places before the first one goes on";
}

void Decisions::replace(Item& item, Reason reason) {
  Item::Act& made = act(item, Action::replace, reason);
  made.generation = next_generation(item.resource->address.text);
  const bool same_place = item.row->provider == item.resource->provider && item.row->kind == item.resource->kind;
  made.gap = same_place && !can_coexist(*item.kind, comparable(*item.kind, item.row->applied), made.resolved);
  item.remote_id = {};
}

/// What only the state keeps is brought up to date without a call: what was seen, and what must outlive this row.
void Decisions::take_over(Item& item, const Value& observed) {
  const auto index = static_cast<uint32_t>(item.resource - input_->desired.data());
  const auto needs = graph_->needs(index);
  const auto& known = item.row->depends_on;
  const bool same_needs =
      needs.size() == known.size() &&
      std::equal(needs.begin(), needs.end(), known.begin(), [&](uint32_t need, const std::string& address) {
        return items[need].resource->address.text == address;
      });
  if (same_needs && observed == item.row->observed && !item.row->upgraded) return;
  ResourceState row = *item.row;
  row.observed = observed == row.applied ? row.applied : observed;
  row.depends_on = needs_of(item);
  observed_updates.push_back(std::move(row));
}

std::vector<std::string> Decisions::needs_of(const Item& item) const {
  std::vector<std::string> addresses;
  for (const uint32_t need : graph_->needs(static_cast<uint32_t>(item.resource - input_->desired.data())))
    addresses.push_back(items[need].resource->address.text);
  return addresses;
}

/// No row, or a row whose object is gone: adopt what bears our mark or our nature, else create.
void Decisions::decide_missing(Item& item, Reason reason) {
  const KindInfo& kind = *item.kind;
  const std::string& address = item.resource->address.text;
  Item::Act& made = act(item, Action::create, reason);
  made.desired = comparable(kind, item.resource->attributes);
  made.resolved = comparable(kind, resolved(made.desired));
  made.generation = item.row != nullptr ? item.row->key.generation : next_generation(address);
  if (reason == Reason::missing) note_drift(item, Drift::What::missing, {}, true);
  if (const Observed* marked = live_.claim_by_marker(item.resource->provider, kind, address))
    return adopt(item, *marked);
  if (kind.matched_by_marker()) return;
  // A literal container is somebody else's: natural identity counts only inside an object of ours.
  if (slot_value(item.resource->attributes, *kind.container).as_ref() == nullptr) return;
  const std::string* container = slot_value(made.resolved, *kind.container).as_text();
  if (container == nullptr) return;
  const auto identity = natural_identity(kind, *container, made.resolved);
  if (!identity) return;
  if (const Observed* twin = live_.claim_by_nature(item.resource->provider, *identity)) return adopt(item, *twin);
  if (item.row == nullptr) (void)rename(item, Value::text(*identity));
}

void Decisions::adopt(Item& item, const Observed& live) {
  Item::Act& made = *item.act;
  const std::string& address = item.resource->address.text;
  auto changes = mismatches(*item.kind, made.resolved, comparable(*item.kind, live.attributes));
  if (forced(*item.kind, changes)) {
    // Not worth keeping: it goes as an object that no row names, and a new one is made under a newer mark.
    removals.push_back({.object = &live,
                        .kind = item.kind,
                        .provider = item.resource->provider,
                        .address = address,
                        .reason = Reason::drifted});
    if (item.row != nullptr) replace(item, Reason::missing);
    made.generation = std::max(next_generation(address), live.marker ? live.marker->generation + 1 : 1);
    return;
  }
  made.action = Action::adopt;
  made.attributes = std::move(changes);
  item.live = &live;
  item.remote_id = live.remote_id;
  if (live.marker && item.kind->matched_by_marker()) made.generation = live.marker->generation;
  const RowKey key{address, made.generation};
  const bool taken = input_->snapshot->rows.contains(key) && (item.row == nullptr || item.row->key != key);
  if (taken) made.generation = next_generation(address);
  if (item.row != nullptr && item.row->key.generation != made.generation) made.moved_from = item.row->key;
}

bool Decisions::rename(Item& item, const Value& identity) {
  const auto found = renameable_.find(item.resource->provider + '\0' + identity.text_or_empty());
  if (found == renameable_.end() || renamed_.contains(found->second)) return false;
  const ResourceState& former = *found->second;
  auto changes = changes_between(*item.kind, item.act->resolved, comparable(*item.kind, former.applied));
  if (forced(*item.kind, changes)) return false;
  renamed_.insert(&former);
  Item::Act& made = act(item, Action::adopt, Reason::declared);
  made.attributes = std::move(changes);
  made.moved_from = former.key;
  made.note = "was '" + former.key.address + "'; the object stays as it is";
  item.remote_id = former.remote_id;
  if (const auto seen = seen_.find(&former); seen != seen_.end()) item.live = seen->second;
  return true;
}

void Decisions::find_removals() {
  for (const ResourceState* row : leaving_) {
    if (renamed_.contains(row)) continue;
    const auto seen = seen_.find(row);
    const Reason gone = input_->destroy ? Reason::requested : Reason::undeclared;
    const bool interrupted = row->deposed || graph_->find(row->key.address).has_value();
    removals.push_back({.row = row,
                        .object = seen == seen_.end() ? nullptr : seen->second,
                        .kind = kinds_->find(row->provider, row->kind),
                        .provider = row->provider,
                        .address = row->key.address,
                        .reason = interrupted ? Reason::interrupted : gone});
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    if (item.action() != Action::replace) continue;
    const KindInfo* kind = kinds_->find(item.row->provider, item.row->kind);
    if (kind == nullptr) {
      notes.push_back(unserved_row(*item.row));
      continue;
    }
    removals.push_back({.row = item.row,
                        .object = item.live,
                        .kind = kind,
                        .provider = item.row->provider,
                        .address = item.row->key.address,
                        .reason = item.act->reason,
                        .replaced_by = i});
  }
}

void Decisions::find_unexpected() {
  const auto unclaimed = live_.unclaimed();
  if (unclaimed.empty()) return;
  // Containers of ours, by provider entry and id.
  std::unordered_map<std::string, std::string_view> containers;
  for (const auto& [key, row] : input_->snapshot->rows)
    containers.emplace(row.provider + '\0' + row.remote_id, key.address);
  for (const Item& item : items) {
    if (item.action() == Action::adopt)
      containers.insert_or_assign(item.resource->provider + '\0' + std::string(item.remote_id),
                                  item.resource->address.text);
  }
  for (const auto& [provider, object, kind, marked] : unclaimed) {
    const auto container = containers.find(std::string(provider) + '\0' + object->container_id);
    const bool inside = container != containers.end() && !object->container_id.empty();
    if (!marked && !inside) continue;
    Removal removal{.object = object, .kind = kind, .provider = provider, .reason = Reason::undeclared};
    if (inside) removal.container_address = container->second;
    removal.address =
        marked ? object->marker->address : removal.container_address + '.' + object->kind + '/' + object->remote_id;
    drift.push_back({.address = inside ? removal.container_address : removal.address,
                     .provider = std::string(provider),
                     .kind = object->kind,
                     .remote_id = object->remote_id,
                     .what = Drift::What::unexpected,
                     .attributes = attributes_of_stranger(*object, *kind->schema),
                     .mended = true});
    removals.push_back(std::move(removal));
  }
}

void Decisions::note_drift(const Item& item, Drift::What what, std::vector<AttributeChange> attributes, bool mended) {
  drift.push_back({.address = item.resource->address.text,
                   .provider = item.resource->provider,
                   .kind = item.resource->kind,
                   .remote_id = item.row != nullptr ? item.row->remote_id : std::string(),
                   .what = what,
                   .attributes = std::move(attributes),
                   .mended = mended,
                   .origins = item.resource->origins});
}

}  // namespace cloison::plan
