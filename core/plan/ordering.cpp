#include "core/plan/ordering.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>

#include "core/model/value_json.h"

namespace cloison::plan {
namespace {

constexpr std::size_t k_dense_edges =
    4096;  // above, one removal of a container stands between its creates and the rest

void for_each_text(const Value& value, const std::function<void(const std::string&)>& visit) {
  if (const std::string* text = value.as_text()) return visit(*text);
  const std::vector<Value>* items = value.as_list() != nullptr ? value.as_list() : value.as_slots();
  if (items == nullptr) return;
  for (const Value& item : *items) for_each_text(item, visit);
}

std::string container_key(std::string_view provider, const KindInfo& kind, std::string_view container) {
  std::string key(provider);
  key += '\0';
  key += kind.schema->kind;
  key += '\0';
  key += container;
  return key;
}

using Through = Passage::Kind;

Through passage_of(const Item& item) {
  return item.act ? item.act->passage.kind : Through::none;
}

std::string within_key(std::string_view provider, const KindInfo& kind, std::size_t rule, const Value& within) {
  return container_key(provider, kind, std::to_string(rule)) + '\0' + to_json(within);
}

}  // namespace

Ordering::Ordering(Decisions& decisions, const DesiredGraph& graph) : decisions_(&decisions), graph_(&graph) {}

void Ordering::arrange() {
  make_item_steps();
  take_turns();
  order_passages();
  make_removal_steps();
  if (decisions_->removals.empty()) return;
  link_removals();
  break_circles();
  find_waits();
  spread_taint();
  find_early();
  link_items_to_removals();
  order_closed_content();
}

/// What is made for the first time waits for nobody.
void Ordering::take_turns() {
  std::map<std::string_view, std::map<std::pair<uint32_t, std::string_view>, uint32_t>> lanes;  // -> item
  for (uint32_t index = 0; index < decisions_->items.size(); ++index) {
    const auto& resource = *decisions_->items[index].resource;
    if (resource.lane.empty() || first_step_[index] == k_none || passage_of(decisions_->items[index]) != Through::none)
      continue;
    if (steps[first_step_[index]].verb == Step::Verb::create && !steps[first_step_[index]].deposes) continue;
    lanes[resource.lane].emplace(std::pair(resource.turn, std::string_view(resource.address.text)), index);
  }
  for (const auto& [name, items] : lanes) {
    uint32_t sooner = k_none;
    for (const auto& [turn, item] : items) {
      if (sooner != k_none) soft_.emplace_back(first_step_[item], last_step_[sooner]);
      sooner = item;
    }
  }
}

/// What stops everywhere first does so once all that it needs is there, so that the gap is short. What is one more
/// meanwhile begins before the others change, and ends after them.
void Ordering::order_passages() {
  struct Rollout {
    std::vector<uint32_t> stopping{}, further{}, others{};  // items
    std::set<uint32_t> needs{}, stops{};                    // steps
  };
  std::map<std::string_view, Rollout> rollouts;
  const auto& items = decisions_->items;
  for (uint32_t index = 0; index < items.size(); ++index) {
    const auto& name = items[index].resource->rollout;
    if (name.empty() || first_step_[index] == k_none) continue;
    auto& rollout = rollouts[name];
    const auto through = passage_of(items[index]);
    if (through == Through::next_begins) rollout.further.push_back(index);
    if (through == Through::none && !items[index].resource->lane.empty() &&
        steps[first_step_[index]].verb == Step::Verb::update)
      rollout.others.push_back(index);
    if (through != Through::former_stops) continue;
    rollout.stopping.push_back(index);
    const auto& after = steps[first_step_[index]].after;
    rollout.needs.insert(after.begin(), after.end());
    if (first_step_[index] != last_step_[index]) rollout.stops.insert(first_step_[index]);
  }
  for (const auto& [name, rollout] : rollouts) {
    for (const uint32_t item : rollout.stopping) {
      if (first_step_[item] != last_step_[item])
        steps[first_step_[item]].after.insert(rollout.needs.begin(), rollout.needs.end());
      steps[last_step_[item]].after.insert(rollout.stops.begin(), rollout.stops.end());
    }
    for (const uint32_t one : rollout.further)
      for (const uint32_t other : rollout.others) {
        if (first_step_[one] != last_step_[one]) soft_.emplace_back(first_step_[other], first_step_[one]);
        soft_.emplace_back(last_step_[one], last_step_[other]);
      }
  }
}

void Ordering::make_item_steps() {
  const auto& items = decisions_->items;
  first_step_.assign(items.size(), k_none);
  last_step_.assign(items.size(), k_none);
  for (const uint32_t index : graph_->order()) {
    const Item& item = items[index];
    if (!item.act) continue;
    const Item::Act& act = *item.act;
    Step step{.key = {item.resource->address.text, act.generation},
              .provider = item.resource->provider,
              .kind = item.resource->kind,
              .desired = act.desired,
              .rollout = item.resource->rollout,
              .origins = item.resource->origins};
    for (const uint32_t need : graph_->needs(index)) {
      step.depends_on.push_back(items[need].resource->address.text);
      if (last_step_[need] != k_none) step.after.insert(last_step_[need]);
    }
    first_step_[index] = static_cast<uint32_t>(steps.size());
    if (act.action == Action::adopt) {
      step.verb = Step::Verb::adopt;
      step.remote_id = item.remote_id;
      step.moved_from = act.moved_from;
      if (item.live != nullptr) step.live = item.live->attributes;
      steps.push_back(step);
      step.after = {first_step_[index]};
      step.moved_from = {};
    }
    if (act.action == Action::update || (act.action == Action::adopt && !act.attributes.empty())) {
      step.verb = Step::Verb::update;
      step.remote_id = item.remote_id;
      if (item.live != nullptr) step.live = item.live->attributes;
      if (act.passage.kind != Through::none && !(act.passage.through == item.row->applied)) {
        Step through = step;
        through.passage = act.passage.kind;
        through.desired = act.passage.through;
        steps.push_back(std::move(through));
        step.after.insert(first_step_[index]);
        step.live = {};  // by then it is no longer so
      }
      steps.push_back(std::move(step));
    } else if (act.action != Action::adopt) {
      step.verb = Step::Verb::create;
      step.deposes = act.action == Action::replace;
      steps.push_back(std::move(step));
    }
    last_step_[index] = static_cast<uint32_t>(steps.size() - 1);
  }
}

void Ordering::make_removal_steps() {
  for (const Removal& removal : decisions_->removals) {
    Step step{.verb = Step::Verb::remove, .provider = std::string(removal.provider)};
    if (removal.row != nullptr) {
      step.key = removal.row->key;
      step.kind = removal.row->kind;
      step.remote_id = removal.row->remote_id;
      step.depends_on = removal.row->depends_on;
    } else {
      step.key = {removal.address, removal.object->marker ? removal.object->marker->generation : 1};
      step.kind = removal.object->kind;
      step.remote_id = removal.object->remote_id;
      step.live = removal.object->attributes;
      step.unexpected = true;
      step.container_address = removal.container_address;
    }
    removal_step_.push_back(static_cast<uint32_t>(steps.size()));
    steps.push_back(std::move(step));
  }
}

/// Which removals come before which: rows say what they depend on, objects without row name others' ids.
void Ordering::link_removals() {
  const auto& removals = decisions_->removals;
  dependents_.resize(removals.size());
  std::unordered_map<std::string, uint32_t> by_id;
  for (uint32_t r = 0; r < removals.size(); ++r) {
    if (removals[r].row != nullptr) removed_[removals[r].row->key.address].push_back(r);
    const std::string& id = removals[r].row != nullptr ? removals[r].row->remote_id : removals[r].object->remote_id;
    by_id.emplace(std::string(removals[r].provider) + '\0' + id, r);
  }
  for (uint32_t r = 0; r < removals.size(); ++r) {
    const Removal& removal = removals[r];
    if (removal.row != nullptr) {
      for (const std::string& target : removal.row->depends_on) {
        const auto found = removed_.find(target);
        if (found == removed_.end() || target == removal.row->key.address) continue;
        for (const uint32_t other : found->second) dependents_[other].push_back(r);
      }
      continue;
    }
    const auto uses = [&](const std::string& id) {
      const auto found = by_id.find(std::string(removal.provider) + '\0' + id);
      if (found != by_id.end() && found->second != r) dependents_[found->second].push_back(r);
    };
    uses(removal.object->container_id);
    for_each_text(removal.object->attributes, uses);
  }
  for (auto& list : dependents_) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
}

/// Rows of different ages may depend on each other in a circle; then some edge must give way. Kahn's algorithm, and
/// where it is stuck the lowest removal goes without waiting.
void Ordering::break_circles() {
  const auto count = static_cast<uint32_t>(dependents_.size());
  std::vector<std::size_t> waiting(count);
  std::vector<std::vector<uint32_t>> frees(count);
  for (uint32_t r = 0; r < count; ++r) {
    waiting[r] = dependents_[r].size();
    for (const uint32_t first : dependents_[r]) frees[first].push_back(r);
  }
  std::vector<uint32_t> rank(count, k_none);
  std::deque<uint32_t> ready;
  for (uint32_t r = 0; r < count; ++r) {
    if (waiting[r] == 0) ready.push_back(r);
  }
  uint32_t next_stuck = 0;
  for (uint32_t placed = 0; placed < count;) {
    if (ready.empty()) {
      while (rank[next_stuck] != k_none) ++next_stuck;
      ready.push_back(next_stuck);
    }
    const uint32_t r = ready.front();
    ready.pop_front();
    if (rank[r] != k_none) continue;
    rank[r] = placed++;
    for (const uint32_t next : frees[r]) {
      if (waiting[next] > 0 && --waiting[next] == 0 && rank[next] == k_none) ready.push_back(next);
    }
  }
  for (uint32_t r = 0; r < count; ++r) {
    std::erase_if(dependents_[r], [&](uint32_t first) { return rank[first] > rank[r]; });
    for (const uint32_t first : dependents_[r]) steps[removal_step_[r]].after.insert(removal_step_[first]);
  }
}

/// New objects that cannot stand beside something that goes.
void Ordering::find_waits() {
  const auto& removals = decisions_->removals;
  std::unordered_map<std::string, std::vector<uint32_t>> unique;
  std::unordered_map<std::string, std::vector<Room>> rooms;
  for (uint32_t r = 0; r < removals.size(); ++r) {
    const KindInfo& kind = *removals[r].kind;
    const Value attributes = comparable(kind, removals[r].attributes());
    for (std::string& key : unique_keys(kind, removals[r].provider, attributes)) unique[std::move(key)].push_back(r);
    for (std::size_t d = 0; d < kind.schema->disjoint.size(); ++d) {
      const KindSchema::Disjoint& rule = kind.schema->disjoint[d];
      if (const IpPrefix* prefix = attribute(*kind.schema, attributes, rule.prefix).as_prefix())
        rooms[within_key(removals[r].provider, kind, d, attribute(*kind.schema, attributes, rule.within))].push_back(
            {*prefix, r});
    }
  }
  for (uint32_t i = 0; i < decisions_->items.size(); ++i) {
    const Item& item = decisions_->items[i];
    if (!item.act || item.act->action == Action::adopt) continue;
    const KindInfo& kind = *item.kind;
    const Value& wanted = item.act->resolved;
    for (const std::string& key : unique_keys(kind, item.resource->provider, wanted)) {
      if (const auto found = unique.find(key); found != unique.end())
        for (const uint32_t r : found->second) wait_for(i, r);
    }
    for (std::size_t d = 0; d < kind.schema->disjoint.size(); ++d) {
      const KindSchema::Disjoint& rule = kind.schema->disjoint[d];
      const IpPrefix* prefix = attribute(*kind.schema, wanted, rule.prefix).as_prefix();
      if (prefix == nullptr) continue;
      const auto found =
          rooms.find(within_key(item.resource->provider, kind, d, attribute(*kind.schema, wanted, rule.within)));
      if (found == rooms.end()) continue;
      for (const Room& room : found->second) {
        if (room.prefix.overlaps(*prefix)) wait_for(i, room.removal);
      }
    }
  }
}

void Ordering::wait_for(uint32_t item, uint32_t removal) {
  waits_.emplace_back(item, removal);
  Item::Act& act = *decisions_->items[item].act;
  act.gap = true;
  const Removal& gone = decisions_->removals[removal];
  if (gone.replaced_by == item)
    act.note = "removed first: old and new cannot stand side by side";
  else if (act.note.empty())
    act.note = "waits until '" + gone.address + "' is removed: the two cannot stand side by side";
}

void Ordering::spread_taint() {
  tainted_.assign(decisions_->items.size(), false);
  for (const auto& [item, removal] : waits_) tainted_[item] = true;
  for (const uint32_t index : graph_->order()) {
    if (last_step_[index] == k_none) continue;
    for (const uint32_t need : graph_->needs(index)) {
      if (last_step_[need] != k_none && tainted_[need]) tainted_[index] = true;
    }
  }
}

/// What somebody waits for, and whatever must go before that.
void Ordering::find_early() {
  early_.assign(decisions_->removals.size(), false);
  std::vector<uint32_t> open;
  const auto add = [&](uint32_t removal) {
    if (!early_[removal]) open.push_back(removal);
    early_[removal] = true;
  };
  for (const auto& [item, removal] : waits_) add(removal);
  while (!open.empty()) {
    const uint32_t removal = open.back();
    open.pop_back();
    for (const uint32_t first : dependents_[removal]) add(first);
  }
  // A replacement that itself needs the room cannot come before its old one has gone.
  const std::size_t known = waits_.size();
  for (uint32_t r = 0; r < early_.size(); ++r) {
    const auto& replaced_by = decisions_->removals[r].replaced_by;
    if (early_[r] && replaced_by && tainted_[*replaced_by]) wait_for(static_cast<uint32_t>(*replaced_by), r);
  }
  for (std::size_t w = 0; w < waits_.size(); ++w) {
    const auto [item, removal] = waits_[w];
    Step& step = steps[first_step_[item]];
    step.after.insert(removal_step_[removal]);
    if (decisions_->removals[removal].replaced_by == item) step.deposes = false;
    if (w >= known) continue;
    for (const uint32_t need : graph_->needs(item)) candidate(removal, need, false);
  }
}

/// Lets the removal wait for the item's step where that closes no circle.
void Ordering::candidate(uint32_t removal, uint32_t item, bool soft) {
  if (last_step_[item] == k_none || (early_[removal] && tainted_[item])) return;
  if (soft)
    soft_.emplace_back(removal_step_[removal], last_step_[item]);
  else
    steps[removal_step_[removal]].after.insert(last_step_[item]);
}

void Ordering::link_items_to_removals() {
  const auto& removals = decisions_->removals;
  for (uint32_t r = 0; r < removals.size(); ++r) {
    if (removals[r].replaced_by) candidate(r, static_cast<uint32_t>(*removals[r].replaced_by), false);
    if (removals[r].row == nullptr) continue;
    // The object left over from an interrupted replacement goes when its successor is there.
    if (const auto successor = graph_->find(removals[r].row->key.address)) candidate(r, *successor, false);
  }
  for (uint32_t i = 0; i < decisions_->items.size(); ++i) {
    const Item& item = decisions_->items[i];
    if (item.row == nullptr || last_step_[i] == k_none) continue;
    for (const std::string& target : item.row->depends_on) {
      const auto found = removed_.find(target);
      if (found == removed_.end() || target == item.row->key.address) continue;
      for (const uint32_t removal : found->second) candidate(removal, i, false);
    }
  }
}

/// New rules of a group before its old ones go, so that what both permit stays open.
void Ordering::order_closed_content() {
  std::unordered_map<std::string, std::vector<uint32_t>> made;
  for (uint32_t i = 0; i < decisions_->items.size(); ++i) {
    const Item& item = decisions_->items[i];
    if (!item.act || !item.kind->schema->closed || !item.kind->container) continue;
    if (const std::string* id = slot_value(item.act->resolved, *item.kind->container).as_text())
      made[container_key(item.resource->provider, *item.kind, *id)].push_back(i);
  }
  std::map<std::string, std::vector<uint32_t>> gone;
  for (uint32_t r = 0; r < decisions_->removals.size(); ++r) {
    const Removal& removal = decisions_->removals[r];
    if (removal.row == nullptr || !removal.kind->schema->closed || !removal.kind->container) continue;
    const std::string* id = slot_value(removal.row->applied, *removal.kind->container).as_text();
    if (id != nullptr) gone[container_key(removal.provider, *removal.kind, *id)].push_back(r);
  }
  for (const auto& [key, removals] : gone) {
    const auto found = made.find(key);
    if (found == made.end()) continue;
    const bool dense = found->second.size() * removals.size() <= k_dense_edges;
    uint32_t gate = k_none;
    for (const uint32_t removal : removals) {
      if (dense || early_[removal] || gate == k_none) {
        for (const uint32_t item : found->second) candidate(removal, item, true);
        if (!early_[removal]) gate = removal;
      } else {
        soft_.emplace_back(removal_step_[removal], removal_step_[gate]);
      }
    }
  }
}

std::set<std::string> Ordering::keep_only(const std::set<std::string>& chosen) {
  std::unordered_map<std::string_view, std::vector<uint32_t>> by_address;
  for (uint32_t s = 0; s < steps.size(); ++s) by_address[steps[s].key.address].push_back(s);
  std::vector<bool> kept(steps.size());
  std::set<std::string> addresses;
  std::vector<std::string_view> open(chosen.begin(), chosen.end());
  while (!open.empty()) {
    const std::string_view address = open.back();
    open.pop_back();
    const auto found = by_address.find(address);
    if (found == by_address.end() || !addresses.emplace(address).second) continue;
    for (const uint32_t s : found->second) {
      kept[s] = true;
      for (const uint32_t before : steps[s].after) open.push_back(steps[before].key.address);
    }
  }
  // Content without row goes with its container.
  for (uint32_t s = 0; s < steps.size(); ++s) {
    if (!steps[s].unexpected || kept[s] || !chosen.contains(steps[s].container_address)) continue;
    kept[s] = true;
    addresses.insert(steps[s].key.address);
  }
  keep_steps(kept);
  return addresses;
}

std::map<std::string, std::string> Ordering::leave_out(const std::map<std::string, Diagnostic>& providers) {
  std::vector<std::vector<uint32_t>> later(steps.size());
  for (uint32_t s = 0; s < steps.size(); ++s)
    for (const uint32_t before : steps[s].after) later[before].push_back(s);
  // Steps of one address are one change: an old object does not go while its new one waits.
  std::unordered_map<std::string_view, std::vector<uint32_t>> by_address;
  for (uint32_t s = 0; s < steps.size(); ++s) by_address[steps[s].key.address].push_back(s);
  std::map<std::string, std::string> left;
  std::vector<bool> kept(steps.size(), true);
  for (const auto& [name, why] : providers) {
    std::vector<uint32_t> open;
    for (uint32_t s = 0; s < steps.size(); ++s)
      if (steps[s].provider == name) open.push_back(s);
    while (!open.empty()) {
      const uint32_t s = open.back();
      open.pop_back();
      if (!kept[s]) continue;
      kept[s] = false;
      left.emplace(steps[s].key.address, name);
      open.insert(open.end(), later[s].begin(), later[s].end());
      const auto& same = by_address.at(steps[s].key.address);
      open.insert(open.end(), same.begin(), same.end());
    }
  }
  keep_steps(kept);
  return left;
}

void Ordering::keep_steps(const std::vector<bool>& kept) {
  std::vector<uint32_t> number(steps.size(), k_none);
  std::vector<Step> rest;
  for (uint32_t s = 0; s < steps.size(); ++s) {
    if (!kept[s]) continue;
    number[s] = static_cast<uint32_t>(rest.size());
    rest.push_back(std::move(steps[s]));
  }
  for (Step& step : rest) {
    std::set<uint32_t> after;
    for (const uint32_t before : step.after) {
      if (number[before] != k_none) after.insert(number[before]);
    }
    step.after = std::move(after);
  }
  std::vector<std::pair<uint32_t, uint32_t>> soft;
  for (const auto& [later, sooner] : soft_) {
    if (number[later] != k_none && number[sooner] != k_none) soft.emplace_back(number[later], number[sooner]);
  }
  soft_ = std::move(soft);
  steps = std::move(rest);
}

bool Ordering::number_steps() {
  auto number = ranks(true);
  // Wishes give way to needs; only needs that close a circle are a bug.
  if (number.empty()) number = ranks(false);
  if (number.empty() && !steps.empty()) return false;
  std::vector<Step> ordered(steps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    std::set<uint32_t> after;
    for (const uint32_t before : steps[s].after) after.insert(number[before]);
    steps[s].after = std::move(after);
    ordered[number[s]] = std::move(steps[s]);
  }
  steps = std::move(ordered);
  return true;
}

/// Each step's place in an order that respects all edges, lowest first; empty when there is none. Keeps the wishes
/// that it respected.
std::vector<uint32_t> Ordering::ranks(bool with_wishes) {
  const auto count = static_cast<uint32_t>(steps.size());
  std::vector<std::size_t> waiting(count);
  std::vector<std::vector<uint32_t>> next(count);
  const auto edge = [&](uint32_t later, uint32_t sooner) {
    ++waiting[later];
    next[sooner].push_back(later);
  };
  for (uint32_t s = 0; s < count; ++s) {
    for (const uint32_t before : steps[s].after) edge(s, before);
  }
  if (with_wishes) {
    for (const auto& [later, sooner] : soft_) edge(later, sooner);
  }
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t s = 0; s < count; ++s) {
    if (waiting[s] == 0) ready.push(s);
  }
  std::vector<uint32_t> number(count, k_none);
  uint32_t placed = 0;
  while (!ready.empty()) {
    const uint32_t s = ready.top();
    ready.pop();
    number[s] = placed++;
    for (const uint32_t later : next[s]) {
      if (--waiting[later] == 0) ready.push(later);
    }
  }
  if (placed != count) return {};
  if (with_wishes) {
    for (const auto& [later, sooner] : soft_) steps[later].after.insert(sooner);
  }
  return number;
}

}  // namespace cloison::plan
